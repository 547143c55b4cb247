"""From a task's labels to the pixels that train a model."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import UNLABELLED, Band, BandSet, InputError, Listener, Progress, Scheme, Window
from groundset.imagery import Scene, SceneReader
from groundset.journal import TaskLabels
from groundset.lake import Lake
from groundset.segment.blocks import Places
from groundset.segment.dates import Seen
from groundset.segment.features import FeatureSpec, pixel_features
from groundset.segment.model import fill_missing

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]
Kept = TypeVar("Kept", bound=np.generic)
Grounds = dict[object, tuple[int, int, int]]

ACTOR = "model:"
"""What the names of models as actors begin with."""

_ALIKE = 4
"""Scales of one band that differ by no more are those of other days, not of other units."""

MOST_PER_CLASS = 50_000
"""A class with more labelled pixels is thinned at random: more of the same pixels do not make the model better."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Labelled pixels with their features.

    Args:
        features: float32 (n, features), NaN replaced by ``fill``.
        codes: uint8 (n,).
        places: Where they lie.
        fill: float32 (features,), medians of the training pixels.
        spec: What the features are.
        chips: The chips they come from.
        labelled: All labelled pixels per class code, before thinning.
    """

    features: Float32
    codes: UInt8
    places: Places
    fill: Float32
    spec: FeatureSpec
    chips: tuple[Chip, ...]
    labelled: dict[int, int]

    @property
    def used(self) -> dict[int, int]:
        """Pixels per class code that train."""
        values, counts = np.unique(self.codes, return_counts=True)
        return {int(v): int(c) for v, c in zip(values, counts, strict=True)}


def training_codes(labels: TaskLabels, chip: Chip) -> UInt8:
    """Class codes (rows, columns) of the pixels of a chip that may train; 255 elsewhere.

    Only what people, imports, regions and consensus say trains (origins 1, 3, 4, 5). Product flags never do:
    not-applicable is a class of the model only where somebody labelled pixels so.
    """
    return labels.training_mask(chip).classes


def collect(
    seen: Seen, labels: TaskLabels, scheme: Scheme, *, seed: int, listener: Listener | None = None
) -> TrainingSet:
    """The training pixels of a task over all its chips and scenes.

    Raises:
        InputError: No labelled pixel, or fewer than two classes; says what is there.
    """
    lake = seen.lake
    labelled_by_others = [i for i in labels.chip_ids if any(not a.startswith(ACTOR) for a in labels.actors(i))]
    asked = seen.chips()
    known = {str(c.id) for c in asked} if seen.two else None
    there = [lake.chips.get(i) for i in labelled_by_others if known is None or i in known]
    masks = {c.id: codes for c in there if np.any((codes := training_codes(labels, c)) != UNLABELLED)}
    chips = sorted((c for c in there if c.id in masks), key=lambda c: c.id)
    labelled = _count(masks.values())
    _enough(labelled, scheme)
    keep = {code: min(1.0, MOST_PER_CLASS / n) for code, n in labelled.items()}
    scenes = {name: seen.scene(name) for name in sorted({c.id.scene for c in chips})}
    spec = seen.spec(band_sets(lake, asked))
    grounds: Grounds = {}
    progress = Progress("reading labelled chips", len(chips), "chips", listener)
    parts = [
        _pixels(scenes, reader, chip, _thin(masks[chip.id], keep, seed, str(chip.id)), spec, grounds, progress)
        for reader, members in _by_scene(lake, scenes, chips)
        for chip in members
    ]
    features = np.concatenate([p[0] for p in parts], axis=1)
    codes, ground, x, y = (np.concatenate([p[i] for p in parts]) for i in range(1, 5))
    with np.errstate(all="ignore"):
        fill = np.array([np.nanmedian(f) if np.isfinite(f).any() else 0.0 for f in features], np.float32)
    flat = np.ascontiguousarray(fill_missing(features, fill).T)
    return TrainingSet(flat, codes.astype(np.uint8), Places(ground, x, y), fill, spec, tuple(chips), labelled)


def grown(window: Window, halo: int) -> Window:
    """The window with ``halo`` pixels more on every side."""
    return Window(window.x_off - halo, window.y_off - halo, window.width + 2 * halo, window.height + 2 * halo)


def cropped(planes: npt.NDArray[Kept], halo: int) -> npt.NDArray[Kept]:
    """(..., rows, columns) without its margin."""
    return planes[..., halo : planes.shape[-2] - halo, halo : planes.shape[-1] - halo]


def band_sets(lake: Lake, chips: Iterable[Chip]) -> list[BandSet]:
    """The bands of every kind of scene (sensor and band names) that these chips show."""
    kinds: dict[tuple[str | None, tuple[str, ...]], str] = {}
    for chip in chips:
        kinds.setdefault((chip.sensor, chip.bands), chip.id.scene)
    return [lake.scenes.get(name).bands for name in sorted(kinds.values())]


def other_numbers(lake: Lake, scenes: Iterable[str]) -> str | None:
    """Which band is measured otherwise in some scenes than in others, as far as they say; None where all are alike."""
    first: dict[str, tuple[str, Band]] = {}
    for scene in sorted(set(scenes)):
        for band in lake.scenes.get(scene).bands:
            where, known = first.setdefault(band.name, (scene, band))
            if _apart(known, band):
                return (
                    f"Band {band.name} is {_measure(known)} in scene {where}, but {_measure(band)} in scene {scene}: "
                    "a model of both may mistake one for the other. Ingest the one that lacks its scale or unit again, "
                    "with --sensor or --bands."
                )
    return None


def _apart(one: Band, other: Band) -> bool:
    """Whether bands of one name seem to be measured otherwise: by unit, by scale, or scaled floats and raw numbers."""
    if one.unit != other.unit:
        return True
    small, large = sorted((abs(one.scale), abs(other.scale)))
    if one.dtype == other.dtype:
        return large > _ALIKE * small
    floats = [np.issubdtype(np.dtype(b.dtype), np.floating) for b in (one, other)]
    return floats[0] != floats[1] and small == large == 1


def _measure(band: Band) -> str:
    return f"{band.dtype} x {band.scale:g}" + (f" {band.unit}" if band.unit else "")


def _count(masks: Iterable[UInt8]) -> dict[int, int]:
    total = np.zeros(256, np.int64)
    for mask in masks:
        total += np.bincount(mask.ravel(), minlength=256)
    total[UNLABELLED] = 0
    return {int(c): int(total[c]) for c in np.flatnonzero(total)}


def _enough(labelled: dict[int, int], scheme: Scheme) -> None:
    if len(labelled) >= 2:
        return
    found = ", ".join(f"{scheme.find(c).name}: {n} pixels" for c, n in labelled.items()) or "no labelled pixel"
    raise InputError(
        "a model needs labelled pixels of two classes at least",
        found=found,
        hint="label some (groundset annotate), product flags and model masks do not count",
    )


def _thin(codes: UInt8, keep: dict[int, float], seed: int, chip_id: str) -> UInt8:
    if all(share == 1 for share in keep.values()):
        return codes
    # A generator per chip: the sample does not depend on which other chips there are.
    chance = np.random.default_rng([seed, zlib.crc32(chip_id.encode())]).random(codes.shape)
    share = np.zeros(256)
    share[list(keep)] = list(keep.values())
    return np.where(chance < share[codes], codes, np.uint8(UNLABELLED)).astype(np.uint8)


def _by_scene(lake: Lake, scenes: dict[str, Scene], chips: Sequence[Chip]) -> Iterator[tuple[SceneReader, list[Chip]]]:
    for name, members in groupby(chips, key=lambda c: c.id.scene):
        with SceneReader(scenes[name], cache=lake.layout.cache) as reader:
            yield reader, list(members)


def _pixels(
    scenes: dict[str, Scene],
    reader: SceneReader,
    chip: Chip,
    codes: UInt8,
    spec: FeatureSpec,
    grounds: Grounds,
    progress: Progress,
) -> tuple[npt.NDArray[np.generic], ...]:
    pixels = reader.read(grown(chip.window, spec.halo))
    physical = pixels.physical()
    there = codes != UNLABELLED
    there &= ~pixels.nodata[spec.halo : spec.halo + codes.shape[0], spec.halo : spec.halo + codes.shape[1]]
    features = cropped(pixel_features(physical, pixels.bands, spec), spec.halo)
    rows, cols = np.nonzero(there)
    ground, x0, y0 = ground_of(scenes[chip.id.scene])
    # Counted from the first scene's corner, so that blocks are whole chips of it.
    number, x1, y1 = grounds.setdefault(ground, (len(grounds), x0, y0))
    progress.advance()
    return (
        features[:, rows, cols],
        codes[rows, cols],
        np.full(len(rows), number, np.int64),
        cols.astype(np.int64) + chip.window.x_off + x0 - x1,
        rows.astype(np.int64) + chip.window.y_off + y0 - y1,
    )


def ground_of(scene: Scene) -> tuple[object, int, int]:
    """The ground grid of a scene and the scene's offset on it, in pixels (columns, rows)."""
    if scene.geobox.crs is None:
        return scene.id, 0, 0
    a = scene.geobox.affine
    if a.b or a.d:
        return (str(scene.geobox.crs), tuple(a)), 0, 0
    return (str(scene.geobox.crs), round(a.a, 9), round(a.e, 9)), round(a.c / a.a), round(a.f / a.e)
