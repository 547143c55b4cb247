"""ONNX models opened with onnxruntime, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from groundset.core import InputError

FLOATS = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}
"""Types of values that a model takes or gives as numbers, as onnxruntime calls them."""


def open_session(path: Path, *, threads: int, spinning: bool = True, hint: str) -> Any:
    """An onnxruntime session of a model file that is there, on the CPU.

    Args:
        path: The file.
        threads: Threads of one operator; operators run one after the other.
        spinning: Whether its threads wait for work by spinning.
        hint: What to do where it is no whole model.

    Raises:
        InputError: It is no ONNX model, or is cut short.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    if not spinning:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(
            "this is not a whole ONNX model that can run here",
            asked=path,
            found=f"{path.stat().st_size} bytes: {str(error).splitlines()[0]}",
            hint=hint,
        ) from error


def pick(nodes: Sequence[Any], name: str | None, what: str, *, of: str, source: str | Path) -> Any:
    """The input or output of that name; without one, the only one.

    Args:
        nodes: Inputs or outputs.
        name: Its name, or None.
        what: ``input`` or ``output``.
        of: What it is one of: ``model``, ``encoder``.
        source: The description in which it can be named.

    Raises:
        InputError: There is none, or it is one of several.
    """
    if name is None and len(nodes) == 1:
        return nodes[0]
    for node in nodes:
        if node.name == name:
            return node
    raise InputError(
        f"the {of} has no such {what}",
        asked=name or f"one {what}",
        found=", ".join(f"{n.name} {n.shape}" for n in nodes),
        hint=f"name it in {source}",
    )
