"""Releases over HTTP: a list, one, its files, its check, its differences; broken ones too."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from madelake import lake_like_image, paint, sparse
from waiting import run

from groundset import release as room
from groundset.core import GroundsetError
from groundset.core.layout import Layout
from groundset.server import release_files
from groundset.workspace import Release, Workspace


@pytest.fixture
def released(workspace: Workspace) -> Workspace:
    """Two releases: six chips, then seven and one painted anew."""
    lake, truth = workspace.lake, lake_like_image()[1]
    chips = list(lake.chips.chips())
    for chip in chips[:6]:
        paint(lake, chip, sparse(truth, chip, 0.5, 1))
    workspace.release("v1", task="pixels", buffer="0m", license="CC-BY-4.0")
    for chip in (chips[0], chips[6]):
        paint(lake, chip, sparse(truth, chip, 0.5, 2))
    workspace.release("v2", task="pixels", buffer="0m")
    return workspace


@pytest.fixture
def releases(released: Workspace, client: TestClient) -> TestClient:
    return client


def folder(workspace: Workspace, name: str) -> Path:
    return workspace.lake.layout.releases / name


def test_a_workspace_without_releases(client: TestClient) -> None:
    assert client.get("/api/releases").json() == []
    answer = client.get("/api/releases/v1")
    assert (answer.status_code, answer.json()["found"]) == (404, "none")


def test_the_list_is_newest_first(releases: TestClient, workspace: Workspace) -> None:
    rows = releases.get("/api/releases").json()
    assert [row["name"] for row in rows] == ["v2", "v1"]
    one = rows[1]
    assert (one["task"], one["kind"], one["chips"], one["license"]) == ("pixels", "segment", 6, "CC-BY-4.0")
    assert rows[0]["license"] is None
    assert sum(one["splits"].values()) == 6
    assert sum(one["class_counts"].values()) > 1000
    assert (one["check"], one["problem"]) == (None, None)
    files = [p for p in folder(workspace, "v1").rglob("*") if p.is_file()]
    assert one["bytes"] == sum(p.stat().st_size for p in files)


def test_one_release(releases: TestClient, workspace: Workspace) -> None:
    one = releases.get("/api/releases/v1").json()
    assert one["release"] == releases.get("/api/releases").json()[1]
    assert one["path"] == str(folder(workspace, "v1"))
    assert one["bands"] == ["blue", "green", "red", "nir"]
    assert one["recipe"]["seed"] == 0
    assert one["split_notes"][0].startswith("chips: train")
    assert one["changelog"].startswith("# Changelog")
    assert one["documents"][:2] == ["report.html", "README.md"]
    assert one["check"] is None


def test_whoever_checks_the_page_knows(
    releases: TestClient, workspace: Workspace, stac_schemas: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(folder(workspace, "v1"))
    room.check(".")
    levels = releases.get("/api/releases/v1/check").json()["levels"]
    assert [(lv["level"], lv["status"]) for lv in levels][:2] == [("Q0", "passed"), ("Q1", "passed")]
    Release(folder(workspace, "v2")).check()
    assert releases.get("/api/releases/v2/check").json()["current"] is True
    shutil.copytree(folder(workspace, "v1"), tmp_path / "elsewhere" / "v1")
    room.check(tmp_path / "elsewhere" / "v1")
    assert [p.name for p in (tmp_path / "elsewhere").iterdir()] == ["v1"], "outside a workspace nothing is kept"


def test_a_check_that_cannot_be_kept_is_a_check(released: Workspace, stac_schemas: Path) -> None:
    cache = released.lake.layout.cache / "checks"
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file where the folder should be")
    assert room.check(folder(released, "v1")).status("Q0") == "passed"


def test_the_last_check(releases: TestClient, workspace: Workspace, stac_schemas: Path) -> None:
    answer = releases.get("/api/releases/v1/check")
    assert answer.status_code == 404
    assert "never checked" in answer.json()["title"]
    assert run(releases, "check", release="v1")["state"] == "done"
    check = releases.get("/api/releases/v1/check").json()
    assert check["current"] is True
    assert [(lv["level"], lv["status"]) for lv in check["levels"]][:2] == [("Q0", "passed"), ("Q1", "passed")]
    assert {f["level"] for f in check["findings"] if f["severity"] == "error"} <= {"Q2", "Q3"}
    assert releases.get("/api/releases").json()[1]["check"] == check["levels"]
    assert releases.get("/api/releases/v1").json()["check"] == check

    (folder(workspace, "v1") / "README.md").write_text("changed by hand")
    run(releases, "check", release="v1")
    assert releases.get("/api/releases/v1/check").json()["levels"][0]["status"] == "failed"
    collection = folder(workspace, "v1") / "collection.json"
    collection.write_text(collection.read_text() + "\n")
    assert releases.get("/api/releases/v1/check").json()["current"] is False
    assert releases.get("/api/releases").json()[1]["check"] is None, "what was said of another state is not told"


def test_differences(releases: TestClient) -> None:
    found = releases.get("/api/releases/v1/differences", params={"to": "v2"}).json()
    assert (found["base"], found["other"]) == ("v1", "v2")
    assert found["added"] == ["s_0_1_2"]
    assert found["relabelled"] == ["s_0_0_0"]
    assert found["counts"]["added"] == 1
    assert found["recipe"]["license"] == ["CC-BY-4.0", "other"]
    assert releases.get("/api/releases/v1/differences", params={"to": "v2"}).json() == found
    assert releases.get("/api/releases/v1/differences", params={"to": "v9"}).status_code == 404
    assert releases.get("/api/releases/v1/differences", params={"to": "../v2"}).status_code == 422
    assert releases.get("/api/releases/v1/differences").status_code == 422


def test_the_report_stands_in_a_frame_and_runs_nothing(releases: TestClient, workspace: Workspace) -> None:
    answer = releases.get("/api/releases/v1/files/report.html")
    assert answer.content == (folder(workspace, "v1") / "report.html").read_bytes()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    rules = {rule.split()[0]: rule.split()[1:] for rule in answer.headers["content-security-policy"].split("; ")}
    assert rules["default-src"] == ["'none'"]
    assert not {"allow-scripts", "allow-same-origin", "allow-forms", "allow-top-navigation"} & set(rules["sandbox"])
    assert "script-src" not in rules
    assert rules["frame-ancestors"][0] == "'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("README.md", "text/markdown; charset=utf-8"),
        ("LICENSE", "text/plain; charset=utf-8"),
        ("dataset.py", "text/x-python; charset=utf-8"),
        ("scheme.csv", "text/csv; charset=utf-8"),
        ("release.json", "application/json"),
        ("chips.parquet", "application/vnd.apache.parquet"),
        ("items/s_0_0_0/thumbnail.png", "image/png"),
        ("items/s_0_0_0/image.tif", "image/tiff; application=geotiff"),
    ],
)
def test_files_by_their_kind_with_etags(releases: TestClient, workspace: Workspace, path: str, kind: str) -> None:
    answer = releases.get(f"/api/releases/v1/files/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.content == (folder(workspace, "v1") / path).read_bytes()
    again = releases.get(f"/api/releases/v1/files/{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = releases.get(f"/api/releases/v1/files/{path}", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, answer.content[:10])


@pytest.mark.parametrize(
    "path",
    [
        "../../groundset.toml", "..%2f..%2fgroundset.toml", "%2e%2e/%2e%2e/journal.db", "/etc/passwd",
        "%2fetc%2fpasswd", "items", "items/", "items//s_0_0_0/image.tif", ".hidden", "items/.hidden", "link",
        "linked/groundset.toml", "..\\..\\groundset.toml", "a%00b", "report.html/x", "x" * 5000, "",
    ],
)  # fmt: skip
def test_only_files_of_the_release(releases: TestClient, workspace: Workspace, path: str) -> None:
    root = folder(workspace, "v1")
    (root / ".hidden").write_text("hidden")
    (root / "items" / ".hidden").write_text("hidden")
    (root / "link").symlink_to("../../groundset.toml")
    (root / "linked").symlink_to("../..")
    assert releases.get(f"/api/releases/v1/files/{path}").status_code == 404


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="./\\a%\0releases-v1groundset.toml~", max_size=40))
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    root = tmp_path / "releases" / "v1"
    root.mkdir(parents=True, exist_ok=True)
    (tmp_path / "groundset.toml").touch()
    try:
        found = release_files.find(Layout(tmp_path), "v1", path)
    except GroundsetError:
        return
    assert found.resolve().is_relative_to(root)


@pytest.mark.parametrize("name", ["..", "%2e%2e", "a%2fb", "v1%00", "-", " ", "x" * 300])
def test_names_are_checked(releases: TestClient, name: str) -> None:
    for address in ("", "/check", "/files/report.html", "/differences?to=v1"):
        assert releases.get(f"/api/releases/{name}{address}").status_code in (404, 422)


@pytest.mark.parametrize(
    "harm", ["no record", "no json", "of another version", "another form", "no table", "broken table", "empty"]
)
def test_a_broken_release_is_listed_with_what_is_wrong(releases: TestClient, workspace: Workspace, harm: str) -> None:
    root = folder(workspace, "v2")
    if harm == "no record":
        (root / "release.json").unlink()
    elif harm == "no json":
        (root / "release.json").write_text("{")
    elif harm == "another form":
        (root / "release.json").write_text(json.dumps({"recipe": [], "split": 7, "statistics": [3]}))
    elif harm == "of another version":
        record = json.loads((root / "release.json").read_text())
        split = {**record["split"], "colour": "blue"}
        (root / "release.json").write_text(json.dumps({**record, "split": split, "statistics": [3]}))
        one = releases.get("/api/releases/v2").json()
        assert (one["release"]["chips"], one["bands"], one["split_notes"]) == (7, [], [])
        return
    elif harm == "no table":
        (root / "chips.parquet").unlink()
    elif harm == "broken table":
        (root / "chips.parquet").write_bytes(b"PAR1")
    else:
        shutil.rmtree(root)
        root.mkdir()
    rows = {row["name"]: row for row in releases.get("/api/releases").json()}
    assert rows["v1"]["problem"] is None
    assert rows["v2"]["problem"]["title"]
    assert "Traceback" not in json.dumps(rows)
    one = releases.get("/api/releases/v2")
    assert (one.status_code, one.json()["release"]) == (200, rows["v2"])
    assert releases.get("/api/releases/v2/differences", params={"to": "v1"}).status_code in (404, 422)


def test_a_release_that_is_being_made_is_not_listed(releases: TestClient, workspace: Workspace) -> None:
    (workspace.lake.layout.releases / ".v3.abc.tmp").mkdir()
    assert [row["name"] for row in releases.get("/api/releases").json()] == ["v2", "v1"]
    assert releases.get("/api/releases/.v3.abc.tmp").status_code == 422
