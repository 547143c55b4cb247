"""``/api/cascades``: the whole way over HTTP, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from cascadelake import cascade_lake, has
from fastapi.testclient import TestClient
from pixellake import clients
from waiting import wait

from groundset.workspace import Workspace


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Asks one workspace for all tests, which follow each other."""
    lake = cascade_lake(tmp_path_factory.mktemp("cascades") / "lake")
    with Workspace(lake) as ws:
        yield from clients(ws)


def answers(web: TestClient, name: str, n: int = 36) -> list[dict[str, object]]:
    panel = web.get(f"/api/cascades/{name}/suggest", params={"n": n}).json()
    ids = [one["chip"]["id"] for one in panel["chips"]]
    return [
        {
            "id": str(uuid4()), "kind": "answer", "task": "chips", "chip_id": chip,
            "payload": {"class": 1, "value": "positive" if has(chip) else "negative"},
        }
        for chip in ids
    ]  # fmt: skip


def test_the_whole_way(web: TestClient) -> None:
    assert web.get("/api/cascades").json() == {"cascades": []}
    begun = web.post("/api/cascades", json={"class": "water"})
    assert begun.status_code == 201
    name = begun.json()["id"]
    assert begun.json()["can"] == {"advance": False, "back": True, "make": False, "why": begun.json()["can"]["why"]}
    assert web.post("/api/cascades", json={"class": "water"}).status_code == 409
    assert web.post("/api/annotations", json=answers(web, name)).status_code == 201

    cells = web.get(f"/api/cascades/{name}/levels/0/cells", params={"lonlat": True}).json()
    assert len(cells["row"]) == len(cells["decision"]) == len(cells["ring"]) == 36
    assert set(cells["label"]) == {"positive", "negative"}
    told = web.get(f"/api/cascades/{name}/levels/0/histogram", params={"recall": 0.9}).json()
    assert sum(told["counts"]) == 36
    assert told["threshold"]["recall"] == 0.9
    assert web.get(f"/api/cascades/{name}/levels/1/cells").status_code == 404
    assert web.patch(f"/api/cascades/{name}", json={"recall": 0.95}).json()["recall"] == 0.95

    left = web.post(f"/api/cascades/{name}/advance")
    assert left.status_code == 202
    job = left.json()["job"]
    assert web.post(f"/api/cascades/{name}/back").status_code == 409  # while chips are being made
    assert wait(web, job)["state"] == "done"
    now = web.get(f"/api/cascades/{name}").json()
    assert (now["level"], now["job"], now["can"]["advance"]) == (1, None, True)
    assert now["grid"][1]["made"] == now["grid"][1]["candidates"] < now["grid"][1]["cells"]
    assert now["saved"]["chips"] == now["grid"][1]["cells"] - now["grid"][1]["made"]
    levels = {one["level"]: one["chips"] for one in web.get("/api/workspace").json()["counts"]["levels"]}
    assert levels == {0: 36, 1: now["grid"][1]["made"]}
    counted = [web.get("/api/labels", params={"task": "chips", "level": level}).json() for level in (0, 1)]
    assert [(one["chips"], one["unlabelled"]) for one in counted] == [(36, 0), (0, levels[1])]
    facets = web.get("/api/queryables", params={"task": "chips", "level": 0}).json()
    values = {one["name"]: dict(one["values"] or []) for one in facets}
    assert values["label"]["water"] == counted[0]["classes"][1]["chips"]
    assert sum(values["label"].values()) == values["scene_id"]["lakes"] == 36
    assert values["level"] == {"0": 36, "1": levels[1]}
    [kept] = web.get("/api/scenes/lakes/cascades").json()["classes"]
    assert (kept["class"], kept["level"], kept["done"]) == ("water", 0, False)
    assert "level 0 left" in web.get("/api/history").json()["undo"][0]["says"]


def test_contradictions_are_told_with_what_settles_them(web: TestClient) -> None:
    name = web.get("/api/cascades").json()["cascades"][0]["id"]
    cells = web.get(f"/api/cascades/{name}/levels/1/cells").json()
    row, col = cells["row"][0], cells["col"][0]
    said = [(f"lakes_1_{row}_{col}", "positive"), (f"lakes_0_{row // 2}_{col // 2}", "negative")]
    for chip, value in said:
        event = {"id": str(uuid4()), "kind": "answer", "task": "chips", "chip_id": chip}
        web.post("/api/annotations", json=[event | {"payload": {"class": 1, "value": value}}])
    [conflict] = web.get(f"/api/cascades/{name}/conflicts").json()["conflicts"]
    assert conflict["parent"] == said[1][0]
    settled = [event | {"id": str(uuid4())} for event in conflict["choices"][1]["events"]]
    assert web.post("/api/annotations", json=settled).status_code == 201
    assert web.get(f"/api/cascades/{name}/conflicts").json() == {"conflicts": []}


def test_steps_are_taken_back_and_nothing_else_can_write_them(web: TestClient) -> None:
    name = web.get("/api/cascades").json()["cascades"][0]["id"]
    forged = {"id": str(uuid4()), "kind": "cascade", "task": "chips", "payload": {"cascade": name, "step": "recall"}}
    assert web.post("/api/annotations", json=[forged]).status_code == 422
    assert web.post(f"/api/cascades/{name}/back").json()["level"] == 0
    assert web.post(f"/api/cascades/{name}/back").json()["recall"] == 0.99
    assert web.post(f"/api/cascades/{name}/back").json()["gone"]
    assert web.get(f"/api/cascades/{name}").status_code == 404
    assert web.get("/api/cascades", params={"task": "nothing"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [({"class": "sheep"}, 404), ({"class": "water", "levels": 2}, 422), ({"class": "water", "recall": 2}, 422),
     ({"class": "water", "scenes": ["x"]}, 404)],
)  # fmt: skip
def test_refuses(web: TestClient, body: dict[str, object], status: int) -> None:
    answer = web.post("/api/cascades", json=body)
    assert answer.status_code == status, answer.text
