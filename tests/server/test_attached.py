"""Outside knowledge over HTTP: attached by a job, asked for in filters, followed, and taken away."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from rasterio.warp import transform_geom
from waiting import run

from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.offered import offered
from groundset.workspace import Workspace

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def opened(workspace: Workspace, settings: Settings) -> Iterator[TestClient]:
    client = TestClient(create_app(workspace, replace(settings)), base_url=BASE)
    client.headers["Authorization"] = f"Bearer {settings.token}"
    with client:
        yield client


def write(path: Path, width: float) -> Path:
    """A polygon over the left of the made scene."""
    box = shapely.box(500_000, 4_990_000, 500_000 + width, 5_000_000)
    place = transform_geom("EPSG:32632", "EPSG:4326", shapely.geometry.mapping(box))
    body = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"pop": 3}, "geometry": place}]}
    path.write_text(json.dumps(body))
    return path


def total(client: TestClient, text: str) -> int:
    answer = client.get("/api/chips", params={"filter": text, "f": "ids"})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


def test_it_says_that_folders_further_down_were_not_looked_into(workspace: Workspace, opened: TestClient) -> None:
    deep = workspace.root / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    write(deep / "land.geojson", 320)
    write(deep.parent / "near.geojson", 320)
    told = opened.get("/api/attached/files").json()
    assert ([one["file"] for one in told["files"]], told["more"]) == (["a/b/c/near.geojson"], True)


def test_attached_by_a_job_and_followed(workspace: Workspace, opened: TestClient) -> None:
    path = write(workspace.root / "land.geojson", 320)
    told = opened.get("/api/attached/files").json()
    assert [(one["file"], one["bytes"]) for one in told["files"]] == [("land.geojson", path.stat().st_size)]
    assert (told["roots"], told["more"]) == ([str(workspace.root.resolve())], False)
    options: dict[str, Any] = {"file": "land.geojson", "column": ["pop"], "label": "water", "task": "chips"}
    job = run(opened, "attach", **options)
    assert job["state"] == "done", job
    assert job["result"]["layer"] == "land"
    there = total(opened, "land_share > 0.99 AND land_pop = 3")
    assert 0 < there == total(opened, "land_inside = true") < total(opened, "")
    listed = opened.get("/api/attached").json()["layers"]
    assert [(x["name"], x["file"], x["state"], x["lacking"]) for x in listed] == [
        ("land", "land.geojson", "current", 0)
    ]
    columns = {one["name"]: one["kind"] for one in opened.get("/api/workspace").json()["attached"]}
    assert (columns["land_pop"], columns["land_inside"]) == ("number", "flag")
    query: dict[str, Any] = {"filter": "land_pop = 3", "limit": 1}
    (row,) = opened.get("/api/chips", params=query).json()["chips"]
    assert (row["attached"]["land_pop"], row["attached"]["land_inside"]) == (3, True)
    assert set(row["attached"]) <= set(columns)
    assert opened.get(f"/api/chips/{row['id']}").json()["chip"]["attached"] == row["attached"]
    assert "land_distance" in {q["name"] for q in opened.get("/api/queryables").json()}
    write(path, 640)
    ends = time.monotonic() + 60
    while total(opened, "land_inside = true") == there and time.monotonic() < ends:  # it is followed behind
        time.sleep(0.05)
    assert total(opened, "land_inside = true") > there
    assert opened.delete("/api/attached/nix").status_code == 404
    assert opened.delete("/api/attached/land").json() == {"layers": []}
    assert opened.get("/api/chips", params={"filter": "land_inside = true"}).status_code == 422


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("attach", {"file": "/etc/passwd"}, 403, "file = /etc/passwd"),
    ("attach", {"file": "nix.gpkg"}, 404, "file = nix.gpkg"),
    ("attach", {"file": "land.kml"}, 422, "file = land.kml"),
    ("attach", {"file": "land.geojson", "name": "Nö"}, 422, "name = "),
    ("attach", {"file": "land.geojson", "label": "lava"}, 404, "label = 'lava"),
    ("ingest", {"source": "new.tif", "aoi": "/etc/passwd"}, 403, "aoi = /etc/passwd"),
    ("ingest", {"source": "new.tif", "sample": 5, "stratify": "/etc/passwd"}, 403, "stratify = /etc/passwd"),
    ("ingest", {"source": "new.tif", "sample": 0}, 422, ""),
]


def test_what_another_workspace_made_is_not_offered(workspace: Workspace, tmp_path: Path) -> None:
    other = tmp_path / "data" / "other"
    for folder in (other / "chips", tmp_path / "data" / "chips"):
        folder.mkdir(parents=True)
        (folder / "a.parquet").touch()
    (other / "groundset.toml").touch()
    write(other / "land.geojson", 320)
    (tmp_path / "data" / "link.csv").symlink_to(other / "land.geojson")
    roots = [workspace.root.resolve(), tmp_path / "data", tmp_path / "gone"]
    told = offered(workspace.lake, roots, (".parquet", ".geojson", ".csv"))
    wanted = {other / "land.geojson", tmp_path / "data" / "chips" / "a.parquet"}
    assert {one.file for one in told.files} == set(map(str, wanted))


def test_files_that_may_not_be_read_are_refused(workspace: Workspace, opened: TestClient) -> None:
    write(workspace.root / "land.geojson", 320)
    (workspace.root / "land.kml").write_text("<kml/>")
    (workspace.root / "new.tif").write_bytes(b"")
    for verb, options, status, asked in REFUSED:
        answer = opened.post("/api/jobs", json={"verb": verb, "options": options})
        assert answer.status_code == status, (options, answer.text)
        assert (answer.json()["asked"] or "").startswith(asked), (options, answer.text)
    assert opened.get("/api/jobs").json() == {"jobs": []}
