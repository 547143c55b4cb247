from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from groundset.core import EDGES, Grid, InputError, Window, whole

SPANS = st.tuples(st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 60), st.integers(1, 60))
WINDOWS = SPANS.map(lambda s: Window(*s))


def pixels(window: Window) -> set[tuple[int, int]]:
    return {(x, y) for x in range(window.x_off, window.right) for y in range(window.y_off, window.bottom)}


@given(WINDOWS, WINDOWS)
def test_an_intersection_is_the_common_pixels(a: Window, b: Window) -> None:
    common = a.intersection(b)
    assert (set() if common is None else pixels(common)) == pixels(a) & pixels(b)
    assert common == b.intersection(a)
    assert a.contains(b) == (pixels(b) <= pixels(a))


@given(WINDOWS, WINDOWS)
def test_relative_windows_are_the_same_pixels_counted_from_elsewhere(a: Window, origin: Window) -> None:
    moved = a.relative_to(origin)
    assert {(x + origin.x_off, y + origin.y_off) for x, y in pixels(moved)} == pixels(a)
    assert moved.shape == a.shape == (a.height, a.width)


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (-1, 5)])
def test_windows_have_pixels(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"positive size. found: "):
        Window(0, 0, *size)


@st.composite
def cut(draw: st.DrawFn) -> tuple[Grid, int, int, int]:
    """A grid, a level, and a scene of at least one chip."""
    levels = draw(st.integers(1, 3))
    unit = 2 ** (levels - 1)
    size, stride = draw(st.integers(1, 8)) * unit, draw(st.integers(1, 8)) * unit
    grid = Grid(size, stride, levels, draw(st.sampled_from(EDGES)))
    return grid, draw(st.integers(0, levels - 1)), draw(st.integers(size, 70)), draw(st.integers(size, 70))


@given(cut())
def test_windows_of_a_grid(case: tuple[Grid, int, int, int]) -> None:
    grid, level, width, height = case
    scene = whole(width, height)
    there = list(grid.windows(width, height, level))
    rows, cols = grid.counts(width, height, level)
    assert [(r, c) for r, c, _ in there] == [(r, c) for r in range(rows) for c in range(cols)]
    size, step = grid.size(level), grid.step(level)
    assert {w.shape for _, _, w in there} == {(size, size)}
    assert len({w for _, _, w in there}) == len(there)
    for row, col, window in there:
        assert window == grid.window(width, height, level, row, col)
        assert window.intersection(scene) is not None
        if grid.edge != "shift":
            assert (window.x_off, window.y_off) == (col * step, row * step)
        if grid.edge != "pad":
            assert scene.contains(window)


@given(cut())
def test_no_pixel_is_left_out_unless_the_policy_drops_it(case: tuple[Grid, int, int, int]) -> None:
    grid, level, width, height = case
    assume(grid.edge != "drop")
    assume(grid.step(level) <= grid.size(level))
    covered: set[tuple[int, int]] = set()
    for _, _, window in grid.windows(width, height, level):
        covered |= pixels(window)
    assert pixels(whole(width, height)) <= covered


@given(st.integers(1, 6), st.integers(2, 4), st.integers(0, 40), st.integers(0, 40))
def test_children_of_a_chip_tile_it(unit: int, levels: int, more_x: int, more_y: int) -> None:
    grid = Grid(unit << (levels - 1), levels=levels)
    width, height = grid.chip_size + more_x, grid.chip_size + more_y
    child_rows, child_cols = grid.counts(width, height, 1)
    for row, col, window in grid.windows(width, height, 0):
        children = [(r, c) for r in (2 * row, 2 * row + 1) for c in (2 * col, 2 * col + 1)]
        inside = [grid.window(width, height, 1, r, c) for r, c in children if r < child_rows and c < child_cols]
        assert all(window.contains(child) for child in inside)


def test_bad_grids_say_what_would_fit() -> None:
    with pytest.raises(InputError, match=r"asked: chips of 64 x 64.*found: a scene of 100 x 50.*--chip-size 32"):
        Grid(64).counts(100, 50)
    with pytest.raises(InputError, match=r"chip size must divide.*multiple of 4"):
        Grid(10, levels=3)
    with pytest.raises(InputError, match="stride must divide"):
        Grid(8, 5, levels=2)
    with pytest.raises(InputError, match="at least 1"):
        Grid(0)
    with pytest.raises(InputError, match=r"unknown edge policy. asked: cut"):
        Grid(8, edge="cut")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no such level"):
        Grid(8).size(1)
    with pytest.raises(InputError, match=r"row 2, column 0. found: 2 rows x 2 columns"):
        Grid(8).window(16, 16, 0, 2, 0)
