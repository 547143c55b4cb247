"""Masks over HTTP: the same GeoTIFF out and in, and what is refused before it costs anything."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from affine import Affine
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pixellake import boadella, clients
from rasterio.io import MemoryFile

from groundset.chips import Chip
from groundset.core import ConflictError, InputError, LabelMask, Origin
from groundset.journal import Appended, Batch, NewEvent, mask_payload
from groundset.journal.masks import decode, encode
from groundset.views import MaskDesk, PutMask, Which
from groundset.views.masks import StaleError
from groundset.workspace import Workspace

CHIP, OTHER = "boadella_0_2_2", "boadella_0_2_3"
ADDRESS = f"/api/chips/{CHIP}/mask"
TIFF = {"Content-Type": "image/tiff"}


@pytest.fixture
def ws(tmp_path: Path, data_dir: Path) -> Iterator[Workspace]:
    with boadella(tmp_path, data_dir) as made:
        yield made


@pytest.fixture
def web(ws: Workspace) -> Iterator[TestClient]:
    yield from clients(ws)


@pytest.fixture
def chip(ws: Workspace) -> Chip:
    return ws.lake.chips.get(CHIP)


def painted(value: int = 1, origin: Origin = Origin.HUMAN, rows: slice = slice(0, 20)) -> LabelMask:
    classes = np.full((64, 64), 255, np.uint8)
    classes[rows] = value
    return LabelMask.of(classes, origin)


def file_of(ws: Workspace, chip: Chip, mask: LabelMask) -> bytes:
    return encode(mask, chip.geobox, ws.lake.scheme("pixels"))


def say(ws: Workspace, chip: Chip, mask: LabelMask, actor: str) -> None:
    sha256 = ws.lake.masks.put(mask, chip.geobox, ws.lake.scheme("pixels"))
    ws.lake.annotate([NewEvent("mask", "pixels", str(chip.id), mask_payload(sha256))], actor=actor)


def stack(web: TestClient, **query: object) -> np.ndarray:
    answer = web.get(ADDRESS, params={"f": "npy", **query})
    assert answer.status_code == 200, answer.text
    return np.load(io.BytesIO(answer.content), allow_pickle=False)


def test_without_answers_it_is_an_empty_mask_file(web: TestClient, chip: Chip) -> None:
    answer = web.get(ADDRESS)
    assert answer.headers["content-type"] == "image/tiff"
    assert answer.headers["content-disposition"] == f'attachment; filename="{CHIP}_pixels_mask.tif"'
    mask = decode(answer.content, chip.geobox)
    assert not mask.labelled.any()
    with MemoryFile(answer.content) as memory, memory.open() as source:
        assert (source.crs.to_epsg(), source.transform) == (4326, chip.geobox.affine)
        assert source.descriptions == ("class", "origin", "confidence")
        assert "#" in source.tags(1)["CLASSES"]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_was_put_comes_back_and_again(ws: Workspace, web: TestClient, chip: Chip, data: st.DataObject) -> None:
    classes = data.draw(hnp.arrays(np.uint8, (64, 64), elements=st.sampled_from([0, 1, 2, 255])))
    origin = data.draw(hnp.arrays(np.uint8, (64, 64), elements=st.sampled_from([0, 1, 2, 3, 4, 5])))
    origin[(origin == 0) & (classes != 255)] = Origin.HUMAN
    mask = LabelMask(classes, origin, data.draw(hnp.arrays(np.uint8, (64, 64), elements=st.sampled_from([7, 255]))))
    mask.confidence[origin == 0] = 255
    layer = f"l{uuid4().hex}"
    put = web.put(f"{ADDRESS}?layer={layer}", content=file_of(ws, chip, mask), headers=TIFF)
    assert put.status_code == 201, put.text
    own = decode(web.get(ADDRESS).content, chip.geobox)
    head = ws.lake.journal.head()
    assert web.put(f"{ADDRESS}?layer={layer}", content=file_of(ws, chip, mask), headers=TIFF).status_code == 200
    assert ws.lake.journal.head() == head, "the same bytes twice are one event"
    web.put(ADDRESS, content=web.get(ADDRESS).content, headers=TIFF)
    again = decode(web.get(ADDRESS).content, chip.geobox)
    for a, b in ((own.classes, again.classes), (own.origin, again.origin), (own.confidence, again.confidence)):
        assert np.array_equal(a, b), "GET, PUT, GET gives the same label"


def test_the_event_is_the_visitors_in_the_layer_of_the_page(ws: Workspace, web: TestClient, chip: Chip) -> None:
    answer = web.put(ADDRESS, content=file_of(ws, chip, painted()), headers=TIFF)
    result = answer.json()
    assert (answer.status_code, result["status"]) == (201, "created")
    (event,) = ws.lake.journal.current("pixels", chip_ids=[CHIP])
    assert (event.id, event.actor, event.kind, event.payload["layer"]) == (result["id"], "anna", "mask", "page")
    assert event.payload["sha256"] in ws.lake.masks
    assert answer.headers["etag"] == web.get(ADDRESS).headers["etag"]


def test_a_put_takes_the_place_of_ones_own_layer_and_of_nobody_elses(
    ws: Workspace, web: TestClient, chip: Chip
) -> None:
    say(ws, chip, painted(0, rows=slice(40, 64)), "ben")
    web.put(ADDRESS, content=file_of(ws, chip, painted(1, rows=slice(0, 20))), headers=TIFF)
    web.put(ADDRESS, content=file_of(ws, chip, painted(1, rows=slice(10, 30))), headers=TIFF)
    classes = stack(web)[0]
    assert set(classes[:10].ravel()) == {255}
    assert set(classes[10:30].ravel()) == {1}
    assert set(classes[40:].ravel()) == {0}
    assert set(stack(web, actor="ben")[0][:40].ravel()) == {255}
    assert set(stack(web, actor="anna")[0][40:].ravel()) == {255}


def test_going_back_to_former_pixels_is_a_new_answer(ws: Workspace, web: TestClient, chip: Chip) -> None:
    one, other = file_of(ws, chip, painted(1)), file_of(ws, chip, painted(0))
    ids = [web.put(ADDRESS, content=data, headers=TIFF).json()["id"] for data in (one, other, one, one)]
    assert len(set(ids)) == 3
    assert set(stack(web)[0][:20].ravel()) == {1}


def test_a_client_made_id_is_kept(ws: Workspace, web: TestClient, chip: Chip) -> None:
    own = str(uuid4())
    data = file_of(ws, chip, painted())
    assert web.put(ADDRESS, params={"id": own}, content=data, headers=TIFF).json()["id"] == own
    again = web.put(ADDRESS, params={"id": own}, content=data, headers=TIFF)
    assert (again.status_code, again.json()["status"]) == (200, "known")
    other = file_of(ws, chip, painted(0))
    assert web.put(ADDRESS, params={"id": "no uuid"}, content=other, headers=TIFF).status_code == 422


def test_derived_pixels_are_not_kept(ws: Workspace, web: TestClient, chip: Chip) -> None:
    web.put(ADDRESS, content=file_of(ws, chip, painted(1, Origin.PRODUCT)), headers=TIFF)
    assert not (stack(web, actor="anna")[1] == Origin.PRODUCT).any()
    assert not (stack(web, actor="anna")[0] != 255).any()


def test_a_stale_label_is_not_written_over(ws: Workspace, web: TestClient, chip: Chip) -> None:
    fetched = web.get(ADDRESS)
    tag = fetched.headers["etag"]
    mine = file_of(ws, chip, painted())
    say(ws, chip, painted(0), "ben")
    refused = web.put(ADDRESS, content=mine, headers={**TIFF, "If-Match": tag})
    assert refused.status_code == 412
    assert refused.headers["content-type"] == "application/problem+json"
    assert ws.lake.journal.current("pixels", actor="anna") == []
    fresh = web.get(f"{ADDRESS}?f=npy").headers["etag"]
    kept = web.put(ADDRESS, content=mine, headers={**TIFF, "If-Match": fresh})
    assert kept.status_code == 201
    other = file_of(ws, chip, painted(0))
    assert web.put(ADDRESS, content=other, headers={**TIFF, "If-Match": kept.headers["etag"]}).status_code == 201


def test_a_stroke_between_look_and_write_is_not_lost(ws: Workspace, chip: Chip) -> None:
    """As another server on the same database draws it."""
    journal = ws.lake.journal
    first, second = (file_of(ws, chip, painted(value)) for value in (0, 1))

    def late(batch: Batch) -> list[Appended]:
        MaskDesk(ws.lake).put(CHIP, "pixels", PutMask(first, "anna"))
        return journal.commit(journal.prepare([batch]))[0]

    mark = MaskDesk(ws.lake).label(CHIP, "pixels").mark
    with pytest.raises(StaleError, match="since you fetched it"):
        MaskDesk(ws.lake, late).put(CHIP, "pixels", PutMask(second, "anna", if_match=(mark,)))
    assert MaskDesk(ws.lake).put(CHIP, "pixels", PutMask(second, "anna")).status == "created"


def test_what_the_browser_has_is_not_sent_again(ws: Workspace, web: TestClient, chip: Chip) -> None:
    tag = web.get(ADDRESS).headers["etag"]
    assert web.get(ADDRESS, headers={"If-None-Match": tag}).status_code == 304
    assert web.get(f"{ADDRESS}?f=npy", headers={"If-None-Match": tag}).status_code == 200
    say(ws, chip, painted(), "ben")
    assert web.get(ADDRESS, headers={"If-None-Match": tag}).status_code == 200


def test_only_reviewers_say_consensus_and_imports(ws: Workspace, chip: Chip) -> None:
    desk = MaskDesk(ws.lake)
    for origin in (Origin.CONSENSUS, Origin.IMPORT):
        mine = file_of(ws, chip, painted(1, origin))
        with pytest.raises(ConflictError, match="reviewers"):
            desk.put(CHIP, "pixels", PutMask(mine, "carl"))
    desk.put(CHIP, "pixels", PutMask(file_of(ws, chip, painted(1, Origin.IMPORT)), "rita", may_review=True))
    kept = LabelMask.empty((64, 64))
    kept.classes[:20], kept.origin[:20] = 1, Origin.IMPORT
    kept.classes[30], kept.origin[30] = 0, Origin.HUMAN
    desk.put(CHIP, "pixels", PutMask(file_of(ws, chip, kept), "carl"))
    own = desk.label(CHIP, "pixels", Which(actor="carl")).mask
    assert own.count_origins() == {Origin.HUMAN: 64}, "what stands in the label already may be repeated"


def other_tiff(
    chip: Chip, *, shape: tuple[int, int] = (64, 64), bands: int = 3, dtype: str = "uint8",
    crs: str | None = "EPSG:4326", shift: float = 0, **options: object,
) -> bytes:  # fmt: skip
    transform = chip.geobox.affine * Affine.translation(shift, 0)
    profile = {"driver": "GTiff", "count": bands, "dtype": dtype, "crs": crs, "transform": transform} | options
    with MemoryFile() as memory:
        with memory.open(height=shape[0], width=shape[1], **profile) as out:
            out.write(np.ones((bands, *shape), dtype))
        return bytes(memory.getbuffer())


def test_files_that_are_no_mask_of_this_chip_are_refused(ws: Workspace, web: TestClient, chip: Chip) -> None:
    whole = file_of(ws, chip, painted())
    cases = {
        "not a GeoTIFF": [b"", b"II*\0", b"<html>", whole[:200], whole[100:], b"\x89PNG" + whole],
        "size": [other_tiff(chip, shape=(65, 64)), other_tiff(chip, shape=(512, 512), compress="deflate")],
        "CRS": [other_tiff(chip, crs="EPSG:32631"), other_tiff(chip, crs=None)],
        "lie where": [other_tiff(chip, shift=1)],
        "three": [other_tiff(chip, bands=1), other_tiff(chip, bands=4), other_tiff(chip, dtype="uint16")],
        "scheme": [written(chip, (77, 1, 255))],
        "origin": [written(chip, (1, 9, 255)), written(chip, (1, 0, 255))],
        "confidence": [written(chip, (1, 1, 150))],
    }
    for words, files in cases.items():
        for data in files:
            answer = web.put(ADDRESS, content=data, headers=TIFF)
            assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), words
            assert words in answer.json()["detail"]
    assert ws.lake.journal.head() == 0
    assert not list(ws.lake.layout.masks.rglob("*.tif"))


def written(chip: Chip, values: tuple[int, int, int]) -> bytes:
    profile = {"driver": "GTiff", "count": 3, "dtype": "uint8", "crs": "EPSG:4326", "transform": chip.geobox.affine}
    with MemoryFile() as memory:
        with memory.open(height=64, width=64, **profile) as out:
            out.write(np.stack([np.full((64, 64), v, np.uint8) for v in values]))
        return bytes(memory.getbuffer())


def bomb(width: int, height: int, tile: int) -> bytes:
    """A small TIFF that claims a large image, or large blocks: one tile, deflated zeros."""
    packed = zlib.compress(bytes(1 << 20), 9)
    tags = {256: width, 257: height, 258: 8, 259: 8, 262: 1, 277: 3, 284: 2, 322: tile, 323: tile, 324: 8}
    tags[325] = len(packed)
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    directory = struct.pack("<H", len(tags)) + directory + bytes(4)
    return struct.pack("<2sHI", b"II", 42, 8 + len(packed)) + packed + directory


@pytest.mark.parametrize("sizes", [(200_000, 200_000, 256), (64, 64, 65_536), (64, 64, 1 << 30), (1 << 31, 64, 256)])
def test_a_bomb_is_refused_before_it_is_decoded(web: TestClient, sizes: tuple[int, int, int]) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = web.put(ADDRESS, content=bomb(*sizes), headers=TIFF)
    assert answer.status_code == 422
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "kB"


def test_a_body_larger_than_any_mask_of_the_chip_is_refused(web: TestClient, chip: Chip) -> None:
    answer = web.put(ADDRESS, content=bytes(64 * 64 * 3 + (1 << 20)), headers=TIFF)
    assert answer.status_code == 422
    assert "larger than any mask" in answer.json()["title"]


def test_the_wrong_chip_or_task(ws: Workspace, web: TestClient, chip: Chip) -> None:
    data = file_of(ws, chip, painted())
    assert web.put("/api/chips/nobody_0_0_0/mask", content=data, headers=TIFF).status_code == 404
    assert web.put(f"/api/chips/{OTHER}/mask", content=data, headers=TIFF).status_code == 422, "another place"
    for task in ("chips", "nobody"):
        for answer in (web.get(ADDRESS, params={"task": task}), web.put(ADDRESS, params={"task": task}, content=data)):
            assert answer.status_code == 422
            assert answer.json()["found"] == "chips (classify), pixels (segment)"
    assert web.put(ADDRESS, params={"layer": "a/b"}, content=data, headers=TIFF).status_code == 422
    with pytest.raises(InputError):
        MaskDesk(ws.lake).put(CHIP, "chips", PutMask(data, "anna"))
