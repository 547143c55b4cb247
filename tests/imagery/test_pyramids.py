"""Overviews of files that have none: means of what is data, made once, and done without where they cannot be kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from madelake import TIME, lake_like_image, write_scene
from odc.geo.geobox import GeoBox

from groundset.imagery import SceneReader, open_source
from groundset.imagery.pyramids import _means
from groundset.imagery.scene import Scene

NAMES = ["blue", "green", "red", "nir"]
SIDE = 1040


def small(reader: SceneReader) -> np.ndarray:
    return reader.read_small(SIDE // 8, ["nir"]).data


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    path = write_scene(tmp_path / "s.tif", lake_like_image(SIDE, SIDE)[0])
    return open_source(str(path), bands=NAMES, time=TIME, scene_id="s")[0]


def test_a_copy_is_made_once_and_anew_for_another_file(scene: Scene, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with SceneReader(scene, cache=cache) as reader:
        first = small(reader)
        (kept,) = (cache / "overviews").iterdir()
        written = kept.stat().st_mtime_ns
        assert np.array_equal(small(reader), first)
    assert kept.stat().st_mtime_ns == written
    write_scene(tmp_path / "s.tif", lake_like_image(SIDE, SIDE, 2)[0])
    with SceneReader(scene, cache=cache) as reader:
        assert not np.array_equal(small(reader), first)
    assert len(list((cache / "overviews").iterdir())) == 2


def test_where_it_cannot_be_kept_the_file_itself_is_read(scene: Scene, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "overviews").write_text("not a folder")
    with SceneReader(scene, cache=cache) as reader, SceneReader(scene) as plain:
        assert np.array_equal(small(reader), small(plain))


def test_what_is_finer_is_read_from_the_file(scene: Scene, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    box: GeoBox = scene.geobox[:64, :64]
    with SceneReader(scene, cache=cache) as reader:
        reader.read_warped(box, ["nir"])
    assert not (cache / "overviews").exists()


@pytest.mark.parametrize(("nodata", "corner"), [(None, 3), (0.0, 6)])
def test_means_are_of_what_is_data(nodata: float | None, corner: int) -> None:
    values = np.array([[0, 4, 0], [0, 8, 0], [9, 9, 0]], np.uint16)
    assert _means(values, nodata, nodata, 2).tolist() == [[corner, 0], [9, 0]]


def test_a_mean_of_data_is_never_nodata() -> None:
    values = np.array([[-1, 1], [1, -1]], np.int16)
    assert _means(values, 0.0, 0.0, 2).tolist() == [[1]]
