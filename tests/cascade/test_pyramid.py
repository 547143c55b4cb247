"""The quadtree: the same chips as the grid cuts, and the same parents as ``make_level`` knows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.cascade.pyramid import Extent, Pyramid
from groundset.cascade.steps import from_runs, run_lengths
from groundset.core import ChipId, Grid
from groundset.core.window import EDGES


@given(st.sampled_from(EDGES), st.sampled_from([8, 16]), st.integers(16, 60), st.integers(16, 60), st.integers(16, 40))
@settings(max_examples=20)
def test_cells_are_the_grid_s_chips_and_lie_in_their_parents(
    edge: str, stride: int, width: int, height: int, other: int
) -> None:
    grid = Grid(16, stride, 3, edge)  # type: ignore[arg-type]
    pyramid = Pyramid(grid, [Extent("a", width, height), Extent("b_0", other, other)], (0, 1, 2))
    for number in (0, 1, 2):
        level = pyramid.level(number)
        for i, extent in enumerate(pyramid.extents):
            cells = pyramid.cells_of(number, i)
            there = list(zip(level.row[cells], level.col[cells], level.x[cells], level.y[cells], strict=True))
            want = [(r, c, w.x_off, w.y_off) for r, c, w in grid.windows(extent.width, extent.height, number)]
            assert there == want
        for cell in range(0, len(level), 7):
            assert pyramid.find(ChipId.parse(pyramid.chip_id(number, cell))) == cell
        if number:
            above, half, size = pyramid.level(number - 1), level.size / 2, 2 * level.size
            for child, parent in zip(level.child.tolist(), level.parent.tolist(), strict=True):
                assert level.scene[child] == above.scene[parent]
                assert above.x[parent] <= level.x[child] + half < above.x[parent] + size
                assert above.y[parent] <= level.y[child] + half < above.y[parent] + size


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_down_and_up_follow_the_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pyramid = Pyramid(Grid(16, levels=2), [Extent("a", 70, 50)], (0, 1))
    level = pyramid.level(1)
    chosen = rng.random(level.above) < 0.4
    down = level.down(chosen)
    assert (level.up(down) == chosen).all() or level.up(down)[chosen].all()
    every = level.all_up(down)
    assert (every == chosen).all()
    assert (
        set(level.children(int(np.flatnonzero(chosen)[0])).tolist()) <= set(np.flatnonzero(down))
        if chosen.any()
        else True
    )


@given(st.lists(st.booleans(), max_size=60))
def test_run_lengths_come_back(cells: list[bool]) -> None:
    mask = np.array(cells, bool)
    assert (from_runs(run_lengths(mask), len(mask)) == mask).all()


def test_runs_of_another_scene_size_reject_nothing() -> None:
    assert not from_runs([1, 2], 7).any()


def test_a_chip_of_another_scene_or_beyond_the_grid_is_no_cell() -> None:
    pyramid = Pyramid(Grid(16, levels=2), [Extent("a", 32, 32)], (0, 1))
    assert pyramid.find(ChipId("b", 0, 0, 0)) is None
    assert pyramid.find(ChipId("a", 0, 2, 0)) is None
    assert pyramid.find(ChipId("a", 5, 0, 0)) is None


@pytest.mark.parametrize("edge", ["drop"])
def test_chips_that_no_coarser_chip_holds_have_no_parent(edge: str) -> None:
    pyramid = Pyramid(Grid(16, levels=2, edge=edge), [Extent("a", 40, 16)], (0, 1))  # type: ignore[arg-type]
    level = pyramid.level(1)
    assert not level.down(np.ones(level.above, bool)).all()
