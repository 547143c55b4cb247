"""Encoder and decoder of a promptable model: found by the names of their inputs, and run by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, MissingError
from groundset.segment.onnx_model import open_session
from groundset.segment.prompts.card import PromptCard

Array = npt.NDArray[Any]
POINTS = ("point_coords", "batched_point_coords")
_TYPES: Mapping[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
}


@dataclass(frozen=True, slots=True)
class Half:
    """An open session of one file."""

    path: Path
    session: Any

    @property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        """Shape of each input by name; an axis of any length is no int."""
        return {node.name: tuple(node.shape) for node in self.session.get_inputs()}

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return tuple(node.name for node in self.session.get_outputs())

    @property
    def takes_points(self) -> bool:
        """Whether it answers points."""
        return any(name in POINTS for name in self.inputs)

    def run(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """All outputs by name.

        Args:
            values: At least what the session takes, each turned into the type that it takes.

        Raises:
            InputError: It takes something that is not there, or fails.
        """
        missing = [name for name in self.inputs if name not in values]
        if missing:
            raise InputError(
                "the model takes an input that its kind does not have",
                asked=f"{', '.join(missing)} of {self.path.name}", found=", ".join(values),
                hint="correct kind in prompt.toml, or export it again with the published names",
            )  # fmt: skip
        fed = {n.name: np.ascontiguousarray(values[n.name], _type(n)) for n in self.session.get_inputs()}
        try:
            answers = self.session.run(list(self.outputs), fed)
        except Exception as error:
            raise InputError(
                "the model failed on its input",
                asked=", ".join(f"{name} {value.shape}" for name, value in fed.items()),
                found=f"{self.path.name}: {str(error).splitlines()[0][:300]}",
            ) from error
        return dict(zip(self.outputs, answers, strict=True))

    def pick(self, found: Mapping[str, Array], *names: str) -> Array:
        """The first of these outputs that is there.

        Raises:
            InputError: None is.
        """
        for name in names:
            if name in found:
                return np.asarray(found[name])
        raise InputError(
            "the model lacks an output that its kind has",
            asked=" or ".join(names), found=f"{', '.join(self.outputs)} of {self.path.name}",
            hint="correct kind in prompt.toml, or export it again with the published names",
        )  # fmt: skip


def _type(node: Any) -> Any:
    return _TYPES.get(node.type, np.float32)


def open_halves(card: PromptCard) -> tuple[Half | None, Half]:
    """Encoder and decoder; None for the encoder where one file does both.

    Raises:
        MissingError: A file is not there, or none takes points.
        InputError: A file is no ONNX model, or is cut short.
    """
    if card.encoder is not None and card.decoder is not None:
        files = [card.encoder, card.decoder]
    else:
        files = sorted(card.folder.glob("*.onnx"))
    halves = [Half(path, open_session(path)) for path in files]
    decoders = [h for h in halves if h.takes_points and card.decoder in (None, h.path)]
    if not decoders:
        raise MissingError(
            "no file of this model takes points",
            asked=" or ".join(POINTS),
            found="; ".join(f"{h.path.name}: {', '.join(h.inputs)}" for h in halves) or f"no .onnx in {card.folder}",
            hint="put the exported encoder and decoder beside prompt.toml",
        )
    decoder = next((d for d in decoders if "batched_images" not in d.inputs), decoders[0])
    encoders = [h for h in halves if not h.takes_points and card.encoder in (None, h.path)]
    if encoders:
        return encoders[0], decoder
    whole = next((d for d in decoders if "batched_images" in d.inputs), None)
    if whole is None:
        raise MissingError(
            "the model's image encoder is missing", asked=card.folder, found=decoder.path.name,
            hint="put the exported encoder beside the decoder",
        )  # fmt: skip
    return None, whole
