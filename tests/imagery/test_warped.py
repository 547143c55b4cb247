"""Pixels on another grid: the same where the grid is, shrunken and turned where it is not, and nothing outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from madelake import TIME, lake_like_image, write_scene
from odc.geo.geobox import GeoBox

from groundset.core import Window
from groundset.imagery import SceneReader, open_source


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[SceneReader]:
    path = write_scene(tmp_path / "s.tif", lake_like_image()[0])
    (scene,) = open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")
    with SceneReader(scene) as opened:
        yield opened


@pytest.mark.parametrize(("x", "y"), [(0, 0), (17, 33), (64, 96)])
def test_on_the_scenes_own_grid_the_pixels_are_its_own(reader: SceneReader, x: int, y: int) -> None:
    window = Window(x, y, 32, 32)
    wanted = reader.read(window)
    got = reader.read_warped(reader.scene.geobox[y : y + 32, x : x + 32], smooth="nearest")
    assert np.array_equal(got.data, wanted.data)
    assert got.valid.all() == wanted.valid.all()


def test_outside_of_the_scene_there_is_nothing(reader: SceneReader) -> None:
    box = reader.scene.geobox
    far = GeoBox((16, 16), box.affine * Affine.translation(10_000, 10_000), box.crs)
    assert not reader.read_warped(far).valid.any()
    half = GeoBox((32, 32), box.affine * Affine.translation(-16, 0), box.crs)
    valid = reader.read_warped(half, ["nir"]).valid[0]
    assert not valid[:, :15].any()
    assert valid[:, 17:].all()


def test_bands_come_in_the_order_asked_for(reader: SceneReader) -> None:
    box = reader.scene.geobox
    one, other = reader.read_warped(box, ["nir", "blue"]), reader.read_warped(box, ["blue", "nir"])
    assert np.array_equal(one.data, other.data[::-1])


@pytest.mark.parametrize("size", [1, 16, 31, 128, 4096])
def test_a_scene_is_shrunk_to_a_size_and_never_enlarged(reader: SceneReader, size: int) -> None:
    got = reader.read_small(size, ["red"])
    assert max(got.data.shape[1:]) == min(size, 128)
    assert got.valid.all()


def test_turned_and_in_another_crs_the_values_stay_those_of_the_scene(reader: SceneReader) -> None:
    whole = reader.read_small(4096, ["nir"]).data
    web = reader.scene.geobox.to_crs("EPSG:3857")
    got = reader.read_warped(web, ["nir"], smooth="nearest")
    assert 0.5 < got.valid.mean() <= 1
    assert np.isin(got.data[got.valid], whole).all()
