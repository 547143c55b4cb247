"""``/api/shapes``: in and out of files, masks and places; scene pixels by windows."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient
from ponds import BOWTIE, RING
from serving import BASE, TOKEN, make_workspace

from groundset.core import Window
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with make_workspace(tmp_path / "lake") as made:
        made.add_task("ponds", kind="outline")
        yield made


@pytest.fixture
def client(ws: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(ws, Settings(TOKEN)), base_url=BASE, client=("127.0.0.1", 50000)) as client:
        client.headers |= {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": "anna"}
        yield client


def body(ws: Workspace, *said: tuple[Any, str]) -> bytes:
    affine = ws.lake.scenes.get("s").geobox.affine

    def on_map(geometry: Any) -> Any:
        return shapely.transform(geometry, lambda points: np.array([affine * tuple(p) for p in points]))

    features = [
        {"type": "Feature", "properties": {"class": name}, "geometry": shapely.geometry.mapping(on_map(g))}
        for g, name in said
    ]
    crs = {"type": "name", "properties": {"name": "EPSG:32632"}}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}).encode()


def outlines(client: TestClient, **query: Any) -> list[Any]:
    found = client.get("/api/shapes", params=query)
    assert found.status_code == 200, found.text
    return [shapely.geometry.shape(f["geometry"]) for f in found.json()["features"]]


def test_a_file_comes_in_is_moved_repaired_drawn_and_traced(ws: Workspace, client: TestClient) -> None:
    data = body(ws, (RING, "water"), (BOWTIE, "water"))
    report = client.post("/api/shapes/import?task=ponds&name=a.geojson", content=data).json()
    assert (report["created"], report["crossing"]) == (2, ["feature 1"])
    assert client.post("/api/shapes/import", content=data).json()["known"] == 2
    (told,) = client.get("/api/shapes/imports").json()
    assert (told["file"], told["scene"], told["shapes"], told["id"]) == ("a.geojson", "s", 2, report["import"])
    assert outlines(client)[0].equals(RING)
    assert len(outlines(client, scene="s", bbox="0,0,20,20")) == 1
    assert len(outlines(client, chip_id="s_0_0_0")) == 1
    assert outlines(client, coordinates="map", limit=1)[0].bounds[1] > 4_000_000

    moved = client.post("/api/shapes/shift", json={"scene": "s", "dx": 20, "dy": 0, "import": told["id"]}).json()
    assert outlines(client)[0].equals(shapely.affinity.translate(RING, 2, 0))
    client.post("/api/annotations", json=[{"id": str(uuid4()), "kind": "undo", "undoes": moved["bulk"]}])
    assert outlines(client)[0].equals(RING)

    assert client.get("/api/shapes").json()["features"][1]["problem"] == "self-intersection at 80, 80"
    assert client.post("/api/shapes/repair", json={}).json()["created"] == 1
    assert all(g.is_valid for g in outlines(client))
    assert client.post("/api/shapes/rasterise", json={"to": "pixels"}).json()["created"] > 4
    mask = np.load(io.BytesIO(client.get("/api/chips/s_0_0_0/mask?task=pixels&f=npy").content))
    assert (mask[0, 10:20, 10:] == 1).all()
    assert client.post("/api/shapes/vectorise", json={"of": "pixels"}).json()["created"] == 3


def test_etag_changes_with_an_edit_and_an_undo(ws: Workspace, client: TestClient) -> None:
    client.post("/api/shapes/import", content=body(ws, (RING, "water")))
    first = client.get("/api/shapes")
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get("/api/shapes", headers=tag).status_code == 304
    (feature,) = first.json()["features"]
    x, y = (32 * int(n) for n in reversed(feature["chip_id"].split("_")[2:]))
    edited = shapely.affinity.translate(shapely.box(1, 1, 5, 5), -x, -y)
    said = {
        "id": str(uuid4()), "kind": "shapes", "task": "ponds", "chip_id": feature["chip_id"],
        "payload": {
            "type": "FeatureCollection", "coordinates": "pixel", "layer": feature["id"],
            "features": [{"type": "Feature", "geometry": shapely.geometry.mapping(edited),
                          "properties": feature["properties"]}],
        },
    }  # fmt: skip
    assert client.post("/api/annotations", json=[said]).status_code == 201
    now = client.get("/api/shapes", headers=tag)
    assert now.status_code == 200
    assert now.json()["features"][0]["properties"] == feature["properties"]
    assert outlines(client)[0].equals(shapely.box(1, 1, 5, 5))
    client.post("/api/annotations", json=[{"id": str(uuid4()), "kind": "undo", "undoes": said["id"]}])
    assert outlines(client)[0].equals(RING)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/shapes?task=pixels", 422),
        ("/api/shapes?scene=nowhere", 404),
        ("/api/shapes?chip_id=s_0_9_9", 404),
        ("/api/shapes?scene=s&bbox=1,2", 422),
        ("/api/shapes?scene=s&bbox=nan,0,1,1", 422),
        ("/api/scenes/s/pixels?window=0,0,10", 422),
        ("/api/scenes/s/pixels?window=0,0,10,10&size=11,10", 422),
        ("/api/scenes/s/pixels?window=500,0,10,10", 422),
        ("/api/scenes/s/pixels?window=0,0,9000,9000", 422),
        ("/api/scenes/s/pixels?window=0,0,0,9", 422),
        ("/api/scenes/s/pixels?window=0,0,9,9&bands=nir,gold", 404),
        ("/api/scenes/nowhere/valid?window=0,0,9,9", 404),
    ],
)
def test_what_cannot_be(client: TestClient, address: str, status: int) -> None:
    found = client.get(address)
    assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json"), found.text


def test_what_cannot_be_brought(ws: Workspace, client: TestClient) -> None:
    for data in (b"", b"{", b"PK", body(ws, (shapely.box(9000, 0, 9001, 1), "water"))):
        assert client.post("/api/shapes/import", content=data).status_code == 422
    assert client.post("/api/shapes/import", content=body(ws, (RING, "ice"))).status_code == 404
    assert client.post("/api/shapes/shift", json={"scene": "s", "dx": 1, "dy": 1}).status_code == 404
    assert ws.lake.journal.head() == 1  # the task


def test_a_file_that_names_no_class_of_the_scheme_is_given_one(ws: Workspace, client: TestClient) -> None:
    data = body(ws, (RING, "ice"))
    told = client.post("/api/shapes/import", content=data, params={"column": "kind"})
    assert (told.status_code, told.json()["found"]) == (404, "class")
    assert client.post("/api/shapes/import?class=ice", content=data).status_code == 404
    report = client.post("/api/shapes/import?class=water", content=data).json()
    assert (report["created"], report["counts"]) == (1, {"water": 1})
    (shape,) = client.get("/api/shapes").json()["features"]
    assert shape["properties"]["attributes"] == {"class": "ice"}  # what the file said stays
    assert client.post("/api/shapes/import?class=water", content=data).json()["known"] == 1


def test_pixels_of_a_scene_by_windows(ws: Workspace, client: TestClient) -> None:
    def get(what: str, **query: str) -> Any:
        found = client.get(f"/api/scenes/s/{what}", params=query)
        assert found.status_code == 200, found.text
        return np.load(io.BytesIO(found.content))

    stored = ws.lake.reader("s").read(Window(0, 0, 128, 128)).data
    np.testing.assert_array_equal(get("pixels", window="8,16,40,30"), stored[:, 16:46, 8:48])
    np.testing.assert_array_equal(get("pixels", window="8,16,40,30", bands="nir"), stored[3:, 16:46, 8:48])
    small = get("pixels", window="0,0,128,128", size="32,32")
    assert (small.shape, small.dtype) == ((4, 32, 32), stored.dtype)
    means = stored.reshape(4, 32, 4, 32, 4).mean(axis=(2, 4))
    assert np.corrcoef(small.ravel(), means.ravel())[0, 1] > 0.9
    beyond = get("valid", window="-8,-8,144,144", size="72,72")
    assert beyond[:4].sum() == 0
    assert beyond[4:68, 4:68].all()
    found = client.get("/api/scenes/s/pixels?window=0,0,9,9")
    assert (
        client.get("/api/scenes/s/pixels?window=0,0,9,9", headers={"If-None-Match": found.headers["etag"]}).status_code
        == 304
    )
