"""Many small scenes of one kind are drawn alike; others by themselves."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_origin

from groundset.core import Grid
from groundset.imagery import Scene, open_source
from groundset.ingest import ingest, make_level
from groundset.lake import Lake, init
from groundset.taxonomy import WATER
from groundset.views.statistics import SceneStatistics

SIZE = 64
GRID = Grid(SIZE)


def _scene(folder: Path, name: str, level: int, side: int = SIZE) -> Scene:
    """A scene of three bands whose values lie around ``level``."""
    values = np.random.default_rng(level).integers(level, level + 50, (3, side, side)).astype(np.uint16)
    path = folder / f"{name}.tif"
    meta = {"driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": "uint16", "crs": "EPSG:32630"}
    with rasterio.open(path, "w", transform=from_origin(500_000, 4_500_000, 10, 10), **meta) as out:
        out.write(values)
    return open_source(str(path), bands=["red", "green", "blue"], scene_id=name)[0]


def _drawn(lake: Lake, name: str) -> float:
    """How bright a chip's quicklook is."""
    return float(np.asarray(Image.open(io.BytesIO(lake.quicklooks.get(f"{name}_0", 0)))).mean())


def test_small_scenes_share_a_stretch_and_large_ones_do_not(tmp_path: Path) -> None:
    levels = {"sea": 100, "wood": 400, "field": 900, "town": 2000}
    with init(tmp_path / "lake", scheme=WATER) as lake:
        ingest(lake, [*(_scene(tmp_path, *one) for one in levels.items()), _scene(tmp_path, "large", 100, 5 * SIZE)],
             grid=GRID)  # fmt: skip
        bright = [_drawn(lake, name) for name in levels]
        assert bright == sorted(bright)
        assert bright[0] < 40
        assert bright[-1] > 180
        assert len({lake.quicklooks.stretch(f"{name}_0") for name in levels}) == 1
        assert lake.quicklooks.common("large_0") is None
        assert lake.quicklooks.stretch("large_0").high[0] < 200  # type: ignore[union-attr]
        ranges = SceneStatistics(lake)
        sea, town = (ranges.of(lake.scenes.get(name)) for name in ("sea", "town"))
        assert sea == town
        assert sea["red"] == pytest.approx((lake.quicklooks.stretch("sea_0").low[0], 2048), rel=0.02)  # type: ignore[union-attr]
        assert ranges.of(lake.scenes.get("large"))["red"][1] < 200


def test_later_scenes_join_and_too_few_stay_by_themselves(tmp_path: Path) -> None:
    with init(tmp_path / "lake", scheme=WATER) as lake:
        for i in range(6):
            ingest(lake, [_scene(tmp_path, f"s{i}", 100 + 300 * i)], grid=GRID)
        assert [lake.quicklooks.common(f"s{i}_0") is not None for i in range(6)] == [False] * 3 + [True] * 3
        assert _drawn(lake, "s3") > 150
        assert lake.quicklooks.stretch("s5_0").low[0] < 130  # type: ignore[union-attr]  # of all six, not of its own


def test_finer_levels_are_drawn_as_the_scene_was(tmp_path: Path) -> None:
    with init(tmp_path / "lake", scheme=WATER) as lake:
        ingest(lake, [_scene(tmp_path, "large", 100, 5 * SIZE)], grid=Grid(SIZE, levels=2))
        make_level(lake, "large", 1, ["large_0_1_1"])
        assert lake.quicklooks.stretch("large_1") == lake.quicklooks.stretch("large_0")
        assert lake.quicklooks.common("large_1") is None
