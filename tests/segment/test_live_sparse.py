"""A few pixels of a class speak for each place."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from groundset.segment.blocks import Places
from groundset.segment.live.sparse import CELL, ENOUGH, GROUND, MOST, STROKES, sparse


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 90), st.integers(-40, 90), st.integers(0, 2)), max_size=300),
    st.randoms(use_true_random=False),
)
def test_sparse_pixels_are_few_of_a_class_in_each_place(rows: list[tuple[int, ...]], chance: random.Random) -> None:
    ground, x, y, codes = np.array(rows, np.int64).reshape(-1, 4).T
    places = Places(ground, x, y)
    lots = np.array([chance.random() for _ in rows])
    kept = sparse(places, codes.astype(np.uint8), np.array([chance.random() < 0.5 for _ in rows], bool), lots)
    assert (np.diff(kept) > 0).all()
    cells: dict[tuple[int, ...], list[int]] = {}
    for i, cell in enumerate(zip(ground, y // CELL, x // CELL, codes, strict=True)):
        cells.setdefault(tuple(int(v) for v in cell), []).append(i)
    for members in cells.values():
        of_cell = sorted(set(members) & set(kept.tolist()), key=members.index)
        wanted = sorted(members, key=lambda i: (lots[i], i))[:MOST]
        assert sorted(of_cell) == sorted(wanted)


def test_strokes_say_less_of_a_class_once_segments_say_enough_of_it() -> None:
    """They lie where the model errs; where segments say nothing of a class they are all that there is."""
    n = 2 * ENOUGH
    codes = np.repeat([0, 1], n).astype(np.uint8)
    painted = np.ones(2 * n, bool)
    painted[:ENOUGH] = False  # of class 0
    away = np.where(painted & (codes == 0), GROUND, 0)
    x, zero = np.arange(2 * n) % CELL, np.zeros(2 * n, np.int64)
    lots = np.random.default_rng(0).random(2 * n)

    def kept(y: np.ndarray) -> list[int]:
        found = sparse(Places(zero, x, y), codes, painted, lots)
        assert (np.diff(found) > 0).all()
        return [int((codes[found] == c)[painted[found] == by].sum()) for c, by in ((0, False), (0, True), (1, True))]

    assert kept(away) == [MOST, STROKES, MOST]
    assert kept(zero) == [MOST, 0, MOST]
    painted[0] = True  # one fewer than enough
    assert sum(kept(zero)) == 2 * MOST
