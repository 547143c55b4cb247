"""A level learned: what is known before makes it cheaper and changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groundset.cascade.level import Pool, learn


@pytest.fixture(scope="module")
def pool() -> Pool:
    """100 bags of four, of which half have one child with the class; some children and coarser chips are answered."""
    rng = np.random.default_rng(0)
    there = np.zeros(400, bool)
    there[:200:4] = True
    Z = rng.normal(size=(400, 24)).astype(np.float32)
    Z[there] += 1
    sign = np.zeros(400, np.int8)
    asked = rng.choice(400, 120, replace=False)
    sign[asked] = np.where(there[asked], 1, -1)
    bags = [np.arange(4 * i, 4 * i + 4) for i in range(50)]
    return Pool(Z, sign, np.arange(400) // 4, bags, rng.normal(size=(10, 24)).astype(np.float32))


def test_finds_the_class_and_ranks_what_it_did_not_learn_from(pool: Pool) -> None:
    learned = learn(pool)
    there = np.arange(400) % 4 == 0
    there[200:] = False
    assert learned.meaning == "score"
    assert np.median(np.argsort(learned.order)[there]) > 330
    assert len(learned.held) == (pool.sign > 0).sum()
    assert learned.threshold(0.9).enough
    below, score = learned.cut(learned.threshold(0.9))
    assert score is not None
    assert there[below].mean() < 0.1


def test_what_was_found_before_is_used_and_changes_nothing(pool: Pool) -> None:
    first = learn(pool)
    again = learn(pool, background=first.background)
    assert again.background is first.background
    assert (again.decisions == first.decisions).all()
    assert (again.held == first.held).all()


def test_positive_chips_alone_are_a_likeness(pool: Pool) -> None:
    few = replace(pool, sign=np.maximum(pool.sign, 0), negative=pool.negative[:0])
    learned = learn(few)
    assert learned.meaning == "similarity"
    assert not learned.threshold(0.9).enough
    assert learn(replace(few, sign=np.zeros(400, np.int8), bags=[])).meaning == "none"
