"""Windows in integer pixels, and the grid that cuts a scene into chips."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from groundset.core.errors import InputError

Edge = Literal["pad", "drop", "shift"]
EDGES: tuple[Edge, ...] = ("pad", "drop", "shift")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A rectangle of whole pixels: offset of its upper left pixel (column, row) and its size in pixels.

    A window may reach beyond the image (padded chips do); readers fill the outside with nodata.
    """

    x_off: int
    y_off: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise InputError("a window needs a positive size", found=f"{self.width} x {self.height} pixels")

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.height, self.width

    @property
    def right(self) -> int:
        """First column beyond the window."""
        return self.x_off + self.width

    @property
    def bottom(self) -> int:
        """First row beyond the window."""
        return self.y_off + self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """(rows, columns) slices into an array of the whole image; only for windows inside it."""
        return slice(self.y_off, self.bottom), slice(self.x_off, self.right)

    def intersection(self, other: Window) -> Window | None:
        """The common part of two windows, or None where they do not overlap."""
        left, top = max(self.x_off, other.x_off), max(self.y_off, other.y_off)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        if right <= left or bottom <= top:
            return None
        return Window(left, top, right - left, bottom - top)

    def relative_to(self, origin: Window) -> Window:
        """The same pixels counted from the upper left corner of ``origin``."""
        return Window(self.x_off - origin.x_off, self.y_off - origin.y_off, self.width, self.height)

    def contains(self, other: Window) -> bool:
        """Whether ``other`` lies wholly inside this window."""
        return self.intersection(other) == other


def whole(width: int, height: int) -> Window:
    """The window of a whole image of ``width`` columns and ``height`` rows."""
    return Window(0, 0, width, height)


@dataclass(frozen=True, slots=True)
class Grid:
    """How a scene is cut into square chips.

    Args:
        chip_size: Side of a level-0 chip in pixels; level n has ``chip_size / 2**n``.
        stride: Step between level-0 chips in pixels (default: the chip size); level n steps ``stride / 2**n``.
        levels: Number of quadtree levels, level 0 the coarsest.
        edge: What happens at the right and lower edge: ``pad`` keeps chips that reach out (outside is nodata),
            ``drop`` leaves them out, ``shift`` moves them inside.
    """

    chip_size: int
    stride: int = 0
    levels: int = 1
    edge: Edge = field(default="pad")

    def __post_init__(self) -> None:
        if self.stride == 0:
            object.__setattr__(self, "stride", self.chip_size)
        if self.chip_size < 1 or self.stride < 1 or self.levels < 1:
            raise InputError(
                "chip size, stride and levels must be at least 1",
                found=f"chip_size={self.chip_size}, stride={self.stride}, levels={self.levels}",
            )
        if self.edge not in EDGES:
            raise InputError("unknown edge policy", asked=self.edge, hint=f"take one of {', '.join(EDGES)}")
        step = 2 ** (self.levels - 1)
        for name, value in (("chip size", self.chip_size), ("stride", self.stride)):
            if value % step:
                raise InputError(
                    f"the {name} must divide by 2 for each level below the first",
                    found=f"{name} {value} with {self.levels} levels",
                    hint=f"take a multiple of {step}",
                )

    def size(self, level: int) -> int:
        """Side of a chip of ``level`` in pixels."""
        self._check(level)
        return self.chip_size >> level

    def step(self, level: int) -> int:
        """Step between chips of ``level`` in pixels."""
        self._check(level)
        return self.stride >> level

    def counts(self, width: int, height: int, level: int = 0) -> tuple[int, int]:
        """(rows, columns) of chips that a scene of ``width`` x ``height`` pixels gets at ``level``.

        Raises:
            InputError: The scene is smaller than one chip; names a size that fits.
        """
        size = self.size(level)
        if width < self.chip_size or height < self.chip_size:
            fits = 1 << (min(width, height).bit_length() - 1)
            raise InputError(
                "the scene is smaller than one chip",
                asked=f"chips of {self.chip_size} x {self.chip_size} pixels",
                found=f"a scene of {width} x {height} pixels (columns x rows)",
                hint=f"take --chip-size {fits} or smaller",
            )
        return self._along(height, size, level), self._along(width, size, level)

    def window(self, width: int, height: int, level: int, row: int, col: int) -> Window:
        """The window of the chip in grid row ``row`` and grid column ``col``."""
        rows, cols = self.counts(width, height, level)
        if not (0 <= row < rows and 0 <= col < cols):
            raise InputError(
                "no such chip in the grid", asked=f"row {row}, column {col}", found=f"{rows} rows x {cols} columns"
            )
        size, step = self.size(level), self.step(level)
        x, y = col * step, row * step
        if self.edge == "shift":
            x, y = min(x, width - size), min(y, height - size)
        return Window(x, y, size, size)

    def windows(self, width: int, height: int, level: int = 0) -> Iterator[tuple[int, int, Window]]:
        """Every chip of a level as (row, column, window), row by row."""
        rows, cols = self.counts(width, height, level)
        for row in range(rows):
            for col in range(cols):
                yield row, col, self.window(width, height, level, row, col)

    def _along(self, length: int, size: int, level: int) -> int:
        step = self.step(level)
        inside = (length - size) // step + 1
        if self.edge == "drop":
            return inside
        covered = (inside - 1) * step + size
        return inside + (1 if covered < length and inside * step < length else 0)

    def _check(self, level: int) -> None:
        if not 0 <= level < self.levels:
            raise InputError("no such level in the grid", asked=f"level {level}", found=f"{self.levels} levels from 0")
