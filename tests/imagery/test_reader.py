"""Reading windows: against the plain array, in every alignment, from mosaics and from several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.core import InputError, MissingError, Window, whole
from groundset.imagery import BandSource, FlagSource, Reason, Scene, SceneReader, fuse, open_source, read_ahead
from groundset.imagery.read_ahead import block_order, keys_of

ROWS, COLS = 70, 90
windows = st.builds(Window, st.integers(-40, 100), st.integers(-40, 80), st.integers(1, 60), st.integers(1, 60))


def save(path: Path, data: np.ndarray, *, left: float = 0, top: float = 0, gsd: float = 10, **more) -> str:
    profile = {"driver": "GTiff", "count": data.shape[0], "height": data.shape[1], "width": data.shape[2]}
    profile |= {"dtype": data.dtype, "crs": "EPSG:32631", "tiled": True, "blockxsize": 16, "blockysize": 16} | more
    transform = rasterio.Affine(gsd, 0, 500000 + left, 0, -gsd, 4600000 - top)
    with rasterio.open(path, "w", **profile, transform=transform) as ds:
        ds.write(data)
    return str(path)


@pytest.fixture(scope="module")
def array() -> np.ndarray:
    data = np.random.default_rng(1).integers(0, 1000, (3, ROWS, COLS)).astype(np.uint16)
    data[:, 10:20, 10:20] = 0
    return data


@pytest.fixture(scope="module")
def scene(array: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return open_source(save(tmp_path_factory.mktemp("scene") / "a.tif", array, nodata=0))[0]


def expected(array: np.ndarray, window: Window) -> np.ndarray:
    padded = np.pad(array, ((0, 0), (100, 200), (100, 200)))
    rows, cols = Window(window.x_off + 100, window.y_off + 100, window.width, window.height).slices
    return padded[:, rows, cols]


@given(windows)
@settings(max_examples=60, deadline=None)
def test_every_window_is_the_arrays(scene: Scene, array: np.ndarray, window: Window) -> None:
    with SceneReader(scene) as reader:
        pixels = reader.read(window)
    assert (pixels.data == expected(array, window)).all()
    assert (pixels.valid == (pixels.data != 0)).all()
    assert pixels.shape == window.shape
    assert pixels.valid_fraction == pixels.valid.all(axis=0).mean()


@given(st.lists(windows, min_size=1, max_size=30), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_the_sweep_gives_every_window_once(scene: Scene, array: np.ndarray, asked: list[Window], threads: int) -> None:
    seen = []
    for window, pixels in read_ahead(scene, asked, threads=threads, bands=["b2"]):
        assert (pixels.data == expected(array, window)[1:2]).all()
        assert (pixels.valid == (pixels.data != 0)).all()
        seen.append(window)
    assert sorted(seen) == sorted(asked)


def test_each_block_is_decoded_once(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Window] = []
    original = SceneReader.read
    monkeypatch.setattr(SceneReader, "block", lambda _: (16, 16))
    monkeypatch.setattr(SceneReader, "read", lambda self, w, bands=None: (read.append(w), original(self, w, bands))[1])
    asked = [Window(x, y, 12, 12) for x in range(0, 80, 9) for y in range(0, 60, 9)]
    assert len(list(read_ahead(scene, asked, threads=2))) == len(asked)
    touched = {key for w in asked for key in keys_of(w, (16, 16))}
    assert len(read) == len(set(read)) == len(touched)


def test_memory_is_bounded_when_blocks_are_needed_long(
    scene: Scene, array: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SceneReader, "block", lambda _: (16, 16))
    monkeypatch.setattr(import_module("groundset.imagery.read_ahead"), "_BUDGET", 1)
    for window, pixels in read_ahead(scene, [Window(x, 3, 40, 60) for x in range(0, 50, 3)], threads=2):
        assert (pixels.data == expected(array, window)).all()


def test_a_sweep_left_early_stops(scene: Scene) -> None:
    sweep = read_ahead(scene, [Window(x, 0, 8, 8) for x in range(0, 80, 8)], threads=2)
    next(sweep)
    sweep.close()


def test_block_order_goes_by_rows_of_blocks() -> None:
    asked = [Window(20, 0, 4, 4), Window(0, 20, 4, 4), Window(4, 4, 4, 4), Window(0, 0, 4, 4)]
    assert block_order(asked, (16, 16)) == [asked[3], asked[2], asked[0], asked[1]]


def test_bands_in_the_order_asked_for(scene: Scene, array: np.ndarray) -> None:
    with SceneReader(scene) as reader:
        pixels = reader.read(Window(30, 30, 5, 5), ["b3", "b1"])
        assert (pixels.data == array[[2, 0], 30:35, 30:35]).all()
        with pytest.raises(MissingError, match="b1, b2, b3"):
            reader.read(Window(0, 0, 5, 5), ["b9"])


def test_many_threads_share_a_reader(scene: Scene, array: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    asked = [Window(int(x), int(y), 20, 20) for x, y in rng.integers(0, 50, (200, 2))]
    with SceneReader(scene) as reader, ThreadPoolExecutor(4) as pool:
        for window, pixels in zip(asked, pool.map(reader.read, asked), strict=True):
            assert (pixels.data == expected(array, window)).all()


def test_a_closed_reader_says_so(scene: Scene) -> None:
    reader = SceneReader(scene)
    reader.close()
    with pytest.raises(InputError, match="closed"):
        reader.read(Window(0, 0, 2, 2))


def test_a_mosaic_takes_the_first_valid_pixel(tmp_path: Path, array: np.ndarray) -> None:
    first = save(tmp_path / "a.tif", array[:1], nodata=0)
    filler = save(tmp_path / "b.tif", np.full((1, ROWS, COLS), 5000, np.uint16), left=200, nodata=0)
    (scene,) = open_source(first)
    scene = replace(scene, sources=((BandSource(first), BandSource(filler)),))
    with SceneReader(scene) as reader:
        pixels = reader.read(whole(COLS, ROWS))
    assert (pixels.data[0][array[0] != 0] == array[0][array[0] != 0]).all()
    assert not pixels.valid[0, 10:20, 10:20].any()  # the filler begins at column 20
    hole = (array[0] == 0) & (np.arange(COLS) >= 20)
    assert (pixels.data[0][hole] == 5000).all()


def test_another_grid_is_resampled_and_what_is_missing_is_nodata(tmp_path: Path, array: np.ndarray) -> None:
    fine = save(tmp_path / "a.tif", array[:1] + 1)
    ramp = np.broadcast_to(np.arange(20, dtype=np.float32) * 20, (1, 20, 20))
    coarse = save(tmp_path / "b.tif", ramp.copy(), gsd=20, left=200, top=200)
    (scene,) = open_source(fine)
    (other,) = open_source(coarse, bands=["ramp"])
    fused = replace(
        scene, bands=type(scene.bands)((*scene.bands, *other.bands)), sources=(*scene.sources, *other.sources)
    )
    with SceneReader(fused) as reader:
        pixels = reader.read(whole(COLS, ROWS))
    assert pixels.data.dtype == np.float32
    assert not pixels.valid[1, :19].any()
    assert not pixels.valid[1, :, :19].any()
    inside = pixels.physical()[1, 25:55, 25:55]
    metres = (np.arange(25, 55) + 0.5) * 10 - 200  # of pixel centres, from the ramp's edge
    assert np.allclose(inside, metres - 10, atol=0.2)


def test_windows_of_a_resampled_band_fit_together(tmp_path: Path, array: np.ndarray) -> None:
    base = save(tmp_path / "a.tif", array[:1] + 1)
    other = save(tmp_path / "b.tif", array[:1] + 1, gsd=23, left=-37, top=-11)
    (scene,) = open_source(base)
    scene = replace(scene, sources=((BandSource(other, 1, "cubic"),),))
    with SceneReader(scene) as reader:
        full = reader.read(whole(COLS, ROWS)).data
        for window in (Window(0, 0, 32, 32), Window(32, 0, 32, 32), Window(13, 21, 40, 30)):
            assert (reader.read(window).data == full[(slice(None), *window.slices)]).all()


def test_reasons_of_a_mosaics_flags(tmp_path: Path) -> None:
    flags = np.zeros((2, ROWS, COLS), np.uint8)
    flags[0, :, :30], flags[1] = 9, 3
    a, b = save(tmp_path / "a.tif", flags[:1]), save(tmp_path / "b.tif", flags[1:])
    (scene,) = open_source(save(tmp_path / "c.tif", np.ones((1, ROWS, COLS), np.uint8)))
    scene = replace(scene, flags=FlagSource("scl", BandSource(a, 1, "nearest"), (BandSource(b, 1, "nearest"),)))
    with SceneReader(scene) as reader:
        reasons = reader.read_reasons(Window(0, 0, COLS + 5, ROWS))
    assert (reasons[:, :30] == Reason.CLOUD).all()
    assert (reasons[:, 30:COLS] == Reason.SHADOW).all()
    assert (reasons[:, COLS:] == Reason.NODATA).all()


def test_what_one_sensor_cannot_see_another_may(tmp_path: Path) -> None:
    flags = np.full((1, ROWS, COLS), 4, np.uint8)
    flags[0, :, :30], flags[0, :, 30:40] = 0, 9
    (optical,) = open_source(save(tmp_path / "s2.tif", np.ones((1, ROWS, COLS), np.uint8)), bands=["red"])
    (radar,) = open_source(save(tmp_path / "s1.tif", np.ones((1, ROWS, COLS), np.uint8)), bands=["x"])
    optical = replace(optical, flags=FlagSource("scl", BandSource(save(tmp_path / "scl.tif", flags), 1, "nearest")))
    with SceneReader(optical) as reader:
        assert (reader.read_reasons(Window(0, 0, COLS, ROWS))[:, :30] == Reason.NODATA).all()
    with SceneReader(fuse([optical, radar])) as reader:
        reasons = reader.read_reasons(Window(0, 0, COLS, ROWS))
    assert (reasons[:, :30] == Reason.NONE).all()
    assert (reasons[:, 30:40] == Reason.CLOUD).all()


def test_an_internal_mask_is_heeded(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        save(path, np.full((1, 32, 32), 7, np.uint8))
        with rasterio.open(path, "r+") as ds:
            mask = np.full((32, 32), 255, np.uint8)
            mask[:8] = 0
            ds.write_mask(mask)
    with SceneReader(open_source(path)[0]) as reader:
        pixels = reader.read(Window(0, 0, 32, 32))
    assert pixels.nodata[:8].all()
    assert not pixels.nodata[8:].any()
    assert (pixels.data[0, :8] == 0).all()
