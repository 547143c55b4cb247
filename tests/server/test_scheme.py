"""POST /api/classes, /api/tasks, /api/attributes."""

from __future__ import annotations

import errno
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from serving import BASE, TOKEN
from serving import make_workspace as make_workspace_in

from groundset.core import ServiceError
from groundset.server.context import Settings
from groundset.server.feed import _stamps
from groundset.server.making import Maker
from groundset.server.models import NewWorkspace
from groundset.server.session import Sessions
from groundset.server.workspaces import Folder
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


@pytest.mark.parametrize(
    ("path", "said", "where"),
    [
        ("attributes", {"name": "phase", "kind": "choice", "choices": ["\\ud800"]}, "choices"),
        ("attributes", {"name": "phase", "kind": "choice", "choices": ["day\\nnight"]}, "control characters"),
        ("attributes", {"name": "phase", "kind": "flag", "title": "a\\u0000b"}, "control characters"),
        ("classes", {"name": "ice", "task": "\\ud800"}, "task"),
        ("classes", {"name": "ice", "title": "a\\u0000b"}, "control characters"),
    ],
)
def test_text_that_is_none_is_refused(client: TestClient, path: str, said: dict[str, object], where: str) -> None:
    body = json.dumps(said).replace("\\\\", "\\")  # JSON can escape what no UTF-8 text holds
    told = client.post(f"/api/{path}", content=body, headers={"Content-Type": "application/json"})
    assert told.status_code == 422
    assert where in told.json()["detail"]
    assert client.get("/api/workspace").json()["attributes"] == []


def test_a_server_of_one_workspace_has_no_room(client: TestClient) -> None:
    refused = client.post("/api/workspaces", json={"name": "other"})
    assert (refused.status_code, "groundset serve FOLDER" in refused.json()["hint"]) == (404, True)


def test_a_workspace_is_made_in_a_folder(tmp_path: Path, settings: Settings) -> None:
    root = tmp_path / "lakes"
    make_workspace_in(root / "first", name="first").close()
    folder = Folder(root, settings, Sessions(TOKEN, tmp_path / "keys.json"), BASE + "/")
    with TestClient(folder, base_url=BASE, client=("127.0.0.1", 50000)) as client:
        client.headers |= {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": "anna"}
        classes = [{"name": "wood", "title": "Woods"}, {"name": "crop", "color": "#FF0000"}]
        made = client.post("/api/workspaces", json={"name": "woods", "title": "The woods", "classes": classes})
        assert (made.status_code, made.json()["href"], made.json()["chips"]) == (201, "w/woods/", 0)
        info = client.get("/w/woods/api/workspace").json()
        assert (info["name"], info["title"]) == ("woods", "The woods")
        assert [(c["code"], c["title"]) for c in info["scheme"]] == [(0, "Woods"), (1, "crop")]
        water = client.post("/w/woods/api/workspaces", json={"name": "water"})  # from inside of one too
        assert water.status_code == 201
        assert [w["name"] for w in client.get("/api/workspaces").json()] == ["first", "water", "woods"]
        (root / "file.txt").write_text("")
        for name, status in (
            ("Woods", 409),
            ("file.txt", 409),
            ("../up", 422),
            (".hidden", 422),
            ("a/b", 422),
            ("", 422),
        ):
            assert client.post("/api/workspaces", json={"name": name}).status_code == status
        assert client.post("/api/workspaces", json={"name": "x", "scheme": None}).status_code == 422
        twice = client.post("/api/workspaces", json={"name": "x", "classes": [{"name": "a"}, {"name": "a"}]})
        assert twice.status_code == 409
        assert not (root / "x").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("groundset.server.making.init", full)
    with pytest.raises(ServiceError, match="cannot be made"):
        Maker(tmp_path).make(NewWorkspace(name="x"))
