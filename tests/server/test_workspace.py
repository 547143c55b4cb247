from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from madelake import paint

from groundset.core import ChipId
from groundset.journal import NewEvent, answer
from groundset.server.models import LabelCounts, Queryable, WorkspaceInfo
from groundset.workspace import Workspace


def counts(client: TestClient, **query: Any) -> LabelCounts:
    response = client.get("/api/labels", params=query)
    assert response.status_code == 200
    return LabelCounts.model_validate(response.json())


def test_the_workspace(client: TestClient, workspace: Workspace) -> None:
    workspace.lake.annotate([NewEvent("answer", "chips", "s_0_0_0", answer(1))], actor="anna")
    (workspace.root / "models" / "pixels-forest").mkdir(parents=True)
    (workspace.root / "releases" / ".v1.tmp").mkdir(parents=True)
    info = WorkspaceInfo.model_validate(client.get("/api/workspace").json())
    assert (info.name, info.head, info.default_task) == ("lake", 1, "chips")
    assert info.counts.model_dump() == {
        "scenes": 1, "chips": 16, "levels": [{"level": 0, "chips": 16}], "events": 1, "models": 1, "releases": 0,
    }  # fmt: skip
    assert {t.name: (t.kind, t.labelled) for t in info.tasks} == {"chips": ("classify", 1), "pixels": ("segment", 0)}
    assert [(c.name, c.not_applicable) for c in info.scheme] == [
        ("non-water", False), ("water", False), ("not-applicable", True),
    ]  # fmt: skip
    assert "sentinel-2-l2a" in info.sensors
    assert info.segmenters == ["boost", "forest", "linear"]
    assert info.models == ["pixels-forest"]
    assert info.data_roots == [str(workspace.root.resolve())]


def test_the_default_task_is_the_one_with_answers(client: TestClient, workspace: Workspace) -> None:
    def default() -> str:
        return str(client.get("/api/workspace").json()["default_task"])

    lake = workspace.lake
    assert default() == "chips"
    paint(lake, lake.chips.get("s_0_0_1"), np.ones((32, 32)))
    assert default() == "pixels"
    assert counts(client).task == "pixels"
    lake.annotate([NewEvent("answer", "chips", "s_0_0_0", answer(1))], actor="anna")
    assert default() == "chips"


def test_labels_are_counted_by_class(client: TestClient, workspace: Workspace) -> None:
    lake = workspace.lake
    lake.annotate([NewEvent("answer", "chips", f"s_0_0_{i}", answer(i % 2)) for i in range(3)], actor="anna")
    told = counts(client, task="chips")
    assert {c.name: (c.chips, c.pixels) for c in told.classes} == {
        "non-water": (2, None), "water": (1, None), "not-applicable": (0, None),
    }  # fmt: skip
    assert (told.chips, told.unlabelled, told.counted, told.methods) == (3, 13, 3, {"manual": 3})

    paint(lake, lake.chips.get("s_0_1_0"), np.where(np.arange(1024).reshape(32, 32) < 100, 1, 255))
    told = counts(client, task="pixels")
    assert {c.name: (c.chips, c.pixels) for c in told.classes if c.chips} == {"water": (1, 100)}
    assert (told.chips, told.counted, told.pixels) == (1, 1, 128 * 128)


def test_pixels_without_data_are_not_counted(client: TestClient, workspace: Workspace) -> None:
    lake = workspace.lake
    chip = lake.chips.get("s_0_0_0")
    lake.chips.write_part("s_1", [replace(chip, id=ChipId("s", 1, 0, 0), valid_fraction=0.25)])
    assert [counts(client, task="pixels", level=n).pixels for n in (0, 1)] == [128 * 128, 32 * 32 // 4]
    assert counts(client, task="chips").pixels is None


def test_queryables_may_stand_in_a_filter(client: TestClient) -> None:
    told = [Queryable.model_validate(q) for q in client.get("/api/queryables").json()]
    assert {"label", "split", "datetime", "cloud_cover", "actor", "answered_at", "geometry"} <= {q.name for q in told}
    for queryable in told:
        answer_ = client.get("/api/chips", params={"filter": f"{queryable.name} IS NULL", "limit": 0})
        assert answer_.json()["total"] == queryable.missing


def test_unchanged_answers_are_not_sent_again(client: TestClient, workspace: Workspace) -> None:
    for path in ("/api/labels", "/api/queryables"):
        mark = client.get(path).headers["etag"]
        assert client.get(path, headers={"If-None-Match": mark}).status_code == 304
        workspace.lake.annotate([NewEvent("answer", "chips", "s_0_0_0", answer(1))], actor="anna")
        assert client.get(path, headers={"If-None-Match": mark}).status_code == 200


def test_an_unknown_task(client: TestClient) -> None:
    for path in ("/api/labels", "/api/queryables", "/api/chips"):
        response = client.get(path, params={"task": "nobody"})
        assert response.status_code == 422
        assert response.json()["found"] == "chips, pixels"
