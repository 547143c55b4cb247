"""Run lengths of a mask as COCO writes them uncompressed: column by column, pixels outside first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core.errors import InputError

Bool = npt.NDArray[np.bool_]
_LONGEST = 1 << 24


@dataclass(frozen=True, slots=True)
class Rle:
    """Which pixels of an image belong to a segment.

    Args:
        size: (rows, columns) of the image.
        counts: Lengths of the runs down the columns, left to right; outside and inside by turns, outside first
            (0 where the first pixel is inside).

    Raises:
        InputError: The runs do not fill the image.
    """

    size: tuple[int, int]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        rows, cols = self.size
        if rows < 0 or cols < 0 or any(n < 0 for n in self.counts) or sum(self.counts) != rows * cols:
            raise InputError(
                "the run lengths do not fill the image",
                asked=f"{len(self.counts)} runs of {sum(self.counts)} pixels in all",
                found=f"an image of {rows} x {cols} = {rows * cols} pixels",
            )

    @classmethod
    def of(cls, mask: Bool) -> Rle:
        """The runs of a bool array (rows, columns)."""
        rows, cols = mask.shape
        return cls.within(mask, (0, 0), (rows, cols))

    @classmethod
    def within(cls, mask: Bool, corner: tuple[int, int], size: tuple[int, int]) -> Rle:
        """The runs of pixels that lie in a box; costs what the box does, not what the image does.

        Args:
            mask: bool (height, width) of the box.
            corner: Column and row of its upper left pixel.
            size: (rows, columns) of the image.

        Raises:
            InputError: The box reaches beyond the image.
        """
        (x, y), (rows, cols), (height, width) = corner, size, mask.shape
        if x < 0 or y < 0 or x + width > cols or y + height > rows:
            raise InputError(
                "the box reaches beyond the image",
                asked=f"{width} x {height} pixels at {x}, {y}",
                found=f"{cols} x {rows}",
            )
        down = np.zeros((width, height + 2), np.int8)  # one column a row, with a pixel outside above and below
        down[:, 1:-1] = np.asarray(mask, bool).T
        col, row = np.nonzero(np.diff(down, axis=1))
        turns = (x + col) * rows + y + row  # by turns where a run begins and where it ends
        turns = turns[_alone(turns)]  # a run that ends where the next one begins goes on
        ends = turns if len(turns) and turns[-1] == rows * cols else np.append(turns, rows * cols)
        counts = np.diff(ends, prepend=0)
        return cls((rows, cols), tuple(counts.tolist()) if rows * cols else ())

    @classmethod
    def from_dict(cls, data: object) -> Rle:
        """Read ``{"size": [rows, columns], "counts": [...]}``.

        Raises:
            InputError: It has another form, or its runs do not fill the image.
        """
        size = data.get("size") if isinstance(data, Mapping) else None
        counts = data.get("counts") if isinstance(data, Mapping) else None
        if not (_whole(size) and len(size) == 2 and _whole(counts)):  # type: ignore[arg-type]
            raise InputError(
                "this is no run-length encoding",
                asked=repr(data)[:80],
                hint='give {"size": [rows, columns], "counts": [whole numbers]}, uncompressed',
            )
        rows, cols = size  # type: ignore[misc]
        if rows * cols > _LONGEST:
            raise InputError(
                "the image of these run lengths is too large", asked=f"{rows} x {cols}", found=f"{_LONGEST} pixels"
            )
        return cls((rows, cols), tuple(counts))  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, list[int]]:
        """JSON form, as COCO has it."""
        return {"size": list(self.size), "counts": list(self.counts)}

    def mask(self) -> Bool:
        """The pixels: bool (rows, columns)."""
        inside = np.arange(len(self.counts)) % 2 == 1
        flat: Bool = np.repeat(inside, np.asarray(self.counts, np.int64))
        return np.ascontiguousarray(flat.reshape(self.size, order="F"))

    @property
    def area(self) -> int:
        """Number of pixels inside."""
        return sum(self.counts[1::2])

    @property
    def bbox(self) -> tuple[int, int, int, int]:
        """The smallest (x, y, width, height) that holds them all; zeros where there are none."""
        return bbox_of(self.mask())


def bbox_of(mask: Bool) -> tuple[int, int, int, int]:
    """The smallest (x, y, width, height) around the pixels of a bool array (rows, columns); zeros where it has none."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return 0, 0, 0, 0
    top, bottom, left, right = (int(v) for v in (rows[0], rows[-1], cols[0], cols[-1]))
    return left, top, right - left + 1, bottom - top + 1


def _alone(turns: npt.NDArray[np.integer[Any]]) -> Bool:
    """Which of these ordered numbers stand there once."""
    out = np.ones(len(turns), bool)
    same = np.asarray(turns[1:] == turns[:-1])
    out[1:] &= ~same
    out[:-1] &= ~same
    return out


def _whole(values: object) -> bool:
    return isinstance(values, list | tuple) and all(isinstance(v, int) and not isinstance(v, bool) for v in values)
