"""Formulas over bands: the cases that the page is held to as well, arrays, and whatever may be typed."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundset.chips.expression import ExpressionError, find_band, parse, quote_band
from groundset.core import Band, BandSet

CASES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "support" / "expressions.json").read_text())
BANDS = BandSet(tuple(Band(b["name"], b["common_name"]) for b in CASES["bands"]))


@pytest.mark.parametrize("case", CASES["values"], ids=lambda c: c["text"].strip())
def test_values_are_the_pages(case: dict[str, Any]) -> None:
    pixel = {i: np.array([v], np.float32) for i, v in enumerate(CASES["pixel"])}
    (value,) = parse(case["text"], BANDS).at(pixel).tolist()
    assert value == pytest.approx(np.nan if case["value"] is None else case["value"], rel=1e-5, nan_ok=True)


@pytest.mark.parametrize("case", CASES["errors"], ids=lambda c: c["text"][:24])
def test_mistakes_are_pointed_at(case: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError) as told:
        parse(case["text"], BANDS)
    assert (told.value.at, told.value.length) == (case["at"], case["length"])
    assert case["says"] in told.value.said
    assert f"(column {case['at'] + 1})" in str(told.value)


def test_no_value_where_a_band_has_none() -> None:
    planes = {
        1: np.array([[0.2, np.nan], [0.2, 0.2]], np.float32),
        2: np.array([[0.6, 0.6], [-0.2, np.nan]], np.float32),
    }
    ndvi = parse("(nir - red) / (nir + red)", BANDS)
    assert ndvi.bands == (2, 1)
    assert ndvi.normalised
    found = ndvi.at(planes)
    assert (found.shape, found.dtype) == ((2, 2), np.float32)
    assert np.isnan(found).tolist() == [[False, True], [True, True]]
    assert not parse("nir / red", BANDS).normalised
    assert np.isnan(parse("nir ** 0", BANDS).at(planes)[1, 1])


def test_bands_go_by_name_before_common_name() -> None:
    bands = BandSet((Band("x", "red"), Band("red", "nir")))
    assert (find_band("red", bands), find_band("nir", bands), find_band("none", bands)) == (1, 1, None)
    assert [quote_band(n) for n in ("B02", "vv dB", 'a"b', "1x")] == ["B02", '"vv dB"', '`a"b`', '"1x"']


WORDS = [
    *"+-*/(),.e`{ ",
    "**",
    "nir",
    "red",
    "1",
    "2.5",
    "min",
    "sqrt",
    '"',
    "\u2603",
    "\\",
    "\n",
    "__class__",
    "lambda:",
]


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_whatever_is_typed_is_a_tree_or_a_pointed_mistake(bits: list[str]) -> None:
    text = "".join(bits)
    with contextlib.suppress(ExpressionError):
        assert set(parse(text, BANDS).bands) <= {1, 2}
        return
    with pytest.raises(ExpressionError) as told:
        parse(text, BANDS)
    assert 0 <= told.value.at <= len(text)
