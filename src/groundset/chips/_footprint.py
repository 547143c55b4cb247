"""Footprints in longitude and latitude: densified where a straight edge bends, split at the antimeridian."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox
from pyproj import Transformer

TOLERANCE = 0.1
"""Largest distance, in pixels, between a footprint's edge and the true one."""
MAX_PIECES = 64
_CORNERS = np.array([(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)], float)

Floats = npt.NDArray[np.float64]


def footprints_of(boxes: Sequence[GeoBox]) -> list[Any]:
    """Outlines in EPSG:4326 of geoboxes, each a shapely Polygon or MultiPolygon; None where there is no CRS."""
    out: list[Any] = [None] * len(boxes)
    by_crs: dict[str, list[int]] = {}
    for i, box in enumerate(boxes):
        if box.crs is not None:
            by_crs.setdefault(str(box.crs), []).append(i)
    for crs, rows in by_crs.items():
        for i, polygon in zip(rows, _outlines(crs, [boxes[i] for i in rows]), strict=True):
            out[i] = polygon
    return out


@lru_cache(maxsize=64)
def _to_lonlat(crs: str) -> Transformer:
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def _outlines(crs: str, boxes: Sequence[GeoBox]) -> list[Any]:
    pieces = 1
    fine = _ring(crs, boxes, 2)
    while pieces < MAX_PIECES and _sag(fine, boxes) > TOLERANCE:
        pieces *= 2
        fine = _ring(crs, boxes, 2 * pieces)
    rings = fine[:, ::2]
    if np.abs(np.diff(rings[..., 0], axis=1)).max(initial=0) < 180:
        return list(shapely.orient_polygons(shapely.polygons(rings)))
    return [_wrapped(ring) for ring in rings]


def _ring(crs: str, boxes: Sequence[GeoBox], pieces: int) -> Floats:
    """Closed outlines, ``pieces`` parts a side: (n, 4 * pieces + 1, 2) longitude, latitude."""
    t = np.arange(4 * pieces + 1) / pieces
    unit = np.stack([np.interp(t, np.arange(5), _CORNERS[:, k]) for k in (0, 1)], axis=-1)
    size = np.array([(b.shape[1], b.shape[0]) for b in boxes], float)
    pixels = unit[None] * size[:, None]
    a = np.array([tuple(b.affine)[:6] for b in boxes], float)
    x = a[:, None, 0] * pixels[..., 0] + a[:, None, 1] * pixels[..., 1] + a[:, None, 2]
    y = a[:, None, 3] * pixels[..., 0] + a[:, None, 4] * pixels[..., 1] + a[:, None, 5]
    lon, lat = _to_lonlat(crs).transform(x, y)
    return np.stack([np.asarray(lon), np.asarray(lat)], axis=-1)


def _sag(fine: Floats, boxes: Sequence[GeoBox]) -> float:
    """How far, in pixels, the midpoints lie from the straight lines between their neighbours."""
    here, before, after = fine[:, 1::2], fine[:, :-1:2], fine[:, 2::2]
    off = here - (before + after) / 2
    off[..., 0] = (off[..., 0] + 180) % 360 - 180
    off[..., 0] *= np.cos(np.radians(here[..., 1]))
    ends = after - before
    ends[..., 0] = ((ends[..., 0] + 180) % 360 - 180) * np.cos(np.radians(here[..., 1]))
    sides = np.array([(b.shape[0], b.shape[1], b.shape[0], b.shape[1]) for b in boxes], float)
    pieces = here.shape[1] // 4
    in_pixels = np.repeat(sides / pieces, pieces, axis=1)
    length = np.maximum(np.hypot(ends[..., 0], ends[..., 1]), 1e-12)
    return float((np.hypot(off[..., 0], off[..., 1]) / length * in_pixels).max(initial=0))


def _wrapped(ring: Floats) -> Any:
    """A polygon from a ring that crosses the antimeridian or goes round a pole, cut at longitude 180."""
    lon = np.unwrap(ring[:, 0], period=360)
    points = np.column_stack([lon, ring[:, 1]])
    turn = lon[-1] - lon[0]
    if abs(turn) > 180:
        pole = 90.0 if ring[:, 1].mean() > 0 else -90.0
        points = np.vstack([points, [(lon[-1], pole), (lon[0], pole)]])
    shape = shapely.make_valid(shapely.Polygon(points))
    parts = []
    for shift in (-720, -360, 0, 360, 720):
        part = shape.intersection(shapely.box(-180 + shift, -90, 180 + shift, 90))
        if part.area > 0:
            parts.append(shapely.transform(part, lambda p, s=shift: p - (s, 0)))
    return shapely.orient_polygons(shapely.unary_union(parts))
