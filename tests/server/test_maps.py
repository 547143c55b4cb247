"""Label maps and fusion over HTTP."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient
from madelake import TIME, add_scene, write_scene
from PIL import Image
from rasterio.io import MemoryFile

import groundset as gs
from groundset.imagery import open_source
from groundset.server import maps
from groundset.workspace import Workspace

MAP = "/api/scenes/a/label-map.tif"


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with gs.create(tmp_path / "lake") as made:
        for name in ("a", "b"):
            path = write_scene(tmp_path / f"{name}.tif", np.ones((1, 64, 64), np.uint8))
            add_scene(made.lake, open_source(str(path), bands=["b1"], time=TIME, scene_id=name)[0], 32)
        made.annotate(["a_0_0_0", "b_0_0_0", "b_0_1_1"], "water", actor="anna")
        made.annotate(["a_0_0_1"], "non-water", actor="anna")
        yield made


def test_a_map_and_its_ranges(web: TestClient, ws: Workspace, tmp_path: Path) -> None:
    got = web.get(MAP, params={"task": "chips"})
    assert got.status_code == 200
    assert got.headers["content-type"] == "image/tiff"
    assert "a.codes.tif" in got.headers["content-disposition"]
    with MemoryFile(got.content) as memory, memory.open() as file:
        np.testing.assert_array_equal(file.read(1), ws.label_map("a", task="chips").codes)
        assert file.crs.to_epsg() == 32632
    names = web.get(f"{MAP}.aux.xml", params={"task": "chips"})
    assert "a.codes.tif.aux.xml" in names.headers["content-disposition"]
    (tmp_path / "m.tif").write_bytes(got.content)
    (tmp_path / "m.tif.aux.xml").write_bytes(names.content)
    with rasterio.open(tmp_path / "m.tif") as file:
        assert [Path(name).name for name in file.files] == ["m.tif", "m.tif.aux.xml"]  # GDAL takes it with the map
    listed = ET.fromstring(names.text).findall("PAMRasterBand/CategoryNames/Category")
    assert [one.text for one in listed][:2] == ["Non-water", "Water"]
    tag = {"If-None-Match": got.headers["etag"]}
    assert web.get(MAP, params={"task": "chips"}, headers=tag).status_code == 304
    part = web.get(MAP, params={"task": "chips"}, headers={"Range": "bytes=0-15"})
    assert (part.status_code, part.content) == (206, got.content[:16])
    ws.annotate(["a_0_1_1"], "water", actor="anna")
    changed = web.get(MAP, params={"task": "chips"}, headers=tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != got.headers["etag"]
    with MemoryFile(web.get(MAP, params={"style": "colour"}).content) as memory, memory.open() as file:
        assert file.count == 4
    with MemoryFile(web.get(MAP, params={"style": "origin"}).content) as memory, memory.open() as file:
        assert file.descriptions == ("origin", "confidence")


def test_a_picture_of_it(web: TestClient) -> None:
    got = web.get("/api/scenes/a/label-map.png", params={"size": 32})
    assert got.headers["content-type"] == "image/png"
    picture = np.asarray(Image.open(io.BytesIO(got.content)))
    assert picture.shape == (32, 32, 4)
    assert (picture[:16, :16, 3] == 255).all()
    assert not picture[16:, :, 3].any()


def test_what_cannot_be_mapped(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert web.get(MAP, headers={"Authorization": "Bearer another"}).status_code == 401
    assert web.get("/api/scenes/lost/label-map.tif").status_code == 404
    assert web.get(MAP, params={"task": "lost"}).status_code == 422
    assert web.get(MAP, params={"task": "pixels"}).status_code == 422
    assert web.get(MAP, params={"level": 3}).status_code == 404
    assert web.get(MAP, params={"style": "grey"}).status_code == 422
    monkeypatch.setattr(maps, "MOST_PIXELS", 1000)
    assert "groundset export" in web.get(MAP).json()["hint"]


def test_old_maps_are_forgotten(web: TestClient, ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "KEPT", 0)
    monkeypatch.setattr(maps, "_YOUNG", -1.0)
    for style in ("codes", "colour", "origin"):
        assert web.get(MAP, params={"style": style}).status_code == 200
    assert len(list((ws.lake.layout.cache / maps.FOLDER).glob("*.tif"))) == 1


def test_labels_meet(web: TestClient, ws: Workspace) -> None:
    body = {"scenes": ["a", "b"], "task": "chips", "rule": "first"}
    done = web.post("/api/fusion", json=body).json()
    assert (done["created"], done["agreed"], done["alone"], done["disagreed"]) == (3, 1, 2, 0)
    assert ws.lake.labels("chips").answer("a_0_1_1") is not None
    assert web.post("/api/fusion", json=body).json()["bulk"] is None
    undo = {"id": "0f5a2f60-8f4c-4b26-9a4f-6a5a25fb9a01", "kind": "undo", "undoes": done["bulk"]}
    assert web.post("/api/annotations", json=[undo]).status_code == 201
    assert ws.lake.labels("chips").answer("a_0_1_1") is None
    wrong = web.post("/api/fusion", json={**body, "scenes": ["a", "lost"]})
    assert wrong.status_code == 404
    assert web.post("/api/fusion", json={**body, "rule": "vote"}).status_code == 422
