"""The quadtree of some scenes: which cells a level has, and which of them lie in which cell of the level above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from groundset.core import ChipId, Grid

Bool = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Extent:
    """A scene as a cascade sees it: its id, and its size in pixels."""

    scene: str
    width: int
    height: int


@dataclass(frozen=True)
class Level:
    """The cells of one level, scene by scene and row by row of the grid: one number each.

    Args:
        number: Level of the grid.
        size: Side of a chip in pixels.
        above: Number of cells of the level above.
        scene: int64 (cells,), which of the scenes.
        row: int64 (cells,), grid row.
        col: int64 (cells,), grid column.
        x: int64 (cells,), left pixel column in the scene.
        y: int64 (cells,), upper pixel row.
        child: int64 (pairs,), cells that lie in a cell of the level above; of the first level none.
        parent: int64 (pairs,), that cell. A chip lies in another where its centre does, so that overlapping chips have
            several parents, and chips of a strip that the level above leaves out have none.
    """

    number: int
    size: int
    above: int
    scene: Int64
    row: Int64
    col: Int64
    x: Int64
    y: Int64
    child: Int64
    parent: Int64

    def __len__(self) -> int:
        return len(self.row)

    def down(self, above: Bool) -> Bool:
        """Cells with a parent among these of the level above, bool (cells,)."""
        out = np.zeros(len(self), bool)
        out[self.child[above[self.parent]]] = True
        return out

    def up(self, here: Bool) -> Bool:
        """Cells of the level above with a child among these, bool (above,)."""
        out = np.zeros(self.above, bool)
        out[self.parent[here[self.child]]] = True
        return out

    def all_up(self, here: Bool) -> Bool:
        """Cells of the level above that have children, all of them among these, bool (above,)."""
        return np.asarray(self.up(np.ones(len(self), bool)) & ~self.up(~here))

    def children(self, cell: int) -> Int64:
        """The children of a cell of the level above."""
        return np.asarray(self.child[self.parent == cell])


class Pyramid:
    """The levels of some scenes, coarsest first.

    Args:
        grid: The workspace's grid.
        extents: The scenes.
        levels: Numbers of the levels, each one finer than the one before.
    """

    def __init__(self, grid: Grid, extents: Sequence[Extent], levels: Sequence[int]) -> None:
        self.grid, self.extents, self.levels = grid, tuple(extents), tuple(levels)

    @cached_property
    def _made(self) -> dict[int, Level]:
        return {}

    def level(self, number: int) -> Level:
        """One level; made when it is first asked for."""
        if number not in self._made:
            self._made[number] = self._level(number)
        return self._made[number]

    def chip_id(self, number: int, cell: int) -> str:
        """Chip id of a cell."""
        level = self.level(number)
        scene = self.extents[int(level.scene[cell])].scene
        return str(ChipId(scene, number, int(level.row[cell]), int(level.col[cell])))

    def cells_of(self, number: int, scene: int) -> slice:
        """The cells of one scene."""
        sizes = [rows * cols for rows, cols in self._counts(number)]
        start = sum(sizes[:scene])
        return slice(start, start + sizes[scene])

    def cell(self, number: int, scene: int, row: Int64, col: Int64) -> Int64:
        """Cells in some rows and columns of the grid of one scene."""
        return np.asarray(self.cells_of(number, scene).start + row * self._counts(number)[scene][1] + col, np.int64)

    def find(self, chip: ChipId) -> int | None:
        """The cell of a chip; None where the pyramid has none."""
        at = next((i for i, e in enumerate(self.extents) if e.scene == chip.scene), None)
        if at is None or chip.level not in self.levels:
            return None
        rows, cols = self._counts(chip.level)[at]
        if chip.row >= rows or chip.col >= cols:
            return None
        return int(self.cells_of(chip.level, at).start) + chip.row * cols + chip.col

    def _counts(self, number: int) -> list[tuple[int, int]]:
        return [self.grid.counts(e.width, e.height, number) for e in self.extents]

    def _level(self, number: int) -> Level:
        first = number == self.levels[0]
        columns: list[list[Int64]] = [[] for _ in range(7)]
        start = above = 0
        for i, extent in enumerate(self.extents):
            y, x = (self._offsets(length, number) for length in (extent.height, extent.width))
            rows, cols = np.divmod(np.arange(len(y) * len(x)), len(x))
            child, parent, there = self._pairs(extent, number) if not first else (_NONE, _NONE, 0)
            told = (np.full(len(rows), i), rows, cols, x[cols], y[rows], child + start, parent + above)
            for column, some in zip(columns, told, strict=True):
                column.append(some)
            start, above = start + len(rows), above + there
        joined = [np.concatenate([_NONE, *column]) for column in columns]
        return Level(number, self.grid.size(number), above, *joined)

    def _offsets(self, length: int, number: int) -> Int64:
        """First pixel of each chip along one side of a scene."""
        size, step = self.grid.size(number), self.grid.step(number)
        count = self.grid.counts(max(length, self.grid.chip_size), max(length, self.grid.chip_size), number)[0]
        at = np.arange(count, dtype=np.int64) * step
        return np.minimum(at, length - size) if self.grid.edge == "shift" else at

    def _pairs(self, extent: Extent, number: int) -> tuple[Int64, Int64, int]:
        """Child and parent of each pair within one scene, and how many cells the level above has there."""
        sides = [self._along(length, number) for length in (extent.height, extent.width)]
        (r, pr, rows_above, _), (c, pc, cols_above, cols) = sides
        child = (r[:, None] * cols + c[None, :]).ravel()
        parent = (pr[:, None] * cols_above + pc[None, :]).ravel()
        return child, parent, rows_above * cols_above

    def _along(self, length: int, number: int) -> tuple[Int64, Int64, int, int]:
        here, above = self._offsets(length, number), self._offsets(length, number - 1)
        centre = here + self.grid.size(number) / 2
        inside = (centre[:, None] >= above) & (centre[:, None] < above + self.grid.size(number - 1))
        child, parent = np.nonzero(inside)
        return child.astype(np.int64), parent.astype(np.int64), len(above), len(here)


_NONE = np.empty(0, np.int64)
