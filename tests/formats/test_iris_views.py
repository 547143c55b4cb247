"""Views and their formulas between IRIS and here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from groundset.chips import own_view
from groundset.chips.expression import parse
from groundset.core import Band, BandSet
from groundset.formats.iris.views import iris_view, translate_views

BANDS = BandSet((Band("B02", scale=0.0001, offset=-0.1, dtype="uint16"), Band("s1 vv"), Band("B04", dtype="uint16")))
FILES = {"S2": ["B02", "B04"], "S1": ["s1 vv"]}


def one(data: object, **more: object) -> dict[str, Any]:
    done = translate_views({"a view": {"data": data, **more}}, FILES, BANDS)
    assert not done.told, done.told
    return done.views["a-view"]


def test_formulas_are_over_stored_values_as_in_iris():
    said = one("$S2.B1**0.8*5 - log($S1.B1)", cmap="viridis", vmin=0, vmax=9)
    assert said == {
        "title": "a view",
        "expression": '(("B02" - -0.1) / 0.0001)**0.8*5 - log("s1 vv")'.replace('"B02"', "B02"),
        "ramp": "viridis",
        "range": [0.0, 9.0],
    }
    physical = {0: np.array([[0.2]], np.float32), 1: np.array([[2.0]], np.float32)}
    value = parse(said["expression"], BANDS).at(physical)
    assert value[0, 0] == pytest.approx(3000**0.8 * 5 - np.log(2), rel=1e-5)


def test_three_formulas_are_a_picture():
    assert one(["$S2.B2", "$S1.B1*1.5", "$S2.B2 - $S1.B1"])["expression"] == 'B04;"s1 vv"*1.5;B04 - "s1 vv"'


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ({"data": "edges($S2.B1)"}, 'no function "edges"'),
        ({"data": "superpixels($S2.B1, sigma=4)"}, "superpixels"),
        ({"data": "$S2.B3"}, "there is no band $S2.B3"),
        ({"data": "$B1"}, "there is no band $B1"),
        ({"data": "().__class__.__bases__[0]"}, "__class__"),
        ({"data": "__import__('os').system('true')"}, "__import__"),
        ({"data": "$S2.B1;$S2.B2"}, "no formula"),
        ({"data": "(" * 400 + "$S2.B1" + ")" * 400}, "longer"),
        ({"type": "bingmap"}, "bingmap"),
    ],
)
def test_what_is_no_formula_of_ours_is_told(view: dict[str, Any], words: str):
    done = translate_views({"v": view}, FILES, BANDS)
    assert not done.views
    assert len(done.told) == 1
    assert words in done.told[0], done.told


def test_names_that_are_taken_are_changed():
    done = translate_views(
        {"NDVI": {"data": "$S2.B1"}, "a b": {"data": "$S2.B1"}, "a-b": {"data": "$S2.B2"}}, FILES, BANDS
    )
    assert done.names == {"NDVI": "iris-NDVI", "a b": "a-b", "a-b": "a-b-2"}


@pytest.mark.parametrize(
    "formula",
    [
        "(B02 - B04) / (B02 + B04)", "-B02 ** 2", "sqrt(abs(B02 - B04))", "min(B02, B04, 0.15)", "clamp(B04, 0.1, 0.3)",
        "max(log10(B04), log2(B02))", "pow(B02, 3) + exp(B04)",
    ],
)  # fmt: skip
def test_our_formulas_say_the_same_in_iris(formula: str):
    view = iris_view(own_view("v", {"expression": formula}), FILES, BANDS)
    text = view["data"].replace("$S2.B1", "b2").replace("$S2.B2", "b4")
    assert set(text) <= set("b240123456789.e+-*/()logxp")  # only what is written below is run
    stored = np.array([3000.0, 1500.0]), np.array([0.25, 0.3])
    with np.errstate(all="ignore"):
        known = {"__builtins__": {}, "log": np.log, "exp": np.exp}
        theirs = eval(text, known, {"b2": stored[0], "b4": stored[1]})
    physical = {0: (stored[0] * 0.0001 - 0.1).astype(np.float32), 2: stored[1].astype(np.float32)}
    ours = parse(formula, BANDS).at(physical)
    np.testing.assert_allclose(np.nan_to_num(theirs, nan=-9), np.nan_to_num(ours, nan=-9), rtol=1e-4)


def test_a_band_alone_stays_as_it_is_stored_and_what_iris_lacks_is_refused():
    view = iris_view(own_view("v", {"expression": "B04;B02;B04"}), FILES, BANDS)
    assert view["data"] == ["$S2.B2", "$S2.B1", "$S2.B2"]
    with pytest.raises(Exception, match="no function floor"):
        iris_view(own_view("v", {"expression": "floor(B04)"}), FILES, BANDS)
