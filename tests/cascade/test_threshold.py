"""The threshold of a level: what is promised holds, what cannot be promised is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from groundset.cascade.threshold import FEWEST, interval, needed, threshold, together

Ranks = st.lists(st.floats(0, 1), min_size=0, max_size=150)


@given(Ranks, st.floats(0.5, 1))
@settings(max_examples=40)
def test_too_few_positives_reject_nothing_and_enough_keep_what_was_asked(ranks: list[float], recall: float) -> None:
    drawn = threshold(ranks, recall)
    assert drawn.positives == len(ranks)
    assert drawn.low <= drawn.estimate <= drawn.high
    if len(ranks) < FEWEST:
        assert drawn.at is None
        assert drawn.estimate == 1
        assert "Until then everything goes on" in drawn.says()
        return
    assert drawn.at is not None
    assert (np.array(ranks) >= drawn.at).mean() == pytest.approx(drawn.estimate)
    assert drawn.estimate >= recall - 1 / len(ranks)
    assert ("cannot be promised" in drawn.says()) == (len(ranks) < needed(recall))


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=FEWEST, max_size=150), st.floats(0.5, 0.99), st.floats(0, 0.01))
def test_more_recall_never_cuts_higher(ranks: list[float], recall: float, more: float) -> None:
    low, high = threshold(ranks, recall).at, threshold(ranks, recall + more).at
    assert low is not None
    assert high is not None
    assert high <= low


def test_a_further_positive_is_kept_as_often_as_promised() -> None:
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(300):
        ranks = rng.beta(3, 1, 120)
        drawn = threshold(ranks[:-1], 0.95)
        assert drawn.at is not None
        kept.append(ranks[-1] >= drawn.at)
    assert np.mean(kept) >= 0.92


@pytest.mark.parametrize(("kept", "n"), [(0, 10), (10, 10), (29, 30), (57, 100)])
def test_the_interval_is_that_of_clopper_and_pearson(kept: int, n: int) -> None:
    exact = binomtest(kept, n).proportion_ci(0.95, method="exact")
    assert interval(kept, n) == pytest.approx((exact.low, exact.high))


def test_levels_together_multiply_and_are_less_sure() -> None:
    one = threshold(np.linspace(0.2, 1, 40), 0.95)
    both = together([one, one])
    assert both is not None
    assert both[0] == pytest.approx(one.estimate**2)
    assert both[1] < one.low**2
    assert together([threshold([], 0.99)]) is None


def test_ninety_nine_percent_needs_ninety_nine_positives() -> None:
    assert needed(0.99) == 99
    assert needed(0.95) == 19
