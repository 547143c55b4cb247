"""Series and words over HTTP."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from madelake import lake_like_image, write_scene
from pixellake import clients

import groundset as gs

BANDS = ["blue", "green", "red", "nir"]


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[gs.Workspace]:
    with gs.create(tmp_path / "lake", scheme="water") as made:
        for i, name in enumerate(("a", "b")):
            file = write_scene(tmp_path / f"{name}.tif", lake_like_image(64, 64, i)[0][:4])
            made.ingest(file, bands=BANDS, time=f"2020-01-0{i + 1}T00:00:00Z", chip_size=32, scene_id=name)
        file = write_scene(tmp_path / "c.tif", lake_like_image(96, 64, 3)[0][:4])
        made.ingest(file, bands=BANDS, time="2020-01-05T00:00:00Z", scene_id="c")
        yield made


@pytest.fixture
def client(ws: gs.Workspace) -> Iterator[TestClient]:
    yield from clients(ws)


def test_a_series_is_made_and_its_places_are_answered(client: TestClient) -> None:
    (proposed,) = client.get("/api/series").json()["proposed"]
    assert [date["scene_id"] for date in proposed["dates"]] == ["a", "b"]
    refused = client.post("/api/series", json={"name": "pond", "scenes": ["a", "c"]})
    assert refused.status_code == 422
    assert "c has 64 x 96 pixels, not 64 x 64" in refused.text
    assert client.post("/api/series", json={"name": "pond", "scenes": ["a", "x"]}).status_code == 404
    assert client.post("/api/series", json={"name": "pond", "scenes": ["b", "a"]}).status_code == 201
    assert client.post("/api/series", json={"name": "pond", "scenes": ["b", "a"]}).status_code == 409
    (series,) = client.get("/api/workspace").json()["series"]
    assert [date["datetime"][:10] for date in series["dates"]] == ["2020-01-01", "2020-01-02"]
    detail = client.get("/api/chips/b_0_1_1").json()
    assert detail["series"] == "pond"
    assert [(date["chip_id"], date["valid_fraction"]) for date in detail["dates"]] == [
        ("a_0_1_1", 1.0),
        ("b_0_1_1", 1.0),
    ]
    assert client.get("/api/chips/c_0_1_1").json()["dates"] == []

    assert client.post("/api/tasks", json={"name": "changed", "about": "change"}).status_code == 201
    task = next(t for t in client.get("/api/workspace").json()["tasks"] if t["name"] == "changed")
    assert (task["about"], task["series"]) == ("change", None)
    answers = [
        {"id": f"00000000-0000-4000-8000-00000000000{i}", "kind": "answer", "task": "changed", "chip_id": chip,
         "payload": {"class": 1, "value": "positive"}}
        for i, chip in enumerate(("b_0_1_1", "c_0_0_0"))
    ]  # fmt: skip
    told = client.post("/api/annotations", json=answers)
    assert told.status_code == 207
    assert [one["status"] for one in told.json()["results"]] == ["created", "refused"]
    assert "in none of it" in told.json()["results"][1]["error"]
    (event,) = client.get("/api/annotations", params={"task": "changed", "kind": "answer"}).json()["events"]
    assert event["chip_id"] == "a_0_1_1"
    assert event["payload"]["dates"] == ["a", "b"]
    painted = {"name": "painted", "kind": "segment", "about": "period"}
    assert client.post("/api/tasks", json=painted).status_code == 201
    planes = np.array([1, 1, 1, 255], np.uint8).tobytes()  # one pixel of water, by people
    stroke = {
        "id": "10000000-0000-4000-8000-000000000000", "chip_id": "b_0_0_1", "task": "painted", "tool": "brush",
        "window": [0, 0, 1, 1], "patch": base64.b64encode(zlib.compress(planes)).decode(),
    }  # fmt: skip
    (kept,) = client.post("/api/strokes", json=[stroke]).json()["results"]
    assert kept["status"] == "created", kept
    (event,) = client.get("/api/annotations", params={"task": "painted", "kind": "mask"}).json()["events"]
    assert event["chip_id"] == "a_0_0_1"
    first, later = (
        client.get(f"/api/chips/{chip}/mask", params={"task": "painted"}) for chip in ("a_0_0_1", "b_0_0_1")
    )
    assert first.content == later.content  # a place has one mask
    assert first.headers["etag"] == later.headers["etag"]
    assert client.get("/api/chips/c_0_0_0/mask", params={"task": "painted"}).status_code == 422  # no place
    chips = client.get("/api/chips", params={"task": "changed"}).json()
    assert chips["total"] == 4
    assert {chip["scene_id"] for chip in chips["chips"]} == {"a"}
    counts = client.get("/api/labels", params={"task": "changed"}).json()
    assert (counts["chips"], counts["unlabelled"]) == (1, 3)
    assert client.delete("/api/series/pond").status_code == 204
    assert client.delete("/api/series/pond").status_code == 404


def test_words(client: TestClient, ws: gs.Workspace) -> None:
    ws.annotate(["a_0_0_0", "b_0_1_0"], "water", task="chips")
    found = client.get("/api/words", params={"q": "lak", "task": "chips"}).json()
    assert found["pictures"] is None
    (water,) = found["classes"]
    assert (water["name"], water["where"], water["word"], water["labelled"]) == ("water", "definition", "lakes", 2)
    assert client.get("/api/words", params={"q": "watr"}).json()["near"] == ["water"]
    assert client.get("/api/words").json()["classes"] == []
    listed = client.get("/api/chips", params={"words": "lakes", "task": "chips"})
    assert [chip["id"] for chip in listed.json()["chips"]][:2] == ["a_0_0_0", "b_0_1_0"]
    assert listed.json()["total"] == ws.search(words="lakes", task="chips").total
    same = client.get(
        "/api/chips", params={"words": "lakes", "task": "chips"}, headers={"If-None-Match": listed.headers["etag"]}
    )
    assert same.status_code == 304
    nothing = client.get("/api/chips", params={"words": "motorway"})
    assert nothing.status_code == 422
    assert "synonyms" in nothing.json()["hint"]
