"""Ranking over HTTP, and that page, Python and command line are told the same."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chiplake import add_chips, chip_lake, say, some
from fastapi.testclient import TestClient
from serving import BASE, TOKEN

from groundset.journal import NewEvent, attribute, training
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.models import ChipIds, ChipPage, Curve, Histogram, Ranking, Suggestions
from groundset.workspace import Workspace


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("learning")


@pytest.fixture(scope="module")
def truth(home: Path) -> dict[str, bool]:
    with chip_lake(home / "lake") as lake:
        config = lake.layout.config
        config.write_text(
            config.read_text() + '\n[attributes.cloudy]\nkind = "flag"\n\n[attributes.depth]\nkind = "number"\n'
        )
        return add_chips(lake, home, "a", 8, 8)


@pytest.fixture(scope="module")
def workspace(home: Path, truth: dict[str, bool]) -> Iterator[Workspace]:
    from groundset.workspace import open as open_workspace

    with open_workspace(home / "lake") as ws:
        say(ws.lake, some(truth, 15))
        yield ws


@pytest.fixture(scope="module")
def client(home: Path, workspace: Workspace) -> Iterator[TestClient]:
    app = create_app(workspace, Settings(TOKEN, ui=home))
    with TestClient(app, base_url=BASE, client=("127.0.0.1", 50000)) as made:
        made.headers |= {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": "anna"}
        yield made


def get(client: TestClient, path: str, **query: Any) -> Any:
    response = client.get(f"/api/{path}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def groundset(*args: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "groundset", *map(str, args)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_page_python_and_command_line_say_the_same(client: TestClient, workspace: Workspace, home: Path) -> None:
    text, order = "label IS NULL AND score_water > 0.2", "similar:water"
    page = ChipPage.model_validate(get(client, "chips", filter=text, sort=order, limit=9, **{"class": "water"}))
    found = workspace.search(text, sort=order, class_="water", limit=9)
    told = json.loads(
        groundset("search", home / "lake", text, "--sort", order, "--class", "water", "--limit", 9, "--format", "json")
    )
    ids = [chip.id for chip in page.chips]
    assert 0 < len(ids) == len(set(ids))
    assert found.ids == ids == [row["chip_id"] for row in told]
    scores = [chip.score for chip in page.chips]
    assert found.scores == scores == [row["score"] for row in told]
    assert (page.total, page.meaning) == (found.total, found.meaning) == (found.total, "confidence")
    every = groundset("search", home / "lake", text, "--sort", order, "--limit", 0, "--format", "ids").split()
    told_ids = ChipIds.model_validate(get(client, "chips", filter=text, sort=order, f="ids"))
    assert every == told_ids.ids == workspace.search(text, sort=order, limit=None).ids
    assert len(every) == told_ids.total == page.total


def test_likeness_is_the_same_everywhere(client: TestClient, workspace: Workspace, home: Path) -> None:
    like = ["a_0_1_1", "a@40,8,24,16"]
    page = get(client, "chips", sort="similar", like=like, limit=12)
    found = workspace.search(like=like, limit=12)
    told = groundset("search", home / "lake", "--like", like[0], "--like", like[1], "--limit", 12, "--format", "csv")
    rows = csv.DictReader(io.StringIO(told))
    assert [c["id"] for c in page["chips"]] == found.ids == [row["chip_id"] for row in rows]
    assert page["meaning"] == found.meaning == "similarity"


def test_suggestions_are_the_same_everywhere(client: TestClient, workspace: Workspace, home: Path) -> None:
    told = Suggestions.model_validate(get(client, "suggest", n=8, **{"class": "water"}))
    found = workspace.suggest("water", n=8)
    printed = json.loads(groundset("suggest", home / "lake", "--class", "water", "-n", 8, "--format", "json"))
    assert [s.chip.id for s in told.chips] == found.ids == [row["chip_id"] for row in printed]
    assert [s.reason for s in told.chips] == found.reasons == [row["reason"] for row in printed]
    assert told.strategy == "margin"
    table = groundset("suggest", home / "lake", "-n", 3)
    assert "3 chips" in table


def test_results_for_a_notebook(workspace: Workspace) -> None:
    found = workspace.search(class_="water", limit=20)
    assert len(found) == 20
    assert repr(found).startswith("64 chips, the first 20 here; the number is a confidence")
    assert "<table>" in found._repr_html_()
    frame = found.to_pandas()
    assert list(frame["chip_id"]) == list(found)
    assert found[0].id == found.ids[0]
    assert workspace.search("row > 99").to_arrow().num_rows == 0
    assert "water: 15 positive, 15 negative" in repr(workspace.ranking())


def test_ranking(client: TestClient) -> None:
    told = Ranking.model_validate(get(client, "ranking"))
    assert (told.task, told.encoder, told.encoders, told.chips) == ("chips", "default", ["default"], 64)
    dry, water = told.classes
    assert (dry.name, water.positive, water.negative, water.goal) == ("non-water", 15, 15, 100)
    assert water.meaning == "confidence"
    assert water.error is not None
    assert sum(b.count for b in water.reliability) == 30


def test_histogram(client: TestClient) -> None:
    told = Histogram.model_validate(get(client, "histogram", bins=10, **{"class": "water"}))
    assert len(told.edges) == 11
    assert (sum(told.positive), sum(told.negative), sum(told.unlabelled), told.missing) == (15, 15, 34, 0)


def test_curves_come_behind_the_request(client: TestClient) -> None:
    deadline = time.monotonic() + 60
    while (told := Curve.model_validate(get(client, "curve", **{"class": "water"}))).state == "computing":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert told.state == "ready"
    assert told.says


def test_lists_have_names(client: TestClient, workspace: Workspace) -> None:
    asked = {"filter": "label IS NULL", "sort": "similar:water"}
    first = get(client, "chips", **asked, limit=4)
    ids = [chip["id"] for chip in first["chips"]]
    event = NewEvent("answer", "chips", ids[0], {"class": 1, "value": "positive"})
    body = [{"id": event.id, "kind": "answer", "task": "chips", "chip_id": ids[0], "payload": dict(event.payload)}]
    assert client.post("/api/annotations", json=body).status_code == 201
    again = get(client, "chips", pin=first["pin"], limit=4)
    assert [chip["id"] for chip in again["chips"]] == ids
    assert again["chips"][0]["label"]["classes"] == [1]
    kept = get(client, "chips", **asked, keep=f"{first['pin']}:2", limit=50)
    fresh = get(client, "chips", **asked, limit=50)
    assert [c["id"] for c in kept["chips"]][:2] == ids[:2]
    assert ids[0] not in [c["id"] for c in fresh["chips"]]
    for asked in ({"pin": "nope"}, {"keep": "nope:3"}):
        now = get(client, "chips", **asked, anew=True, limit=4)
        assert (now["forgotten"], now["total"]) == (True, 64)
        assert get(client, "chips", pin=now["pin"], limit=4) == {**now, "forgotten": False}
    assert client.get("/api/chips", params={"pin": "nope", "anew": True, "f": "csv"}).status_code == 409
    gone = client.get("/api/chips", params={"pin": "nope"})
    assert gone.status_code == 409
    assert "ask without pin" in gone.json()["hint"]
    workspace.lake.journal.undo(event.id, actor="anna")


def test_unchanged_pages_are_not_sent_again_until_features_or_labels_change(
    client: TestClient, workspace: Workspace
) -> None:
    asked = {"sort": "similar:water", "class": "water", "limit": 3}
    first = client.get("/api/chips", params=asked)
    again = client.get("/api/chips", params=asked, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    path = workspace.lake.features().path("a_0")
    path.write_bytes(path.read_bytes())
    path.rename(path.with_suffix(".aside"))
    path.with_suffix(".aside").rename(path)
    after = client.get("/api/chips", params=asked, headers={"If-None-Match": first.headers["etag"]})
    assert after.status_code == 200


def test_situation_and_training_in_rows_filters_and_queryables(client: TestClient, workspace: Workspace) -> None:
    events = [
        NewEvent("attribute", None, "a_0_2_2", attribute("cloudy", value=True)),
        NewEvent("attribute", None, "a_0_2_3", attribute("depth", value=2.5)),
        NewEvent("training", "chips", "a_0_2_4", training(use=False)),
    ]
    workspace.lake.annotate(events, actor="anna")
    (cloudy,) = get(client, "chips", filter="cloudy")["chips"]
    assert (cloudy["id"], cloudy["attributes"]) == ("a_0_2_2", {"cloudy": True})
    assert [c["id"] for c in get(client, "chips", filter="depth > 2")["chips"]] == ["a_0_2_3"]
    (removed,) = get(client, "chips", filter="training = FALSE")["chips"]
    assert (removed["id"], removed["training"]) == ("a_0_2_4", False)
    told = {q["name"]: q for q in get(client, "queryables")}
    assert told["cloudy"] | {"title": ""} == {
        "name": "cloudy", "type": "boolean", "title": "", "values": [["true", 1]], "counts": None, "edges": None,
        "minimum": None, "maximum": None, "missing": 63,
    }  # fmt: skip
    assert (told["score_water"]["minimum"], told["score_water"]["maximum"], told["score_water"]["missing"]) == (0, 1, 0)
    assert sum(told["row"]["counts"]) == 64
    assert len(told["row"]["edges"]) == len(told["row"]["counts"]) + 1
    for name, queryable in told.items():
        assert get(client, "chips", filter=f"{name} IS NULL", limit=0)["total"] == queryable["missing"], name


@pytest.mark.parametrize(
    ("path", "query", "status", "says"),
    [
        ("histogram", {}, 422, "scores of what"),
        ("histogram", {"class": "watr"}, 404, "did you mean water"),
        ("histogram", {"class": "water", "filter": "rw = 1"}, 422, "column 1"),
        ("histogram", {"class": "water", "bins": 1}, 422, "bins"),
        ("suggest", {"class": "water", "filter": "row = 'x'"}, 422, "column 1"),
        ("suggest", {"task": "nope"}, 422, "no such task"),
        ("suggest", {"encoder": "nope"}, 404, "no features of this encoder"),
        ("ranking", {"task": "nope"}, 422, "no such task"),
        ("curve", {"class": "watr"}, 404, "did you mean water"),
        ("chips", {"sort": "similar:watr"}, 404, "did you mean water"),
        ("chips", {"like": "zz"}, 404, "no such chip"),
        ("chips", {"method": "zz"}, 422, "logistic"),
        ("chips", {"keep": "zz"}, 422, "PIN:COUNT"),
        ("chips", {"filter": "row > 1 AND score_watr > 0.1"}, 422, "column 13"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(client: TestClient, path: str, query: dict[str, Any], status: int, says: str) -> None:
    response = client.get(f"/api/{path}", params=query)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert says in response.text
