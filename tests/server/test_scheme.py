"""POST /api/classes, /api/tasks, /api/attributes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient

from groundset.server.feed import _stamps
from groundset.workspace import Workspace


def test_a_class_is_added_and_can_be_answered(client: TestClient, workspace: Workspace) -> None:
    before = _stamps(workspace.lake.layout)
    made = client.post("/api/classes", json={"name": "ice", "title": "Sea ice", "color": "#ABCDEF"})
    assert (made.status_code, made.json()["code"], made.json()["color"]) == (201, 3, "#abcdef")
    assert {what for what, stamp in _stamps(workspace.lake.layout).items() if stamp != before[what]} == {"scheme"}
    again = client.post("/api/classes", json={"name": "ice"})
    assert (again.status_code, again.json()["found"]) == (409, "ice (3), Sea ice")
    assert client.post("/api/classes", json={"name": "../ice"}).status_code == 422
    assert client.post("/api/classes", json={"name": "mud", "task": "nothing"}).status_code == 422
    workspace.annotate(["s_0_0_0"], "ice")
    assert client.get("/api/chips", params={"filter": "label = 'ice'"}).json()["total"] == 1
    (task, *_) = client.get("/api/workspace").json()["tasks"]
    assert [c["name"] for c in task["classes"]] == ["non-water", "water", "not-applicable", "ice"]


def test_many_at_once(client: TestClient) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda i: client.post("/api/classes", json={"name": f"c{i % 6}"}), range(12)))
    assert sorted(r.status_code for r in made) == [201] * 6 + [409] * 6
    assert sorted(r.json()["code"] for r in made if r.status_code == 201) == list(range(3, 9))


def test_tasks(client: TestClient) -> None:
    classes = [{"name": "wood"}, {"name": "crop", "color": "#ff0000"}]
    made = client.post("/api/tasks", json={"name": "land", "multi": True, "classes": classes})
    assert (made.status_code, [(c["code"], c["name"]) for c in made.json()["classes"]]) == (
        201,
        [(0, "wood"), (1, "crop")],
    )
    shared = client.post("/api/tasks", json={"name": "clouds"}).json()
    assert [c["name"] for c in shared["classes"]][:2] == ["non-water", "water"]
    assert client.post("/api/tasks", json={"name": "Land"}).status_code == 409
    assert client.post("/api/tasks", json={"name": "a/b"}).status_code == 422
    assert client.post("/api/tasks", json={"name": "none", "classes": []}).status_code == 422
    twice = client.post("/api/tasks", json={"name": "twice", "classes": [{"name": "a"}, {"name": "a"}]})
    assert twice.status_code == 409
    assert [t["name"] for t in client.get("/api/workspace").json()["tasks"]] == ["chips", "pixels", "land", "clouds"]


def test_attributes(client: TestClient) -> None:
    made = client.post("/api/attributes", json={"name": "phase", "kind": "choice", "choices": ["day", "night"]})
    assert made.status_code == 201
    assert client.get("/api/workspace").json()["attributes"] == [made.json()]
    assert client.post("/api/attributes", json={"name": "phase", "kind": "flag"}).status_code == 409
    assert client.post("/api/attributes", json={"name": "sensor", "kind": "flag"}).status_code == 422
    said = {"id": "7a9f4d0e-8f57-4f7e-9d0a-3b6f4a9d1c11", "kind": "attribute", "chip_id": "s_0_0_0"}
    bad = client.post("/api/annotations", json=[{**said, "payload": {"name": "phase", "value": "dusk"}}])
    assert "one of day, night" in bad.json()["results"][0]["error"]
    assert (
        client.post("/api/annotations", json=[{**said, "payload": {"name": "phase", "value": "day"}}]).status_code
        == 201
    )
    (chip,) = client.get("/api/chips", params={"filter": "phase = 'day'"}).json()["chips"]
    assert chip["attributes"] == {"phase": "day"}
