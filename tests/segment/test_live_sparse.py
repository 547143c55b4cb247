"""A few pixels of a class speak for each place."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from groundset.segment.blocks import Places
from groundset.segment.live.sparse import CELL, MOST, sparse


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 90), st.integers(-40, 90), st.integers(0, 2)), max_size=300),
    st.randoms(use_true_random=False),
)
def test_sparse_pixels_are_few_of_a_class_in_each_place(rows: list[tuple[int, ...]], chance: random.Random) -> None:
    ground, x, y, codes = np.array(rows, np.int64).reshape(-1, 4).T
    places = Places(ground, x, y)
    lots = np.array([chance.random() for _ in rows])
    kept = sparse(places, codes.astype(np.uint8), lots)
    assert (np.diff(kept) > 0).all()
    cells: dict[tuple[int, ...], list[int]] = {}
    for i, cell in enumerate(zip(ground, y // CELL, x // CELL, codes, strict=True)):
        cells.setdefault(tuple(int(v) for v in cell), []).append(i)
    for members in cells.values():
        of_cell = sorted(set(members) & set(kept.tolist()), key=members.index)
        wanted = sorted(members, key=lambda i: (lots[i], i))[:MOST]
        assert sorted(of_cell) == sorted(wanted)
