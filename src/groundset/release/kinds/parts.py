"""Shapes as far as they lie on a chip: cut at its edge, repaired, with the pixels that they cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from groundset.core import Origin, Window
from groundset.outlines.change import mended
from groundset.outlines.cover import covers
from groundset.outlines.shape import POLYGONS

if TYPE_CHECKING:
    from groundset.chips import Chip
    from groundset.outlines import Shape

Geometries = npt.NDArray[np.object_]
Box = tuple[float, float, float, float]
LEAST = 0.5
"""Of a shape at least half a pixel (or half of it, where it is smaller) lies on a chip that has it."""
DECIMALS = 4
"""Of pixel coordinates."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of one shape lies on one chip.

    Args:
        id: Id of the shape, the same on all its chips.
        code: Class.
        kind: What it was drawn as.
        origin: Who says so.
        score: 0 to 1, of a model.
        attributes: What else is said of it.
        geometry: Valid, in pixels of the chip (column, row from its upper left corner), cut at the chip's edge.
        area: Pixels that it covers; a line is one pixel wide, a point one pixel.
        box: Left, top, right, bottom of what it covers, in pixels of the chip; never empty.
        clipped: Whether it goes on beyond the chip's edge.
        repaired: Whether it crossed itself.
        actor: Who said it last; no release tells.
    """

    id: str
    code: int
    kind: str
    origin: Origin
    score: float | None
    attributes: Mapping[str, Any]
    geometry: Any
    area: float
    box: Box
    clipped: bool
    repaired: bool
    actor: str = ""


@dataclass(frozen=True, slots=True)
class OnChip:
    """All that is said of a chip: its shapes, bottom first, whether it is marked complete, and by how many people."""

    parts: tuple[Part, ...] = ()
    complete: bool = False
    people: int = 0


@dataclass(slots=True)
class Found:
    """Parts by chip id; ids of shapes that have no area, and of those that lie under another just like them."""

    parts: dict[str, list[Part]] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    twice: set[str] = field(default_factory=set)


def parts_on(shapes: Sequence[Shape], chips: Sequence[Chip], size: tuple[int, int]) -> Found:
    """The parts of a scene's shapes on its chips; a shape on several chips is a part on each of them.

    Args:
        shapes: Of one scene, bottom first; a polygon that crosses itself is repaired as ``groundset outlines repair``
            does it.
        chips: Of the same scene.
        size: Width and height of the scene: what lies in a chip's padding is no part of it.
    """
    found = Found()
    whole: Geometries = np.empty(len(shapes), object)
    drawn: set[tuple[int, bytes]] = set()
    for i in reversed(range(len(shapes))):
        shape = shapes[i]
        one = shape.geometry if shape.problem is None else mended(shape.geometry)
        if one is None:
            found.empty.add(shape.id)
            continue
        key = shape.code, shapely.to_wkb(shapely.normalize(one))
        if key in drawn:
            found.twice.add(shape.id)
            continue
        drawn.add(key)
        whole[i] = one
    areas = np.array([_seen(chip.window, size) for chip in chips], object)
    if not len(shapes) or not len(chips):
        return found
    of_chip, of_shape = shapely.STRtree(whole).query(areas, predicate="intersects")
    order = np.lexsort((of_shape, of_chip))
    for c, s in zip(of_chip[order].tolist(), of_shape[order].tolist(), strict=True):
        part = _part(shapes[s], whole[s], areas[c], chips[c].window, repaired=shapes[s].problem is not None)
        if part is not None:
            found.parts.setdefault(str(chips[c].id), []).append(part)
    return found


def _seen(window: Window, size: tuple[int, int]) -> Any:
    """The part of a chip's window that lies on the scene."""
    right, bottom = min(window.right, size[0]), min(window.bottom, size[1])
    return shapely.box(window.x_off, window.y_off, max(right, window.x_off), max(bottom, window.y_off))


def _part(shape: Shape, whole: Any, area: Any, window: Window, *, repaired: bool) -> Part | None:
    inside, clipped = _inside(whole, area)
    if inside is None or _measure(inside) < min(LEAST, LEAST * _measure(whole)):
        return None
    corner = np.array([window.x_off, window.y_off], float)
    geometry = tidy(shapely.transform(inside, lambda points: np.round(points - corner, DECIMALS)))
    covered = None if geometry is None else covers(geometry, window.shape)
    if covered is None or covered.is_empty:
        return None
    left, top, right, bottom = (round(float(v), DECIMALS) for v in covered.bounds)
    if right <= left or bottom <= top:
        return None
    return Part(
        shape.id, shape.code, shape.kind, shape.origin, shape.score, dict(shape.attributes), geometry,
        round(float(covered.area), DECIMALS), (left, top, right, bottom), clipped, repaired, shape.actor,
    )  # fmt: skip


def _inside(whole: Any, area: Any) -> tuple[Any, bool]:
    """What lies in a rectangle, of the shape's own dimension (None: nothing), and whether it goes on beyond."""
    left, top, right, bottom = area.bounds
    bounds = whole.bounds
    if shapely.get_dimensions(whole) == 0:  # a point on an edge lies on one chip
        points = shapely.get_parts(whole)
        x, y = shapely.get_coordinates(points).T
        here = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        return _joined(points[here]), not bool(here.all())
    if left <= bounds[0] and top <= bounds[1] and bounds[2] <= right and bounds[3] <= bottom:
        return whole, False
    dimension = shapely.get_dimensions(whole)
    parts = shapely.get_parts(shapely.get_parts(shapely.intersection(whole, area)))
    return _joined(parts[shapely.get_dimensions(parts) == dimension]), True


def _joined(parts: Geometries) -> Any:
    """Parts of one kind as one geometry; None where there is none."""
    if not len(parts):
        return None
    if len(parts) == 1:
        return parts[0]
    make = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}
    return make[int(shapely.get_dimensions(parts[0]))](parts)


def _measure(geometry: Any) -> float:
    """Area of a polygon, length of a line, number of points."""
    dimension = shapely.get_dimensions(geometry)
    if dimension == 2:
        return float(geometry.area)
    return float(geometry.length) if dimension == 1 else float(len(shapely.get_parts(geometry)))


def tidy(geometry: Any) -> Any:
    """A rounded geometry, made valid again where rounding crossed it; None where nothing is left."""
    if geometry.geom_type not in POLYGONS or geometry.is_valid:
        return geometry
    return mended(geometry)
