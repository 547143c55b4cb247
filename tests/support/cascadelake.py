"""A workspace whose scene has two lakes in much land, in chips of 64, 32 and 16 pixels, and a person who sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from madelake import TIME, write_scene

from groundset.core import ChipId, Grid
from groundset.imagery import open_source
from groundset.ingest import ingest
from groundset.lake import Lake, init
from groundset.taxonomy import WATER

SIDE = 384
SIZES = (64, 32, 16)
BANDS = ["blue", "green", "red", "nir"]
DRY, WET = np.array([900, 1000, 1100, 2600]), np.array([800, 900, 600, 300])


def water() -> np.ndarray:
    """Where water is: bool (rows, columns)."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return ((x - 90) ** 2 + (y - 100) ** 2 < 60**2) | ((x - 280) ** 2 / 4 + (y - 300) ** 2 < 30**2)


def cascade_lake(root: Path, *, levels: int = 3, edge: str = "pad", cut: int = 0) -> Lake:
    """The workspace; ``cut`` pixels of the scene are left out at the right and below."""
    rng = np.random.default_rng(0)
    image = np.where(water(), WET[:, None, None], DRY[:, None, None]) + rng.normal(0, 200, (4, SIDE, SIDE))
    image = np.clip(image, 1, 10_000).astype(np.uint16)[:, : SIDE - cut, : SIDE - cut]
    lake = init(root, scheme=WATER)
    path = write_scene(root.parent / "lakes.tif", image)
    ingest(lake, open_source(str(path), bands=BANDS, time=TIME), grid=Grid(SIZES[0], levels=levels, edge=edge))
    return lake


def has(chip_id: str) -> bool:
    """Whether a chip holds a chip of 16 pixels with 5 % of water."""
    chip = ChipId.parse(chip_id)
    fine = water().reshape(SIDE // 16, 16, SIDE // 16, 16).mean(axis=(1, 3)) >= 0.05
    n = SIZES[chip.level] // 16
    return bool(fine[chip.row * n : (chip.row + 1) * n, chip.col * n : (chip.col + 1) * n].any())
