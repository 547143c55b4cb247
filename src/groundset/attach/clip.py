"""How much of a shape lies in each chip: exact areas and lengths, all pairs at once.

The area of a polygon inside an upright rectangle is the sum over its edges of the integral of the edge's height, cut
off at the rectangle's sides (Green's theorem, as in exact raster coverage). In the pixels of a chip every chip is an
upright rectangle, whatever its CRS or rotation; so no polygon is ever cut, and a hundred thousand take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.attach.places import Area, Floats, Ints

TOUCHING = 1e-3
"""Pixels: what overlaps a chip by less (a sliver along a shared edge) only touches it."""
_NOTHING = 1e-9
VERTICES = 256
"""Polygons of more vertices are cut into pieces of fewer, so that a chip looks only at what is near it."""
_ROWS = 400_000
"""Pairs of a chip and an edge that are worked on at once."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Edges of many shapes of one kind, one shape after the other.

    Args:
        edges: (k, 4) x and y of the beginning, x and y of the end; of points both are the same.
        starts: (n,) first edge of each shape.
        counts: (n,) its number of edges.
        bounds: (n, 4) left, bottom, right, top.
        feature: (n,) the feature that each belongs to.
    """

    edges: Floats
    starts: Ints
    counts: Ints
    bounds: Floats
    feature: Ints

    def __len__(self) -> int:
        return len(self.starts)


def polygons(geometry: npt.NDArray[np.object_], feature: Ints) -> Shapes:
    """Edges of polygons, outlines turning one way and holes the other."""
    import shapely

    parts = shapely.orient_polygons(geometry)
    if not len(parts):
        return _none()
    _, coords, (rings, of_part) = shapely.to_ragged_array(parts)
    return _edges(parts, coords, rings, rings[of_part], np.diff(of_part), feature)


def lines(geometry: npt.NDArray[np.object_], feature: Ints) -> Shapes:
    """Edges of lines."""
    import shapely

    if not len(geometry):
        return _none()
    _, coords, (offsets,) = shapely.to_ragged_array(geometry)
    return _edges(geometry, coords, offsets, offsets, np.ones(len(geometry), np.int64), feature)


def points(geometry: npt.NDArray[np.object_], feature: Ints) -> Shapes:
    """Points, each as an edge without length."""
    import shapely

    xy = shapely.get_coordinates(geometry)
    each = np.arange(len(xy))
    return Shapes(np.hstack([xy, xy]), each, np.ones(len(xy), np.int64), np.hstack([xy, xy]), feature)


def near(shapes: Shapes, area: Area) -> tuple[Ints, Ints]:
    """Pairs (chip, shape) whose bounding boxes meet."""
    import shapely

    if not len(shapes) or not len(area):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    tree = shapely.STRtree(shapely.box(*area.bounds().T))
    shape, chip = tree.query(shapely.box(*shapes.bounds.T))
    return chip.astype(np.int64), shape.astype(np.int64)


def areas(shapes: Shapes, area: Area, chip: Ints, shape: Ints) -> Floats:
    """Area, in pixels of the chip, of each pair of a chip and a polygon; 0 where they only touch."""
    out = np.abs(_sums(shapes, area, chip, shape, _area))
    small = np.flatnonzero((out > 0) & (out <= 2 * TOUCHING * area.size[chip].sum(axis=1)))
    within = _sums(shapes, area.inset(TOUCHING), chip[small], shape[small], _area)
    out[small[np.abs(within) < _NOTHING]] = 0
    out[out < _NOTHING] = 0
    return out


def lengths(shapes: Shapes, area: Area, chip: Ints, shape: Ints) -> Floats:
    """Length, in pixels of the chip, of each pair of a chip and a line; 0 where they only touch."""
    out = _sums(shapes, area, chip, shape, _length)
    out[out <= TOUCHING] = 0
    return out


def held(shapes: Shapes, area: Area, chip: Ints, shape: Ints) -> Floats:
    """1 where a chip holds a point, else 0; one on the edge is in the chip whose first column or row it begins."""
    return _sums(shapes, area, chip, shape, _holds)


def _sums(shapes: Shapes, area: Area, chip: Ints, shape: Ints, work: Any) -> Floats:
    out: Floats = np.zeros(len(chip))
    inverse, counts = area.inverse(), shapes.counts[shape]
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(chip):
        done = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + _ROWS, side="right")))
        own, some = np.repeat(np.arange(end - begin), counts[begin:end]), slice(begin, end)
        first = np.repeat(shapes.starts[shape[some]] - (ends[some] - counts[some] - done), counts[some])
        e = shapes.edges[first + np.arange(len(own))]
        a = inverse[chip[some]][own]
        x1, y1 = a[:, 0] * e[:, 0] + a[:, 1] * e[:, 1] + a[:, 2], a[:, 3] * e[:, 0] + a[:, 4] * e[:, 1] + a[:, 5]
        x2, y2 = a[:, 0] * e[:, 2] + a[:, 1] * e[:, 3] + a[:, 2], a[:, 3] * e[:, 2] + a[:, 4] * e[:, 3] + a[:, 5]
        width, height = area.size[chip[some]][own].T
        out[some] = np.bincount(own, work(x1, y1, x2, y2, width, height), minlength=end - begin)
        begin = end
    return out


def _area(x1: Floats, y1: Floats, x2: Floats, y2: Floats, width: Floats, height: Floats) -> Floats:
    """Signed area between an edge and the row 0, inside the rectangle."""
    from_, to = np.clip(x1, 0, width), np.clip(x2, 0, width)
    dx = x2 - x1
    slope = np.divide(y2 - y1, dx, out=np.zeros_like(dx), where=dx != 0)
    low, high = np.minimum(y1, y2), np.maximum(y1, y2)
    ya, yb = np.clip(y1 + (from_ - x1) * slope, low, high), np.clip(y1 + (to - x1) * slope, low, high)
    mean = (np.clip(ya, 0, height) + np.clip(yb, 0, height)) / 2  # right unless the edge leaves or enters
    below, above = np.minimum(ya, yb), np.maximum(ya, yb)
    cuts = ((below < 0) & (above > 0)) | ((below < height) & (above > height))
    cuts &= above - below > 1e-9
    if cuts.any():
        ya, yb, h = ya[cuts], yb[cuts], height[cuts]
        mean[cuts] = (_integral(yb, h) - _integral(ya, h)) / (yb - ya)
    area: Floats = (to - from_) * mean
    return area


def _integral(y: Floats, height: Floats) -> Floats:
    """Integral from 0 to y of a height cut off at 0 and ``height``."""
    inside = np.clip(y, 0, height)
    return inside * inside / 2 + height * np.maximum(y - height, 0)


def _length(x1: Floats, y1: Floats, x2: Floats, y2: Floats, width: Floats, height: Floats) -> Floats:
    """Length of an edge inside the rectangle less its rim (Liang and Barsky 1984)."""
    dx, dy = x2 - x1, y2 - y1
    enter, leave = np.zeros_like(dx), np.ones_like(dx)
    for d, start, end in ((dx, x1, width), (dy, y1, height)):
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = (TOUCHING - start) / d, (end - TOUCHING - start) / d
        outside = (d == 0) & ((start < TOUCHING) | (start > end - TOUCHING))
        lo, hi = np.minimum(a, b), np.maximum(a, b)
        enter = np.where(d == 0, np.where(outside, 1.0, enter), np.maximum(enter, lo))
        leave = np.where(d == 0, np.where(outside, 0.0, leave), np.minimum(leave, hi))
    length: Floats = np.hypot(dx, dy) * np.maximum(leave - enter, 0)
    return length


def _holds(x1: Floats, y1: Floats, _x2: Floats, _y2: Floats, width: Floats, height: Floats) -> Floats:
    return ((x1 >= 0) & (x1 < width) & (y1 >= 0) & (y1 < height)).astype(np.float64)


def _edges(
    parts: npt.NDArray[np.object_], coords: Floats, chains: Any, starts: Any, each: Any, feature: Ints
) -> Shapes:  # fmt: skip
    """Edges of chains of coordinates; ``starts`` are the first coordinates of the shapes, ``each`` their chains."""
    import shapely

    joined = np.ones(len(coords), bool)
    joined[np.asarray(chains[1:], np.int64) - 1] = False  # the last coordinate of a chain begins no edge
    begin = np.flatnonzero(joined)
    edges = np.hstack([coords[begin], coords[begin + 1]])
    sizes = np.diff(np.asarray(starts, np.int64)) - each
    return Shapes(edges, np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64), sizes.astype(np.int64),
                  shapely.bounds(parts), feature)  # fmt: skip


def _none() -> Shapes:
    empty = np.empty(0, np.int64)
    return Shapes(np.empty((0, 4)), empty, empty, np.empty((0, 4)), empty)


def pieces(geometry: npt.NDArray[np.object_], feature: Ints) -> tuple[npt.NDArray[np.object_], Ints]:
    """Single polygons, none of many vertices: larger ones are halved until they are small."""
    import shapely

    done: list[npt.NDArray[np.object_]] = []
    whose: list[Ints] = []
    parts, at = shapely.get_parts(geometry, return_index=True)
    owner = feature[at]
    while len(parts):
        areal = shapely.get_type_id(parts) == 3
        parts, owner = parts[areal], owner[areal]
        large = shapely.get_num_coordinates(parts) > VERTICES
        done.append(parts[~large])
        whose.append(owner[~large])
        if not large.any():
            break
        halves = np.concatenate([_half(parts[large], first) for first in (True, False)])
        parts, at = shapely.get_parts(halves, return_index=True)
        owner = np.tile(owner[large], 2)[at]
    return np.concatenate(done) if done else np.empty(0, object), (
        np.concatenate(whose) if whose else np.empty(0, np.int64)
    )


def small(geometry: npt.NDArray[np.object_], feature: Ints) -> tuple[npt.NDArray[np.object_], Ints]:
    """The same places as shapes of few vertices: polygons as :func:`pieces`, lines in stretches, others as they are."""
    import shapely

    parts, at = shapely.get_parts(geometry, return_index=True)
    owner, kinds = feature[at], shapely.get_type_id(parts)
    large = shapely.get_num_coordinates(parts) > VERTICES
    cut, whose = pieces(parts[large & (kinds == 3)], owner[large & (kinds == 3)])
    out, owners = [parts[~large], cut], [owner[~large], whose]
    for i in np.flatnonzero(large & (kinds != 3)).tolist():
        xy = shapely.get_coordinates(parts[i])
        stretches = [xy[k : k + VERTICES + 1] for k in range(0, max(1, len(xy) - 1), VERTICES)]
        out.append(np.array([shapely.linestrings(s) for s in stretches], object))
        owners.append(np.full(len(stretches), owner[i]))
    return np.concatenate(out), np.concatenate(owners).astype(np.int64)


def _half(geometry: npt.NDArray[np.object_], first: bool) -> npt.NDArray[np.object_]:
    import shapely

    left, bottom, right, top = shapely.bounds(geometry).T
    wide = right - left >= top - bottom
    middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
    if first:
        right, top = np.where(wide, middle_x, right), np.where(wide, top, middle_y)
    else:
        left, bottom = np.where(wide, middle_x, left), np.where(wide, bottom, middle_y)
    half: npt.NDArray[np.object_] = shapely.intersection(geometry, shapely.box(left, bottom, right, top))
    return half
