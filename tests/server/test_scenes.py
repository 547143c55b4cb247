"""Scenes over HTTP: the list, one of them, its preview."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pixellake import boadella, clients, naip, spain

from groundset.core import Grid
from groundset.imagery import open_source
from groundset.ingest import ingest
from groundset.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Workspace]:
    with boadella(tmp_path_factory.mktemp("boadella"), data_dir) as made:
        yield made


@pytest.fixture(scope="module")
def web(ws: Workspace) -> Iterator[TestClient]:
    yield from clients(ws)


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def test_the_list_costs_no_pixels(web: TestClient, ws: Workspace) -> None:
    (row,) = web.get("/api/scenes").json()
    assert (row["id"], row["chips"], row["width"], row["height"]) == ("boadella", 36, 380, 377)
    assert (row["datetime"], row["crs"], row["photo"]) == ("2020-01-13T10:45:00Z", "EPSG:4326", False)
    assert row["bbox"] == pytest.approx(list(ws.lake.scenes.get("boadella").geobox.boundingbox), abs=1e-6)
    assert 8 < row["resolution"] < 12
    assert row["geometry"]["type"] == "Polygon"


def test_one_scene_has_bands_with_the_ranges_of_the_whole_of_it(web: TestClient, ws: Workspace) -> None:
    told = web.get("/api/scenes/boadella").json()
    reader = ws.lake.reader("boadella")
    stored = reader.read_small(10_000).data
    for i, band in enumerate(told["bands"]):
        assert (band["low"], band["high"]) == pytest.approx(tuple(np.percentile(stored[i], (2, 98))), rel=0.1), band
    stretch = ws.lake.quicklooks.stretch("boadella_0")
    assert stretch is not None
    by_name = {b["name"]: b for b in told["bands"]}
    assert by_name["B04"]["low"] == pytest.approx(stretch.low[0]), "the same black as the quicklooks"
    assert told["minzoom"] < told["maxzoom"]
    assert told["sources"] == [ws.lake.scenes.get("boadella").sources[0][0].href]


def test_ranges_are_measured_once_and_kept_until_the_file_changes(ws: Workspace, web: TestClient) -> None:
    web.get("/api/scenes/boadella")
    kept = sorted((ws.lake.layout.cache / "ranges").iterdir())
    assert len(kept) == 1
    kept[0].write_text('{"B01": [1, 2]}')
    for fresh in clients(ws):
        bands = fresh.get("/api/scenes/boadella").json()["bands"]
        assert (bands[0]["low"], bands[0]["high"]) == (1, 2)
    kept[0].write_text("half a fi")
    for fresh in clients(ws):
        assert fresh.get("/api/scenes/boadella").json()["bands"][0]["high"] > 2


def test_a_preview_of_any_layer(web: TestClient) -> None:
    for layer in ("natural", "B08", "B12,B8A,B03", "NDWI"):
        answer = web.get("/api/scenes/boadella/preview", params={"layer": layer, "size": 100})
        assert picture(answer.content).shape == (99, 100, 4)
        again = web.get(str(answer.url), headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    whole = web.get("/api/scenes/boadella/preview", params={"size": 2000})
    assert picture(whole.content).shape == (377, 380, 4), "never enlarged"


def test_an_index_shows_water_in_the_colours_of_water(ws: Workspace, web: TestClient) -> None:
    shown = picture(web.get("/api/scenes/boadella/preview?layer=NDWI&size=2000").content).astype(int)
    green, nir = ws.lake.reader("boadella").read_small(2000, ["B03", "B08"]).physical()
    ndwi = (green - nir) / (green + nir)
    index = next(x for x in web.get("/api/scenes/boadella").json()["indices"] if x["name"] == "NDWI")
    wet, dry = shown[ndwi > 0.5 * index["high"]], shown[ndwi < 0.5 * index["low"]]
    assert wet.size or dry.size
    assert (wet[:, 2] > wet[:, 0] + 30).mean() > 0.9 if wet.size else True, "blue"
    assert (dry[:, 0] > dry[:, 2] + 30).mean() > 0.9 if dry.size else True, "brown"


def test_nodata_is_transparent_and_overviews_keep_it(tmp_path: Path, data_dir: Path) -> None:
    with naip(tmp_path, data_dir) as made:
        for web in clients(made):
            shown = picture(web.get("/api/scenes/naip/preview?size=200").content)
            truth = made.lake.reader("naip").read_small(5000).valid.all(axis=0)
            assert (shown[..., 3] == 255).mean() == pytest.approx(truth.mean(), abs=0.02)


def test_two_sensors_offer_the_layers_of_both(tmp_path: Path, data_dir: Path) -> None:
    with spain(tmp_path, data_dir) as made:
        for web in clients(made):
            told = web.get("/api/scenes/spain").json()
            assert {"natural", "infrared", "land-water", "vv", "vh"} <= {x["name"] for x in told["layers"]}
            assert "NDPolI" not in {x["name"] for x in told["indices"]}, "a ratio of decibels says nothing"
            assert {"NDVI", "MNDWI", "NBR"} <= {x["name"] for x in told["indices"]}
            assert next(b for b in told["bands"] if b["name"] == "vv")["nodata"] is None
            assert picture(web.get("/api/scenes/spain/preview?layer=vv,vh,B08").content)[..., 3].any()


def test_a_photo_has_a_preview_and_no_place(tmp_path: Path) -> None:
    import groundset as gs

    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)).save(tmp_path / "photo.png")
    with gs.create(tmp_path / "lake", scheme="water") as made:
        ingest(made.lake, open_source(str(tmp_path / "photo.png")), grid=Grid(64))
        for web in clients(made):
            told = web.get("/api/scenes/photo").json()
            assert (told["scene"]["bbox"], told["scene"]["resolution"], told["minzoom"]) == (None, None, None)
            assert picture(web.get("/api/scenes/photo/preview?size=60").content).shape == (45, 60, 4)
            tile = web.get("/api/scenes/photo/tiles/0/0/0")
            assert tile.status_code == 404
            assert tile.json()["found"] == "an image without a CRS"
            detail = web.get("/api/chips/photo_0_0_0").json()
            assert (detail["crs"], detail["geometry"]) == (None, None)


@pytest.mark.parametrize(
    ("path", "status"),
    [("nobody", 404), ("nobody/preview", 404), ("boadella/preview?layer=NBR9", 422), ("boadella/preview?size=9", 422),
     ("..%2Fx/preview", 404), ("-x/preview", 422)],
)  # fmt: skip
def test_what_is_not_there_is_a_problem(web: TestClient, path: str, status: int) -> None:
    answer = web.get(f"/api/scenes/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
