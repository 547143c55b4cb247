"""The two dates of the Boadella reservoir, ingested once: a copy for each test that writes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pagelake import SENTINEL_2

import groundset as gs

DATES = ("boadella_2020-01-13", "boadella_2020-01-28")


@pytest.fixture(scope="session")
def boadella_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Workspace of both dates, chips of 128 pixels, nothing labelled."""
    data = os.environ.get("GROUNDSET_TEST_DATA")
    if data is None or not (Path(data) / "boadella").is_dir():
        pytest.skip("GROUNDSET_TEST_DATA/boadella is not there")
    root = tmp_path_factory.mktemp("series") / "lake"
    with gs.create(root, scheme="water") as ws:
        for scene in DATES:
            day = scene.rpartition("_")[2]
            image = Path(data) / "boadella" / f"Boadella_{day}.tif"
            ws.ingest(image, bands=SENTINEL_2, time=f"{day}T10:45:00Z", chip_size=128, scene_id=scene)
    return root


@pytest.fixture
def ws(boadella_lake: Path, tmp_path: Path) -> Iterator[gs.Workspace]:
    """A copy of it, open."""
    shutil.copytree(boadella_lake, tmp_path / "lake")
    with gs.open(tmp_path / "lake") as opened:
        yield opened
