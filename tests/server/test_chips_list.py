from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import geopandas
import numpy as np
import pytest
from fastapi.testclient import TestClient
from madelake import paint

from groundset.journal import NewEvent, answer
from groundset.query import Index
from groundset.server.models import ChipPage
from groundset.workspace import Workspace


def page(client: TestClient, **query: Any) -> ChipPage:
    response = client.get("/api/chips", params=query)
    assert response.status_code == 200, response.text
    return ChipPage.model_validate(response.json())


def test_rows_say_all_that_the_wall_needs(client: TestClient, workspace: Workspace) -> None:
    workspace.lake.annotate([NewEvent("answer", "chips", "s_0_0_1", answer(1))], actor="anna")
    told = page(client, limit=2)
    assert (told.total, told.offset, told.head) == (16, 0, 1)
    first, second = told.chips
    assert (first.id, first.part, first.row, first.label) == ("s_0_0_0", "s_0", 0, None)
    assert (second.grid_row, second.grid_col, second.width, second.height, second.level) == (0, 1, 32, 32, 0)
    assert second.datetime == "2024-05-01T10:00:00Z"
    assert second.label is not None
    assert (second.label.classes, second.label.value, second.label.actors) == ([1], "positive", ["anna"])
    assert second.bbox is not None
    west, south, east, north = second.bbox
    assert west < east
    assert south < north


def test_a_list_and_a_chip_alone_say_the_same(client: TestClient, workspace: Workspace) -> None:
    lake = workspace.lake
    said = [answer(1), answer(2), answer(1, value="not-applicable", reason="cloud"), answer(1, value="unsure"),
            answer(1, value="negative")]  # fmt: skip
    lake.annotate([NewEvent("answer", "chips", f"s_0_1_{i % 4}", what) for i, what in enumerate(said)], actor="anna")
    paint(lake, lake.chips.get("s_0_0_2"), np.where(np.arange(1024).reshape(32, 32) < 100, 1, 255))
    for task in ("chips", "pixels"):
        rows = client.get("/api/chips", params={"task": task}).json()["chips"]
        assert any(row["label"] for row in rows)
        for row in rows:
            alone = client.get(f"/api/chips/{row['id']}").json()
            assert alone["labels"].get(task) == row["label"]
            if task == "chips":
                assert alone["chip"] == row, "the default task"


def test_the_masks_of_a_chip_that_is_opened_are_counted_first(workspace: Workspace) -> None:
    lake = workspace.lake
    for i in range(12):
        paint(lake, lake.chips.get(f"s_0_{i // 4}_{i % 4}"), np.full((32, 32), i % 2))
    index = Index(lake)
    try:
        hit = index.one("s_0_2_3", "pixels")
        assert hit.label is not None
        assert (hit.label.counted, hit.label.classes, hit.label.shares) == (True, (1,), (1.0,))
    finally:
        index.close()


@pytest.mark.parametrize("sort", ["id", "newest", "random", "random:42"])
def test_pages_have_every_chip_once(client: TestClient, sort: str) -> None:
    ids = [chip.id for at in range(0, 20, 5) for chip in page(client, sort=sort, limit=5, offset=at).chips]
    assert len(ids) == len(set(ids)) == 16
    assert page(client, sort=sort, offset=2**53).chips == []


def test_filters(client: TestClient, workspace: Workspace) -> None:
    workspace.lake.annotate([NewEvent("answer", "chips", "s_0_0_1", answer(1))], actor="anna")
    assert [c.id for c in page(client, filter="label = 'water'").chips] == ["s_0_0_1"]
    assert page(client, filter="label IS NULL AND row > 1").total == 8
    assert page(client, filter="label IS NULL", task="pixels").total == 16
    assert page(client, filter="  ").total == 16


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"filter": "clod_cover < 10"}, ["column 1", "did you mean cloud_cover?"]),
        ({"filter": "row = 1 AND"}, ["column 12"]),
        ({"filter": "cloud_cover = 'x'"}, ["column 1", "cloud_cover is a number"]),
        ({"sort": "size"}, ["there is no such order", "id, newest, random"]),
        ({"limit": "1001"}, ["too many chips", "limit=1001"]),
        ({"limit": "5001", "f": "geojson"}, ["too many chips"]),
        ({"limit": "-1"}, ["limit"]),
        ({"offset": "-1"}, ["offset"]),
        ({"bbox": "1,2,3"}, ["west,south,east,north"]),
        ({"bbox": "1,2,3,nan"}, ["west,south,east,north"]),
        ({"bbox": "500000,0,500010,10"}, ["degrees"]),
        ({"f": "shapefile"}, ["f"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(client: TestClient, query: dict[str, str], says: list[str]) -> None:
    response = client.get("/api/chips", params=query)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    for words in says:
        assert words in response.text


def test_geojson(client: TestClient, workspace: Workspace) -> None:
    import shapely.geometry

    workspace.lake.annotate([NewEvent("answer", "chips", "s_0_0_1", answer(1))], actor="anna")
    response = client.get("/api/chips", params={"f": "geojson", "filter": "row = 0"})
    assert response.headers["content-type"] == "application/geo+json"
    told = response.json()
    assert (told["type"], told["numberMatched"], told["numberReturned"]) == ("FeatureCollection", 4, 4)
    second = told["features"][1]
    wanted = {
        "id": "s_0_0_1", "classes": [1], "value": "positive", "negative": [], "split": None, "scene_id": "s",
        "score": None, "label": "water", "actor": "anna", "datetime": "2024-05-01T10:00:00Z", "row": 0, "col": 1,
    }  # fmt: skip
    assert {name: second["properties"][name] for name in wanted} == wanted
    assert "chip_id" not in second["properties"]
    footprint = workspace.lake.chips.get("s_0_0_1").footprint
    assert shapely.geometry.shape(second["geometry"]).equals_exact(footprint, 1e-7)
    empty = client.get("/api/chips", params={"f": "geojson", "filter": "row > 99"}).json()
    assert empty["features"] == []


def test_boxes(client: TestClient) -> None:
    chip = page(client, limit=1).chips[0]
    assert chip.bbox is not None
    inside = ",".join(str(v) for v in chip.bbox)
    assert chip.id in [c.id for c in page(client, bbox=inside).chips]
    assert page(client, bbox=inside).total < 16
    assert page(client, bbox="100,0,101,1").total == 0


def test_unchanged_pages_are_not_sent_again(client: TestClient, workspace: Workspace) -> None:
    first = client.get("/api/chips")
    mark = first.headers["etag"]
    again = client.get("/api/chips", headers={"If-None-Match": mark})
    assert (again.status_code, again.content) == (304, b"")
    workspace.lake.annotate([NewEvent("answer", "chips", "s_0_0_1", answer(1))], actor="anna")
    assert client.get("/api/chips", headers={"If-None-Match": mark}).status_code == 200


def test_a_label_posted_is_in_the_next_page(client: TestClient) -> None:
    event = NewEvent("answer", "chips", "s_0_0_3", answer(0))
    body = [{"id": event.id, "kind": "answer", "task": "chips", "chip_id": "s_0_0_3", "payload": dict(event.payload)}]
    assert client.post("/api/annotations", json=body).status_code == 201
    assert [c.id for c in page(client, filter="label = 'non-water'").chips] == ["s_0_0_3"]


def test_files_hold_all_chips_in_order(client: TestClient, workspace: Workspace) -> None:
    """CSV, GeoJSON and GeoParquet say what the pages say; Accept chooses as `f` does."""
    workspace.lake.annotate([NewEvent("answer", "chips", "s_0_0_1", answer(1))], actor="anna")
    asked = {"filter": "row < 3 AND S_INTERSECTS(geometry, BBOX(-180, -90, 180, 90))", "sort": "random:3"}
    wanted = client.get("/api/chips", params={**asked, "f": "ids"}).json()["ids"]
    kinds = {"csv": "text/csv", "geojson": "application/geo+json", "parquet": "application/vnd.apache.parquet"}
    for form, kind in kinds.items():
        answers = [
            client.get("/api/chips", params={**asked, "f": form}),
            client.get("/api/chips", params=asked, headers={"Accept": f"text/html;q=0.1, {kind}"}),
        ]
        assert answers[0].content == answers[1].content
        assert all(a.headers["content-type"].startswith(kind) for a in answers)
        rows = ROWS[form](answers[0].content)
        assert [row["chip_id"] for row in rows] == wanted
        (labelled,) = [row for row in rows if row["chip_id"] == "s_0_0_1"]
        assert (labelled["label"], labelled["actor"], int(labelled["col"])) == ("water", "anna", 1)
        page_of = ROWS[form](client.get("/api/chips", params={**asked, "f": form, "limit": 2, "offset": 1}).content)
        assert [row["chip_id"] for row in page_of] == wanted[1:3]
        assert ROWS[form](client.get("/api/chips", params={"f": form, "filter": "row > 99"}).content) == []
        assert client.get("/api/chips", params={**asked, "f": form}, headers={
            "If-None-Match": answers[0].headers["etag"]}).status_code == 304  # fmt: skip


def _csv_rows(data: bytes) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def _geojson_rows(data: bytes) -> list[dict[str, Any]]:
    return [{"chip_id": one["id"], **one["properties"]} for one in json.loads(data)["features"]]


def _parquet_rows(data: bytes) -> list[dict[str, Any]]:
    frame = geopandas.read_parquet(io.BytesIO(data))
    assert frame.crs.to_epsg() == 4326
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return rows


ROWS: dict[str, Callable[[bytes], list[dict[str, Any]]]] = {
    "csv": _csv_rows, "geojson": _geojson_rows, "parquet": _parquet_rows,
}  # fmt: skip
