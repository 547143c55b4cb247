"""POST and GET /api/annotations."""

from __future__ import annotations

from uuid import uuid4

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundset.core import LabelMask, Origin
from groundset.journal import NewEvent, answer
from groundset.server import answers
from groundset.server.door import Visitor
from groundset.workspace import Workspace

CHIP = "s_0_0_0"
WATER, LAND = 1, 0


def said(chip: str = CHIP, code: int = WATER, **more: object) -> dict[str, object]:
    return {"id": str(uuid4()), "kind": "answer", "task": "chips", "chip_id": chip, "payload": answer(code), **more}


def statuses(response: object) -> list[str]:
    return [r["status"] for r in response.json()["results"]]  # type: ignore[attr-defined]


def test_created_then_known_then_some_then_all_refused(client: TestClient) -> None:
    good, unknown_chip, unknown_class = said(), said("s_0_9_9"), said(code=77)
    first = client.post("/api/annotations", json=[good])
    assert first.status_code == 201
    assert first.json() == {"results": [{"id": good["id"], "status": "created", "seq": 1}]}
    again = client.post("/api/annotations", json=[good])
    assert (again.status_code, statuses(again)) == (200, ["known"])
    other = said("s_0_0_1")
    mixed = client.post("/api/annotations", json=[unknown_chip, other, unknown_class, good])
    assert (mixed.status_code, statuses(mixed)) == (207, ["refused", "created", "refused", "known"])
    errors = [r.get("error", "") for r in mixed.json()["results"]]
    assert "no such chip" in errors[0]
    assert "77" in errors[2]
    assert [r["id"] for r in mixed.json()["results"]] == [
        e["id"] for e in (unknown_chip, other, unknown_class, good)
    ]  # in the order sent
    none = client.post("/api/annotations", json=[unknown_chip, unknown_class])
    assert (none.status_code, statuses(none)) == (422, ["refused", "refused"])
    empty = client.post("/api/annotations", json=[])
    assert (empty.status_code, empty.json()) == (200, {"results": []})
    assert client.get("/api/annotations").json()["head"] == 2


def test_the_same_id_that_says_something_else_is_refused(client: TestClient) -> None:
    first = said()
    client.post("/api/annotations", json=[first])
    response = client.post("/api/annotations", json=[{**first, "payload": answer(LAND)}])
    assert (response.status_code, statuses(response)) == (422, ["refused"])
    assert "another payload" in response.json()["results"][0]["error"]


def test_the_actor_comes_from_the_login(client: TestClient, workspace: Workspace) -> None:
    response = client.post("/api/annotations", json=[said(actor="ben"), said(bulk=str(uuid4())), said()])
    assert statuses(response) == ["refused", "refused", "created"]
    assert [e.actor for e in workspace.lake.journal.events()] == ["anna"]


@pytest.mark.parametrize(
    "item",
    [
        None, 1, "text", [], {}, {"id": 7, "kind": "answer"},
        {"id": "no uuid", "kind": "comment", "payload": {"text": "x"}},
        {"id": str(uuid4()), "kind": "bulk", "bulk": str(uuid4())}, {"id": str(uuid4()), "kind": "scheme"},
        {"id": str(uuid4()), "kind": "answer"}, {"id": str(uuid4()), "kind": "comment", "payload": []},
        {"id": str(uuid4()), "kind": "comment", "payload": {"text": "\ud83d"}},
        {"id": "\ud83d", "kind": "comment", "payload": {"text": "x"}},
        {"id": str(uuid4()), "kind": "comment", "payload": {"text": "x"}, "task": "\ud83d"},
        {"id": str(uuid4()), "kind": "comment", "payload": {"text": "x"}, "chip_id": "s_0_0_0\x00"},
        {"id": str(uuid4()), "kind": "comment", "payload": {"text": "x", "n": float("nan")}},
        {"id": str(uuid4()), "kind": "undo"}, {"id": str(uuid4()), "kind": "undo", "undoes": str(uuid4())},
        {"id": str(uuid4()), "kind": "mask", "task": "pixels", "chip_id": CHIP, "payload": {"sha256": "0" * 64}},
        {"id": str(uuid4()), "kind": "mask", "task": "pixels", "chip_id": CHIP, "payload": {"sha256": "../../x"}},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_the_rest_lands(client: TestClient, item: object) -> None:
    import json

    body = json.dumps([item, said()])
    response = client.post("/api/annotations", content=body)
    assert (response.status_code, statuses(response)) == (207, ["refused", "created"])
    assert response.json()["results"][0]["error"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 422, "not JSON"), (b"{", 422, "not JSON"), (b"{}", 422, "as a list"), (b"\xff\xfe[]", 422, "not JSON"),
        (b"[" * 100_000, 422, "not JSON"), (b"[" + b"9" * 5000 + b"]", 422, "not JSON"),
        (b"[" + b",".join([b"{}"] * 10_001) + b"]", 413, "too many"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_list(client: TestClient, body: bytes, status: int, words: str) -> None:
    response = client.post("/api/annotations", content=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert words in response.text


def test_masks_of_the_store_are_taken(client: TestClient, workspace: Workspace) -> None:
    lake = workspace.lake
    mask = LabelMask.of(np.ones((32, 32), np.uint8), Origin.HUMAN)
    sha256 = lake.masks.put(mask, lake.chips.get(CHIP).geobox, lake.scheme("pixels"))
    item = said(kind="mask", task="pixels", payload={"sha256": sha256, "layer": "s1"})
    assert client.post("/api/annotations", json=[item]).status_code == 201
    assert workspace.mask(CHIP).count() == {1: 1024}


def test_undo_and_redo(client: TestClient, workspace: Workspace) -> None:
    first = said()
    client.post("/api/annotations", json=[first])
    undo = {"id": str(uuid4()), "kind": "undo", "undoes": first["id"]}
    assert client.post("/api/annotations", json=[undo]).status_code == 201
    assert workspace.lake.journal.current("chips") == []
    events = client.get("/api/annotations", params={"active": True}).json()["events"]
    assert [e["active"] for e in events] == [False, True]
    assert statuses(client.post("/api/annotations", json=[{**undo, "id": str(uuid4())}])) == ["refused"]
    client.post("/api/annotations", json=[{"id": str(uuid4()), "kind": "undo", "undoes": undo["id"]}])
    assert len(workspace.lake.journal.current("chips")) == 1


def test_undoing_somebody_elses_answer_needs_a_reviewer(workspace: Workspace) -> None:
    journal = workspace.lake.journal
    (there,) = journal.append([NewEvent("answer", "chips", CHIP, answer(1))], actor="ben")
    answers.check_undo(there.id, Visitor("reviewer"), "anna", journal)
    answers.check_undo(there.id, Visitor("annotator"), "ben", journal)
    answers.check_undo(str(uuid4()), Visitor("annotator"), "anna", journal)  # the journal says that there is none
    with pytest.raises(Exception, match="somebody else"):
        answers.check_undo(there.id, Visitor("annotator"), "anna", journal)


def test_events_are_filtered_and_paged(client: TestClient, anonymous: TestClient) -> None:
    client.post("/api/annotations", json=[said(f"s_0_0_{i}") for i in range(4)])
    client.post(
        "/api/annotations", json=[said(payload={"text": "?"}, kind="comment")], headers={"X-Groundset-Actor": "ben"}
    )

    def seqs(**asked: object) -> list[int]:
        response = client.get("/api/annotations", params=asked)  # type: ignore[arg-type]
        assert response.status_code == 200
        assert response.json()["head"] == 5
        return [e["seq"] for e in response.json()["events"]]

    assert seqs() == [1, 2, 3, 4, 5]
    assert seqs(since=3) == [4, 5]
    assert seqs(limit=2) == [1, 2]
    assert seqs(chip_id=CHIP) == [1, 5]
    assert seqs(actor="ben") == seqs(kind="comment") == [5]
    assert seqs(task="pixels") == []
    (event,) = client.get("/api/annotations", params={"since": 4}).json()["events"]
    assert (event["actor"], event["kind"], event["payload"]) == ("ben", "comment", {"text": "?"})
    assert event["at"].endswith("Z")


@pytest.mark.parametrize(
    "query",
    ["since=-1", "since=99999999999999999999", "limit=0", "limit=10001", "since=x", "chip_id=%00", "active=maybe"],
)
def test_questions_that_make_no_sense(client: TestClient, query: str) -> None:
    response = client.get(f"/api/annotations?{query}")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    )
)
def test_whatever_is_sent_gets_an_answer(client: TestClient, body: object) -> None:
    import json

    response = client.post("/api/annotations", content=json.dumps(body))
    assert response.status_code in (200, 422)


def test_answers_to_a_workspace_that_was_moved_can_be_sent_again(client: TestClient, workspace: Workspace) -> None:
    root = workspace.lake.root
    answer_of_mine = [said()]
    away = root.rename(root.with_name("elsewhere"))
    told = client.post("/api/annotations", json=answer_of_mine)
    assert (told.status_code, "moved away" in told.json()["detail"]) == (503, True)
    for path, new in (("classes", {"name": "ice"}), ("attributes", {"name": "cloudy", "kind": "flag"})):
        assert client.post(f"/api/{path}", json=new).status_code == 404
    assert not root.exists()
    away.rename(root)
    assert client.post("/api/annotations", json=answer_of_mine).status_code == 201
