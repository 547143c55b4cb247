"""A workspace whose chips are water or land, with features of the default encoder, and people who label them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from madelake import TIME, write_scene

from groundset.core import Grid, Origin
from groundset.imagery import open_source
from groundset.ingest import ingest
from groundset.journal import NewEvent, answer
from groundset.lake import Lake, init
from groundset.taxonomy import WATER

BANDS = ["blue", "green", "red", "nir"]
SIZE = 16
DRY, WET = np.array([900, 1000, 1100, 2600]), np.array([800, 900, 600, 300])


def chip_image(rows: int, cols: int, seed: int = 0, noise: float = 500) -> tuple[np.ndarray, np.ndarray]:
    """uint16 (4, rows * 16, cols * 16), and bool (rows, cols): which chips are water, in patches."""
    rng = np.random.default_rng(seed)
    water = rng.random((-(-rows // 2), -(-cols // 2))).repeat(2, 0).repeat(2, 1)[:rows, :cols] < 0.5
    share = np.clip(np.where(water, 0.8, 0.2) + rng.normal(0, 0.22, water.shape), 0, 1)[..., None]
    level = share * WET + (1 - share) * DRY
    image = level.transpose(2, 0, 1).repeat(SIZE, 1).repeat(SIZE, 2)
    return np.clip(image + rng.normal(0, noise, image.shape), 1, 10_000).astype(np.uint16), water


def add_chips(lake: Lake, folder: Path, name: str, rows: int = 12, cols: int = 16, seed: int = 0) -> dict[str, bool]:
    """Ingest a made scene; whether each of its chips is water."""
    image, water = chip_image(rows, cols, seed)
    path = write_scene(folder / f"{name}.tif", image)
    ingest(lake, open_source(str(path), bands=BANDS, time=TIME), grid=Grid(SIZE))
    return {f"{name}_0_{r}_{c}": bool(water[r, c]) for r in range(rows) for c in range(cols)}


def chip_lake(root: Path, *, multi: bool = False) -> Lake:
    """An empty workspace with the tasks ``chips`` and ``pixels``; with ``multi`` a chip may have several classes."""
    lake = init(root, scheme=WATER)
    if not multi:
        return lake
    lake.close()
    path = lake.layout.config
    path.write_text(path.read_text().replace('kind = "classify"', 'kind = "classify"\nmulti = true'))
    return Lake.open(root)


def add_photos(lake: Lake, folder: Path, count: int = 60) -> dict[str, bool]:
    """Ingest plain photos, bluish or brownish, one chip each; whether each is bluish."""
    from PIL import Image

    rng = np.random.default_rng(0)
    out, scenes = {}, []
    for i in range(count):
        wet = i % 2 == 0
        colour = np.array([60, 80, 120] if wet else [120, 90, 60]) + rng.normal(0, 12, 3)
        image = np.clip(colour + rng.normal(0, 10, (24, 24, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(image).save(folder / f"p{i:02d}.png")
        scenes += open_source(str(folder / f"p{i:02d}.png"), time=TIME)
        out[f"p{i:02d}_0_0_0"] = wet
    ingest(lake, scenes, grid=Grid(SIZE))
    return out


def say(
    lake: Lake, answers: Mapping[str, int] | Iterable[tuple[str, int]], value: str = "positive", *, actor: str = "anna",
    origin: Origin = Origin.HUMAN,
) -> None:  # fmt: skip
    """Answers of a person about chips: the class of each."""
    pairs = answers.items() if isinstance(answers, Mapping) else answers
    lake.annotate([NewEvent("answer", "chips", c, answer(k, value, origin=origin)) for c, k in pairs], actor=actor)


def some(truth: Mapping[str, bool], each: int, seed: int = 0) -> dict[str, int]:
    """Class of ``each`` chips with water and as many without, drawn at random."""
    rng = np.random.default_rng(seed)
    out: dict[str, int] = {}
    for wet in (False, True):
        ids = sorted(c for c, w in truth.items() if w == wet)
        out |= {str(c): int(wet) for c in rng.choice(ids, each, replace=False)}
    return out
