from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from groundset.core import PRECEDENCE, InputError, LabelMask, Origin, merge

SHAPE = (3, 4)


def plane(low: int, high: int) -> st.SearchStrategy[np.ndarray]:  # type: ignore[type-arg]
    return hnp.arrays(np.uint8, SHAPE, elements=st.integers(low, high))


@st.composite
def masks(draw: st.DrawFn) -> LabelMask:
    classes = draw(hnp.arrays(np.uint8, SHAPE, elements=st.sampled_from([0, 1, 255])))
    return LabelMask(
        classes, draw(plane(0, 6)), draw(st.sampled_from([60, 255]).flatmap(lambda top: plane(top - 55, top)))
    )


@given(st.lists(masks(), max_size=5))
def test_each_pixel_goes_to_the_strongest_origin_then_the_latest(given_masks: list[LabelMask]) -> None:
    merged = merge(given_masks, SHAPE)
    for at in np.ndindex(SHAPE):
        said = [(m.origin[at], i, m) for i, m in enumerate(given_masks) if m.origin[at] != Origin.NONE]
        if not said:
            assert (merged.classes[at], merged.origin[at], merged.confidence[at]) == (255, 0, 255)
            continue
        _, _, best = min(said, key=lambda s: (PRECEDENCE.index(Origin(s[0])), not s[2].named[at], -s[1]))
        for name in ("classes", "origin", "confidence"):
            assert getattr(merged, name)[at] == getattr(best, name)[at]


@given(masks())
def test_count_leaves_unlabelled_pixels_out(mask: LabelMask) -> None:
    assert sum(mask.count().values()) == int(mask.labelled.sum())
    assert mask.count() == {c: int((mask.classes == c).sum()) for c in (0, 1) if (mask.classes == c).any()}


def test_a_mask_of_one_origin() -> None:
    classes = np.array([[0, 255]], np.uint8)
    mask = LabelMask.of(classes, Origin.MODEL, np.array([[60, 70]], np.uint8))
    assert (mask.origin.tolist(), mask.confidence.tolist()) == ([[2, 0]], [[60, 255]])
    assert LabelMask.of(classes, Origin.HUMAN).confidence.tolist() == [[255, 255]]


def test_a_segment_that_a_person_named_comes_before_one_of_a_model() -> None:
    named = LabelMask.of(np.ones((1, 2), np.uint8), Origin.REGION)
    scored = LabelMask.of(np.zeros((1, 2), np.uint8), Origin.REGION, np.array([[80, 100]], np.uint8))
    assert merge([named, scored], (1, 2)).classes.tolist() == [[1, 1]]
    assert merge([scored, named, scored], (1, 2)).classes.tolist() == [[1, 1]]


def test_masks_have_one_shape_and_type() -> None:
    good = np.zeros((2, 2), np.uint8)
    with pytest.raises(InputError, match="one shape"):
        LabelMask(good, good, np.zeros((2, 3), np.uint8))
    with pytest.raises(InputError, match="uint8"):
        LabelMask(good, good, good.astype(np.int16))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"chip must have its shape. asked: \(3, 4\). found: \(2, 2\)"):
        merge([LabelMask(good, good, good)], SHAPE)
