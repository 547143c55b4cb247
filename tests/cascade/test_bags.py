"""mi-SVM: what people said never changes, each positive bag keeps a positive child."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.cascade.bags import Fitted, fit_bags


class Nearest:
    """The middle of positives against the middle of negatives."""

    def __init__(self, rows: np.ndarray, there: np.ndarray) -> None:
        yes, no = rows[there].mean(axis=0), rows[~there].mean(axis=0) if (~there).any() else np.zeros(rows.shape[1])
        self.direction, self.middle = yes - no, (yes + no) / 2

    def decide(self, Z: np.ndarray) -> np.ndarray:
        return np.asarray((Z - self.middle) @ self.direction, np.float32)


@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(0, 12), st.booleans())
@settings(max_examples=30)
def test_answers_stand_and_no_bag_is_left_empty(seed: int, bags: int, answered: int, inherit: bool) -> None:
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(4 * bags + 6, 5)).astype(np.float32)
    known = np.zeros(len(Z), np.int8)
    at = rng.choice(len(Z), min(answered, len(Z)), replace=False)
    known[at] = rng.choice([-1, 1], len(at))
    each = [np.arange(4 * i, 4 * i + 4) for i in range(bags)]
    found = fit_bags(Z, known, each, Nearest, inherit=inherit)
    assert isinstance(found, Fitted) or not (known > 0).any()
    if found is None:
        assert all((known[bag] < 0).all() for bag in each)
        return
    assert (found.sign[known != 0] == known[known != 0]).all()
    for bag in each:
        if not (known[bag] < 0).all():
            assert (found.sign[bag] > 0).any()
            assert (found.sign[bag] != 0).all()
    outside = np.setdiff1d(np.arange(len(Z)), np.concatenate(each))
    assert (found.sign[outside] == known[outside]).all()


def test_children_without_the_class_are_found_in_their_bags() -> None:
    rng = np.random.default_rng(0)
    truth = np.zeros(80, bool)
    truth[::4] = True  # one of four in each bag
    Z = (np.where(truth, 1.0, -1.0)[:, None] * [1, 1, 0] + rng.normal(0, 0.3, (80, 3))).astype(np.float32)
    known = np.zeros(80, np.int8)
    known[1:60:4] = -1
    found = fit_bags(Z, known, [np.arange(4 * i, 4 * i + 4) for i in range(20)], Nearest)
    assert found is not None
    right = ((found.sign > 0) == truth).mean()
    plain = fit_bags(Z, known, [np.arange(4 * i, 4 * i + 4) for i in range(20)], Nearest, inherit=True)
    assert plain is not None
    assert right > 0.95
    assert ((plain.sign > 0) == truth).mean() < 0.5


def test_nothing_positive_teaches_nothing() -> None:
    assert fit_bags(np.ones((3, 2), np.float32), np.array([-1, 0, 0], np.int8), [], Nearest) is None
