"""Initial labels by somebody else's model, in the classes of our scheme."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, InputError, MissingError, Scheme, safe_name
from groundset.segment.card import ModelCard, read_card
from groundset.segment.onnx_model import open_onnx
from groundset.segment.store import load_skops

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]

DEFAULT_PATCH = 256
_MOST_VALUES = 32 * 1024 * 1024
"""Values in one batch of patches, 128 MB as float32."""


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """A model file and how its answers become classes of our scheme. ``hard`` models give no probabilities."""

    name: str
    card: ModelCard
    run: Callable[[Float32], Float32]
    mapping: UInt8
    image: bool
    side: int
    batch: int | None
    hard: bool

    @property
    def halo(self) -> int:
        """Pixels to read around a chip: an eighth of a patch for image models, none for pixel models."""
        return self.side // 8 if self.image else 0

    @property
    def classes(self) -> UInt8:
        """Class codes of our scheme (255 for ignored classes), in the order of the probabilities."""
        return np.unique(self.mapping)

    def probabilities(self, physical: Float32, bands: BandSet, nodata: Bool) -> Float32:
        """See :class:`~groundset.segment.model.Proposer`."""
        values = self.card.scaled(_planes(physical, bands, self.card))
        holes = ~np.isfinite(values).all(axis=0) | nodata
        values = np.where(np.isfinite(values), values, np.float32(0))
        raw = self._image(values) if self.image else self._pixels(values, ~holes)
        merge = (self.mapping[:, None] == self.classes[None, :]).astype(np.float32)
        out: Float32 = np.moveaxis(raw, 0, -1) @ merge
        out[holes] = np.nan
        return out

    def _pixels(self, values: Float32, keep: Bool) -> Float32:
        out = np.zeros((len(self.mapping), *keep.shape), np.float32)
        flat = values[:, keep].T
        step = self.batch or 65_536
        for start in range(0, len(flat), step):
            part = np.ascontiguousarray(flat[start : start + step])
            short = step - len(part) if self.batch else 0
            padded = np.concatenate([part, np.zeros((short, part.shape[1]), np.float32)]) if short else part
            flat_out = self.run(padded)[: len(part)]
            out.reshape(len(self.mapping), -1)[:, np.flatnonzero(keep)[start : start + step]] = flat_out.T
        return out

    def _image(self, values: Float32) -> Float32:
        rows, cols = values.shape[1:]
        side = self.side
        padding = [(0, 0), (0, max(0, side - rows)), (0, max(0, side - cols))]
        padded = np.pad(values, padding, mode="edge")
        out = np.zeros((len(self.mapping), *padded.shape[1:]), np.float32)
        places = list(tiles(padded.shape[1], padded.shape[2], side, self.halo))
        step = self.batch or max(1, _MOST_VALUES // (len(values) * side * side))
        for start in range(0, len(places), step):
            some = places[start : start + step]
            patches = np.stack([padded[:, t.y : t.y + side, t.x : t.x + side] for t in some])
            if self.batch and len(some) < self.batch:
                patches = np.concatenate([patches, np.repeat(patches[-1:], self.batch - len(some), axis=0)])
            for t, p in zip(some, self.run(patches), strict=False):
                out[:, t.top : t.bottom, t.left : t.right] = p[
                    :, t.top - t.y : t.bottom - t.y, t.left - t.x : t.right - t.x
                ]
        return out[:, :rows, :cols]


@dataclass(frozen=True, slots=True)
class Tile:
    """A patch at (x, y), and the part of the image that it answers for."""

    y: int
    x: int
    top: int
    bottom: int
    left: int
    right: int


def tiles(rows: int, cols: int, side: int, overlap: int) -> Iterator[Tile]:
    """Patches of ``side`` that cover the image; one answers each pixel, from ``overlap`` inside its inner edges."""
    for y, top, bottom in _cuts(rows, side, overlap):
        for x, left, right in _cuts(cols, side, overlap):
            yield Tile(y, x, top, bottom, left, right)


def _cuts(length: int, side: int, overlap: int) -> list[tuple[int, int, int]]:
    step = side - 2 * overlap
    starts = [0]
    while starts[-1] + side < length:
        starts.append(min(starts[-1] + step, length - side))
    out, done = [], 0
    for i, start in enumerate(starts):
        end = length if i == len(starts) - 1 else start + side - overlap
        out.append((start, done, end))
        done = end
    return out


def open_model(path: Path, scheme: Scheme) -> ForeignModel:
    """Open an .onnx or .skops file with its description.

    Raises:
        MissingError: The model, its description or its sheet is not there, or a class is not in the scheme.
        InputError: One of them is wrong; says where.
    """
    card = read_card(path)
    mapping = class_mapping(card, scheme)
    name = safe_name(card.path.stem)
    if card.path.suffix == ".skops":
        return ForeignModel(name, card, _skops_runner(card), mapping, False, 1, None, False)
    model = open_onnx(card)
    return ForeignModel(
        name, card, model.run, mapping, model.image, model.side or DEFAULT_PATCH, model.batch, model.hard
    )


def class_mapping(card: ModelCard, scheme: Scheme) -> UInt8:
    """Our class code for each output of the model, through its sheet or by equal names; 255 for ignored ones."""
    if card.sheet is not None:
        from groundset.taxonomy import read_sheet

        sheet = read_sheet(card.sheet)
        named = {name for _, name in card.classes} & {rule.from_code for rule in sheet.rules}
        keys: list[object] = [name if name in named else code for code, name in card.classes]
        return sheet.map_names(np.array([str(k) for k in keys]), scheme)
    try:
        return np.array([scheme.find(name).code for _, name in card.classes], np.uint8)
    except MissingError as error:
        raise InputError(
            "a class of the model is not in the scheme",
            asked=error.asked,
            found=error.found,
            hint=f'map its classes with a sheet: sheet = "FILE.csv" in {card.source}',
        ) from error


def check_bands(card: ModelCard, bands: BandSet) -> list[int]:
    """Positions of the bands that the model wants.

    Raises:
        InputError: The scene lacks one.
    """
    try:
        return [bands.index(name) for name in card.bands]
    except MissingError as error:
        raise InputError(
            "the scene lacks a band that the model wants",
            asked=error.asked,
            found=error.found,
            hint=f"correct bands in {card.source}, or ingest the scene with this band",
        ) from error


def _planes(physical: Float32, bands: BandSet, card: ModelCard) -> Float32:
    at = check_bands(card, bands)
    planes = physical[at]
    if card.values == "stored":
        scale = np.array([bands[i].scale for i in at], np.float32)[:, None, None]
        offset = np.array([bands[i].offset for i in at], np.float32)[:, None, None]
        planes = (planes - offset) / scale
    return planes


def _skops_runner(card: ModelCard) -> Callable[[Float32], Float32]:
    estimator = load_skops(card.path)
    if not hasattr(estimator, "predict_proba") or not hasattr(estimator, "classes_"):
        raise InputError("the model is not a fitted classifier", asked=card.path, found=type(estimator).__name__)
    wanted = getattr(estimator, "n_features_in_", len(card.bands))
    if wanted != len(card.bands):
        raise InputError(
            "the description names another number of bands than the model takes",
            asked=f"{len(card.bands)} bands ({', '.join(card.bands)})", found=f"{wanted} features",
            hint=f"correct bands in {card.source}",
        )  # fmt: skip
    if len(estimator.classes_) != len(card.classes):
        raise InputError(
            "the description names another number of classes than the model has",
            asked=[name for _, name in card.classes], found=[str(c) for c in estimator.classes_],
            hint=f"correct classes in {card.source}",
        )  # fmt: skip

    def run(batch: Float32) -> Float32:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="X does not have valid feature names")
            return np.asarray(estimator.predict_proba(batch), np.float32)

    return run
