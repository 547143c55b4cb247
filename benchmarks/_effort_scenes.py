"""The scenes of ``effort.py`` as they are labelled: what a person sees in them, and what they are scored on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
import rasterio
from scipy.ndimage import find_objects, label
from skimage.measure import approximate_polygon, find_contours

from _bench import test_data
from groundset.core import UNLABELLED, Band, BandSet, Grid, Window
from groundset.demo.samples import ITAIPU, WAKE, Sample
from groundset.segment.features import FeatureSpec, live_spec, pixel_features
from groundset.segment.forest import Forest
from groundset.segment.regions import Hierarchy, hierarchy

SCENES = ("sen1floods11", "itaipu", "wake")
GAP = 8
Reading = Literal["lakes", "known"]
"""What the person goes by: the whole lakes that they see, or the reference polygons, as if they saw these."""


@dataclass
class Picture:
    """A scene as it is labelled: itaipu's chips that hold reference pixels stand one below the other, a gap between.

    Args:
        name: Of the scene.
        truth: uint8 (rows, columns), 1 water, 0 not, 255 unknown: what is scored.
        stored: (bands, rows, columns) as IRIS reads it.
        features: float32 (features, rows, columns) as ours sees it.
        spec: What these are.
        chips: Row ranges of the chips, with physical values and nodata, for regions.
    """

    name: str
    truth: np.ndarray
    stored: np.ndarray
    features: np.ndarray
    spec: FeatureSpec
    chips: list[tuple[slice, slice, np.ndarray, np.ndarray]]
    trees: dict[int, Hierarchy] = field(default_factory=dict)

    def chip(self, row: int, col: int) -> int | None:
        """The chip of a pixel."""
        inside = (i for i, (r, c, *_) in enumerate(self.chips) if r.start <= row < r.stop and c.start <= col < c.stop)
        return next(inside, None)

    def tree(self, i: int) -> Hierarchy:
        """The regions of a chip."""
        if i not in self.trees:
            self.trees[i] = hierarchy(*self.chips[i][2:])
        return self.trees[i]


@cache
def picture(name: str) -> Picture:
    """A scene; read once in each process."""
    if name != "sen1floods11":
        return _sample({"itaipu": ITAIPU, "wake": WAKE}[name])
    folder = test_data("sen1floods11_sample", "sample")
    stored = rasterio.open(folder / "S2" / "Spain_7370579_S2Hand.tif").read()
    hand = rasterio.open(folder / "Labels" / "Spain_7370579_LabelHand.tif").read(1)
    names = ("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09",
             "cirrus", "swir16", "swir22")  # fmt: skip
    bands = BandSet(tuple(Band(n, n, scale=1e-4, dtype="uint16") for n in names))
    truth = np.where(hand < 0, UNLABELLED, hand).astype(np.uint8)
    return _whole(name, truth, stored, np.zeros(truth.shape, bool), bands)


def _whole(name: str, truth: np.ndarray, stored: np.ndarray, nodata: np.ndarray, bands: BandSet) -> Picture:
    physical = bands.to_physical(stored, np.broadcast_to(~nodata, stored.shape))
    spec = live_spec([bands])
    features = np.nan_to_num(pixel_features(physical, bands, spec))
    rows, cols = truth.shape
    return Picture(name, truth, stored, features, spec, [(slice(0, rows), slice(0, cols), physical, nodata)])


def _sample(sample: Sample) -> Picture:
    from groundset.imagery import SceneReader

    scene = sample.scenes()[0]
    truth = sample.reference(scene.geobox)
    with SceneReader(scene) as reader:
        if max(truth.shape) <= 512:
            pixels = reader.read(Window(0, 0, scene.width, scene.height))
            known = np.where(pixels.nodata, UNLABELLED, truth)
            return _whole(sample.name, known, pixels.data, pixels.nodata, scene.bands)
        parts = []
        for _, _, window in Grid(sample.chip_size).windows(scene.width, scene.height):
            inside = truth[window.y_off : window.bottom, window.x_off : window.right]
            if (inside != UNLABELLED).any():
                pixels = reader.read(window)
                known = np.full(window.shape, UNLABELLED, np.uint8)
                known[: inside.shape[0], : inside.shape[1]] = inside
                known[pixels.nodata] = UNLABELLED
                parts.append(_whole("", known, pixels.data, pixels.nodata, scene.bands))
    return _stacked(sample.name, parts)


def _stacked(name: str, parts: Sequence[Picture]) -> Picture:
    size = parts[0].truth.shape[0]
    rows = len(parts) * (size + GAP)
    truth = np.full((rows, size), UNLABELLED, np.uint8)
    stored = np.zeros((len(parts[0].stored), rows, size), parts[0].stored.dtype)
    features = np.zeros((len(parts[0].features), rows, size), np.float32)
    chips = []
    for i, part in enumerate(parts):
        at = slice(i * (size + GAP), i * (size + GAP) + size)
        truth[at], stored[:, at], features[:, at] = part.truth, part.stored, part.features
        chips.append((at, slice(0, size), *part.chips[0][2:]))
    return Picture(name, truth, stored, features, parts[0].spec, chips)


@cache
def seen(name: str, reading: Reading) -> np.ndarray:
    """What a person sees, and so what they label: uint8 (rows, columns), 1 water, 0 not, 255 not asked for.

    ``known``: the reference pixels alone. ``lakes``: these, and around them what a forest says that learned from all
    of them (bands and indices of the pixel): the whole lakes that reference water lies in, and land. Water of other
    lakes is not asked for in any way. Where nearly all is known (Sen1Floods11) both are the truth itself.
    """
    scene = picture(name)
    known = scene.truth != UNLABELLED
    if reading == "known" or known.mean() > 0.5:
        return scene.truth
    plain = len(scene.spec.bands) + len(scene.spec.indices)
    planes = scene.features[:plain].reshape(plain, -1).T
    model = Forest(0).fit(planes[known.ravel()], scene.truth[known])
    said = (model.predict_proba(planes).argmax(axis=1) == 1).reshape(known.shape)
    there = np.zeros(known.shape, bool)
    for rows, cols, _, nodata in scene.chips:
        there[rows, cols] = ~nodata
    pieces, _ = label(((said & there) | (scene.truth == 1)) & (scene.truth != 0))
    lakes = np.isin(pieces, np.unique(pieces[scene.truth == 1]))
    around = np.where(there & ~said, 0, UNLABELLED)
    return np.where(lakes, 1, np.where(known, scene.truth, around)).astype(np.uint8)


@cache
def outlines(name: str, reading: Reading, tolerance: float) -> list[list[np.ndarray]]:
    """Rings of each patch of water that is seen, the outer one first, the largest patch first."""
    pieces, count = label(seen(name, reading) == 1)
    sizes = np.bincount(pieces.ravel())
    boxes = find_objects(pieces)
    out = []
    for i in sorted(range(1, count + 1), key=lambda k: -sizes[k]):
        rows, cols = boxes[i - 1]
        rings = find_contours(np.pad(pieces[rows, cols] == i, 1).astype(float), 0.5)
        rings = [approximate_polygon(r, tolerance)[:-1] + np.array([rows.start - 1, cols.start - 1]) for r in rings]
        rings = sorted((r for r in rings if len(r) >= 3), key=lambda r: -float(np.ptp(r, axis=0).prod()))
        if rings:
            out.append(rings)
    return out
