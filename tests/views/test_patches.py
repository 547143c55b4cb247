"""Patches of strokes: laid pixel by pixel, and never more memory than their window."""

from __future__ import annotations

import re
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from groundset.core import InputError, LabelMask, Origin
from groundset.taxonomy import WATER
from groundset.views.patches import RightError, allowed, laid, unpack

SHAPE = (12, 9)


def planes(
    height: int = 2, width: int = 3, *, there: int = 1, code: int = 1, origin: int = 1, sure: int = 255
) -> bytes:
    return bytes(np.stack([np.full((height, width), v, np.uint8) for v in (there, code, origin, sure)]).tobytes())


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_patch_is_laid_where_it_says_something_and_nowhere_else(data: st.DataObject) -> None:
    x, y = data.draw(st.integers(0, 8)), data.draw(st.integers(0, 11))
    size = (data.draw(st.integers(1, 12 - y)), data.draw(st.integers(1, 9 - x)))

    def drawn(values: list[int], shape: tuple[int, int] = size) -> np.ndarray:
        return data.draw(hnp.arrays(np.uint8, shape, elements=st.sampled_from(values)))

    there, classes, origin, sure = drawn([0, 1]), drawn([0, 1, 255]), drawn([0, 1, 2, 3]), drawn([0, 100, 255])
    classes[origin == 0] = 255
    layer = LabelMask(drawn([0, 1], SHAPE), drawn([1, 2], SHAPE), drawn([50, 255], SHAPE))
    before = [layer.classes.copy(), layer.origin.copy(), layer.confidence.copy()]
    patch = unpack(zlib.compress(np.stack([there, classes, origin, sure]).tobytes()), (x, y, size[1], size[0]), SHAPE, WATER)  # fmt: skip  # noqa: E501
    out = laid(patch, layer)
    assert patch.stands(out)
    for i in range(12):
        for j in range(9):
            inside = y <= i < y + size[0] and x <= j < x + size[1] and there[i - y, j - x] == 1
            said = (origin[i - y, j - x], classes[i - y, j - x]) if inside else (before[1][i, j], before[0][i, j])
            assert (out.origin[i, j], out.classes[i, j]) == said
            if inside and not origin[i - y, j - x]:
                assert out.confidence[i, j] == 255
    assert all(map(np.array_equal, before, (layer.classes, layer.origin, layer.confidence)))


@pytest.mark.parametrize(
    ("data", "window", "message"),
    [
        (zlib.compress(planes()), (7, 0, 3, 2), "not inside of the chip"),
        (zlib.compress(planes()), (0, 11, 3, 2), "not inside of the chip"),
        (zlib.compress(planes()), (-1, 0, 3, 2), "not inside of the chip"),
        (zlib.compress(planes()), (0, 0, 0, 2), "not inside of the chip"),
        (zlib.compress(planes()), (0, 0, 2**31, 2**31), "not inside of the chip"),
        (b"no zlib", (0, 0, 3, 2), "a patch is zlib data"),
        (b"", (0, 0, 3, 2), "4 planes of its window"),
        (zlib.compress(planes())[:-4], (0, 0, 3, 2), "4 planes of its window"),
        (zlib.compress(planes()) + b"x", (0, 0, 3, 2), "4 planes of its window"),
        (zlib.compress(planes(3, 3)), (0, 0, 3, 2), "found: more"),
        (zlib.compress(planes(1, 3)), (0, 0, 3, 2), "found: 12 bytes"),
        (zlib.compress(bytes(1 << 24), 9), (0, 0, 3, 2), "larger than its window"),
        (zlib.compress(bytes(1 << 21), 9), (0, 0, 3, 2), "found: more"),
        (zlib.compress(planes(there=2)), (0, 0, 3, 2), "0 or 1"),
        (zlib.compress(planes(code=77)), (0, 0, 3, 2), "77"),
        (zlib.compress(planes(origin=9)), (0, 0, 3, 2), "unknown origin"),
        (zlib.compress(planes(origin=0)), (0, 0, 3, 2), "needs an origin"),
        (zlib.compress(planes(sure=101)), (0, 0, 3, 2), "0 to 100 percent"),
    ],
)
def test_mistakes_are_named(data: bytes, window: tuple[int, int, int, int], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        unpack(data, window, SHAPE, WATER)


def test_whose_pixels_are_whose() -> None:
    label = LabelMask.of(np.full(SHAPE, 1, np.uint8), Origin.CONSENSUS)
    same = unpack(zlib.compress(planes(origin=Origin.CONSENSUS)), (0, 0, 3, 2), SHAPE, WATER)
    other = unpack(zlib.compress(planes(origin=Origin.CONSENSUS, code=0)), (0, 0, 3, 2), SHAPE, WATER)
    flags = unpack(zlib.compress(planes(origin=Origin.PRODUCT)), (0, 0, 3, 2), SHAPE, WATER)
    assert not allowed(same, may_review=False, label=lambda: label).there.any()
    assert not allowed(flags, may_review=True, label=lambda: label).there.any()
    assert allowed(other, may_review=True, label=lambda: label).there.all()
    with pytest.raises(RightError, match="for reviewers to say"):
        allowed(other, may_review=False, label=lambda: label)
