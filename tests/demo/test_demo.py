"""The demo as `make demo` runs it, on the scene that comes out of a package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from groundset.core import Origin, ServiceError
from groundset.demo import demo
from groundset.demo.run import ACTOR, BUDGET, TASK, _plan
from groundset.demo.samples import WAKE
from groundset.release import Release, check
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.workspace import Workspace
from groundset.workspace import open as open_workspace


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        WAKE.scenes()
    except ServiceError as error:
        pytest.skip(f"the wake sample cannot be had: {error}")
    root = tmp_path_factory.mktemp("demo") / "lake"
    lines: list[str] = []
    (root.parent / "summary.txt").write_text(demo(root, sample="wake", say=lines.append))
    return root


@pytest.fixture
def ws(lake: Path):
    with open_workspace(lake) as opened:
        yield opened


def test_the_summary_has_every_number(lake: Path):
    text = (lake.parent / "summary.txt").read_text()
    for words in ("chips", "labels", "IoU water", "balanced accuracy", "Otsu", "seconds", "report.html"):
        assert words in text


def test_a_second_run_finds_everything(lake: Path):
    before = written(lake)
    demo(lake, sample="wake", say=[].append)
    assert written(lake) == before


def test_the_page_shows_the_demos_check(ws: Workspace) -> None:
    with TestClient(
        create_app(ws, Settings("token")), base_url="http://127.0.0.1:8000", headers={"Authorization": "Bearer token"}
    ) as client:
        (row,) = client.get("/api/releases").json()
    assert {level["level"]: level["status"] for level in row["check"]}["Q0"] == "passed"


def written(lake: Path) -> dict[Path, int]:
    """When each file of the workspace was written; the journal has tests of its own, locks hold nothing, and a check is
    made each time.
    """
    files = (p for p in lake.rglob("*") if p.is_file() and ".db" not in p.name and p.suffix != ".lock")
    files = (p for p in files if p.parent.name != "checks")
    return {p: p.stat().st_mtime_ns for p in files}


def test_the_annotator_kept_to_the_training_blocks(ws: Workspace):
    events = ws.lake.journal.current(TASK, kind="mask", actor=ACTOR)
    planned = _plan(ws, WAKE)
    masks = [ws.lake.masks.get(str(e.payload["sha256"])) for e in events]
    assert 0 < sum(int(m.labelled.sum()) for m in masks) <= BUDGET
    assert {planned[e.chip_id] for e in events} == {"train"}
    assert all(np.isin(m.origin, (Origin.NONE, Origin.HUMAN)).all() for m in masks)


def test_what_was_scored_is_the_test_split_of_the_release(ws: Workspace):
    import pyarrow.parquet as pq

    table = pq.read_table(ws.lake.layout.releases / "v1" / "chips.parquet")
    released = dict(zip(table["id"].to_pylist(), table["ml-aoi:split"].to_pylist(), strict=True))
    planned = _plan(ws, WAKE)
    assert {c for c, s in released.items() if s == "test"} == {c for c, s in planned.items() if s == "test"}


def test_the_release_passes(ws: Workspace, stac_schemas: Path):
    report = check(ws.lake.layout.releases / "v1")
    assert report.passed("Q2"), report.render()
    assert Release(ws.lake.layout.releases / "v1").split.smallest_distance_m >= 100
