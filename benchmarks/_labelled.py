"""Chips with features of the default encoder and a truth: EuroSAT's 100, and those of the Itaipu scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from _bench import cache_dir, test_data
from groundset.core import Band, BandSet
from groundset.features import default_encoder

SIDE = 32
SENTINEL2 = ("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09",
             "cirrus", "swir16", "swir22")  # fmt: skip


@dataclass
class Chips:
    """Features float32 (n, D), truth int (n,), and grid column and row of each chip (n,) where they have places."""

    X: np.ndarray
    y: np.ndarray
    names: tuple[str, ...]
    col: np.ndarray | None = None
    row: np.ndarray | None = None


def eurosat() -> Chips:
    """The 100 chips of 64 x 64 pixels, 13 bands, 10 classes, encoded afresh."""
    import rasterio

    files = sorted(test_data("eurosat_ms100_stac").rglob("*.tif"))
    names, y = np.unique([f.parent.name for f in files], return_inverse=True)
    pixels = []
    for file in files:
        with rasterio.open(file) as source:
            pixels.append(source.read().astype(np.float32))
    stack, bands = np.stack(pixels), BandSet(tuple(Band(n, n) for n in SENTINEL2))
    return Chips(default_encoder(list(stack), bands).encode(stack, bands), y, tuple(names))


def itaipu() -> Chips:
    """Chips of 32 x 32 pixels of the demo's Landsat scene; those at least half of which has data.

    The truth: the scene's reference knows 728 pixels. A forest (the product's own, all its pixel features) learns from
    all of them and says of every pixel whether it is water; a chip is water where it says so of at least half of the
    chip's pixels. So it is a truth made by a machine from people's points and polygons, looked at once and found good:
    the reservoir and the river are whole, some fields are wrong.
    """
    path = cache_dir("benchmarks") / "itaipu-chips-1.npz"
    if not path.exists():
        np.savez(path, **_itaipu())
    known = np.load(path, allow_pickle=False)
    return Chips(known["X"], (known["water"] >= 0.5).astype(np.int64), ("land", "water"), known["col"], known["row"])


def _itaipu() -> dict[str, np.ndarray]:
    import rasterio
    from odc.geo.geobox import GeoBox

    from groundset.demo.samples import ITAIPU
    from groundset.segment.features import default_spec, pixel_features
    from groundset.segment.forest import Forest

    ITAIPU.scenes()
    with rasterio.open(cache_dir("samples", "itaipu") / "itaipu-2020.tif") as source:
        pixels = source.read().astype(np.float32)
        reference = ITAIPU.reference(GeoBox(source.shape, source.transform, source.crs))
    pixels[:, (pixels == 0).any(axis=0)] = np.nan
    there = np.isfinite(pixels).all(axis=0)
    bands = BandSet(tuple(Band(n, n) for n in ("blue", "green", "red")))
    features = pixel_features(pixels, bands, default_spec([bands]))
    known = there & (reference != 255)
    forest = Forest().fit(np.ascontiguousarray(features[:, known].T), reference[known])
    water = np.zeros(there.shape, bool)
    for start in range(0, len(water), 64):
        rows = slice(start, start + 64)
        some = np.ascontiguousarray(features[:, rows][:, there[rows]].T)
        if len(some):
            water[rows][there[rows]] = forest.classes[forest.predict_proba(some).argmax(axis=1)] == 1
    down, across = (n // SIDE for n in there.shape)
    valid, wet = (_tiles(plane[None], down, across).mean(axis=(1, 2, 3)) for plane in (there, water))
    kept = np.flatnonzero(valid >= 0.5)
    chips = _tiles(pixels, down, across)[kept]
    some = np.random.default_rng(0).choice(len(chips), 200, replace=False)
    X = default_encoder(list(chips[some]), bands).encode(chips, bands)
    return {"X": X, "water": wet[kept] / valid[kept], "row": kept // across, "col": kept % across}


def _tiles(planes: np.ndarray, down: int, across: int) -> np.ndarray:
    """(bands, rows, columns) as chips (n, bands, SIDE, SIDE), row by row."""
    cut = planes[:, : down * SIDE, : across * SIDE].reshape(len(planes), down, SIDE, across, SIDE)
    return cut.transpose(1, 3, 0, 2, 4).reshape(-1, len(planes), SIDE, SIDE)
