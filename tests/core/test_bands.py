from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundset.core import Band, BandSet, GroundsetError, InputError, MissingError, Progress, Step

RED = Band("B04", "red", scale=1e-4, offset=-0.1, nodata=0, dtype="uint16", sensor="s2")
NIR = Band("B08", "nir", scale=1e-4, offset=-0.1, nodata=0, dtype="uint16", sensor="s2")
VV = Band("vv", "vv", dtype="float32", sensor="s1")
BANDS = BandSet((RED, NIR, VV))


def test_bands_are_found_by_name_and_common_name() -> None:
    assert (BANDS.index("B08"), BANDS.index("nir"), BANDS.find("vv"), BANDS.find("blue")) == (1, 1, 2, None)
    assert BANDS.select(["vv", "red"]).names == ("vv", "B04")
    assert BANDS.dtype == np.float32
    with pytest.raises(MissingError, match=r"asked: B05. found: B04, B08, vv. did you mean B0[48]\?"):
        BANDS.index("B05")
    with pytest.raises(InputError, match=r"band names must differ. found: B04"):
        BandSet((RED, RED))


def test_valid_pixels_and_what_no_sensor_covers() -> None:
    stored = np.array([[[0, 5, 0]], [[3, 5, 0]], [[1, np.nan, np.nan]]], np.float32)
    valid = BANDS.valid(stored)
    assert valid[:, 0].tolist() == [[False, True, False], [True, True, False], [True, False, False]]
    assert BANDS.nodata(valid)[0].tolist() == [False, False, True]


@given(st.integers(0, 65535), st.floats(-1, 1), st.sampled_from([1.0, 1e-4, 0.0000275]))
def test_physical_values(stored: int, offset: float, scale: float) -> None:
    bands = BandSet((Band("b", scale=scale, offset=offset, nodata=7, dtype="uint16"),))
    out = bands.to_physical(np.full((1, 1, 1), stored, np.uint16))
    assert out.dtype == np.float32
    assert np.isnan(out[0, 0, 0]) if stored == 7 else out[0, 0, 0] == pytest.approx(stored * scale + offset, abs=1e-2)


def test_errors_print_what_was_asked_and_found() -> None:
    error = GroundsetError("no such thing.", asked=3, found="two", hint="take 2")
    assert str(error) == "no such thing. asked: 3. found: two. take 2."
    assert (error.asked, error.found) == ("3", "two")


def test_progress_tells_rate_and_time_to_go() -> None:
    told: list[Step] = []
    progress = Progress("cutting", 4, listener=told.append)
    for _ in range(4):
        progress.advance()
    assert (told[-1].done, told[-1].total, told[-1].to_go, told[-1].unit) == (4, 4, 0.0, "chips")
    Progress("silent").advance(5)
