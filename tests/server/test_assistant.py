"""The assistant over HTTP: proposals, what it knows, where next; in another thread than the event loop's."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tinysams
from fastapi.testclient import TestClient
from madelake import lake_like_image, paint
from serving import BASE, TOKEN

from groundset.core.rle import Rle
from groundset.lake import Lake
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.workspace import Workspace

_, TRUTH = lake_like_image()


def stroke(ws: Workspace, chip_id: str, code: int, size: int = 40) -> None:
    """A person paints some pixels of a class on a chip."""
    chip = ws.lake.chips.get(chip_id)
    part = TRUTH[chip.window.slices]
    codes = np.full(part.shape, 255, np.uint8)
    codes.ravel()[np.flatnonzero(part == code)[:size]] = code
    paint(ws.lake, chip, codes)


def test_painted_here_found_there_and_again_after_a_restart(
    client: TestClient, workspace: Workspace, settings: Settings
) -> None:
    stroke(workspace, "s_0_1_1", 0)
    refused = client.get("/api/chips/s_0_2_2/proposal", params={"task": "pixels"})
    assert refused.status_code == 409
    assert refused.json()["found"] == "Non-water: 40 pixels"
    assert "another class" in refused.json()["hint"]
    stroke(workspace, "s_0_1_2", 1)
    answer = client.get("/api/chips/s_0_2_2/proposal")
    assert answer.status_code == 200
    found = np.load(io.BytesIO(answer.content))
    assert found.shape == (2, 32, 32)
    assert set(np.unique(found[0])) == {0, 1}
    chip = workspace.lake.chips.get("s_0_2_2")
    assert (found[0] == TRUTH[chip.window.slices]).mean() > 0.97
    assert answer.headers["Groundset-Labels"] == str(workspace.lake.journal.head())
    again = client.get("/api/chips/s_0_2_2/proposal", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    with (
        Workspace(Lake.open(workspace.lake.root)) as reopened,
        TestClient(create_app(reopened, settings), base_url=BASE, client=("127.0.0.1", 50000)) as other,
    ):
        other.headers |= {"Authorization": f"Bearer {TOKEN}"}
        restarted = other.get("/api/chips/s_0_2_2/proposal")
    assert restarted.content == answer.content
    assert restarted.headers["ETag"] == answer.headers["ETag"]
    stroke(workspace, "s_0_3_3", 1)
    later = client.get("/api/chips/s_0_2_2/proposal", headers={"If-None-Match": answer.headers["ETag"]})
    assert later.status_code == 200


def test_windows_models_and_smoothing(client: TestClient, workspace: Workspace) -> None:
    stroke(workspace, "s_0_1_1", 0)
    stroke(workspace, "s_0_1_2", 1)
    for model in ("linear", "forest", "boost", "committee"):
        query = {"model": model, "smoothing": "majority"}
        whole = np.load(io.BytesIO(client.get("/api/chips/s_0_2_2/proposal", params=query).content))
        part = client.get("/api/chips/s_0_2_2/proposal", params=query | {"window": "3,5,10,8"})
        np.testing.assert_array_equal(np.load(io.BytesIO(part.content)), whole[:, 5:13, 3:13])
    for query, status in [
        ({"window": "3,5,10"}, 422),
        ({"window": "30,5,10,8"}, 422),
        ({"window": "-1,0,5,5"}, 422),
        ({"smoothing": "gauss"}, 422),
        ({"model": "nonesuch"}, 404),
        ({"model": "../models"}, 404),
        ({"task": "chips"}, 422),
        ({"task": "nonesuch"}, 422),
    ]:
        answer = client.get("/api/chips/s_0_2_2/proposal", params=query)
        assert answer.status_code == status, (query, answer.text)
    assert client.get("/api/chips/s_0_9_9/proposal").status_code == 404


def test_what_it_knows_and_where_next(client: TestClient, workspace: Workspace) -> None:
    empty = client.get("/api/assistant").json()
    assert not empty["ready"]
    assert empty["classes"] == []
    assert [m["name"] for m in empty["models"]] == ["linear", "boost", "committee", "forest"]
    assert len(client.get("/api/assistant/next", params={"n": 4}).json()) == 4
    for chip in ("s_0_1_1", "s_0_2_3", "s_0_3_0"):
        stroke(workspace, chip, 0)
    for chip in ("s_0_1_2", "s_0_0_3", "s_0_3_3"):
        stroke(workspace, chip, 1)
    state = client.get("/api/assistant").json()
    assert state["ready"]
    assert [c["pixels"] for c in state["classes"]] == [120, 120]
    assert sum(map(sum, state["confusion"]["matrix"])) == 240
    assert state["importance"][0]["value"] >= state["importance"][1]["value"]
    places = client.get("/api/assistant/next", params={"n": 3, "near": "s_0_1_1"}).json()
    assert len({p["chip_id"] for p in places}) == 3
    assert "s_0_1_1" not in {p["chip_id"] for p in places}
    assert client.get("/api/assistant/next", params={"near": "s_0_9_9"}).status_code == 404


def test_a_prompt_that_nobody_answers(client: TestClient, tmp_path: Path) -> None:
    answer = client.post("/api/chips/s_0_1_1/prompt", json={"model": "sam", "points": [{"x": 3, "y": 4}]})
    assert answer.status_code == 404
    assert "prompt.toml" in answer.json()["hint"]
    for body in ({"model": "sam"}, {"model": "../sam", "points": [{"x": 1, "y": 1}]}, {"points": []}):
        assert client.post("/api/chips/s_0_1_1/prompt", json=body).status_code == 422


def test_a_click_gives_run_lengths(client: TestClient, workspace: Workspace) -> None:
    tinysams.put_all(workspace.lake.layout.models)
    answer = client.post("/api/chips/s_0_1_1/prompt", json={"model": "sam2", "points": [{"x": 3, "y": 4}]})
    assert answer.status_code == 200
    masks = answer.json()["masks"]
    assert [m["score"] for m in masks] == sorted((m["score"] for m in masks), reverse=True)
    mask = Rle.from_dict(masks[0]["rle"]).mask()
    assert mask.shape == (32, 32)
    assert mask[4, 3]
    x, y, width, height = masks[0]["bbox"]
    assert mask[y : y + height, x : x + width].sum() == mask.sum()


@pytest.mark.parametrize("path", ["/api/assistant", "/api/assistant/next", "/api/chips/s_0_1_1/proposal"])
def test_nobody_without_a_token(anonymous: TestClient, path: str) -> None:
    assert anonymous.get(path).status_code == 401
