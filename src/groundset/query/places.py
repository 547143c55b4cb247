"""Shapes in filters, and which chips lie how to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
import shapely.geometry

from groundset.query.chips import Chips, Positions
from groundset.query.ground import Floats

PREDICATES: Mapping[str, Callable[[Any, Any], Any]] = {
    "s_intersects": shapely.intersects,
    "s_disjoint": shapely.intersects,
    "s_within": shapely.contains,
    "s_contains": shapely.within,
    "s_touches": shapely.touches,
    "s_overlaps": shapely.overlaps,
    "s_crosses": shapely.crosses,
    "s_equals": shapely.equals,
}
"""CQL2's spatial functions of (chip, shape), as tests of (shape, chip).

As the standard has it (OGC 21-065r2, DE-9IM), a chip that only touches a shape, with an edge or a corner in common and
no area, intersects it. ``S_INTERSECTS(...) AND NOT S_TOUCHES(...)`` keeps those that have area in common.
"""

TURNED: Mapping[str, str] = {"s_within": "s_contains", "s_contains": "s_within"}
"""The function that says the same with its arguments turned, where it is another."""


def relation(name: str, chips: Chips, shape: Any, among: npt.NDArray[np.bool_] | None = None) -> Any:
    """For each chip whether it lies so to a shape, as an Arrow boolean column; null where a chip has no place.

    Boxes decide first, then one corner of the outline, and only where both leave it open the outline itself.

    Args:
        name: One of :data:`PREDICATES`.
        chips: The chips.
        shape: Shapely, longitude and latitude in degrees.
        among: bool (chips,), the chips that are asked about; what is said of others means nothing.
    """
    near = _meeting(chips.bounds, shape.bounds, among)
    true = np.zeros(len(chips), bool)
    true[_that_lie_so(name, chips, shape, near)] = True
    if name == "s_disjoint":
        true = ~true
    return pa.array(true, mask=chips.placeless)


def _meeting(bounds: Floats, box: Sequence[float], among: npt.NDArray[np.bool_] | None) -> Positions:
    """Positions of the chips, of some or all, whose boxes meet a box."""
    here = None if among is None else np.flatnonzero(among)
    west, south, east, north = (bounds if here is None else bounds[here]).T
    near = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
    found: Positions = np.flatnonzero(near) if here is None else here[near]
    return found


def _that_lie_so(name: str, chips: Chips, shape: Any, near: Positions) -> Positions:
    """Which of the chips, whose boxes meet that of the shape, lie so to it."""
    if not len(near):
        return near
    shapely.prepare(shape)
    sure = near[:0]
    corner = chips.corners[near]
    if name in ("s_intersects", "s_disjoint"):
        met = shapely.intersects_xy(shape, corner)
        sure, near = near[met], near[~met]
    elif name == "s_within":
        near = near[shapely.intersects_xy(shape, corner)]
    test = PREDICATES[name]
    return np.concatenate([sure, near[test(shape, chips.outlines_at(near))]])


def box(bounds: Sequence[float]) -> Any:
    """West, south, east, north (or with heights); where west is beyond east it goes round the 180th meridian.

    Raises:
        ValueError: Not four or six numbers, not degrees, or south is beyond north.
    """
    if len(bounds) not in (4, 6):
        raise ValueError("a box is west, south, east, north")
    west, south, *_ = bounds
    east, north = bounds[len(bounds) // 2 : len(bounds) // 2 + 2]
    if not np.isfinite([west, south, east, north]).all():
        raise ValueError("a box is of numbers")
    _check_degrees((west, south, east, north))
    if south > north:
        raise ValueError(f"south ({south:g}) is beyond north ({north:g}); a box is west, south, east, north")
    if west > east:
        return shapely.union(shapely.box(west, south, 180, north), shapely.box(-180, south, east, north))
    return shapely.box(west, south, east, north)


def shape_of(geometry: Mapping[str, Any]) -> Any:
    """A shape from GeoJSON, longitude and latitude in degrees.

    Raises:
        ValueError: It is none, is empty, crosses itself, or is not in degrees.
    """
    if "bbox" in geometry:
        return box(geometry["bbox"])
    try:
        shape = shapely.force_2d(shapely.geometry.shape(geometry))
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, IndexError) as error:
        raise ValueError(f"this is no shape: {error}") from None
    if shape.is_empty:
        raise ValueError("this shape is empty")
    _check_degrees(shape.bounds)
    if not shape.is_valid:
        raise ValueError(f"this shape is broken: {shapely.is_valid_reason(shape)}")
    return shape


def _check_degrees(bounds: Sequence[float]) -> None:
    west, south, east, north = bounds
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= 90 and -90 <= north <= 90):
        numbers = ", ".join(f"{value:g}" for value in bounds)
        raise ValueError(f"places are longitude, latitude in degrees, not {numbers}")
