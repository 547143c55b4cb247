"""A workspace of many chips, made quickly: real pixels (EuroSAT) where they are there, woven ones elsewhere.

``many_chips(folder, 100_000)`` takes about half a minute. Every scene is one date of one of two places; the dates of a
place share its raster. Each chip shows one of 100 EuroSAT chips in one of eight orientations, so that what is in it is
known, and an answer may say so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import rasterio
from rasterio.transform import from_origin

from groundset.chips import encode_image, part_name
from groundset.chips.chip import Chip, cut
from groundset.chips.render import Stretch, paint, stretch_from
from groundset.core import Grid, Scheme, SchemeClass, Window
from groundset.imagery import Scene, open_source
from groundset.journal import NewEvent
from groundset.lake import Lake, init

SIZE = 64
PER_SCENE = 5_000
BANDS = ("B02", "B03", "B04", "B08")
CLASSES = (
    ("AnnualCrop", "Annual crop", "#e8c547"),
    ("Forest", "Forest", "#1f7a3a"),
    ("HerbaceousVegetation", "Herbaceous vegetation", "#93b84a"),
    ("Highway", "Highway", "#8a8a8a"),
    ("Industrial", "Industrial", "#b04a8c"),
    ("Pasture", "Pasture", "#c5e06f"),
    ("PermanentCrop", "Permanent crop", "#d08a3c"),
    ("Residential", "Residential", "#d64541"),
    ("River", "River", "#3fa7d6"),
    ("SeaLake", "Sea or lake", "#1c4e9c"),
)
SCHEME = Scheme("many", tuple(SchemeClass(i, name, title, color) for i, (name, title, color) in enumerate(CLASSES)))
ACTORS = ("anna", "bela", "carl", "model:chips-boost")
_FIRST = datetime(2023, 3, 4, 10, 32, 11, tzinfo=UTC)
_Views = Sequence[tuple[int, np.ndarray]]
_ROOT = Path(__file__).resolve().parents[2]


def many_chips(
    folder: Path, count: int = 100_000, quicklooks: bool = True, *, scenes: int | None = None, answered: float = 0.5,
    seed: int = 0,
) -> Path:  # fmt: skip
    """Make a workspace of ``count`` chips of 64 pixels, ten classes, tasks ``chips`` and ``pixels``.

    Args:
        folder: Where; must not be there yet.
        count: Chips.
        quicklooks: Whether to draw them.
        scenes: Number of scenes (default: one for every 5,000 chips).
        answered: Share of the chips with an answer in the task ``chips``.
        seed: Changes which chip shows what.

    Returns:
        The folder.
    """
    rng = np.random.default_rng(seed)
    number = scenes or -(-count // PER_SCENE)
    each = -(-count // number)
    cols = min(100, each)
    grid = (-(-each // cols), cols)
    views = _views()
    with init(folder, scheme=SCHEME, name="many-chips") as lake:
        lake.set_grid(Grid(SIZE))
        places = [_Place(lake.root, i, grid, rng, views) for i in range(min(2, number))]
        left = count
        for i in range(number):
            place = places[i % len(places)]
            scene = _scene(place, i)
            lake.scenes.put(scene)
            chips = list(_chips(scene, grid, min(each, left), rng))
            left -= len(chips)
            part = part_name(scene.id, 0)
            if quicklooks:
                pictures = _pictures(place, i, len(chips), views)
                lake.quicklooks.write_part(part, pictures, stretch=_stretch())
            lake.chips.write_part(part, chips)
            _answer(lake, chips, place.classes, answered, rng)
    return folder


class _Place:
    """One raster, and what each of its chips shows."""

    def __init__(self, root: Path, number: int, grid: tuple[int, int], rng: np.random.Generator, views: _Views) -> None:
        rows, cols = grid
        self.name = ("loire", "rhone")[number]
        self.path = root / "imagery" / f"{self.name}.tif"
        self.shows = rng.integers(0, len(views), rows * cols)
        self.turned = rng.integers(0, 8, rows * cols)
        self.classes = np.array([v[0] for v in views])[self.shows]
        self.path.parent.mkdir(exist_ok=True)
        data = np.empty((len(BANDS), rows * SIZE, cols * SIZE), np.uint16)
        for i, (show, turn) in enumerate(zip(self.shows, self.turned, strict=True)):
            row, col = divmod(i, cols)
            window = (slice(None), slice(row * SIZE, (row + 1) * SIZE), slice(col * SIZE, (col + 1) * SIZE))
            data[window] = _turn(views[show][1], int(turn))
        _write(self.path, data, (420_000 + 150_000 * number, 5_250_000))


def _write(path: Path, data: np.ndarray, corner: tuple[float, float]) -> None:
    bands, rows, cols = data.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=bands, dtype="uint16", nodata=0, crs="EPSG:32631",
        transform=from_origin(*corner, 10, 10), tiled=True, blockxsize=256, blockysize=256, compress="deflate",
        zlevel=1, predictor=2, num_threads="all_cpus",
    ) as out:  # fmt: skip
        out.write(data)
        for i, name in enumerate(BANDS, 1):
            out.set_band_description(i, name)
        out.build_overviews([2, 4, 8, 16], rasterio.enums.Resampling.average)


def _scene(place: _Place, number: int) -> Scene:
    """Every fourth scene states no cloud cover, every fifth no sensor."""
    opened = open_source(str(place.path), bands=BANDS, time=_FIRST, scene_id=f"{place.name}-{number:03d}")[0]
    return replace(
        opened,
        datetime=_FIRST + timedelta(days=5 * number, seconds=number),
        sensor=None if number % 5 == 4 else "sentinel-2-l2a",
        cloud_cover=None if number % 4 == 3 else round((number * 37 % 100) * 0.9, 1),
        group=place.name,
    )


def _chips(scene: Scene, grid: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[Chip]:
    valid = np.where(rng.random(count) < 0.9, 1.0, np.round(rng.random(count), 3)).tolist()
    off = rng.normal(0, 8, count)
    for i in range(count):
        row, col = divmod(i, grid[1])
        window = Window(col * SIZE, row * SIZE, SIZE, SIZE)
        cloud = None if scene.cloud_cover is None else float(np.clip(round(scene.cloud_cover + off[i], 2), 0, 100))
        yield cut(scene, 0, row, col, window, valid_fraction=valid[i], cloud_cover=cloud)


def _pictures(place: _Place, number: int, count: int, views: _Views) -> Iterator[bytes]:
    """As lit on this date; equal pictures are drawn once."""
    light = 0.8 + 0.05 * (number % 8)
    tint = 1 + 0.12 * np.sin(number + np.array([0.0, 2.0, 4.0], np.float32))
    drawn: dict[tuple[int, int], bytes] = {}
    for i in range(count):
        key = int(place.shows[i]), int(place.turned[i])
        if key not in drawn:
            planes = views[key[0]][1][[2, 1, 0]].astype(np.float32) * (light * tint)[:, None, None].astype(np.float32)
            drawn[key] = encode_image(paint(_turn(planes, key[1]), _stretch()))
        yield drawn[key]


def _answer(lake: Lake, chips: Sequence[Chip], classes: np.ndarray, share: float, rng: np.random.Generator) -> None:
    picked = np.flatnonzero(rng.random(len(chips)) < share)
    wrong = rng.random(len(chips)) < 0.05
    who = rng.integers(0, len(ACTORS), len(chips))
    by_actor: dict[str, list[NewEvent]] = {}
    for i in picked.tolist():
        code = int(classes[i] + wrong[i]) % len(CLASSES)
        payload: dict[str, Any] = {"class": code, "value": "positive"}
        if ACTORS[who[i]].startswith("model:"):
            payload["origin"] = 2
        at = chips[i].datetime + timedelta(days=100, seconds=i)  # type: ignore[operator]  # all have a time
        event = NewEvent("answer", "chips", str(chips[i].id), payload, id=str(UUID(bytes=rng.bytes(16))), at=at)
        by_actor.setdefault(ACTORS[who[i]], []).append(event)
    for actor, events in by_actor.items():
        lake.journal.append(events, actor=actor)


def _turn(view: np.ndarray, how: int) -> np.ndarray:
    turned = np.rot90(view, how % 4, axes=(1, 2))
    return np.ascontiguousarray(turned[:, :, ::-1] if how > 3 else turned)


@cache
def _views() -> _Views:
    """(class, uint16 (4, 64, 64)): the hundred EuroSAT chips, or woven fields where they are not there."""
    base = Path(os.environ.get("GROUNDSET_TEST_DATA", _ROOT.parent / "shared" / "data")) / "eurosat_ms100_stac"
    out = []
    for code, (name, _, _) in enumerate(CLASSES):
        for path in sorted(base.glob(f"**/tif/{name}/*.tif")):
            with rasterio.open(path) as source:
                out.append((code, np.maximum(source.read([2, 3, 4, 8]), 1)))
    return out or [(code, _woven(code, i)) for code in range(len(CLASSES)) for i in range(10)]


def _woven(code: int, number: int) -> np.ndarray:
    rng = np.random.default_rng([code, number])
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    a, b, c = rng.uniform(2, 20, 3)
    wave = np.sin(a * x + c) + np.cos(b * y) + rng.normal(0, 0.2, (SIZE, SIZE))
    base = np.array([800, 900, 700, 900]) + 250 * (np.arange(4) * (code + 1) % 7)
    return np.clip(base[:, None, None] + 180 * wave, 1, 10_000).astype(np.uint16)


@cache
def _stretch() -> Stretch:
    shown = [view[[2, 1, 0]].astype(np.float32) for _, view in _views()]
    stretch = stretch_from(shown, (2, 1, 0))
    assert stretch is not None
    return stretch
