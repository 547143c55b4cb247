"""``/api/views`` and layers of a formula: kept, listed with every scene that has the bands; mistakes pointed at."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from fastapi.testclient import TestClient

from groundset.chips import unpack_page
from groundset.workspace import Workspace


def test_a_view_is_a_layer_for_everybody(web: TestClient, ws: Workspace) -> None:
    a, b = ws.lake.scenes.get("s").bands.names[:2]
    said = {"name": "mine", "title": "Mine", "expression": f"{a} - {b}", "ramp": "rdbu", "stretch": "chip"}
    assert web.post("/api/views", json=said).status_code == 201
    assert web.post("/api/views", json=said).status_code == 409
    assert web.post("/api/views", json=said | {"replace": True}).status_code == 201
    (told,) = web.get("/api/views").json()
    assert (told["name"], told["ramp"], told["stretch"]) == ("mine", "rdbu", "chip")
    layer = next(x for x in web.get("/api/scenes/s").json()["layers"] if x["group"] == "own")
    assert (layer["name"], layer["title"], layer["formulas"], layer["bands"]) == (
        "mine",
        "Mine",
        [f"{a} - {b}"],
        [a, b],
    )
    chip = str(next(iter(ws.lake.chips.chips())).id)
    drawn = web.get(f"/api/chips/{chip}/quicklook", params={"layer": "mine"})
    assert drawn.status_code == 200
    direct = web.get(f"/api/chips/{chip}/quicklook", params={"layer": f"={a} - {b}@ramp=rdbu@stretch=chip"})
    assert direct.content == drawn.content
    assert web.delete("/api/views/mine").status_code == 204
    assert web.delete("/api/views/mine").status_code == 404
    assert web.get(f"/api/chips/{chip}/quicklook", params={"layer": "mine"}).status_code == 422


def test_a_mistake_is_pointed_at_and_nothing_is_kept(web: TestClient, ws: Workspace) -> None:
    a = ws.lake.scenes.get("s").bands.names[0]
    told = web.post("/api/views", json={"name": "bad", "expression": f"{a} + nonsense"})
    assert told.status_code == 422
    assert f"(column {len(a) + 4})" in told.json()["title"] + str(told.json().get("detail"))
    assert web.get("/api/views").json() == []
    assert web.post("/api/views", json={"name": "bad", "expression": a, "ramp": "jet"}).status_code == 422
    assert web.post("/api/views", json={"name": a, "expression": a}).status_code == 422


def test_a_full_disk_keeps_the_views_as_they_are(
    web: TestClient, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = ws.lake.scenes.get("s").bands.names[:2]
    assert web.post("/api/views", json={"name": "mine", "expression": a}).status_code == 201
    before = ws.lake.layout.config.read_bytes()

    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "replace", full)
        disk.setattr(os, "rename", full)
        disk.setattr(Path, "replace", full)
        told = web.post("/api/views", json={"name": "mine", "expression": b, "replace": True})
        assert (told.status_code, "No space left" in told.json()["detail"]) == (503, True)
        assert web.delete("/api/views/mine").status_code == 503
    assert ws.lake.layout.config.read_bytes() == before
    assert web.post("/api/views", json={"name": "z", "title": "a\x00b", "expression": b}).status_code == 422


def test_a_page_of_a_formula(web: TestClient, ws: Workspace) -> None:
    a, b = ws.lake.scenes.get("s").bands.names[:2]
    (part, *_) = ws.lake.chips.parts()
    ask = {"part": part, "rows": "0-1", "layer": f"=({a} - {b}) / ({a} + {b})@ramp=viridis"}
    told = web.get("/api/quicklooks", params=ask)
    assert len(unpack_page(told.content)) == 2
    assert web.get("/api/quicklooks", params=ask, headers={"If-None-Match": told.headers["etag"]}).status_code == 304
    assert web.get("/api/quicklooks", params=ask | {"layer": f"={a} +"}).status_code == 422


@pytest.mark.parametrize("margin", [0, 5, 1000])
def test_pixels_around_a_chip_are_those_of_the_scene(web: TestClient, ws: Workspace, margin: int) -> None:
    scene = ws.lake.scenes.get("s")
    whole = ws.lake.reader("s").read_small(100_000).data
    for chip in list(ws.lake.chips.chips())[:2]:
        told = web.get(f"/api/chips/{chip.id}/pixels", params={"margin": margin})
        found = np.load(io.BytesIO(told.content))
        top, left = max(0, chip.window.y_off - margin), max(0, chip.window.x_off - margin)
        inside = found[:, : scene.height - top, : scene.width - left]
        rows, cols = inside.shape[1:]
        assert (inside == whole[:, top : top + rows, left : left + cols]).all()
        assert found.shape[2] == max(chip.window.right, min(scene.width, chip.window.right + margin)) - left
        valid = np.load(io.BytesIO(web.get(f"/api/chips/{chip.id}/valid", params={"margin": margin}).content))
        assert valid.shape == found.shape[1:]
    assert web.get(f"/api/chips/{chip.id}/pixels", params={"margin": 5000}).status_code == 422
