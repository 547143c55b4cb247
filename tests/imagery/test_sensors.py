"""Sensors, bands, and what is never guessed."""

from __future__ import annotations

import numpy as np
import pytest

from groundset.core import InputError, MissingError
from groundset.imagery import SENSORS, get_sensor
from groundset.imagery.radar import backscatter_unit, proven_unit, split_unit
from groundset.imagery.sensors import check_calibrated, common_names


def test_every_sensor_of_the_contract() -> None:
    names = "sentinel-2-l1c sentinel-2-l2a sentinel-1-grd landsat-5 landsat-7 landsat-8 landsat-9 naip"
    assert set(SENSORS) == set(names.split())
    for sensor in SENSORS.values():
        assert all(b.common_name for b in sensor.bands)
        assert set(sensor.native_order) <= set(sensor.bands.names)


def test_native_order_of_sentinel_2() -> None:
    l1c = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"]
    assert list(SENSORS["sentinel-2-l1c"].native_order) == l1c
    assert list(SENSORS["sentinel-2-l2a"].native_order) == [b for b in l1c if b != "B10"]
    assert SENSORS["sentinel-2-l2a"].bands[0].scale == 0.0001


def test_landsat_scale_and_offset_are_collection_2() -> None:
    landsat = SENSORS["landsat-9"]
    assert (landsat.band("B4").scale, landsat.band("SR_B4").offset) == (0.0000275, -0.2)
    assert (landsat.band("ST_B10").scale, landsat.band("B10").unit) == (0.00341802, "K")


@pytest.mark.parametrize("spelling", ["B04", "B4", "b4", "red", "B4, central wavelength 665 nm"])
def test_spellings_of_a_band(spelling: str) -> None:
    assert SENSORS["sentinel-2-l2a"].band(spelling).name == "B04"


def test_an_unknown_band_names_the_nearest() -> None:
    with pytest.raises(MissingError, match="did you mean B8A"):
        SENSORS["sentinel-2-l2a"].band("B8B")


def test_an_unknown_sensor_names_the_nearest() -> None:
    with pytest.raises(MissingError, match="did you mean sentinel-2-l2a"):
        get_sensor("sentinel2-l2a")


def test_common_names_only_where_no_sensor_disagrees() -> None:
    assert common_names(["B02", "B08", "B11"]) == ("blue", "nir", "swir16")
    assert common_names(["SR_B2", "SR_B5", "SR_B6"]) == ("blue", "nir08", "swir16")
    assert common_names(["B2", "B3"]) == (None, None)  # Landsat 5 says green, Landsat 8 and Sentinel-2 say blue
    assert common_names(["red", "VV", "height"]) == ("red", "vv", None)


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
def test_uncalibrated_radar_is_refused_with_the_reason(dtype: str) -> None:
    with pytest.raises(InputError, match="without calibration") as caught:
        check_calibrated(SENSORS["sentinel-1-grd"], dtype, None, "s1.tif")
    assert dtype in str(caught.value)
    check_calibrated(SENSORS["sentinel-1-grd"], dtype, "dB", "s1.tif")
    check_calibrated(SENSORS["sentinel-2-l2a"], dtype, None, "s2.tif")


def test_units_of_backscatter() -> None:
    assert backscatter_unit("dB") == backscatter_unit("decibels") == "dB"
    assert backscatter_unit("m") is None
    assert split_unit("vv:dB") == ("vv", "dB")
    assert split_unit("vv:linear") == ("vv", "linear")
    assert split_unit("a:b") == ("a:b", None)
    with pytest.raises(InputError, match="vv:dB or vv:linear"):
        split_unit("vv:volts")


def test_a_unit_is_taken_from_values_only_where_they_prove_it() -> None:
    assert proven_unit(np.array([-12.0, -9.5, -20.0, 1.0]), "s1.tif") == "dB"
    for undecided in (np.array([0.01, 0.2, 0.05]), np.array([]), np.array([-0.001, 0.1, 0.2])):
        with pytest.raises(InputError, match="in dB or linear"):
            proven_unit(undecided, "s1.tif")
