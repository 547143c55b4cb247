"""One chip over HTTP: what it is, its pixels as they are stored, its quicklook."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pixellake import boadella, clients, spain

from groundset.imagery import SceneReader
from groundset.workspace import Workspace

INNER, EDGE = "boadella_0_2_2", "boadella_0_5_5"


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Workspace]:
    with boadella(tmp_path_factory.mktemp("boadella"), data_dir) as made:
        yield made


@pytest.fixture(scope="module")
def web(ws: Workspace) -> Iterator[TestClient]:
    yield from clients(ws)


def npy(content: bytes) -> np.ndarray:
    return np.load(io.BytesIO(content), allow_pickle=False)


def test_a_chip_says_all_that_is_needed_to_draw_it(web: TestClient) -> None:
    told = web.get(f"/api/chips/{INNER}").json()
    assert (told["chip"]["id"], told["chip"]["part"], told["chip"]["row"]) == (INNER, "boadella_0", 14)
    assert (told["x_off"], told["y_off"], told["crs"]) == (128, 128, "EPSG:4326")
    assert told["neighbours"] == {d: f"boadella_0_{r}_{c}" for d, r, c in
                                  (("north", 1, 2), ("south", 3, 2), ("west", 2, 1), ("east", 2, 3))}  # fmt: skip
    assert [b["name"] for b in told["bands"]][:3] == ["B01", "B02", "B03"]
    assert all(b["low"] < b["high"] and b["dtype"] == "int16" for b in told["bands"])
    assert {"natural", "infrared", "vegetation-analysis", "B8A"} <= {x["name"] for x in told["layers"]}
    ndwi = next(x for x in told["indices"] if x["name"] == "NDWI")
    assert (ndwi["bands"], ndwi["formula"]) == (["B03", "B08"], "(B03 - B08) / (B03 + B08)")
    assert ndwi["low"] == -ndwi["high"] < 0
    assert len(ndwi["ramp"]) == 7
    assert told["labels"] == {}
    assert "pixels_problem" not in told or told["pixels_problem"] is None


def test_the_last_chip_has_no_neighbours_beyond_the_scene(web: TestClient) -> None:
    beside = web.get(f"/api/chips/{EDGE}").json()["neighbours"]
    assert (beside["south"], beside["east"]) == (None, None)
    assert beside["north"] == "boadella_0_4_5"


@pytest.mark.parametrize("chip_id", [INNER, EDGE])
@pytest.mark.parametrize("bands", [None, ["B08"], ["B12", "B02", "red"]])
def test_pixels_are_what_the_scene_reader_reads(
    ws: Workspace, web: TestClient, chip_id: str, bands: list[str] | None
) -> None:
    chip = ws.lake.chips.get(chip_id)
    with SceneReader(ws.lake.scenes.get("boadella")) as reader:
        wanted = reader.read(chip.window, bands)
        everything = reader.read(chip.window)
    answer = web.get(f"/api/chips/{chip_id}/pixels", params={} if bands is None else {"bands": ",".join(bands)})
    got = npy(answer.content)
    assert got.dtype == wanted.data.dtype
    assert got.flags.c_contiguous
    assert answer.content[:8] == b"\x93NUMPY\x01\x00"
    assert np.array_equal(got, wanted.data)
    valid = npy(web.get(f"/api/chips/{chip_id}/valid").content)
    assert (valid.dtype, valid.shape) == (np.uint8, chip.window.shape)
    assert np.array_equal(valid == 0, everything.nodata)
    assert chip_id == INNER or valid[-1, -1] == 0


def test_pixels_of_two_sensors_have_one_dtype_and_two_kinds_of_valid(tmp_path: Path, data_dir: Path) -> None:
    with spain(tmp_path, data_dir) as made:
        for web in clients(made):
            chip = made.lake.chips.get("spain_0_0_0")
            with SceneReader(made.lake.scenes.get("spain")) as reader:
                wanted = reader.read(chip.window)
            got = npy(web.get("/api/chips/spain_0_0_0/pixels").content)
            assert got.dtype == np.float32
            assert np.array_equal(got, wanted.data, equal_nan=True)
            assert npy(web.get("/api/chips/spain_0_0_0/pixels?bands=vv").content).shape == (1, 128, 128)


def test_what_the_browser_has_is_not_sent_again(web: TestClient) -> None:
    for path in ("pixels", "pixels?bands=B02", "valid", "quicklook", "quicklook?layer=NDWI&size=64"):
        first = web.get(f"/api/chips/{INNER}/{path}")
        assert first.headers["cache-control"] == "private, no-cache"
        again = web.get(f"/api/chips/{INNER}/{path}", headers={"If-None-Match": first.headers["etag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    one, other = (web.get(f"/api/chips/{c}/pixels").headers["etag"] for c in (INNER, EDGE))
    assert one != other


def test_a_quicklook_of_any_layer_and_size(web: TestClient) -> None:
    for query, size in (("", 64), ("?layer=B11", 64), ("?layer=NDVI&size=32", 32), ("?layer=B12,B08,B02&size=500", 64)):
        answer = web.get(f"/api/chips/{INNER}/quicklook{query}")
        picture = Image.open(io.BytesIO(answer.content))
        assert answer.headers["content-type"] == "image/webp"
        assert picture.size == (size, size)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("nobody_0_0_0", 404, "no such chip"),
        ("x", 422, "not a chip id"),
        ("boadella_0_2_2/pixels?bands=B99", 404, "unknown band"),
        ("boadella_0_2_2/pixels?bands=B02,,B03", 422, "bands are names"),
        ("boadella_0_2_2/quicklook?layer=NBR9", 422, "unknown layer"),
        ("boadella_0_2_2/quicklook?layer=NDVI&size=5", 422, "form"),
        ("..%2F..%2Fgroundset.toml/pixels", 404, ""),
    ],
)
def test_what_is_not_there_is_a_problem(web: TestClient, path: str, status: int, words: str) -> None:
    answer = web.get(f"/api/chips/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["title"]


def test_a_scene_file_moved_away(tmp_path: Path, data_dir: Path) -> None:
    with boadella(tmp_path, data_dir) as made:
        for web in clients(made):
            image = next((tmp_path / "imagery").iterdir())
            before = web.get(f"/api/chips/{INNER}/pixels").content
            image.rename(tmp_path / "elsewhere.tif")

            told = web.get(f"/api/chips/{INNER}").json()
            assert str(image) in told["pixels_problem"]["asked"]
            (row,) = web.get("/api/scenes").json()
            assert "not where it was" in row["problem"]["title"]
            for path in ("chips/boadella_0_2_2/pixels", "chips/boadella_0_2_2/valid",
                         "chips/boadella_0_2_2/quicklook?layer=B02", "scenes/boadella/preview",
                         "scenes/boadella/tiles/11/1040/761", "quicklooks?part=boadella_0&rows=0-3&layer=B02",
                         "chips/boadella_0_2_2/mask"):  # fmt: skip
                answer = web.get(f"/api/{path}")
                assert (path, answer.status_code) == (path, 409)
                assert str(image) in answer.json()["asked"]
            assert web.get("/api/quicklooks?part=boadella_0&rows=0-3").status_code == 200
            assert web.get(f"/api/chips/{INNER}/quicklook").status_code == 200
            assert web.get(f"/api/chips/{INNER}/mask?flags=false").status_code == 200

            (tmp_path / "elsewhere.tif").rename(image)
            assert web.get(f"/api/chips/{INNER}/pixels").content == before


def test_a_broken_file_is_a_problem_and_never_half_a_picture(tmp_path: Path, data_dir: Path) -> None:
    with boadella(tmp_path, data_dir) as made:
        for web in clients(made):
            image = next((tmp_path / "imagery").iterdir())
            tag = web.get(f"/api/chips/{INNER}/pixels").headers["etag"]
            image.write_bytes(image.read_bytes()[:400_000])
            for path in ("pixels", "quicklook?layer=B12"):
                answer = web.get(f"/api/chips/boadella_0_5_1/{path}", headers={"If-None-Match": tag})
                assert answer.status_code == 422
                assert "corrupt or cut short" in answer.json()["title"]


@pytest.mark.parametrize(
    "chip_id", ["a_0_99999999999999999999_0", "boadella_0_0_" + "9" * 5000, "boadella_0_999999999_0"]
)
def test_a_chip_far_beyond_any_scene(web: TestClient, chip_id: str) -> None:
    assert web.get(f"/api/chips/{chip_id}").status_code in (404, 422)
