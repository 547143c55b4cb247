from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from groundset.core import InputError
from groundset.query.chips import Chips
from groundset.query.order import check_sort, highest_first, seen_first
from groundset.query.pins import check_keep, kept_first
from groundset.taxonomy import WATER

VALUES = hnp.arrays(np.float32, st.integers(0, 60), elements=st.floats(width=32, allow_infinity=False))


@given(values=VALUES, data=st.data())
def test_highest_first_then_by_position_then_those_without(values: np.ndarray, data: st.DataObject) -> None:
    kept = data.draw(st.none() | hnp.arrays(bool, len(values)))
    here = range(len(values)) if kept is None else np.flatnonzero(kept).tolist()
    wanted = sorted(here, key=lambda at: (bool(np.isnan(values[at])), -np.nan_to_num(values[at]), at))
    assert highest_first(values, kept).tolist() == wanted


def test_chips_without_data_come_last_in_the_same_order() -> None:
    chips = Chips({})
    order = np.array([4, 0, 3, 1, 2])
    assert seen_first(chips, order) is order
    chips.__dict__["empty"] = np.array([True, False, False, True, False])
    assert seen_first(chips, order).tolist() == [4, 1, 2, 0, 3]


def test_sorts_are_read() -> None:
    assert check_sort("similar:water", WATER) == check_sort("similar:1", WATER)
    assert check_sort("uncertain", WATER).code is None
    assert check_sort("typical", WATER).learned
    assert check_sort("random", None) == check_sort("random:0", None)
    for wrong in ("typical:water", "similarwater", "uncertain:"):
        with pytest.raises(InputError):
            check_sort(wrong, WATER)
    with pytest.raises(InputError, match="needs a task"):
        check_sort("similar:water")


@given(st.lists(st.integers(0, 30), unique=True), st.permutations(range(31)))
def test_what_is_kept_stands_first_and_nothing_twice(first: list[int], then: list[int]) -> None:
    out = kept_first(np.array(first, np.int64), np.array(then, np.int64), 31).tolist()
    assert out[: len(first)] == first
    assert sorted(out) == list(range(31))
    assert list(out[len(first) :]) == [at for at in then if at not in first]


def test_keep_is_read() -> None:
    assert check_keep("ab12-3:40") == ("ab12-3", 40)
    assert check_keep(None) is None
    for wrong in ("x", "x:", ":3", "x:-1", "x:y", "a b:3"):
        with pytest.raises(InputError, match="PIN:COUNT"):
            check_keep(wrong)
