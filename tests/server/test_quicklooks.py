"""Pages of quicklooks: stored ones, drawn ones, and labels in colour."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pixellake import boadella, clients

from groundset.chips import unpack_page
from groundset.core import LabelMask, Origin
from groundset.journal import NewEvent, mask_payload
from groundset.views.pages import parse_rows
from groundset.workspace import Workspace

PART = "boadella_0"


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Workspace]:
    with boadella(tmp_path_factory.mktemp("boadella"), data_dir) as made:
        yield made


@pytest.fixture(scope="module")
def web(ws: Workspace) -> Iterator[TestClient]:
    yield from clients(ws)


def page(web: TestClient, **query: object) -> list[bytes]:
    answer = web.get("/api/quicklooks", params=query)
    assert answer.status_code == 200, answer.text
    return unpack_page(answer.content)


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def test_rows_are_single_ones_and_runs() -> None:
    assert parse_rows("3") == [3]
    assert parse_rows("0-3,7,2-2") == [0, 1, 2, 3, 7, 2]


def test_stored_quicklooks_come_as_they_are_in_the_order_asked_for(ws: Workspace, web: TestClient) -> None:
    stored = ws.lake.quicklooks.images(PART, range(36))
    assert page(web, part=PART, rows="0-35") == stored
    assert page(web, part=PART, rows="5,0-2,35") == [stored[i] for i in (5, 0, 1, 2, 35)]
    assert page(web, part=[PART, PART], rows=["30", "0-1"]) == [stored[i] for i in (30, 0, 1)]


def test_any_other_layer_is_drawn_and_neighbours_look_alike(ws: Workspace, web: TestClient) -> None:
    first, second = page(web, part=PART, rows="8,9", layer="B08")
    a, b = picture(first)[..., 0].astype(int), picture(second)[..., 0].astype(int)
    one = ws.lake.reader("boadella").read(ws.lake.chips.at(PART, [8])[0].window, ["B08"]).data[0]
    other = ws.lake.reader("boadella").read(ws.lake.chips.at(PART, [9])[0].window, ["B08"]).data[0]
    assert np.corrcoef(a.ravel(), one.ravel())[0, 1] > 0.9
    near = one[:, -1][np.abs(one[:, -1].astype(int) - other[:, 0]) < 60]
    assert near.size
    assert abs(int(a[:, -1].mean()) - int(b[:, 0].mean())) < 40, "one stretch for the whole scene"
    assert page(web, part=PART, rows="8", layer="B08") == [first]


def test_the_drawn_natural_colours_are_those_of_the_stored_ones(web: TestClient) -> None:
    stored = picture(page(web, part=PART, rows="14")[0]).astype(int)
    drawn = picture(web.get("/api/chips/boadella_0_2_2/quicklook?layer=natural&size=64").content).astype(int)
    assert np.abs(stored - drawn).mean() < 2


def test_what_lies_outside_the_scene_is_transparent(web: TestClient) -> None:
    (last,) = page(web, part=PART, rows="35", layer="B04")
    alpha = picture(last)[..., 3]
    assert (alpha[0, 0], alpha[-1, -1]) == (255, 0)


def test_a_page_has_an_etag_that_any_of_its_pictures_changes(web: TestClient) -> None:
    tags = set()
    for rows, layer in (("0-3", "natural"), ("0-4", "natural"), ("0-3", "B02"), ("0-3", "NDVI")):
        answer = web.get("/api/quicklooks", params={"part": PART, "rows": rows, "layer": layer})
        tags.add(answer.headers["etag"])
        again = web.get(str(answer.url), headers={"If-None-Match": f'"x", W/{answer.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
    assert len(tags) == 4


def test_labels_lie_over_the_page_and_a_new_answer_changes_the_etag(ws: Workspace, web: TestClient) -> None:
    query = {"part": PART, "rows": "12-15", "layer": "label:pixels"}
    empty = web.get("/api/quicklooks", params=query)
    assert unpack_page(empty.content) == [b""] * 4
    chip = ws.lake.chips.at(PART, [13])[0]
    classes = np.full(chip.window.shape, 255, np.uint8)
    classes[:10], classes[20:30, :5] = 1, 0
    mask = LabelMask.of(classes, Origin.HUMAN)
    sha256 = ws.lake.masks.put(mask, chip.geobox, ws.lake.scheme("pixels"))
    ws.lake.annotate([NewEvent("mask", "pixels", str(chip.id), mask_payload(sha256))], actor="ben")

    now = web.get("/api/quicklooks", params=query, headers={"If-None-Match": empty.headers["etag"]})
    assert now.status_code == 200
    before, mine, *rest = unpack_page(now.content)
    assert (before, *rest) == (b"", b"", b"")
    seen = picture(mine)
    water = next(c for c in ws.lake.scheme("pixels") if c.code == 1)
    assert seen.shape == (64, 64, 4)
    assert tuple(seen[0, 0]) == (*bytes.fromhex(water.color[1:]), 255)
    assert np.array_equal(seen[..., 3] == 255, classes != 255)
    assert web.get("/api/quicklooks", params=query, headers={"If-None-Match": now.headers["etag"]}).status_code == 304
    assert page(web, part=PART, rows="13", layer="label:chips") == [b""], "badges of classes are the wall's to draw"


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("part=boadella_0&rows=0-36", 404, "no such"),
        ("part=boadella_9&rows=0", 404, "no such part"),
        ("part=../../etc/passwd&rows=0", 404, "no such part"),
        ("part=boadella_0&rows=5-1", 422, "end before"),
        ("part=boadella_0&rows=a", 422, "not rows"),
        ("part=boadella_0&rows=0-99999999", 422, "too many"),
        ("part=boadella_0&rows=0&rows=1", 422, "pairs"),
        ("part=boadella_0", 422, "form"),
        ("part=boadella_0&rows=0&layer=../x", 422, "unknown layer"),
        ("part=boadella_0&rows=0&layer=NBRx", 422, "unknown layer"),
        ("part=boadella_0&rows=0&layer=label:nobody", 422, "task"),
    ],
)
def test_what_does_not_fit_is_a_problem(web: TestClient, query: str, status: int, words: str) -> None:
    answer = web.get(f"/api/quicklooks?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert words in answer.json()["title"]
