"""Raster files as scenes: real ones, and every way of naming bands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from groundset.core import InputError, MissingError, Window
from groundset.imagery import SceneReader, open_source

S2 = "sen1floods11_sample/sample/S2/Spain_7370579_S2Hand.tif"
S1 = "sen1floods11_sample/sample/S1/Spain_7370579_S1Hand.tif"
BOADELLA = "boadella/Boadella_2020-01-13.tif"
NAIP = "naip_landsat/m_4709963_se_14_1_20100629.tif"


def write(path: Path, data: np.ndarray, *, crs: str | None = "EPSG:32631", names: tuple[str, ...] = (), **more) -> str:
    profile = {"driver": "GTiff", "count": data.shape[0], "height": data.shape[1], "width": data.shape[2]}
    profile |= {"dtype": data.dtype, "crs": crs, "transform": rasterio.Affine(10, 0, 500000, 0, -10, 4600000)}
    tags = {k: more.pop(k) for k in ("scales", "offsets", "units", "colorinterp") if k in more}
    with rasterio.open(path, "w", **profile | more) as ds:
        ds.write(data)
        ds.descriptions = names or ds.descriptions
        for key, value in tags.items():
            setattr(ds, key, value)
    return str(path)


def ones(bands: int, dtype: str = "uint16") -> np.ndarray:
    return np.ones((bands, 16, 16), dtype)


def test_real_sentinel_2_by_its_descriptions(data_dir: Path) -> None:
    (scene,) = open_source(data_dir / S2, sensor="sentinel-2-l1c")
    assert scene.bands.names[8] == "B8A"
    assert scene.bands.find("swir16") == 11
    with SceneReader(scene) as reader:
        pixels = reader.read(Window(100, 100, 64, 64))
    assert pixels.data.dtype == np.int16
    assert 0 < np.nanmedian(pixels.physical()) < 1
    assert pixels.valid_fraction == 1.0


def test_real_radar_proves_that_it_is_in_db(data_dir: Path) -> None:
    (scene,) = open_source(data_dir / S1, sensor="sentinel-1-grd")
    assert scene.bands.names == ("vv", "vh")
    assert [b.unit for b in scene.bands] == ["dB", "dB"]
    (stated,) = open_source(data_dir / S1, sensor="sentinel-1-grd", bands=["vh:dB"])
    assert stated.bands.names == ("vh",)
    assert stated.sources[0][0].index == 2


def test_real_file_without_descriptions_in_native_order(data_dir: Path) -> None:
    (scene,) = open_source(data_dir / BOADELLA, sensor="sentinel-2-l2a", time="2020-01-13T10:53:21Z")
    assert scene.bands.names[-2:] == ("B11", "B12")
    assert scene.id == "Boadella_2020-01-13"
    (selected,) = open_source(data_dir / BOADELLA, sensor="sentinel-2-l2a", bands=["B08", "B03"])
    assert [s[0].index for s in selected.sources] == [8, 3]


def test_another_count_than_the_sensors_is_an_error(data_dir: Path) -> None:
    with pytest.raises(InputError, match=r"12 bands; sentinel-2-l1c has 13"):
        open_source(data_dir / BOADELLA, sensor="sentinel-2-l1c")


def test_bare_bands_are_named_in_order_and_keep_scale_1(data_dir: Path) -> None:
    names = [f"B{i:02d}" for i in range(1, 9)] + ["B8A", "B09", "B11", "B12"]
    (scene,) = open_source(data_dir / BOADELLA, bands=names)
    assert scene.bands[11].common_name == "swir22"
    assert {b.scale for b in scene.bands} == {1.0}
    assert {b.nodata for b in scene.bands} == {None}
    with pytest.raises(InputError, match=r"asked: 2 names.*found: 12 bands"):
        open_source(data_dir / BOADELLA, bands=["B02", "B03"])


def test_nothing_said_nothing_guessed(data_dir: Path) -> None:
    (scene,) = open_source(data_dir / BOADELLA)
    assert scene.bands.names == tuple(f"b{i}" for i in range(1, 13))
    assert (scene.sensor, scene.datetime, scene.bands[0].common_name) == (None, None, None)


def test_naip(data_dir: Path) -> None:
    (scene,) = open_source(data_dir / NAIP, sensor="naip")
    assert scene.bands.names == ("red", "green", "blue", "nir")
    assert scene.geobox.crs.to_epsg() == 26914


def test_names_in_another_order_than_the_native_one_are_ambiguous(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", ones(4, "uint8"))
    with pytest.raises(InputError, match="do these names"):
        open_source(path, sensor="naip", bands=["nir", "red", "green", "blue"])


def test_a_fourth_band_marked_as_alpha_is_naips_infrared(tmp_path: Path) -> None:
    data = ones(4, "uint8")
    data[3, :8] = 0
    path = write(tmp_path / "a.tif", data)  # GDAL marks the fourth of four bytes as alpha
    (scene,) = open_source(path, sensor="naip")
    with SceneReader(scene) as reader:
        assert reader.read(Window(0, 0, 16, 16)).valid.all()
    assert len(open_source(path, bands=["r", "g", "b", "n"])[0].bands) == 4
    assert len(open_source(path)[0].bands) == 3


def test_a_sensor_and_names_for_a_file_of_another_count(tmp_path: Path) -> None:
    (scene,) = open_source(write(tmp_path / "a.tif", ones(2)), sensor="landsat-8", bands=["B5", "B6"])
    assert scene.bands[1].common_name == "swir16"
    assert scene.bands[1].scale == 0.0000275


def test_numbers_of_another_dtype_are_taken_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", ones(4, "float32"), names=("B02", "B03", "B04", "B08"))
    (scene,) = open_source(path, sensor="sentinel-2-l2a")
    assert {(b.scale, b.nodata) for b in scene.bands} == {(1.0, None)}


def test_the_files_own_scale_goes_first(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", ones(1), names=("B04",), scales=(0.0001,), offsets=(-0.1,), nodata=9)
    (scene,) = open_source(path, sensor="sentinel-2-l2a", time="2023-05-01T10:00:00Z")
    assert (scene.bands[0].scale, scene.bands[0].offset, scene.bands[0].nodata) == (0.0001, -0.1, 9.0)


def test_the_offset_of_baseline_4_is_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", ones(1), names=("B04",))
    with pytest.raises(InputError, match="offset of -1000"):
        open_source(path, sensor="sentinel-2-l2a", time="2023-05-01T10:00:00Z")


def test_a_flag_band_in_the_file_is_no_data_band(tmp_path: Path) -> None:
    data = ones(3)
    data[2] = 9
    (scene,) = open_source(write(tmp_path / "a.tif", data, names=("B04", "B08", "SCL")), sensor="sentinel-2-l2a")
    assert scene.bands.names == ("B04", "B08")
    with SceneReader(scene) as reader:
        assert (reader.read_reasons(Window(0, 0, 4, 4)) == 2).all()


def test_strange_descriptions_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", ones(2), names=("B04", "slope"))
    with pytest.raises(MissingError, match="slope"):
        open_source(path, sensor="sentinel-2-l2a")
    (scene,) = open_source(path, sensor="sentinel-2-l2a", bands=["red"])
    assert scene.bands.names == ("B04",)


@pytest.mark.parametrize(("sensor", "band"), [("sentinel-2-l2a", "B42"), ("sentinel-2-l2a", "B08")])
def test_unknown_band(tmp_path: Path, sensor: str, band: str) -> None:
    path = write(tmp_path / "a.tif", ones(1), names=("B04",))
    with pytest.raises(MissingError, match=band):
        open_source(path, sensor=sensor, bands=[band])


def test_raw_radar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without calibration"):
        open_source(write(tmp_path / "a.tif", ones(2), names=("VV", "VH")), sensor="sentinel-1-grd")


def test_radar_whose_unit_nobody_knows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", ones(2, "float32") * 0.1, names=("VV", "VH"))
    with pytest.raises(InputError, match="--bands vv:dB,vh:dB"):
        open_source(path, sensor="sentinel-1-grd")
    (scene,) = open_source(path, sensor="sentinel-1-grd", bands="vv:linear,vh:linear")
    assert scene.bands[0].unit == "linear"
    tagged = write(tmp_path / "b.tif", ones(1, "float32") * 0.1, names=("VV",), units=("dB",))
    assert open_source(tagged, sensor="sentinel-1-grd")[0].bands[0].unit == "dB"


def test_a_photo_is_a_scene_without_crs(tmp_path: Path) -> None:
    rgba = np.full((4, 20, 30), 200, np.uint8)
    rgba[3, :, :10] = 0
    folder = tmp_path / "garden"
    folder.mkdir()
    with rasterio.open(folder / "a.png", "w", driver="PNG", width=30, height=20, count=4, dtype="uint8") as ds:
        ds.write(rgba)
    (scene,) = open_source(folder / "a.png")
    assert (scene.photo, scene.geobox.crs, scene.group, len(scene.bands)) == (True, None, "garden", 3)
    assert [b.common_name for b in scene.bands] == ["red", "green", "blue"]
    with SceneReader(scene) as reader:
        pixels = reader.read(Window(0, 0, 30, 20))
    assert pixels.nodata[:, :10].all()
    assert not pixels.nodata[:, 10:].any()


def test_one_id_for_one_scene(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", ones(1))
    assert open_source(tmp_path / "a.tif", scene_id="field-7")[0].id == "field-7"
    write(tmp_path / "b.tif", ones(1))
    with pytest.raises(InputError, match="2 scenes"):
        open_source(tmp_path, scene_id="field-7")
