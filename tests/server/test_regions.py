"""Regions over HTTP: the tree and its leaves fit together, a model gives classes, nothing is sent twice."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pixellake import boadella, clients

from groundset.core import LabelMask, Origin
from groundset.core.rle import Rle
from groundset.journal import NewEvent, mask_payload
from groundset.server.models import Regions
from groundset.workspace import Workspace

CHIP, OTHER = "boadella_0_2_2", "boadella_0_2_3"


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Workspace]:
    with boadella(tmp_path_factory.mktemp("regions"), data_dir) as made:
        yield made


@pytest.fixture(scope="module")
def web(ws: Workspace) -> Iterator[TestClient]:
    yield from clients(ws)


def told(web: TestClient, chip: str = CHIP) -> Regions:
    reply = web.get(f"/api/chips/{chip}/regions")
    assert reply.status_code == 200, reply.text
    return Regions.model_validate(reply.json())


def leaves_of(web: TestClient, chip: str = CHIP) -> np.ndarray:
    return np.load(io.BytesIO(web.get(f"/api/chips/{chip}/regions/leaves").content))


def paint(ws: Workspace, chip_id: str, classes: np.ndarray) -> None:
    chip = ws.lake.chips.get(chip_id)
    mask = LabelMask.of(classes, Origin.HUMAN)
    sha = ws.lake.masks.put(mask, chip.geobox, ws.lake.scheme("pixels"))
    payload = mask_payload(sha, layer="page")
    ws.lake.annotate([NewEvent("mask", "pixels", chip_id, payload)], actor="anna")


def test_without_labels_there_are_segments_and_no_classes(web):
    found, leaves = told(web), leaves_of(web)
    assert leaves.dtype == np.uint16
    assert leaves.shape == (found.rows, found.cols)
    assert found.probability is None
    assert found.extras == []
    assert len(found.parent) == len(found.size) == len(found.bbox) == len(found.score) == len(found.height)
    assert found.size[: found.leaves] == np.bincount(leaves[leaves != 65535], minlength=found.leaves).tolist()
    for node, up in enumerate(found.parent):
        assert up >= node
    assert found.start
    assert all(found.score[n] is not None for n in found.start)
    assert 0 not in found.classes or len(found.classes) >= 2


def test_labels_give_classes_and_candidates_of_the_model(ws, web):
    before = web.get(f"/api/chips/{CHIP}/regions").headers["etag"]
    classes = np.full((64, 64), 255, np.uint8)
    pixels = np.load(io.BytesIO(web.get(f"/api/chips/{OTHER}/pixels?bands=nir").content))[0]
    classes[pixels <= np.percentile(pixels, 20)] = 1
    classes[pixels >= np.percentile(pixels, 80)] = 0
    paint(ws, OTHER, classes)
    reply = web.get(f"/api/chips/{CHIP}/regions")
    assert reply.headers["etag"] != before
    found = Regions.model_validate(reply.json())
    assert found.classes == [0, 1]
    assert found.probability is not None
    assert all(sum(row) in (99, 100, 101) for row in found.probability)
    for extra in found.extras:
        mask = Rle.from_dict(extra.rle.model_dump()).mask()
        assert mask.shape == (64, 64)
        assert mask.sum() == extra.size
        assert extra.class_ in (0, 1)
    assert found.extras


def test_nothing_is_sent_twice(web):
    for path in ("regions", "regions/leaves"):
        first = web.get(f"/api/chips/{CHIP}/{path}")
        again = web.get(f"/api/chips/{CHIP}/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nowhere_0_0_0/regions", 404),
        ("nowhere_0_0_0/regions/leaves", 404),
        (f"{CHIP}/regions?task=chips", 422),
        (f"{CHIP}/regions?model=none-of-this", 404),
    ],
)
def test_what_is_not_there_is_told(web, path, status):
    reply = web.get(f"/api/chips/{path}")
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
