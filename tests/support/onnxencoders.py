"""Tiny ONNX encoders, made here: the mean of each band, or what a test wants wrong of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CARD: dict[str, Any] = {"bands": ["red", "nir"], "range": [0, 10_000], "size": 16, "dim": 6}


def write_encoder(
    path: Path,
    card: dict[str, Any] | None = CARD,
    *,
    side: int | str = 16,
    channels: int = 2,
    dim: int = 6,
    layout: str = "NCHW",
    inside: bool = False,
    maps: bool = False,
    batch: int | str = "n",
    seed: int = 0,
) -> Path:
    """A model (n, channels, side, side) -> (n, dim): band means times random weights; its card beside or inside it."""
    weights = np.random.default_rng(seed).normal(size=(channels, dim)).astype(np.float32)
    area = (2, 3) if layout == "NCHW" else (1, 2)
    shape = [batch, channels, side, side] if layout == "NCHW" else [batch, side, side, channels]
    if maps:
        kernel = numpy_helper.from_array(weights.T[:, :, None, None].copy(), "w")
        nodes = [helper.make_node("Conv", ["x", "w"], ["y"])]
        out, more = [batch, dim, side, side], [kernel]
    else:
        nodes = [
            helper.make_node("ReduceMean", ["x"], ["m"], axes=area, keepdims=0),
            helper.make_node("MatMul", ["m", "w"], ["y"]),
        ]
        out, more = [batch, dim], [numpy_helper.from_array(weights, "w")]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)], more,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if inside and card is not None:
        helper.set_model_props(model, {"groundset": json.dumps(card)})
    onnx.save(model, path)
    if card is not None and not inside:
        path.with_suffix(".json").write_text(json.dumps(card))
    return path


def weights_of(channels: int = 2, dim: int = 6, seed: int = 0) -> np.ndarray:
    """Those of the model that :func:`write_encoder` writes."""
    return np.random.default_rng(seed).normal(size=(channels, dim)).astype(np.float32)
