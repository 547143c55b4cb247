"""GET /api/history, and acts of many answers by HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient

from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.workspace import Workspace

WATER = 1


def new(kind: str, payload: dict[str, Any], chip: str | None = None, **more: object) -> dict[str, Any]:
    task = None if kind == "attribute" else "chips"
    return {"id": str(uuid4()), "kind": kind, "task": task, "chip_id": chip, "payload": payload, **more}


def send(client: TestClient, *events: dict[str, Any]) -> list[str]:
    return [r["status"] for r in client.post("/api/annotations", json=list(events)).json()["results"]]


def undo(client: TestClient, target: str) -> None:
    assert send(client, {"id": str(uuid4()), "kind": "undo", "undoes": target}) == ["created"]


def water(chip: str, value: str = "positive", **more: object) -> dict[str, Any]:
    return new("answer", {"class": WATER, "value": value}, chip, **more)


def test_an_act_of_many_in_parts_is_one_undo(client: TestClient) -> None:
    act = new("bulk", {})
    members = [water(f"s_0_0_{i}", bulk=act["id"]) for i in range(4)]
    assert send(client, members[0]) == ["refused"], "the act comes first"
    assert send(client, act, *members[:2], water("s_0_9_9", bulk=act["id"])) == ["created"] * 3 + ["refused"]
    (told,) = client.get("/api/history").json()["undo"]
    assert (told["id"], told["kind"], told["chips"], told["says"]) == (act["id"], "bulk", 2, "Water: positive, 2 chips")
    assert send(client, *members) == ["known"] * 2 + ["created"] * 2
    assert client.get("/api/history").json()["undo"][0]["chips"] == 4
    undo(client, act["id"])
    assert client.get("/api/labels", params={"task": "chips"}).json()["chips"] == 0
    history = client.get("/api/history").json()
    assert (history["undo_count"], history["redo_count"]) == (0, 1)
    undo(client, history["redo"][0]["id"])
    assert client.get("/api/labels", params={"task": "chips"}).json()["chips"] == 4


def test_history_in_words_across_restarts(client: TestClient, workspace: Workspace, settings: Settings) -> None:
    workspace.add_attribute("cloudy", title="Cloudy", actor="bela")
    said = [
        water("s_0_0_0"),
        water("s_0_0_0", "unlabelled"),
        new("answer", {"class": 0, "value": "not-applicable", "reason": "haze"}, "s_0_0_1"),
        new("answer", {"classes": [1]}, "s_0_0_2"),
        new("training", {"use": False}, "s_0_0_0"),
        new("attribute", {"name": "cloudy", "value": True}, "s_0_0_3"),
        new("attribute", {"name": "cloudy", "value": None}, "s_0_0_3"),
    ]
    assert send(client, *said) == ["created"] * len(said)
    words = [
        "Cloudy: taken away, 1 chip", "Cloudy: yes, 1 chip", "Removed from training, 1 chip",
        "Water, 1 chip", "Non-water: not applicable (haze), 1 chip", "Water: label taken away, 1 chip",
        "Water: positive, 1 chip",
    ]  # fmt: skip
    first = client.get("/api/history").json()
    assert [act["says"] for act in first["undo"]] == words
    assert [act["chip_id"] for act in first["undo"]][-1] == "s_0_0_0"
    undo(client, said[-1]["id"])
    with TestClient(create_app(workspace, settings), base_url=str(client.base_url)) as other:
        other.headers |= {"Authorization": client.headers["Authorization"], "X-Groundset-Actor": "anna"}
        told = other.get("/api/history", params={"limit": 2}).json()
        assert [act["says"] for act in told["undo"]] == words[1:3]
        assert (told["undo_count"], [act["says"] for act in told["redo"]]) == (6, words[:1])
        other.headers["X-Groundset-Actor"] = "bela"
        assert other.get("/api/history").json()["undo"] == []
    assert client.get("/api/history", params={"task": "nothing"}).status_code == 422


def test_a_file_of_labels_is_one_act(client: TestClient, workspace: Workspace) -> None:
    workspace.annotate(["s_0_0_0", "s_0_0_1"], "water", actor="anna")
    workspace.remove_from_training(["s_0_0_0"], actor="anna")
    workspace.annotate(["s_0_0_0"], "water", value="unlabelled", actor="anna")
    says = [act["says"] for act in client.get("/api/history", params={"task": "chips"}).json()["undo"]]
    assert says == ["Water: label taken away, 1 chip", "Removed from training, 1 chip", "Water: positive, 2 chips"]
    assert workspace.status().annotated_chips["chips"] == 1
