"""Shapes in filters, and which chips lie how to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
import shapely.geometry

from groundset.query.chips import Chips

PREDICATES: Mapping[str, str] = {
    "s_intersects": "intersects",
    "s_disjoint": "intersects",
    "s_within": "contains",
    "s_contains": "within",
    "s_touches": "touches",
    "s_overlaps": "overlaps",
    "s_crosses": "crosses",
    "s_equals": "covers",
}
"""CQL2's spatial functions of (chip, shape), as what the tree asks of (shape, chip)."""

TURNED: Mapping[str, str] = {"s_within": "s_contains", "s_contains": "s_within"}
"""The function that says the same with its arguments turned, where it is another."""


def relation(name: str, chips: Chips, shape: Any) -> Any:
    """For each chip whether it lies so to a shape, as an Arrow boolean column; null where a chip has no place."""
    found = chips.tree.query(shape, predicate=PREDICATES[name])
    if name == "s_equals":
        found = found[shapely.equals(chips.footprints[found], shape)]
    true = np.zeros(len(chips), bool)
    true[found] = True
    if name == "s_disjoint":
        true = ~true
    return pa.array(true, mask=shapely.is_missing(chips.footprints))


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
