"""An ONNX model that turns images into vectors: opened, checked against its card and tried once."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, MissingError
from groundset.features.card import EncoderCard, read_card
from groundset.features.onnx_session import FLOATS, open_session, pick

Physical = npt.NDArray[np.float32]

_TRIED = 64
"""Side of the chip on which a model that takes any size is tried."""


@dataclass(frozen=True, slots=True)
class Graph:
    """An open session whose input and output are known to fit its card."""

    session: Any
    input: str
    dtype: Any
    output: str
    layout: str
    side: int | None
    batch: int
    dim: int

    def run(self, images: Physical) -> Physical:
        """Float32 (n, bands, side, side), ready for the model -> float32 (n, dim); maps are averaged."""
        images = images if self.layout == "NCHW" else images.transpose(0, 2, 3, 1)
        given = np.repeat(images, self.batch, axis=0) if self.batch > 1 else images
        try:
            (answer,) = self.session.run([self.output], {self.input: np.ascontiguousarray(given, self.dtype)})
        except Exception as error:
            raise InputError(
                "the encoder's model failed on its input",
                asked=f"{self.input}: {given.shape}",
                found=str(error).splitlines()[0],
                hint="check size, bands and layout in its card",
            ) from error
        vectors = np.asarray(answer, np.float32)[: len(images)]
        if vectors.ndim == 4:
            vectors = vectors.mean(axis=(2, 3) if self.layout == "NCHW" else (1, 2))
        return vectors.reshape(len(images), -1)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise MissingError("the encoder's model file is gone", asked=path, hint="encode with it once more") from None
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=4)
def _session(path: Path, _stamp: tuple[int, int]) -> Any:
    hint = "copy it again, or export it again for a CPU, with its weights in the same file"
    return open_session(path, threads=1, hint=hint)  # one thread: the same bits on every executor


@lru_cache(maxsize=4)
def _opened(path: Path, stamp: tuple[int, int], card: str, source: str) -> Graph:
    return _checked(_session(path, stamp), read_card(json.loads(card), source), path)


def open_graph(path: Path, card: EncoderCard) -> Graph:
    """The model of a card, opened once in each process until its file changes.

    Raises:
        MissingError: The file is gone.
        InputError: It is no whole ONNX model, or is not as its card says.
    """
    return _opened(path, _stamp(path), json.dumps(dict(card.said)), card.source)


def metadata(path: Path) -> dict[str, str]:
    """A model's own metadata."""
    found: dict[str, str] = _session(path, _stamp(path)).get_modelmeta().custom_metadata_map
    return found


def _checked(session: Any, card: EncoderCard, path: Path) -> Graph:
    given = pick(session.get_inputs(), card.input, "input", of="encoder", source=card.source)
    if len(given.shape) != 4 or given.type not in FLOATS:
        raise InputError(
            "the encoder's input is no image of float values",
            asked=path,
            found=f"{given.name}: {given.type} {given.shape}",
            hint="it must be (n, bands, rows, columns) or (n, rows, columns, bands)",
        )
    batch, *rest = given.shape
    channels, high, wide = rest if card.layout == "NCHW" else (rest[2], rest[0], rest[1])
    if isinstance(channels, int) and channels != len(card.bands):
        raise InputError(
            "the card names another number of bands than the encoder takes",
            asked=f"{len(card.bands)} bands ({', '.join(card.bands)})",
            found=f"input {given.name} of shape {given.shape} as {card.layout}: {channels} channels",
            hint=f"correct bands or layout in {card.source}",
        )
    fixed = {v for v in (high, wide) if isinstance(v, int)}
    if len(fixed) > 1 or (card.size is not None and fixed - {card.size}):
        raise InputError(
            "the encoder takes another size than its card says",
            asked=card.size or "a square",
            found=f"input {given.name} of shape {given.shape}",
            hint=f"correct size in {card.source}",
        )
    side = fixed.pop() if fixed else card.size
    output = _output(session.get_outputs(), card)
    graph = Graph(
        session,
        given.name,
        FLOATS[given.type],
        output.name,
        card.layout,
        side,
        batch if isinstance(batch, int) else 1,
        0,
    )
    tried = graph.run(np.zeros((1, len(card.bands), side or _TRIED, side or _TRIED), np.float32))
    if card.dim is not None and card.dim != tried.shape[1]:
        raise InputError(
            "the encoder gives vectors of another length than its card says",
            asked=f"dim {card.dim}",
            found=f"output {output.name}: {tried.shape[1]} values",
            hint=f"correct dim in {card.source}",
        )
    return replace(graph, dim=int(tried.shape[1]))


def _output(nodes: list[Any], card: EncoderCard) -> Any:
    if card.output is not None:
        node = pick(nodes, card.output, "output", of="encoder", source=card.source)
        fits = [node] if len(node.shape) in (2, 4) and node.type in FLOATS else []
    else:
        floats = [n for n in nodes if n.type in FLOATS]
        fits = [n for n in floats if len(n.shape) == 2] or [n for n in floats if len(n.shape) == 4]
    if not fits:
        raise InputError(
            "the encoder has no output that is a vector for each chip",
            asked=card.output or "(n, dim), or a map (n, dim, rows, columns) to average",
            found=", ".join(f"{n.name}: {n.type} {n.shape}" for n in nodes),
            hint=f"name the right one as output in {card.source}, or export the model with one",
        )
    return fits[0]
