"""Strokes over HTTP: laid, told, taken back, refused; how far the work is; and the lists that speak of it."""

from __future__ import annotations

import base64
import io
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from fastapi.testclient import TestClient
from serving import TOKEN

from groundset.server.strokes import MOST_STROKES
from groundset.workspace import Workspace

CHIP, OTHER = "s_0_0_0", "s_0_0_1"
POND = {
    "id": "pond", "class": 1, "score": 0.5, "depth": 0, "bbox": [0, 0, 1, 4],
    "rle": {"size": [32, 32], "counts": [0, 4, 1020]},
}  # fmt: skip


def patch(width: int = 4, height: int = 3, code: int = 1, origin: int = 1) -> str:
    planes = np.stack([np.full((height, width), v, np.uint8) for v in (1, code, origin, 255)])
    return base64.b64encode(zlib.compress(planes.tobytes())).decode()


def stroke(x: int = 0, y: int = 0, width: int = 4, height: int = 3, code: int = 1, **more: Any) -> dict[str, Any]:
    told = {"window": [x, y, width, height], "patch": patch(width, height, code)}
    return {"id": str(uuid4()), "chip_id": CHIP, "task": "pixels", "tool": "brush", "seconds": 0.5, **told, **more}


def say(client: TestClient, kind: str, **more: Any) -> str:
    own = str(uuid4())
    done = client.post("/api/annotations", json=[{"id": own, "kind": kind, **more}])
    assert done.status_code == 201, done.text
    return own


def work(client: TestClient, state: str, chip: str = CHIP, **more: Any) -> str:
    return say(client, "work", task="pixels", chip_id=chip, payload={"state": state, **more})


def own(client: TestClient, **query: object) -> np.ndarray:
    answer = client.get(f"/api/chips/{CHIP}/mask", params={"part": "own", "f": "npy", **query})
    assert answer.status_code == 200, answer.text
    return np.load(io.BytesIO(answer.content), allow_pickle=False)


def told(client: TestClient) -> dict[str, Any]:
    answer = client.get(f"/api/chips/{CHIP}/strokes", params={"task": "pixels"})
    assert answer.status_code == 200, answer.text
    out: dict[str, Any] = answer.json()
    return out


def test_drawn_told_taken_back_and_brought_back(client: TestClient) -> None:
    assert told(client)["event"] is None
    first = stroke()
    done = client.post("/api/strokes", json=[first])
    assert (done.status_code, done.json()["results"][0]["status"]) == (201, "created")
    before = own(client)
    second = stroke(2, 0, code=0, base=first["id"], tool="eraser")
    both = client.post("/api/strokes", json=[first, second])
    assert [(r["status"], r["conflict"]) for r in both.json()["results"]] == [("known", False), ("created", False)]
    after, now = own(client), told(client)
    assert after[0, 0, :7].tolist() == [1, 1, 0, 0, 0, 0, 255]
    assert [(s["id"], s["tool"]) for s in now["undo"]] == [(second["id"], "eraser"), (first["id"], "brush")]
    assert (now["event"], now["strokes"], now["seconds"], now["redo"]) == (second["id"], 2, 1.0, [])
    assert now["mark"] == client.get(f"/api/chips/{CHIP}/mask?part=own&f=npy").headers["etag"].strip('"')
    undo = say(client, "undo", undoes=second["id"])
    assert np.array_equal(own(client), before)
    (row,) = told(client)["redo"]
    assert (row["id"], row["by"], told(client)["event"]) == (second["id"], undo, first["id"])
    say(client, "undo", undoes=row["by"])
    assert np.array_equal(own(client), after)
    assert client.post("/api/strokes", json=[first, second]).status_code == 200


def test_history_says_it_in_words(client: TestClient) -> None:
    client.post("/api/strokes", json=[stroke(tool="brush")])
    work(client, "complete", difficulty=4, cannot_tell="cloud", note="no")
    undo = say(client, "undo", undoes=told(client)["undo"][0]["id"])
    told_of = client.get("/api/history").json()
    assert told_of["undo"][0]["says"] == "Marked complete: difficulty 4, cannot tell (cloud), a note, 1 chip"
    assert (told_of["redo"][0]["says"], told_of["redo"][0]["id"]) == (f"Brush stroke on chip {CHIP}", undo)


def test_two_tabs_and_many_requests_at_once(client: TestClient) -> None:
    def draw(i: int) -> list[dict[str, Any]]:
        some = [stroke(2 * i, 0, 1, 1, code=i % 2), stroke(2 * i, 1, 1, 1), stroke(i, 0, 1, 1, chip_id=OTHER)]
        out: list[dict[str, Any]] = client.post("/api/strokes", json=some).json()["results"]
        return out

    with ThreadPoolExecutor(4) as pool:
        results = [one for some in pool.map(draw, range(12)) for one in some]
    assert {one["status"] for one in results} == {"created"}
    assert any(one["conflict"] for one in results)
    assert own(client)[0, :2, 0:24:2].tolist() == [[i % 2 for i in range(12)], [1] * 12]
    assert told(client)["undo_count"] == 24


def test_parts_of_the_label(client: TestClient) -> None:
    client.post("/api/strokes", json=[stroke(), stroke(0, 10, layer="left")])
    client.post("/api/strokes", json=[stroke(2, 0, code=0)], headers={"X-Groundset-Actor": "ben"})
    others = own(client, part="others", flags=False)
    assert others[0, 0, :7].tolist() == [255, 255, 0, 0, 0, 0, 255]
    assert own(client, layer="left")[0, 10, :4].tolist() == [1] * 4
    assert own(client, part="label", flags=False)[0, 0, :7].tolist() == [1, 1, 0, 0, 0, 0, 255]
    assert not own(client, layer="none")[1].any()
    assert told(client)["undo_count"] == 1


def test_objects_of_a_layer(client: TestClient) -> None:
    address = f"/api/chips/{CHIP}/objects"
    assert client.get(address).json() == {"objects": []}
    client.post("/api/strokes", json=[stroke(0, 0, 1, 4, objects=[POND]), stroke(9, 9)])
    assert client.get(address, params={"task": "pixels"}).json() == {"objects": [{**POND, "proposed": False}]}


BAD: list[tuple[Any, str]] = [
    ({}, "id: Field required"),
    (7, "valid dictionary"),
    (stroke(id="x"), "an event id is a UUID"),
    (stroke(chip_id="s_0_9_9"), "chip"),
    (stroke(task="chips"), "no single segment task fits"),
    (stroke(task="nothing"), "no single segment task fits"),
    (stroke(layer="a b"), "layer: "),
    (stroke(tool=""), "tool: "),
    (stroke(tool="x" * 33), "tool: "),
    (stroke(window=[0, 0, 4]), "window: "),
    (stroke(window=[30, 0, 4, 3]), "not inside of the chip"),
    (stroke(window=[0, 0, 2.5, 3]), "window.2"),
    (stroke(window=[True, 0, 4, 3]), "window.0"),
    (stroke(patch="no base64!"), "this is not base64"),
    (stroke(patch=base64.b64encode(b"no zlib").decode()), "a patch is zlib data"),
    (stroke(patch=base64.b64encode(zlib.compress(bytes(1 << 20), 9)).decode()), "found: more"),
    (stroke(code=99), "99"),
    (stroke(seconds=-1), "seconds: "),
    (stroke(seconds=1e9), "seconds: "),
    (stroke(base="x"), "an event id is a UUID"),
    (stroke(bulk=str(uuid4())), "there is no bulk event"),
    (stroke(objects=[{**POND, "class": 99}]), "object 0"),
    (stroke(objects=[{**POND, "extra": 1}]), "objects.0.extra"),
    (stroke(patch=patch(origin=5)), "for reviewers to say"),
    (stroke(tool="a\ud800"), "tool: "),
]


@pytest.mark.parametrize(("bad", "message"), BAD, ids=[message for _, message in BAD])
def test_what_is_wrong_is_refused_and_the_others_land(annotator: TestClient, bad: Any, message: str) -> None:
    done = annotator.post("/api/strokes", content=_json([bad]))
    (alone,) = done.json()["results"]
    assert (done.status_code, alone["status"]) == (422, "refused")
    assert message in alone["error"]
    done = annotator.post("/api/strokes", content=_json([stroke(), bad, stroke(8, 8)]))
    assert done.status_code == 207
    assert [one["status"] for one in done.json()["results"]] == ["created", "refused", "created"]


def _json(value: object) -> bytes:
    import json

    return json.dumps(value).encode()


@pytest.fixture
def annotator(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Somebody who may not review."""
    monkeypatch.setattr("groundset.server.strokes.may", lambda _role, permission: permission != "review")
    return client


def test_what_is_no_list_of_strokes(client: TestClient) -> None:
    assert client.post("/api/strokes", json={"id": "x"}).status_code == 422
    assert client.post("/api/strokes", content=b"[").status_code == 422
    assert client.post("/api/strokes", json=[{}] * (MOST_STROKES + 1)).status_code == 413
    assert client.get(f"/api/chips/{CHIP}/strokes?task=chips").status_code == 422
    assert client.get("/api/chips/s_0_9_9/strokes").status_code == 404
    assert client.get("/api/chips/s_0_9_9/objects").status_code == 404


def test_who_gave_no_name_draws_nothing(anonymous: TestClient) -> None:
    anonymous.get(f"/?token={TOKEN}")
    headers = {"X-CSRF-Token": anonymous.get("/api/session").json()["csrf"]}
    for path in ("strokes", "objects", "mask?part=own"):
        answer = anonymous.get(f"/api/chips/{CHIP}/{path}")
        assert (answer.status_code, "give your name first" in answer.text) == (403, True), path
    assert anonymous.post("/api/strokes", json=[stroke()], headers=headers).status_code == 403
    assert anonymous.get(f"/api/chips/{CHIP}/mask?part=others&flags=false").status_code == 200


def test_how_far_the_work_is_in_lists_and_counts(client: TestClient, workspace: Workspace) -> None:
    client.post("/api/strokes", json=[stroke()])
    work(client, "complete", difficulty=2)
    work(client, "incomplete", OTHER)
    assert workspace.work(["s_0_1_0", "s_0_1_1"], difficulty=5, actor="ben") == 2

    def total(filter: str, actor: str = "anna", task: str = "pixels") -> int | str:  # noqa: A002
        query = {"filter": filter, "task": task, "limit": 0}
        answer = client.get("/api/chips", params=query, headers={"X-Groundset-Actor": actor})
        return answer.json()["total"] if answer.status_code == 200 else answer.json()["title"]

    assert [total("work = 'complete'", who) for who in ("anna", "ben", "carl")] == [1, 2, 0]
    assert [total("work IS NULL OR work <> 'complete'", who) for who in ("anna", "ben")] == [15, 14]
    assert (total("difficulty >= 2"), total("difficulty > 2"), total("difficulty > 2", "ben")) == (1, 0, 2)
    assert "no state of work 'done'" in str(total("work = 'done'"))
    assert "no property 'work'" in str(total("work = 'complete'", task="chips"))
    facet = next(q for q in client.get("/api/queryables?task=pixels").json() if q["name"] == "work")
    assert (facet["values"], facet["missing"]) == ([["complete", 1], ["incomplete", 1]], 14)
    assert client.get("/api/labels?task=pixels").json()["chips"] == 1, "a state of work is no label"
    assert workspace.status().annotated_chips["pixels"] == 1
    assert workspace.search("work = 'complete'", task="pixels").total == 3
    assert workspace.search("work = 'complete'", task="pixels", actor="ben").total == 2
    assert told(client)["work"]["difficulty"] == 2
    last = work(client, "incomplete")
    assert (told(client)["work"]["state"], total("work = 'complete'")) == ("incomplete", 0)
    say(client, "undo", undoes=last)
    assert (told(client)["work"]["state"], total("work = 'complete'")) == ("complete", 1)


@pytest.mark.parametrize(
    ("task", "payload", "message"),
    [
        ("chips", {"state": "complete"}, "does not answer this task"),
        ("pixels", {"state": "done"}, "complete or incomplete"),
        ("pixels", {"state": "complete", "difficulty": 9}, "1 (easy) to 5"),
    ],
)
def test_states_of_work_that_are_none(client: TestClient, task: str, payload: dict[str, Any], message: str) -> None:
    said = {"id": str(uuid4()), "kind": "work", "task": task, "chip_id": CHIP, "payload": payload}
    answer = client.post("/api/annotations", json=[said])
    assert (answer.status_code, message in answer.text) == (422, True), answer.text
