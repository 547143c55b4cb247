"""Background jobs: real runs on a small lake, stopped, resumed, killed, and found again by the next server."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from madelake import TIME, lake_like_image, paint, sparse, write_scene
from waiting import begin, run, wait

from groundset._files import folder_lock
from groundset.core import ConflictError, Grid, MissingError
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.jobs import Jobs
from groundset.workspace import Workspace, create

BASE = "http://127.0.0.1:8000"
LONG = 4096
"""Rows of a scene that is cut in eight strips, so that it can be stopped between two."""
MANY = 4 * LONG // 32
NAMES = ["blue", "green", "red", "nir"]


@pytest.fixture
def opened(workspace: Workspace, settings: Settings, tmp_path: Path) -> Iterator[TestClient]:
    """A client of a server that may read a folder of data."""
    (tmp_path / "data").mkdir()
    with app(workspace, settings, tmp_path / "data") as client:
        yield client


def app(workspace: Workspace, settings: Settings, data: Path) -> TestClient:
    made = create_app(workspace, replace(settings, data_roots=(data,)))
    return TestClient(made, base_url=BASE, headers={"Authorization": f"Bearer {settings.token}"})


def scene(folder: Path, name: str = "new.tif", *, rows: int = 128, seed: int = 1) -> Path:
    folder.mkdir(exist_ok=True)
    return write_scene(folder / name, lake_like_image(rows, 128, seed)[0])


def label(workspace: Workspace) -> None:
    truth = lake_like_image()[1]
    for n, chip in enumerate(workspace.lake.chips.chips()):
        paint(workspace.lake, chip, sparse(truth, chip, 0.1, n))


def paint_alike(workspace: Workspace) -> None:
    """Pixels of one class alone: too few for a model, which only a job finds out."""
    chip = next(iter(workspace.lake.chips.chips()))
    paint(workspace.lake, chip, np.ones((32, 32), np.uint8))


def steps(job: dict[str, Any]) -> int:
    return sum(step["done"] for step in job["steps"])


def test_the_way_from_ingest_to_check_from_the_page(
    workspace: Workspace, opened: TestClient, tmp_path: Path, stac_schemas: Path
) -> None:
    path = scene(tmp_path / "data")
    job = run(opened, "ingest", source=str(path), bands=NAMES, time=TIME.isoformat(), scene_id="t", chip_size=32)
    assert job["state"] == "done", job
    assert job["summary"].startswith("1 scene, 16 chips")
    assert job["steps"][0] | {"rate": 0, "to_go": 0} == {
        "what": "cutting chips", "unit": "chips", "done": 16, "total": 16, "rate": 0, "to_go": 0
    }  # fmt: skip
    assert len(workspace.lake.chips) == 32
    assert workspace.lake.config.grid.chip_size == 32, "the server has read the settings that the job wrote"

    label(workspace)
    job = run(opened, "segment", task="pixels", seed=1)
    assert job["state"] == "done", job
    assert job["summary"]
    assert workspace.status().models == ("pixels-forest",)

    job = run(opened, "release", name="v1", task="pixels", license="CC-BY-4.0", block=None)
    assert (job["state"], job["result"]) == ("done", {"name": "v1"}), job

    job = run(opened, "check", release="v1")
    assert job["state"] == "done", job
    assert job["result"]["release"] == "v1"
    assert [level["level"] for level in job["result"]["levels"]] == ["Q0", "Q1", "Q2", "Q3"]
    assert job["result"]["levels"][0]["status"] == "passed"
    assert job["summary"].startswith("v1: 32 chips; Q0 passed, Q1 passed")
    listed = opened.get("/api/jobs").json()["jobs"]
    assert [j["verb"] for j in listed] == ["check", "release", "segment", "ingest"]
    assert not any(j["resumable"] for j in listed)


def test_what_is_wrong_at_once_is_not_queued(workspace: Workspace, opened: TestClient) -> None:
    (workspace.root / "releases" / "v1").mkdir(parents=True)
    cases: list[tuple[dict[str, Any], int]] = [
        ({"verb": "nix", "options": {}}, 422),
        ({"verb": "segment", "options": {"colour": 1}}, 422),
        ({"verb": "segment", "options": {"seed": -1}}, 422),
        ({"verb": "segment", "options": {"task": "chips"}}, 422),
        ({"verb": "segment", "options": {"task": "pixels", "model": "forrest"}}, 404),
        ({"verb": "segment", "options": {"task": "pixels", "model": "/etc/model.onnx"}}, 403),
        ({"verb": "release", "options": {}}, 422),
        ({"verb": "release", "options": {"name": "../v2"}}, 422),
        ({"verb": "release", "options": {"name": "v1"}}, 409),
        ({"verb": "release", "options": {"name": "v2", "splits": [50, 50]}}, 422),
        ({"verb": "check", "options": {"release": "v9"}}, 404),
        ({"verb": "check", "options": {"release": "../../etc"}}, 422),
        ({"verb": "ingest", "options": {}}, 422),
        ({"verb": "ingest", "options": {"source": "a.tif", "stac": "earth-search"}}, 422),
        ({"verb": "ingest", "options": {"stac": "earth-serch"}}, 404),
        ({"verb": "ingest", "options": {"source": "/etc/passwd"}}, 403),
        ({"verb": "ingest", "options": {"source": "there-is-none.tif"}}, 404),
    ]
    for body, status in cases:
        answer = opened.post("/api/jobs", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), body
        assert answer.json()["title"]
    assert opened.get("/api/jobs").json() == {"jobs": []}


ASKED: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("release", {"block": "banana"}, 422, "block = banana", "km"),
    ("release", {"block": "0"}, 422, "block = 0", "km"),
    ("release", {"block": "20m"}, 422, "block = 0.02km", "multiple"),
    ("release", {"buffer": "-1km"}, 422, "buffer = -1km", "km"),
    ("release", {"splits": [70, 20, 20]}, 422, "splits = 70,20,20", "70,15,15"),
    ("release", {"splits": [70, 20]}, 422, "splits = ", ""),
    ("release", {"license": "my own!"}, 422, "license = my own!", "CC-BY-4.0"),
    ("release", {"name": "v 2"}, 422, "name = ", "letters"),
    ("release", {"name": "taken"}, 409, "name = taken", "another name"),
    ("release", {"task": "chips"}, 422, "task = chips", "annotate"),
    ("release", {"task": "nix"}, 422, "task = nix", ""),
    ("segment", {"task": "nix"}, 422, "task = nix", ""),
    ("segment", {"model": "forrest"}, 404, "model = forrest", "take one"),
    ("segment", {"model": "/etc/passwd"}, 404, "model = /etc/passwd", "take one"),
    ("segment", {"model": "/etc/model.onnx"}, 403, "model = /etc/model.onnx", "--data"),
    ("ingest", {"sensor": "sentinel-2-l2"}, 404, "sensor = sentinel-2-l2", "did you mean sentinel-2-l"),
    ("ingest", {"time": "2024-05-01T10:00:00"}, 422, "time = 2024-05-01T10:00:00", "2020"),
    ("ingest", {"time": "yesterday"}, 422, "time = yesterday", "2020"),
    ("ingest", {"bands": ["a", "a"]}, 422, "bands = a, a", ""),
    ("ingest", {"sensor": "sentinel-2-l2a", "bands": ["B99"]}, 404, "bands = B99", ""),
    ("ingest", {"chip_size": 63}, 409, "chip_size = 63", "leave the option out"),
    ("ingest", {"edge": "drop"}, 409, "edge = drop", "leave the option out"),
    ("ingest", {"edge": "torn"}, 422, "edge = torn", ""),
    ("ingest", {"source": "/etc/passwd"}, 403, "source = /etc/passwd", "--data"),
    ("ingest", {"source": "nix.tif"}, 404, "source = nix.tif", "check"),
    ("ingest", {"source": "roofs.geojson"}, 422, "source = ", "groundset annotate"),
    ("ingest", {"source": "roofs.gpkg"}, 422, "source = ", "groundset annotate"),
]


def test_bad_options_are_refused_by_name_before_any_work(workspace: Workspace, opened: TestClient) -> None:
    label(workspace)
    workspace.lake.set_grid(Grid(32))
    (workspace.root / "releases" / "taken").mkdir(parents=True)
    (workspace.root / "a.tif").write_bytes(b"told when it is opened")
    (workspace.root / "roofs.gpkg").write_bytes(b"")
    roof = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    (workspace.root / "roofs.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [roof]}))
    usual: dict[str, dict[str, Any]] = {
        "release": {"name": "v2", "task": "pixels"},
        "segment": {"task": "pixels"},
        "ingest": {"source": "a.tif"},
    }
    for verb, options, status, asked, hint in ASKED:
        answer = opened.post("/api/jobs", json={"verb": verb, "options": usual[verb] | options})
        told = answer.json()
        assert answer.status_code == status, (verb, options, told)
        assert told["asked"].startswith(asked), (verb, options, told)
        assert hint in told.get("hint", ""), (verb, options, told)
    assert opened.get("/api/jobs").json() == {"jobs": []}


def test_a_release_needs_labels_and_times(workspace: Workspace, opened: TestClient) -> None:
    told = opened.post("/api/jobs", json={"verb": "release", "options": {"name": "v1"}}).json()
    assert (told["status"], told["title"]) == (422, "there are no labels to release")
    told = opened.post("/api/jobs", json={"verb": "segment", "options": {}}).json()
    assert (told["status"], told["asked"]) == (422, "task = pixels")
    scenes = workspace.lake.scenes
    scenes.put(replace(scenes.get("s"), datetime=None))
    label(workspace)
    told = opened.post("/api/jobs", json={"verb": "release", "options": {"name": "v1"}}).json()
    assert (told["status"], told["found"]) == (422, "no time for s")
    assert "--time" in told["hint"]
    assert opened.get("/api/jobs").json() == {"jobs": []}


def test_a_verb_that_fails_says_why_and_shows_no_traceback(workspace: Workspace, opened: TestClient) -> None:
    paint_alike(workspace)
    job = run(opened, "segment", task="pixels")
    assert (job["state"], job["resumable"]) == ("failed", False)
    again = opened.post(f"/api/jobs/{job['id']}/resume")
    assert (again.status_code, again.json()["title"]) == (409, "this job would fail again")
    assert job["problem"]["status"] == 422
    assert job["problem"]["hint"]
    assert "Traceback" not in json.dumps(job)
    (workspace.root / "releases" / "v1").mkdir(parents=True)
    (workspace.root / "releases" / "v1" / "collection.json").write_text("[" * 100_000)
    job = run(opened, "check", release="v1")
    assert job["state"] in ("failed", "done")
    assert "Traceback" not in json.dumps(job)


def test_what_the_room_locks_is_the_jobs_problem(workspace: Workspace, opened: TestClient) -> None:
    label(workspace)
    with folder_lock(workspace.lake.layout.cache / "segment.lock", "a segment run"):
        job = run(opened, "segment", task="pixels")
    assert (job["state"], job["problem"]["status"]) == ("failed", 409)
    assert "already running" in job["problem"]["title"]
    resumed = opened.post(f"/api/jobs/{job['id']}/resume")
    assert (resumed.status_code, resumed.json()["id"]) == (202, job["id"])
    assert wait(opened, job["id"])["state"] == "done"


def test_stopped_in_the_middle_and_resumed(workspace: Workspace, opened: TestClient, tmp_path: Path) -> None:
    path = scene(tmp_path / "data", rows=LONG)
    job = begin(opened, "ingest", source=str(path), bands=NAMES, scene_id="big", chip_size=32)
    assert wait(opened, job["id"], lambda j: steps(j) > 20)["state"] == "running"
    stopping = opened.delete(f"/api/jobs/{job['id']}").json()
    assert stopping["state"] == "stopping"
    stopped = wait(opened, job["id"])
    assert (stopped["state"], stopped["resumable"], stopped["problem"]) == ("stopped", True, None)
    assert 0 < steps(stopped) < MANY
    assert opened.delete(f"/api/jobs/{job['id']}").status_code == 409
    resumed = opened.post(f"/api/jobs/{job['id']}/resume")
    assert resumed.status_code == 202
    assert resumed.json()["steps"] == []
    done = wait(opened, job["id"])
    assert done["state"] == "done", done
    assert len(workspace.lake.chips) == 16 + MANY
    assert len(set(workspace.lake.chips.table(["chip_id"])["chip_id"].to_pylist())) == 16 + MANY
    assert opened.post(f"/api/jobs/{job['id']}/resume").status_code == 409


def test_one_job_of_a_verb_at_a_time_and_a_queue(opened: TestClient, tmp_path: Path) -> None:
    path = scene(tmp_path / "data", rows=LONG)
    options = {"source": str(path), "bands": NAMES, "scene_id": "big", "chip_size": 32}
    first, second, third = (begin(opened, "ingest", **options) for _ in range(3))
    assert [j["state"] for j in (first, second, third)] == ["running", "queued", "queued"]
    assert opened.delete(f"/api/jobs/{third['id']}").json()["state"] == "stopped"
    opened.delete(f"/api/jobs/{first['id']}")
    assert wait(opened, first["id"])["state"] == "stopped"
    assert wait(opened, second["id"], lambda j: steps(j) > 0)["state"] == "running"
    opened.delete(f"/api/jobs/{second['id']}")
    assert wait(opened, second["id"])["state"] == "stopped"
    assert opened.get(f"/api/jobs/{third['id']}").json()["started"] is None


def test_every_change_is_published(workspace: Workspace, tmp_path: Path) -> None:
    label(workspace)
    heard: list[tuple[str, Any]] = []
    jobs = Jobs(workspace.root, tmp_path / "jobs", lambda name, data: heard.append((name, data)), reads=READS)
    job = jobs.submit("segment", {"task": "pixels"}, actor="anna")
    until(lambda: jobs.get(job.id).state == "done")
    jobs.close()
    states = [data["state"] for name, data in heard if name == "job"]
    assert list(dict.fromkeys(states)) == ["queued", "running", "done"]
    assert heard[-1] == ("workspace", {"what": "models"})
    assert any(data["steps"] for name, data in heard if name == "job")
    assert json.loads((tmp_path / "jobs" / f"{job.id}.json").read_text())["actor"] == "anna"


READS = {"data_roots": [], "allow_private_networks": False}


def quiet(_name: str, _data: Any) -> None:
    return


def until(there: Any, seconds: float = 300) -> None:
    ends = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < ends
        time.sleep(0.02)


def big(tmp_path: Path) -> tuple[Workspace, dict[str, Any]]:
    made = create(tmp_path / "big")
    path = scene(made.root / "imagery", rows=LONG)
    return made, {"source": str(path), "bands": NAMES, "scene_id": "big", "chip_size": 32}


def running(jobs: Jobs, job_id: str) -> None:
    until(lambda: any(step.done for step in jobs.get(job_id).steps))


def test_a_server_that_ends_leaves_a_job_to_take_up(tmp_path: Path) -> None:
    workspace, options = big(tmp_path)
    first = Jobs(workspace.root, tmp_path / "jobs", quiet, reads=READS)
    job = first.submit("ingest", options, actor="anna")
    waiting = first.submit("ingest", options, actor="anna")
    running(first, job.id)
    first.close()
    second = Jobs(workspace.root, tmp_path / "jobs", quiet, reads=READS)
    assert [j.state for j in second.all()] == ["interrupted", "interrupted"]
    assert second.get(waiting.id).resumable
    assert second.resume(job.id).state == "running"
    until(lambda: second.get(job.id).state == "done")
    assert len(workspace.lake.chips) == MANY
    second.close()
    workspace.close()


SERVER = """
import json, sys, time
from pathlib import Path
from groundset.server.jobs import Jobs
root, folder, options = sys.argv[1:]
jobs = Jobs(Path(root), Path(folder), lambda *_: None, reads={"data_roots": [], "allow_private_networks": False})
job = jobs.submit("ingest", json.loads(options), actor="anna")
while not any(step.done for step in jobs.get(job.id).steps):
    time.sleep(0.02)
print(job.id, *[p.pid for p in jobs._processes.values()], flush=True)
time.sleep(600)
"""


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_that_is_killed_takes_its_jobs_along(tmp_path: Path) -> None:
    workspace, options = big(tmp_path)
    folder = tmp_path / "jobs"
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(workspace.root), str(folder), json.dumps(options)], stdout=subprocess.PIPE
    )
    with server:
        assert server.stdout is not None
        job_id, group = server.stdout.readline().decode().split()
        server.send_signal(signal.SIGKILL)
    until(lambda: not alive(int(group)))
    jobs = Jobs(workspace.root, folder, quiet, reads=READS)
    assert (jobs.get(job_id).state, jobs.get(job_id).resumable) == ("interrupted", True)
    jobs.resume(job_id)
    until(lambda: jobs.get(job_id).state == "done")
    assert len(workspace.lake.chips) == MANY
    jobs.close()
    workspace.close()


def test_a_job_whose_process_is_killed_has_failed_and_goes_on(tmp_path: Path) -> None:
    workspace, options = big(tmp_path)
    jobs = Jobs(workspace.root, tmp_path / "jobs", quiet, reads=READS)
    job = jobs.submit("ingest", options, actor="anna")
    running(jobs, job.id)
    pid = jobs._processes[job.id].pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: jobs.get(job.id).state == "failed")
    problem = jobs.get(job.id).problem
    assert problem is not None
    assert (problem.status, problem.found) == (503, "signal SIGKILL")
    until(lambda: not alive(pid))
    jobs.resume(job.id)
    until(lambda: jobs.get(job.id).state == "done")
    assert len(workspace.lake.chips) == MANY
    jobs.close()
    workspace.close()


def test_a_job_that_does_not_hear_is_killed_after_a_grace_time(tmp_path: Path) -> None:
    workspace, options = big(tmp_path)
    jobs = Jobs(workspace.root, tmp_path / "jobs", quiet, reads=READS, grace=0.2)
    job = jobs.submit("ingest", options, actor="anna")
    running(jobs, job.id)
    pid = jobs._processes[job.id].pid
    os.kill(pid, signal.SIGSTOP)
    assert jobs.stop(job.id).state == "stopping"
    until(lambda: jobs.get(job.id).state == "stopped")
    until(lambda: not alive(pid))
    jobs.close()
    workspace.close()


def test_a_second_server_lists_the_jobs_and_leaves_them_alone(tmp_path: Path) -> None:
    workspace, options = big(tmp_path)
    first = Jobs(workspace.root, tmp_path / "jobs", quiet, reads=READS)
    second = Jobs(workspace.root, tmp_path / "jobs", quiet, reads=READS)
    job = first.submit("ingest", options, actor="anna")
    running(first, job.id)
    assert second.get(job.id).state == "running"
    with pytest.raises(ConflictError, match="another server"):
        second.stop(job.id)
    with pytest.raises(ConflictError, match="another server"):
        second.submit("segment", {}, actor="anna")
    first.close()
    assert second.get(job.id).state == "interrupted", "it takes over once the first one is gone"
    second.close()
    workspace.close()


def test_records_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    workspace = create(tmp_path / "lake")
    folder = tmp_path / "jobs"
    folder.mkdir()
    (folder / "a.json").write_text("{")
    (folder / "b.json").write_text('{"id": "b"}')
    jobs = Jobs(workspace.root, folder, quiet, reads=READS)
    assert jobs.all() == []
    with pytest.raises(MissingError):
        jobs.get("../../groundset")
    jobs.close()
    workspace.close()


def test_the_server_answers_while_a_job_works(opened: TestClient, tmp_path: Path) -> None:
    path = scene(tmp_path / "data", rows=LONG)
    job = begin(opened, "ingest", source=str(path), bands=NAMES, scene_id="big", chip_size=32)
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(opened.get("/api/releases").status_code)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    opened.delete(f"/api/jobs/{job['id']}")
    assert wait(opened, job["id"])["state"] in ("stopped", "done")


def test_values_that_are_no_numbers_do_not_break_the_record(workspace: Workspace, opened: TestClient) -> None:
    answer = opened.post(
        "/api/jobs",
        content='{"verb": "ingest", "options": {"stac": "earth-search", "max_cloud": NaN}}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 422
    answer = opened.post(
        "/api/jobs",
        content='{"verb": "check", "options": {"release": "\\ud800"}}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 422


def test_where_jobs_cannot_be_written_down_the_server_ends_well(workspace: Workspace, settings: Settings) -> None:
    folder = workspace.lake.layout.cache / "jobs"
    with app(workspace, settings, workspace.root) as client:
        label(workspace)
        job = begin(client, "segment", task="pixels")
        folder.rename(folder.with_name("away"))
        folder.write_text("not a folder")
        ended = wait(client, job["id"])
        assert ended["state"] in ("done", "failed")
        folder.unlink()
        was = resource.getrlimit(resource.RLIMIT_FSIZE)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, was[1]))
            refused = client.post("/api/jobs", json={"verb": "segment", "options": {"task": "pixels"}})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, was)
        assert (refused.status_code, refused.json()["title"]) == (503, "cannot write: File too large")
        assert [j["id"] for j in client.get("/api/jobs").json()["jobs"]] == [job["id"]], "nothing was begun"
