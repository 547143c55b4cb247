from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.core import Band, BandSet, InputError
from groundset.segment.features import FeatureSpec, band_keys, default_spec, live_spec, pixel_features, smoothed
from groundset.segment.indices import available

BANDS = BandSet(tuple(Band(n, n) for n in ("green", "red", "nir", "swir16")))


def image(rows: int, cols: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.01, 0.6, (4, rows, cols)).astype(np.float32)


def test_names_and_values() -> None:
    spec = default_spec([BANDS])
    data = image(20, 30)
    out = pixel_features(data, BANDS, spec)
    assert out.dtype == np.float32
    assert out.shape == (len(spec.names), 20, 30)
    by_name = dict(zip(spec.names, out, strict=True))
    green, red, nir, swir = data
    np.testing.assert_allclose(by_name["NDVI"], (nir - red) / (nir + red), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(by_name["MNDWI"], (green - swir) / (green + swir), rtol=1e-5, atol=1e-6)
    assert {"green@1", "NDWI@1", "edge(NDVI)@1"} <= set(spec.names)
    assert (by_name["edge(NDVI)@1"] >= 0).all()
    assert FeatureSpec.from_dict(spec.to_dict()) == spec


def test_the_shape_of_a_spectrum_forgets_how_bright_it_is() -> None:
    bands = BandSet((*BANDS, Band("vv", "vv")))
    spec = live_spec([bands])
    assert spec.shape == ("green", "red", "nir", "swir16")
    assert spec.names[-4:] == ("shape(green)", "shape(red)", "shape(nir)", "shape(swir16)")
    assert FeatureSpec.from_dict(spec.to_dict()) == spec
    data = np.concatenate([image(9, 7), np.full((1, 9, 7), -12.5, np.float32)])
    data[0, 0, 0] = data[4, 1, 1] = np.nan
    data[:4, 2, 2] = np.nan
    shape = pixel_features(data, bands, spec)[-4:]
    brighter = data * np.array([3, 3, 3, 3, 1], np.float32)[:, None, None]
    np.testing.assert_allclose(pixel_features(brighter, bands, spec)[-4:], shape, atol=1e-5)
    np.testing.assert_allclose(shape[0] - shape[1], np.log(data[0] / data[1]), atol=1e-5)
    np.testing.assert_allclose(np.nansum(shape, axis=0), 0, atol=1e-5)
    np.testing.assert_array_equal(np.isnan(shape), np.isnan(data[:4]))
    assert live_spec([BandSet(bands.bands[:2])]).shape == ()


def test_smoothing_is_scipys_gaussian() -> None:
    from scipy.ndimage import gaussian_filter

    data = image(25, 25)
    expected = np.stack([gaussian_filter(p, 1.0, mode="nearest", truncate=3.0) for p in data])
    np.testing.assert_allclose(smoothed(data, 1.0), expected, rtol=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 39), st.integers(0, 39), st.integers(8, 24))
def test_a_chip_read_with_its_halo_has_the_scenes_features(y: int, x: int, size: int) -> None:
    spec = default_spec([BANDS])
    halo = spec.halo
    rows, cols = 39 + 24 + 2 * halo, 39 + 24 + 2 * halo
    data = image(rows, cols)
    data[:, 20:24, 30:35] = np.nan
    whole = pixel_features(data, BANDS, spec)
    part = pixel_features(data[:, y : y + size + 2 * halo, x : x + size + 2 * halo], BANDS, spec)
    inner = part[:, halo:-halo, halo:-halo]
    np.testing.assert_allclose(inner, whole[:, y + halo : y + halo + size, x + halo : x + halo + size], atol=2e-4)


def test_nodata_does_not_spread() -> None:
    data = image(20, 20)
    data[:, 5:8, 5:8] = np.nan
    out = pixel_features(data, BANDS, default_spec([BANDS]))
    hole = np.zeros((20, 20), bool)
    hole[5:8, 5:8] = True
    assert np.isnan(out[:, hole]).all()
    assert np.isfinite(out[:, ~hole]).all()


def test_zero_over_zero_is_nan_not_a_warning() -> None:
    data = np.zeros((4, 6, 6), np.float32)
    spec = default_spec([BANDS])
    assert np.isnan(pixel_features(data, BANDS, spec)[spec.names.index("NDVI")]).all()


def test_bands_are_found_by_common_name_across_sensors() -> None:
    landsat = BandSet((Band("SR_B3", "green"), Band("SR_B4", "red"), Band("SR_B5", "nir08"), Band("SR_B1", "coastal")))
    sentinel = BandSet((Band("B03", "green"), Band("B04", "red"), Band("B08", "nir"), Band("B8A", "nir08")))
    spec = default_spec([sentinel, landsat])
    assert spec.bands == ("green", "red", "nir08")
    assert "NDVI" in spec.indices
    assert pixel_features(image(6, 6), landsat, spec).shape[0] == len(spec.names)


def test_two_bands_of_one_common_name_keep_their_own() -> None:
    assert band_keys(BandSet((Band("a", "red"), Band("b", "red"), Band("c", "nir")))) == ("a", "b", "nir")


def test_nothing_in_common_is_an_error_that_names_the_bands() -> None:
    with pytest.raises(InputError, match=r"no band in common.*vv.*red|no band in common.*red.*vv"):
        default_spec([BandSet((Band("vv", "vv"),)), BandSet((Band("red", "red"),))])


def test_a_lacking_band_is_named() -> None:
    with pytest.raises(InputError, match="swir16"):
        pixel_features(image(6, 6)[:3], BANDS.select(["green", "red", "nir"]), default_spec([BANDS]))


def test_indices_follow_the_bands() -> None:
    assert available(["red", "nir"]) == ("NDVI",)
    assert available(["vv", "vh", None]) == ()
