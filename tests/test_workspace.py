"""The public Python face, as product.md writes it, on a real scene."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

import groundset as gs
from groundset.core import InputError

S2 = "sen1floods11_sample/sample/S2/Spain_7370579_S2Hand.tif"


@pytest.fixture(scope="module")
def root(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("face") / "lake"
    with gs.create(folder, scheme="water") as ws:
        ws.ingest(data_dir / S2, sensor="sentinel-2-l1c", time="2019-11-19T10:56:00Z", chip_size=128)
    return folder


def test_chips_are_answered_with_a_class(root: Path):
    with gs.open(root) as ws:
        ids = ws.chips["chip_id"].to_pylist()[:3]
        ws.annotate(ids, "water", actor="expert-1")
        assert ws.status().annotated_chips["chips"] == 3


def test_masks_by_chip(root: Path):
    with gs.open(root) as ws:
        chip = ws.chips["chip_id"][5].as_py()
        drawn = np.full((128, 128), 255, np.uint8)
        drawn[:10, :10] = 1
        ws.annotate({chip: drawn}, actor="expert-1")
        assert (ws.mask(chip).classes[:10, :10] == 1).all()


def test_points_and_polygons_in_a_geodataframe(root: Path):
    with gs.open(root) as ws:
        chip = ws.lake.chips.get(ws.chips["chip_id"][6].as_py())
        shapes = geopandas.GeoDataFrame({"class": ["water"]}, geometry=[chip.footprint.buffer(-1e-4)], crs="EPSG:4326")
        ws.annotate(shapes, actor="expert-2", task="pixels")
        assert ws.mask(str(chip.id)).count().get(1, 0) > 12_000
        middle = geopandas.GeoDataFrame({"class": ["non-water"]}, geometry=[chip.footprint.centroid], crs="EPSG:4326")
        ws.annotate(middle.to_crs("EPSG:32630"), actor="expert-3", task="pixels")
        assert ws.mask(str(chip.id)).count()[0] == 1


def test_a_geodataframe_needs_a_crs(root: Path):
    bare = geopandas.GeoDataFrame({"class": ["water"]}, geometry=[shapely.Point(0, 0)])
    with gs.open(root) as ws, pytest.raises(InputError, match="CRS"):
        ws.annotate(bare, actor="expert-1", task="pixels")


def test_chips_without_an_answer_are_asked_for_one(root: Path):
    with gs.open(root) as ws, pytest.raises(InputError, match="need an answer"):
        ws.annotate(["a_0_0_0"], actor="expert-1")
