"""Running an ONNX model on patches or pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, MissingError
from groundset.features import onnx_session
from groundset.features.onnx_session import FLOATS
from groundset.segment.card import ModelCard

Float32 = npt.NDArray[np.float32]

THREADS = 2
"""onnxruntime takes all cores by default and then spins; beside other workers that costs more than it brings."""


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """An open session. ``image`` tells (n, bands, h, w) models from (n, bands) ones; ``side`` is a fixed patch size."""

    session: Any
    card: ModelCard
    input: str
    dtype: Any
    output: str
    image: bool
    side: int | None
    batch: int | None
    hard: bool
    outputs: int = 0

    def run(self, batch: Float32) -> Float32:
        """Probabilities of a batch, in the channel order of the card's classes.

        Args:
            batch: Scaled values, (n, bands, h, w) or (n, bands), no NaN.

        Returns:
            float32 (n, classes, h, w) or (n, classes).
        """
        try:
            answers = self.session.run([self.output], {self.input: np.ascontiguousarray(batch, self.dtype)})
        except Exception as error:
            raise InputError(
                "the model failed on its input",
                asked=f"{self.card.path.name} with {batch.shape}",
                found=str(error).splitlines()[0],
                hint="check patch_size and bands in its description",
            ) from error
        return _probabilities(_array(answers[0]), self, batch.shape)


def open_onnx(card: ModelCard) -> OnnxModel:
    """Open the card's model and check its input and output against the card.

    Raises:
        MissingError: No such file.
        InputError: It is no ONNX model, is cut short, or its input or output is not what the card says.
    """
    session = open_session(card.path)
    given = onnx_session.pick(session.get_inputs(), card.input, "input", of="model", source=card.source)
    rank = len(given.shape)
    if rank not in (2, 4) or given.type not in FLOATS:
        raise InputError(
            "the model's input is neither an image (n, bands, h, w) nor pixels (n, bands) of float values",
            asked=card.path, found=f"{given.name}: {given.type} {given.shape}",
        )  # fmt: skip
    channels = given.shape[1]
    if isinstance(channels, int) and channels != len(card.bands):
        raise InputError(
            "the description names another number of bands than the model takes",
            asked=f"{len(card.bands)} bands ({', '.join(card.bands)})",
            found=f"input {given.name} of shape {given.shape}: {channels} channels",
            hint=f"correct bands in {card.source}",
        )
    image = rank == 4
    output = _output(session.get_outputs(), card, image)
    hard = "int" in output.type and not output.type.startswith("seq")
    batch = given.shape[0] if isinstance(given.shape[0], int) else None
    side = _side(given, card) if image else None
    return OnnxModel(session, card, given.name, FLOATS[given.type], output.name, image, side, batch, hard)


def open_session(path: Path) -> Any:
    """An onnxruntime session of a model file.

    Raises:
        MissingError: No such file.
        InputError: It is no ONNX model, or is cut short.
    """
    if not path.is_file():
        raise MissingError("no such model file", asked=path)
    hint = "copy it again, or export it again for a CPU"
    return onnx_session.open_session(path, threads=THREADS, spinning=False, hint=hint)


def _output(nodes: list[Any], card: ModelCard, image: bool) -> Any:
    if card.output is not None:
        return onnx_session.pick(nodes, card.output, "output", of="model", source=card.source)
    ranks = (4, 3) if image else (2,)
    floats = [n for n in nodes if (n.type in FLOATS and len(n.shape) in ranks) or n.type.startswith("seq(map")]
    labels = [n for n in nodes if "tensor(int" in n.type or "tensor(uint" in n.type]
    for node in (*floats, *labels):
        return node
    raise InputError(
        "the model has no output that could be a mask", asked=card.path, found=[f"{n.name} {n.shape}" for n in nodes]
    )


def _side(given: Any, card: ModelCard) -> int | None:
    height, width = given.shape[2], given.shape[3]
    fixed = {v for v in (height, width) if isinstance(v, int)}
    if not fixed:
        return card.patch_size
    if len(fixed) > 1 or card.patch_size not in (None, *fixed):
        raise InputError(
            "the model takes another patch size than its description says",
            asked=card.patch_size or "square patches",
            found=f"input {given.name} of shape {given.shape}",
            hint=f"correct patch_size in {card.source}",
        )
    return fixed.pop()


def _array(answer: Any) -> npt.NDArray[Any]:
    if isinstance(answer, list):  # a ZipMap: one dictionary class -> probability for each pixel
        keys = sorted(answer[0])
        return np.array([[row[k] for k in keys] for row in answer], np.float32)
    return np.asarray(answer)


def _probabilities(answer: npt.NDArray[Any], model: OnnxModel, asked: tuple[int, ...]) -> Float32:
    classes = model.card.classes
    spatial = asked[2:]
    if model.hard:
        labels = answer.reshape(asked[0], *spatial) if answer.size == asked[0] * int(np.prod(spatial)) else None
        if labels is None:
            raise _shape(answer, model, asked)
        codes = np.array([code for code, _ in classes])
        unknown = sorted(set(np.unique(labels).tolist()) - set(codes.tolist()))
        if unknown:
            raise InputError(
                "the model answers classes that its description does not name", asked=unknown, found=classes,
                hint=f"add them to classes in {model.card.source}",
            )  # fmt: skip
        same = labels[:, None] == codes.reshape(1, -1, *[1] * len(spatial))
        return np.asarray(same, np.float32)
    if answer.ndim == len(asked) - 1:
        answer = answer[:, None]
    p = _activated(answer.astype(np.float32), model.card.activation)
    if p.shape[1] == 1 and len(classes) == 2:
        p = np.concatenate([1 - p, p], axis=1)
    if p.shape != (asked[0], len(classes), *spatial):
        raise _shape(answer, model, asked)
    if p.size and (p.min() < -1e-3 or np.abs(p.sum(axis=1) - 1).max() > 0.02):
        raise InputError(
            "the model's output is not a probability for each class",
            found=f"values {p.min():.3g} to {p.max():.3g}, sums {p.sum(axis=1).min():.3g} to {p.sum(axis=1).max():.3g}",
            hint=f'state activation = "softmax" or "sigmoid" in {model.card.source}',
        )
    return p


def _activated(values: Float32, activation: str) -> Float32:
    if activation == "softmax":
        e = np.exp(values - values.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True), np.float32)
    if activation == "sigmoid":
        s = np.asarray(1 / (1 + np.exp(-values)), np.float32)
        return s if s.shape[1] == 1 else np.asarray(s / np.maximum(s.sum(axis=1, keepdims=True), 1e-9), np.float32)
    return values


def _shape(answer: npt.NDArray[Any], model: OnnxModel, asked: tuple[int, ...]) -> InputError:
    return InputError(
        "the model's output does not fit its classes or its input",
        asked=f"{len(model.card.classes)} classes for an input of {asked}",
        found=f"{model.output}: {answer.shape}",
        hint=f"correct classes in {model.card.source}",
    )
