"""Map tiles: the pixels of the scene, warped as rasterio itself does it, from any kind of file."""

from __future__ import annotations

import io
import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient
from madelake import TIME, lake_like_image, write_scene
from PIL import Image
from pixellake import boadella, clients, naip, spain
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

import groundset as gs
from groundset.chips import Stretch, paint
from groundset.core import Grid
from groundset.imagery import open_source, solar_day_mosaics
from groundset.imagery.scene import Scene
from groundset.ingest import ingest
from groundset.views.tiles import Tile
from groundset.workspace import Workspace


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Iterator[Workspace]:
    with naip(tmp_path_factory.mktemp("naip"), data_dir) as made:
        yield made


@pytest.fixture(scope="module")
def web(ws: Workspace) -> Iterator[TestClient]:
    yield from clients(ws)


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")).astype(int)


def middle(scene: Scene, zoom: int) -> Tile:
    west, south, east, north = scene.geobox.extent.to_crs("EPSG:4326").boundingbox
    lon, lat = (west + east) / 2, (south + north) / 2
    x = (lon + 180) / 360 * 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom
    return Tile(zoom, int(x), int(y))


def reference(path: Path, tile: Tile, bands: list[int], method: Resampling, nodata: float | None) -> np.ma.MaskedArray:
    """The tile as rasterio warps it."""
    box = tile.geobox
    with rasterio.open(path) as source, WarpedVRT(
        source, crs="EPSG:3857", transform=box.affine, width=tile.size, height=tile.size, resampling=method,
        nodata=nodata, src_nodata=nodata, add_alpha=nodata is None, dtype=source.dtypes[0],
    ) as vrt:  # fmt: skip
        return vrt.read(bands, masked=True)


@pytest.mark.parametrize("zoom", [11, 13, 15, 16, 18])
def test_a_tile_is_what_rasterio_warps(ws: Workspace, web: TestClient, tmp_path: Path, zoom: int) -> None:
    scene = ws.lake.scenes.get("naip")
    tile = middle(scene, zoom)
    told = web.get("/api/scenes/naip").json()
    method = Resampling.nearest if zoom > told["maxzoom"] else Resampling.bilinear
    wanted = reference(Path(scene.sources[0][0].href), tile, [1, 2, 3], method, 0)
    got = ws.lake.reader("naip").read_warped(tile.geobox, ["red", "green", "blue"], smooth=method.name)
    both = got.valid & ~np.ma.getmaskarray(wanted)
    assert (got.valid == ~np.ma.getmaskarray(wanted)).mean() > 0.99
    differs = np.abs(got.data.astype(int) - wanted.data)[both]
    if zoom < told["maxzoom"] - 1:  # from an overview, which is a mean of pixels
        assert differs.mean() < 5
    else:
        assert (differs <= 3).mean() > 0.98

    ranges = {b["name"]: (b["low"], b["high"]) for b in told["bands"]}
    low, high = zip(*(ranges[n] for n in ("red", "green", "blue")), strict=True)
    drawn = paint(np.ma.filled(wanted.astype(np.float32), np.nan), Stretch((0, 1, 2), low, high)).astype(int)
    shown = picture(web.get(f"/api/scenes/naip/tiles/{tile.z}/{tile.x}/{tile.y}").content)
    seen = (drawn[..., 3] == 255) & (shown[..., 3] == 255)
    assert seen.any()
    assert np.abs(drawn - shown)[seen].mean() < 8, "WebP, and the look of the quicklooks"


def test_sizes_layers_and_etags(web: TestClient, ws: Workspace) -> None:
    tile = middle(ws.lake.scenes.get("naip"), 14)
    tags = set()
    for query in ("", "?size=512", "?layer=infrared", "?layer=nir", "?layer=NDVI", "?layer=blue,red,green"):
        answer = web.get(f"/api/scenes/naip/tiles/{tile.z}/{tile.x}/{tile.y}{query}")
        assert answer.headers["content-type"] == "image/webp"
        assert picture(answer.content).shape[0] == (512 if "512" in query else 256)
        tags.add(answer.headers["etag"])
        again = web.get(str(answer.url), headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert len(tags) == 6


def test_four_tiles_are_the_one_above_them(web: TestClient, ws: Workspace) -> None:
    up = middle(ws.lake.scenes.get("naip"), 13)
    whole = picture(web.get(f"/api/scenes/naip/tiles/{up.z}/{up.x}/{up.y}?size=512").content)
    quarters = [
        [picture(web.get(f"/api/scenes/naip/tiles/{up.z + 1}/{2 * up.x + i}/{2 * up.y + j}").content) for i in (0, 1)]
        for j in (0, 1)
    ]
    filled = [[q if q.shape[0] == 256 else np.zeros((256, 256, 4), int) for q in row] for row in quarters]
    joined = np.concatenate([np.concatenate(row, axis=1) for row in filled])
    assert np.abs(joined - whole)[whole[..., 3] == 255].mean() < 8


def test_outside_the_scene_is_one_transparent_pixel(web: TestClient) -> None:
    answer = web.get("/api/scenes/naip/tiles/5/0/0")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert picture(answer.content).tolist() == [[[0, 0, 0, 0]]]


@pytest.mark.parametrize(
    ("path", "status"),
    [("3/8/0", 422), ("3/0/-1", 422), ("25/0/0", 422), ("-1/0/0", 422), ("a/0/0", 422), ("3/1/1?size=300", 422),
     ("3/1/1?layer=MNDWI", 422), ("3/1/1?layer=nobody", 422), (f"3/{10**30}/0", 422)],
)  # fmt: skip
def test_tiles_that_cannot_be_are_problems(web: TestClient, path: str, status: int) -> None:
    answer = web.get(f"/api/scenes/naip/tiles/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_bands_of_two_files_and_two_kinds_of_nodata(tmp_path: Path, data_dir: Path) -> None:
    with spain(tmp_path, data_dir) as made:
        scene = made.lake.scenes.get("spain")
        tile = middle(scene, 13)
        got = made.lake.reader("spain").read_warped(tile.geobox, ["vv", "B08"], smooth="nearest")
        files = {of_band[0].href: of_band[0].index for of_band in scene.sources}
        assert len(files) == 2
        for i, name in enumerate(("vv", "B08")):
            source = scene.sources[scene.bands.names.index(name)][0]
            nodata = scene.bands[scene.bands.index(name)].nodata
            wanted = reference(Path(source.href), tile, [source.index], Resampling.nearest, nodata)[0]
            both = got.valid[i] & ~np.ma.getmaskarray(wanted) & np.isfinite(wanted.data)
            assert both.any()
            assert (got.data[i] == wanted.data)[both].mean() > 0.99
        for web in clients(made):
            shown = picture(web.get(f"/api/scenes/spain/tiles/{tile.z}/{tile.x}/{tile.y}?layer=vv,vh,B08").content)
            assert shown.shape == (256, 256, 4)


def test_a_mosaic_is_filled_from_its_parts(tmp_path: Path) -> None:
    image, _ = lake_like_image(256, 256)
    left, right = image.copy(), image.copy()
    left[:, :, 150:], right[:, :, :100] = 0, 0
    scenes = []
    for name, data in (("left", left), ("right", right)):
        path = write_scene(tmp_path / f"{name}.tif", data)
        scenes += open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id=name)
    (scene,) = solar_day_mosaics(scenes)
    whole = write_scene(tmp_path / "whole.tif", image)
    with gs.create(tmp_path / "lake", scheme="water") as made:
        ingest(made.lake, [scene], grid=Grid(64))
        tile = middle(scene, 14)
        got = made.lake.reader(scene.id).read_warped(tile.geobox, ["red"], smooth="nearest")
        wanted = reference(whole, tile, [3], Resampling.nearest, 0)
        assert max(map(len, scene.sources)) == 2
        assert np.array_equal(got.valid, ~np.ma.getmaskarray(wanted))
        assert (got.data == wanted.data)[got.valid].mean() > 0.999


def test_a_scene_cut_from_a_file_does_not_show_the_rest_of_it(tmp_path: Path) -> None:
    image, _ = lake_like_image(256, 256)
    (scene,) = open_source(
        str(write_scene(tmp_path / "s.tif", image)), bands=["blue", "green", "red", "nir"], time=TIME
    )
    part = replace(scene, geobox=scene.geobox[64:128, 64:128])
    with gs.create(tmp_path / "lake", scheme="water") as made:
        ingest(made.lake, [part], grid=Grid(32))
        tile = middle(part, 13)
        valid = made.lake.reader(part.id).read_warped(tile.geobox, ["red"], smooth="nearest").valid[0]
        outline = part.geobox.extent.to_crs("EPSG:3857").geom & tile.geobox.extent.geom
        assert valid.sum() == pytest.approx(outline.area / tile.geobox.resolution.x**2, rel=0.05)


def test_a_jpeg_2000_is_read_through_its_decoded_copy(tmp_path: Path) -> None:
    image, _ = lake_like_image(256, 256)
    plain = write_scene(tmp_path / "s.tif", image)
    with rasterio.open(plain) as source:
        profile = source.profile | {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES"}
        for key in ("interleave", "tiled", "blockxsize", "blockysize", "nodata"):
            profile.pop(key, None)
        with rasterio.open(tmp_path / "s.jp2", "w", **profile) as out:
            out.write(image)
    (scene,) = open_source(str(tmp_path / "s.jp2"), bands=["blue", "green", "red", "nir"], time=TIME)
    with gs.create(tmp_path / "lake", scheme="water") as made:
        ingest(made.lake, [scene], grid=Grid(64))
        tile = middle(scene, 14)
        got = made.lake.reader(scene.id).read_warped(tile.geobox, ["nir"], smooth="nearest")
        wanted = reference(plain, tile, [4], Resampling.nearest, None)
        assert (got.data == wanted.data)[got.valid].mean() > 0.999
        assert list((made.lake.layout.cache / "decoded").glob("*.tif"))


def test_a_file_without_overviews_gets_its_own(tmp_path: Path) -> None:
    image, _ = lake_like_image(1200, 1300)
    image[:, :300, :300] = 0
    (scene,) = open_source(
        str(write_scene(tmp_path / "s.tif", image)), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s"
    )
    with gs.create(tmp_path / "lake", scheme="water") as made:
        made.lake.scenes.put(scene)
        tile = middle(scene, 10)
        first = made.lake.reader("s").read_warped(tile.geobox, ["nir"])
        (kept,) = (made.lake.layout.cache / "overviews").iterdir()
        with rasterio.open(kept) as coarse:
            assert (coarse.shape, coarse.overviews(1)[:1]) == ((600, 650), [2])
            cells = image[3].reshape(600, 2, 650, 2).astype(float)
            count = (cells > 0).sum(axis=(1, 3))
            mean = np.rint(cells.sum(axis=(1, 3)) / np.maximum(count, 1))
            assert np.array_equal(coarse.read(4), np.where(count, mean, 0))
        wanted = reference(tmp_path / "s.tif", tile, [4], Resampling.average, 0)
        both = first.valid & ~np.ma.getmaskarray(wanted)
        assert np.abs(first.data.astype(int) - wanted.data)[both].mean() < 150
        assert both.sum() > 0.9 * first.valid.sum() > 100


def test_a_changed_file_is_seen_at_once(tmp_path: Path, data_dir: Path) -> None:
    with boadella(tmp_path, data_dir) as made:
        for web in clients(made):
            tile = middle(made.lake.scenes.get("boadella"), 12)
            address = f"/api/scenes/boadella/tiles/{tile.z}/{tile.x}/{tile.y}"
            first = web.get(address)
            other = data_dir / "boadella" / "Boadella_2020-01-28.tif"
            shutil.copy(other, next((tmp_path / "imagery").iterdir()))
            now = web.get(address, headers={"If-None-Match": first.headers["etag"]})
            assert now.status_code == 200
            assert now.content != first.content
