"""Folders: a file a band, a scene a file, photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from groundset.core import InputError, MissingError, Window
from groundset.imagery import SENSORS, Reason, SceneReader, open_source
from groundset.imagery.folder import split_band

STEM = "LC08_L2SP_198030_20200113_20200823_02_T1"
MTL = """GROUP = LANDSAT_METADATA_FILE
  GROUP = IMAGE_ATTRIBUTES
    SPACECRAFT_ID = "LANDSAT_8"
    DATE_ACQUIRED = 2020-01-13
    SCENE_CENTER_TIME = "10:35:12.3456780Z"
    CLOUD_COVER = 3.25
  END_GROUP = IMAGE_ATTRIBUTES
  PROCESSING_LEVEL = "{level}"
END_GROUP = LANDSAT_METADATA_FILE
END
"""


def band(path: Path, value: int, dtype: str = "uint16", gsd: float = 30, side: int = 20) -> None:
    profile = {"driver": "GTiff", "count": 1, "height": side, "width": side, "dtype": dtype, "crs": "EPSG:32631"}
    with rasterio.open(path, "w", **profile, transform=rasterio.Affine(gsd, 0, 500000, 0, -gsd, 4600000)) as ds:
        ds.write(np.full((1, side, side), value, dtype))


@pytest.fixture
def landsat(tmp_path: Path) -> Path:
    for i in range(1, 8):
        band(tmp_path / f"{STEM}_SR_B{i}.TIF", 10000 + i)
    band(tmp_path / f"{STEM}_ST_B10.TIF", 40000)
    band(tmp_path / f"{STEM}_SR_QA_AEROSOL.TIF", 1, "uint8")
    band(tmp_path / f"{STEM}_QA_PIXEL.TIF", 22280)
    (tmp_path / f"{STEM}_MTL.txt").write_text(MTL.format(level="L2SP"))
    return tmp_path


def test_a_landsat_scene_a_file_a_band(landsat: Path) -> None:
    (scene,) = open_source(landsat, sensor="landsat-8")
    assert scene.id == STEM
    assert scene.bands.names == ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B10")
    assert scene.cloud_cover == 3.25
    assert scene.datetime is not None
    assert scene.datetime.isoformat() == "2020-01-13T10:35:12.345678+00:00"
    with SceneReader(scene) as reader:
        pixels = reader.read(Window(0, 0, 5, 5), ["red", "lwir11"])
        assert np.allclose(pixels.physical()[0], 10004 * 0.0000275 - 0.2)
        assert np.allclose(pixels.physical()[1], 40000 * 0.00341802 + 149)
        assert (reader.read_reasons(Window(0, 0, 5, 5)) == Reason.CLOUD).all()


def test_metadata_that_contradicts(landsat: Path) -> None:
    with pytest.raises(InputError, match="landsat-8"):
        open_source(landsat, sensor="landsat-9")
    (landsat / f"{STEM}_MTL.txt").write_text(MTL.format(level="L1TP"))
    with pytest.raises(InputError, match="L1TP"):
        open_source(landsat, sensor="landsat-8")


def test_bands_of_two_resolutions_on_the_finest_grid(tmp_path: Path) -> None:
    band(tmp_path / "T31_B04_10m.tif", 7, gsd=10, side=40)
    band(tmp_path / "T31_B11_20m.tif", 9, gsd=20, side=20)
    (scene,) = open_source(tmp_path)
    assert scene.bands.names == ("B04", "B11")
    assert [b.common_name for b in scene.bands] == ["red", "swir16"]
    assert tuple(scene.geobox.shape) == (40, 40)
    with SceneReader(scene) as reader:
        pixels = reader.read(Window(-2, 3, 20, 20))
    assert pixels.data[1, :, 2:].tolist() == np.full((20, 18), 9).tolist()
    assert not pixels.valid[:, :, :2].any()
    with pytest.raises(MissingError, match="B08"):
        open_source(tmp_path, sensor="sentinel-2-l2a", bands=["B04", "B08"])


def test_bands_that_do_not_overlap(tmp_path: Path) -> None:
    band(tmp_path / "a_B04.tif", 7)
    profile = {"driver": "GTiff", "count": 1, "height": 9, "width": 9, "dtype": "uint16", "crs": "EPSG:32631"}
    with rasterio.open(tmp_path / "a_B08.tif", "w", **profile, transform=rasterio.Affine(9, 0, 9, 0, -9, 9)) as ds:
        ds.write(np.ones((1, 9, 9), "uint16"))
    with pytest.raises(InputError, match="do not overlap"):
        open_source(tmp_path)


def test_files_that_name_no_band_are_scenes_of_their_own(tmp_path: Path) -> None:
    band(tmp_path / "ndvi_2020.tif", 7)
    band(tmp_path / "ndvi_2021.tif", 7)
    assert [s.id for s in open_source(tmp_path)] == ["ndvi_2020", "ndvi_2021"]


def test_real_folder_of_chips_in_class_folders(data_dir: Path) -> None:
    root = data_dir / "eurosat_ms100_stac/data/EuroSAT/data/subset/ds/images/remote_sensing/otherDatasets/sentinel_2"
    scenes = open_source(root / "tif", sensor="sentinel-2-l1c")
    assert len({s.id for s in scenes}) == 100
    assert {s.group for s in scenes} == {None}  # they have a CRS: they are split by place


def test_photos_of_a_folder_are_one_group(tmp_path: Path) -> None:
    for site in ("north", "south"):
        (tmp_path / site).mkdir()
        with rasterio.open(
            tmp_path / site / "1.jpg", "w", driver="JPEG", width=8, height=8, count=3, dtype="uint8"
        ) as ds:
            ds.write(np.full((3, 8, 8), 99, np.uint8))
    scenes = open_source(tmp_path)
    assert [(s.id, s.group, s.photo) for s in scenes] == [("north-1", "north", True), ("south-1", "south", True)]


@given(st.sampled_from(SENSORS["landsat-8"].bands.names), st.from_regex(r"[A-Z][A-Za-z0-9]{1,8}", fullmatch=True))
def test_a_band_is_found_behind_any_prefix(name: str, prefix: str) -> None:
    assert split_band(f"{prefix}_x9x_{name}", SENSORS["landsat-8"], None) == (f"{prefix}_x9x", name)
