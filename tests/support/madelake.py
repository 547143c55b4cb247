"""A made scene with water in it, cut into chips, and pixels labelled by a person."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from groundset.chips.chip import Chip, cut, scene_windows
from groundset.core import Grid, LabelMask, Origin
from groundset.imagery import Scene
from groundset.journal import NewEvent
from groundset.lake import Lake

TIME = datetime(2024, 5, 1, 10, tzinfo=UTC)


def write_scene(path: Path, data: np.ndarray, *, nodata: float | None = 0, crs: str | None = "EPSG:32632") -> Path:
    """A GeoTIFF of (bands, rows, columns)."""
    bands, rows, cols = data.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=bands, dtype=data.dtype, nodata=nodata, crs=crs,
        transform=from_origin(500_000, 5_000_000, 10, 10),
    ) as out:  # fmt: skip
        out.write(data)
    return path


def lake_like_image(rows: int = 128, cols: int = 128, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """uint16 (4, rows, columns) blue, green, red, nir, and uint8 truth: water where a wave is high."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :cols]
    water = np.sin(x / 9) + np.cos(y / 7) > 0.2
    dry, wet = np.array([900, 1000, 1100, 2600]), np.array([800, 900, 600, 300])
    image = np.where(water, wet[:, None, None], dry[:, None, None]) + rng.normal(0, 150, (4, rows, cols))
    return np.clip(image, 1, 10_000).astype(np.uint16), water.astype(np.uint8)


def add_scene(lake: Lake, scene: Scene, chip_size: int) -> list[Chip]:
    """Cut a scene into chips and keep both."""
    grid = Grid(chip_size)
    lake.scenes.put(scene)
    chips = [cut(scene, 0, row, col, window) for row, col, window in scene_windows(scene, grid)]
    lake.chips.write_part(f"{scene.id}_0", chips)
    return chips


def paint(
    lake: Lake, chip: Chip, classes: np.ndarray, *, actor: str = "anna", origin: Origin = Origin.HUMAN,
    task: str = "pixels",
) -> str:  # fmt: skip
    """A mask by a person; returns the event's id."""
    mask = LabelMask.of(classes.astype(np.uint8), origin)
    sha256 = lake.masks.put(mask, chip.geobox, lake.scheme(task))
    event = NewEvent("mask", task, str(chip.id), {"sha256": sha256, "strokes": 1})
    lake.journal.append([event], actor=actor)
    return event.id


def sparse(truth: np.ndarray, chip: Chip, share: float, seed: int) -> np.ndarray:
    """The truth of a chip at a random share of its pixels, 255 elsewhere."""
    part = truth[chip.window.slices]
    return np.where(np.random.default_rng(seed).random(part.shape) < share, part, 255).astype(np.uint8)
