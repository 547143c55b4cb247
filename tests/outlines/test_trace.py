"""Pixels into shapes, and back again exactly."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from groundset.core import InputError, LabelMask, Origin, Window
from groundset.outlines import Shape, Traced, rasterise, vectorise

CODES = st.sampled_from([0, 1, 7, 254, 255])


@st.composite
def masks(draw: st.DrawFn) -> LabelMask:
    shape = draw(array_shapes(min_dims=2, max_dims=2, max_side=14))
    classes = draw(arrays(np.uint8, shape, elements=CODES))
    origin = draw(arrays(np.uint8, shape, elements=st.integers(1, 6)))
    return LabelMask(classes, np.where(classes == 255, 0, origin).astype(np.uint8), np.full(shape, 255, np.uint8))


def as_shapes(traced: list[Traced]) -> list[Shape]:
    return [Shape(str(i), "s", "s_0_0_0", t.geometry, t.code, "polygon", t.origin) for i, t in enumerate(traced)]


@given(masks(), st.integers(0, 40), st.integers(0, 40))
def test_mask_to_shapes_to_mask_is_exact(mask: LabelMask, x: int, y: int) -> None:
    window = Window(x, y, mask.shape[1], mask.shape[0])
    by_class = vectorise(mask, offset=(x, y))
    assert all(one.geometry.is_valid for one in by_class)
    np.testing.assert_array_equal(rasterise(as_shapes(by_class), window).classes, mask.classes)
    again = rasterise(as_shapes(vectorise(mask, offset=(x, y), by_origin=True)), window)
    np.testing.assert_array_equal(again.classes, mask.classes)
    np.testing.assert_array_equal(again.origin, mask.origin)
    assert sum(one.pixels for one in by_class) == int(mask.labelled.sum())


def test_tiny_ones_go_first_and_shared_borders_stay_shared() -> None:
    y, x = np.mgrid[:60, :60]
    classes = np.where(np.hypot(x - 30, y - 30) < 20, 1, 0).astype(np.uint8)
    classes[2, 2] = 1
    origin = np.where(x < 25, 2, 1).astype(np.uint8)
    mask = LabelMask(classes, origin, np.where(x < 25, np.uint8(60), np.uint8(255)))
    exact = vectorise(mask)
    assert len(exact) == 3
    assert {(t.code, t.origin, t.score) for t in exact} == {(0, Origin.HUMAN, 0.6), (1, Origin.HUMAN, 0.6),
                                                            (1, Origin.MODEL, 0.6)}  # fmt: skip
    disc, rest = sorted(vectorise(mask, min_pixels=5, simplify=2), key=lambda t: -t.code)
    assert len(disc.geometry.exterior.coords) < 60
    assert disc.geometry.intersection(rest.geometry).area == pytest.approx(0)
    assert shapely.union_all([disc.geometry, rest.geometry]).area == pytest.approx(3600 - 1, abs=30)
    for simplify in (-1, float("nan"), float("inf")):
        with pytest.raises(InputError, match="below 0"):
            vectorise(mask, simplify=simplify)
    assert vectorise(LabelMask.empty((4, 4))) == []
