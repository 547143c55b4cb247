"""Workspaces over real imagery whose files lie beside them, so that a test may move one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from fastapi.testclient import TestClient

import groundset as gs
from groundset.core import Grid
from groundset.imagery import fuse, open_source
from groundset.ingest import ingest
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.workspace import Workspace

TOKEN = "a-token-of-the-tests"
BASE = "http://127.0.0.1:8000"
BOADELLA = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
SPAIN = "Spain_7370579"


def boadella(root: Path, data: Path) -> Workspace:
    """Sentinel-2, 12 bands of int16 in degrees, 380 x 377 pixels in chips of 64; the last ones reach beyond."""
    image = _beside(root, data / "boadella" / "Boadella_2020-01-13.tif")
    ws = gs.create(root / "lake", scheme="water")
    ws.ingest(image, bands=BOADELLA, time="2020-01-13T10:45:00Z", chip_size=64, scene_id="boadella")
    return ws


def naip(root: Path, data: Path) -> Workspace:
    """Aerial imagery, four bands of uint8 in UTM, nodata 0, with overviews."""
    image = _beside(root, data / "naip_landsat" / "m_4709963_se_14_1_20180716.tif")
    ws = gs.create(root / "lake", scheme="water")
    ws.ingest(image, sensor="naip", time="2018-07-16T17:00:00Z", chip_size=128, scene_id="naip")
    return ws


def spain(root: Path, data: Path) -> Workspace:
    """Sentinel-1 and Sentinel-2 in one scene: two files, float32 with NaN and int16 with 0 for no data."""
    sample = data / "sen1floods11_sample" / "sample"
    s2 = _beside(root, sample / "S2" / f"{SPAIN}_S2Hand.tif")
    s1 = _beside(root, sample / "S1" / f"{SPAIN}_S1Hand.tif")
    scenes = [
        open_source(str(s2), sensor="sentinel-2-l1c", time="2019-09-16T10:00:00Z")[0],
        open_source(str(s1), sensor="sentinel-1-grd", time="2019-09-16T06:00:00Z")[0],
    ]
    ws = gs.create(root / "lake", scheme="water")
    ingest(ws.lake, [fuse(scenes, scene_id="spain")], grid=Grid(128))
    return ws


def _beside(root: Path, image: Path) -> Path:
    there = root / "imagery" / image.name
    there.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(image, there)
    return there


def clients(ws: Workspace) -> Iterator[TestClient]:
    """A client of a server over a workspace, who has the token and answers as anna."""
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": "anna"}
    with TestClient(create_app(ws, Settings(TOKEN)), base_url=BASE, client=("127.0.0.1", 50000), headers=headers) as c:
        yield c
