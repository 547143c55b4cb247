"""Jobs that encode and predict, and the answers as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from chiplake import add_chips, chip_lake, say, some
from fastapi.testclient import TestClient
from onnxencoders import CARD, write_encoder
from serving import BASE, TOKEN
from waiting import run

from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.workspace import Workspace
from groundset.workspace import open as open_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with chip_lake(tmp_path / "lake") as lake:
        truth = add_chips(lake, tmp_path, "a")
        say(lake, some(truth, 20))
    with open_workspace(tmp_path / "lake") as made:
        yield made


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient]:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Groundset-Actor": "anna"}
    app = create_app(workspace, Settings(TOKEN))
    with TestClient(app, base_url=BASE, client=("127.0.0.1", 50000), headers=headers) as made:
        yield made


def test_predict_as_a_job_and_the_answers_as_files(client: TestClient, workspace: Workspace) -> None:
    job = run(client, "predict", task="chips", threshold=0.7)
    assert job["state"] == "done", job
    assert "Learned from 40 labelled chips" in job["summary"]
    assert job["result"]["labels"] == 40
    assert job["result"]["score"]["folds"] == "blocked"
    assert "model" not in job["result"]  # no path of the server's

    answer = client.get("/api/predictions", params={"task": "chips"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="lake-chips.csv"'
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert len(rows) == 40 + job["result"]["chips"]
    assert min(float(row["confidence"]) for row in rows if row["by"] == "model") >= 0.7

    shapes = client.get("/api/predictions?f=geojson")
    assert shapes.headers["content-type"].startswith("application/geo+json")
    assert len(shapes.json()["features"]) == len(rows)
    found = client.get("/api/chips", params={"task": "chips", "limit": 1, "filter": "actor = 'model:chips-chips'"})
    assert found.json()["total"] == job["result"]["chips"]


def test_encode_as_a_job(client: TestClient, workspace: Workspace) -> None:
    write_encoder(workspace.root / "tiny.onnx")
    job = run(client, "encode", encoder="onnx:tiny.onnx")
    assert job["state"] == "done", job
    assert job["summary"].startswith("192 chips encoded with onnx-tiny")
    info = client.get("/api/workspace").json()
    assert info["encoders"] == ["default", "onnx-tiny"]
    assert "efficientnet-lite0" in info["installed_encoders"]
    assert run(client, "predict", encoder="onnx-tiny")["result"]["encoder"] == "onnx-tiny"


def test_what_cannot_work_is_refused_at_once(client: TestClient, workspace: Workspace, tmp_path: Path) -> None:
    def refused(verb: str, status: int, **options: object) -> str:
        answer = client.post("/api/jobs", json={"verb": verb, "options": options})
        assert answer.status_code == status, answer.text
        return answer.text

    outside = write_encoder(tmp_path / "outside.onnx")
    assert "does not read this path" in refused("encode", 403, encoder=f"onnx:{outside}")
    assert "no such file" in refused("encode", 404, encoder="onnx:none.onnx")
    assert "no such encoder" in refused("encode", 404, encoder="clip")
    write_encoder(workspace.root / "wrong.onnx", CARD | {"dim": 99})
    assert "another length" in refused("encode", 422, encoder="onnx:wrong.onnx")
    assert "no single classify task" in refused("predict", 422, task="pixels")
    assert "threshold" in refused("predict", 422, threshold=2)
    assert "no such chip classifier" in refused("predict", 404, model="other")
    assert "no features of this encoder" in refused("predict", 404, encoder="onnx-tiny")
    assert client.get("/api/predictions?task=pixels").status_code == 422
    assert client.get("/api/predictions?f=xml").status_code == 422


def test_nobody_else_takes_the_answers(client: TestClient) -> None:
    assert client.get("/api/predictions", headers={"Authorization": "Bearer no"}).status_code == 401
