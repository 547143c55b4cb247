from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from groundset.core import InputError
from groundset.core.rle import Rle, bbox_of

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9))


def by_hand(mask):
    """COCO's uncompressed counts with a plain loop."""
    counts, last, run = [], False, 0
    for col in range(mask.shape[1]):
        for row in range(mask.shape[0]):
            if bool(mask[row, col]) != last:
                counts.append(run)
                last, run = not last, 0
            run += 1
    return [*counts, run]


@given(MASKS)
def test_runs_are_cocos_and_come_back(mask):
    rle = Rle.of(mask)
    assert list(rle.counts) == by_hand(mask)
    assert np.array_equal(rle.mask(), mask)
    assert rle.area == mask.sum()
    assert Rle.from_dict(rle.to_dict()) == rle


@given(MASKS, st.tuples(*[st.integers(0, 4)] * 4))
def test_runs_of_a_box_are_those_of_the_image(mask, around):
    left, top, right, bottom = around
    whole = np.pad(mask, ((top, bottom), (left, right)))
    assert Rle.within(mask, (left, top), whole.shape) == Rle.of(whole)
    assert list(Rle.of(whole).counts) == by_hand(whole)


def test_a_box_beyond_the_image_is_refused():
    with pytest.raises(InputError, match="beyond the image"):
        Rle.within(np.ones((2, 2), bool), (3, 0), (4, 4))


@given(MASKS)
def test_pycocotools_reads_the_same(mask):
    coco = pytest.importorskip("pycocotools.mask")
    packed = coco.frPyObjects(Rle.of(mask).to_dict(), *mask.shape)
    assert np.array_equal(coco.decode(packed).astype(bool), mask)


@given(MASKS)
def test_the_box_is_the_smallest(mask):
    x, y, width, height = bbox_of(mask)
    inside = np.zeros_like(mask)
    inside[y : y + height, x : x + width] = True
    assert not (mask & ~inside).any()
    if mask.any():
        assert all(side.any() for side in (mask[y], mask[y + height - 1], mask[:, x], mask[:, x + width - 1]))
    else:
        assert (x, y, width, height) == (0, 0, 0, 0)


@given(st.one_of(st.none(), st.integers(), st.lists(st.integers()), st.dictionaries(st.text(), st.integers())))
def test_what_is_no_encoding_is_refused(data):
    with pytest.raises(InputError, match="no run-length encoding"):
        Rle.from_dict(data)


@pytest.mark.parametrize(
    "data",
    [
        {"size": [2, 2], "counts": [3]},
        {"size": [2, 2], "counts": [-1, 5]},
        {"size": [2, 2], "counts": "PPYo0"},
        {"size": [2, True], "counts": [2]},
        {"size": [-2, -2], "counts": [4]},
        {"size": [1 << 20, 1 << 20], "counts": [1 << 40]},
    ],
)
def test_runs_that_do_not_fit_are_refused(data):
    with pytest.raises(InputError):
        Rle.from_dict(data)


def test_no_pixels():
    assert Rle.of(np.zeros((0, 3), bool)).counts == ()
    assert Rle.of(np.ones((2, 1), bool)).counts == (0, 2)
