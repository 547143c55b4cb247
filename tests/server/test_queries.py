"""One filter through the command line, Python and HTTP; saved queries; SQL over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chiplake import add_chips, chip_lake, say, some
from fastapi.testclient import TestClient
from serving import BASE, TOKEN

from groundset.cli.app import main
from groundset.journal import NewEvent, attribute
from groundset.server import sql
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.workspace import Workspace
from groundset.workspace import open as open_workspace

LONG = (
    "valid_fraction > 0.5 AND label = 'water' AND score_water > 0.3 AND road_distance < 500 "
    "AND S_INTERSECTS(geometry, POLYGON((-179 -89, 179 -89, 179 89, -179 89, -179 -89))) "
    "AND datetime > TIMESTAMP('2018-01-01T00:00:00Z')"
)
FILTERS = (
    LONG,
    "answered_at > TIMESTAMP('2020-01-01T00:00:00+02:00') AND actor = 'anna' AND row <> 3 OR row = 4",
    "T_AFTER(datetime, DATE('2018-01-01')) AND NOT S_DISJOINT(geometry, BBOX(-180, -90, 180, 90)) AND col IN (1, 2)",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("queries")


@pytest.fixture(scope="module")
def full(home: Path) -> Iterator[Workspace]:
    """64 chips with features, some labelled by anna, and how far roads are from some."""
    with chip_lake(home / "lake") as lake:
        truth = add_chips(lake, home, "s", 8, 8)
    with open_workspace(home / "lake") as ws:
        ws.add_attribute("road_distance", "number")
        say(ws.lake, some(truth, 15))
        said = [NewEvent("attribute", None, f"s_0_{i // 8}_{i % 8}", attribute("road_distance", 10.0 * i))
                for i in range(60)]  # fmt: skip
        ws.lake.annotate(said, actor="anna")
        yield ws


@pytest.fixture(scope="module")
def client(home: Path, full: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(full, Settings(TOKEN, ui=home)), base_url=BASE, client=("127.0.0.1", 50000)) as made:
        made.headers |= {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": "anna"}
        yield made


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    monkeypatch.setattr(sys, "argv", ["groundset", *arguments])
    with pytest.raises(SystemExit):
        main()
    return capsys.readouterr().out.split()


@pytest.mark.parametrize("like", [None, "s_0_1_1"])
@pytest.mark.parametrize("text", FILTERS)
def test_terminal_python_and_http_find_the_same(
    full: Workspace, client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    text: str, like: str | None,
) -> None:  # fmt: skip
    python = full.search(text, like=like, limit=None)
    assert 0 < python.total < 64
    asked = {"filter": text, "limit": 1000} | ({"like": like, "sort": "similar"} if like else {})
    told = client.get("/api/chips", params=asked).json()
    assert [chip["id"] for chip in told["chips"]] == python.ids
    assert [chip["score"] for chip in told["chips"]] == python.scores
    extra = ["--like", like] if like else []
    root = str(full.root)
    assert printed(monkeypatch, capsys, "search", root, text, *extra, "--limit", "0", "--format", "ids") == python.ids


def test_the_terminal_points_at_the_mistake(
    full: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["groundset", "search", str(full.root), "row = 1 AND rod_distance < 5"])
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 2
    lines = capsys.readouterr().err.split("\n")
    at = next(i for i, line in enumerate(lines) if line.strip() == "row = 1 AND rod_distance < 5")
    assert lines[at + 1] == "  " + " " * 12 + "^" * len("rod_distance")
    assert any("did you mean road_distance?" in line for line in lines)


def test_http_tells_where_the_mistake_is(client: TestClient) -> None:
    told = client.get("/api/chips", params={"filter": "row = 1 AND\n clod_cover < 5"})
    assert told.status_code == 422
    problem = told.json()
    assert problem["position"] == {"start": 13, "end": 23, "line": 2, "column": 2}
    assert problem["near"] == ["cloud_cover"]


def test_queryables_as_a_schema(full: Workspace, client: TestClient) -> None:
    told = client.get("/api/queryables", headers={"Accept": "application/schema+json"})
    assert told.headers["content-type"] == "application/schema+json"
    properties = told.json()["properties"]
    assert properties["road_distance"] == {
        "title": "road_distance", "type": "number", "minimum": 0.0, "maximum": 590.0
    }  # fmt: skip
    assert properties["datetime"]["format"] == "date-time"
    assert properties["geometry"]["format"] == "geometry-any"
    assert client.get("/api/queryables?f=schema").json()["properties"] == properties


def test_saved_queries(full: Workspace, client: TestClient) -> None:
    address = "/api/queries/wet near roads"
    kept = client.put(address, json={"filter": LONG, "like": ["s_0_1_1"]}).json()
    assert (kept["name"], kept["by"], kept["filter"]) == ("wet near roads", "anna", LONG)
    assert client.get("/api/queries").json() == [kept]
    assert full.search(saved="wet near roads").ids == full.search(LONG, like="s_0_1_1").ids
    assert client.put(address, json={"filter": "row = 1"}).status_code == 409
    assert client.put(f"{address}?replace=true", json={"filter": "row = 1"}).json()["filter"] == "row = 1"
    assert client.delete(address).json()["filter"] == "row = 1"
    assert client.delete(address).status_code == 404
    assert client.get("/api/queries").json() == []
    assert client.post(f"{address}/undo").json()["filter"] == "row = 1"
    assert client.post(f"{address}/undo").json() == kept
    wrong = client.put("/api/queries/wrong", json={"filter": "row = 1 AND rw = 2"})
    assert wrong.status_code == 422
    assert wrong.json()["position"]["start"] == 12


def test_sql(full: Workspace, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "SELECT chip_id, label, answered_at FROM labels ORDER BY chip_id"
    told = client.post("/api/sql", json={"sql": text, "limit": 3}).json()
    assert [column["name"] for column in told["columns"]] == ["chip_id", "label", "answered_at"]
    assert (len(told["rows"]), told["complete"]) == (3, False)
    assert [row[0] for row in told["rows"]] == [row["chip_id"] for row in full.sql(text)][:3]
    wrong = client.post("/api/sql", json={"sql": "SELECT chipid FROM chips"})
    assert (wrong.status_code, wrong.json()["position"]["start"], wrong.json()["near"]) == (422, 7, ["chip_id"])
    assert client.post("/api/sql", json={"sql": "DROP VIEW chips"}).status_code == 422
    with monkeypatch.context() as quick:
        quick.setattr(sql, "SECONDS", 1.0)
        text = "SELECT repeat('x', 100) FROM range(1000000000000) WHERE range < 50000"
        slow = client.post("/api/sql", json={"sql": text, "limit": 100_000})
    assert (slow.status_code, "took too long" in slow.json()["title"]) == (422, True)
    monkeypatch.setattr(sql, "MEMORY", 256 << 20)
    large = client.post("/api/sql", json={"sql": "SELECT length(repeat('x', 900000000)) FROM range(3)"})
    assert (large.status_code, "memory" in large.json()["title"]) == (422, True)
