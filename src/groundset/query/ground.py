"""Boxes and corners of outlines, read from well-known binary without making a shape of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

Floats = npt.NDArray[np.float64]

_HEAD = 13
"""Bytes of a polygon of one ring before its points: byte order, type, rings, points (OGC 06-103r4, 8.2.8)."""
_POINT = 16
_AT_ONCE = 65_536


def boxes_and_corners(outlines: Any) -> tuple[Floats, Floats]:
    """What places are looked up by.

    Args:
        outlines: Arrow binary column: WKB in longitude and latitude, null where a chip has no place.

    Returns:
        (n, 4) west, south, east, north, and (n, 2) the first point of each outline; NaN where there is none.
    """
    bounds = np.full((len(outlines), 4), np.nan, order="F")  # looked at side by side
    corners = np.full((len(outlines), 2), np.nan)
    for start in range(0, len(outlines), _AT_ONCE):
        some = outlines.slice(start, _AT_ONCE)
        _fill(some, bounds[start : start + len(some)], corners[start : start + len(some)])
    return bounds, corners


def _fill(outlines: Any, bounds: Floats, corners: Floats) -> None:
    valid = outlines.is_valid().to_numpy(zero_copy_only=False)
    wide = pa.types.is_large_binary(outlines.type)
    starts = np.frombuffer(outlines.buffers()[1], np.int64 if wide else np.int32)
    starts = starts[outlines.offset : outlines.offset + len(outlines) + 1]
    data = outlines.buffers()[2]
    sizes = np.diff(starts) * valid
    for size in np.unique(sizes[sizes > 0]).tolist():
        at = np.flatnonzero(sizes == size)
        plain = np.zeros(len(at), bool)
        points, over = divmod(size - _HEAD, _POINT)
        if not over and points > 2:
            rows = _rows(np.frombuffer(data, np.uint8), starts[at].astype(np.int64), size)
            head = np.frombuffer(b"\x01\x03\0\0\0\x01\0\0\0" + points.to_bytes(4, "little"), np.uint8)
            plain = (rows[:, :_HEAD] == head).all(axis=1)
            there = np.ascontiguousarray(rows[plain, _HEAD:]).view("<f8").reshape(-1, points, 2)
            bounds[at[plain]] = np.concatenate([there.min(axis=1), there.max(axis=1)], axis=1)
            corners[at[plain]] = there[:, 0]
        _by_shapes(outlines, at[~plain], bounds, corners)


def _rows(data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.uint8]:
    if starts[-1] - starts[0] == size * (len(starts) - 1):  # one behind the other
        return data[starts[0] : starts[-1] + size].reshape(-1, size)
    gathered: npt.NDArray[np.uint8] = data[starts[:, None] + np.arange(size)]
    return gathered


def _by_shapes(outlines: Any, at: npt.NDArray[np.int64], bounds: Floats, corners: Floats) -> None:
    """Of outlines that are no plain ring: those of two parts, at the 180th meridian."""
    if len(at):
        shapes = shapely.from_wkb(np.array(outlines.take(at).to_pylist(), dtype=object))
        bounds[at] = shapely.bounds(shapes)
        points, of = shapely.get_coordinates(shapes, return_index=True)
        held, first = np.unique(of, return_index=True)
        corners[at[held]] = points[first]
