"""Geodesic distances between footprints, for tens of thousands of them.

Candidates come from a k-d tree of points on the unit sphere, so that neither the poles nor the antimeridian matter;
the distance of a candidate pair is that of the nearest points of the two polygons, found in a local plane and measured
on the WGS 84 ellipsoid (Karney 2013, through pyproj).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_GEOD = Geod(ellps="WGS84")
_RADIUS_M = 6_371_008.8
_SLACK = 1.01  # the sphere differs from the ellipsoid by less than 0.6 percent


class Footprints:
    """Polygons in EPSG:4326 with what is needed to measure between them.

    Args:
        polygons: (n,) shapely geometries in longitude and latitude; one that crosses the antimeridian may be cut in
            two there or reach beyond 180 degrees.
    """

    def __init__(self, polygons: Sequence[shapely.Geometry]) -> None:
        from scipy.spatial import cKDTree

        self.polygons = np.array([_joined(p) for p in polygons], dtype=object)
        bounds = shapely.bounds(self.polygons)
        self.lon: Floats = (bounds[:, 0] + bounds[:, 2]) / 2
        self.lat: Floats = (bounds[:, 1] + bounds[:, 3]) / 2
        coords, owner = shapely.get_coordinates(self.polygons, return_index=True)
        _, _, reach = _GEOD.inv(self.lon[owner], self.lat[owner], coords[:, 0], coords[:, 1])
        self.radius_m: Floats = np.zeros(len(self.polygons))
        np.maximum.at(self.radius_m, owner, reach)
        self.tree = cKDTree(_unit(self.lon, self.lat))

    def __len__(self) -> int:
        return len(self.polygons)

    def within(self, distance_m: float) -> tuple[Ints, Floats]:
        """All pairs (n, 2), first index below the second, whose polygons come within ``distance_m``; metres (n,)."""
        reach = distance_m + 2 * float(self.radius_m.max(initial=0.0))
        pairs = self.tree.query_pairs(_chord(reach), output_type="ndarray").astype(np.int64)
        pairs = np.sort(pairs, axis=1)
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        near = self._centres(pairs) <= (distance_m + self.radius_m[pairs].sum(axis=1)) * _SLACK
        pairs = pairs[near]
        metres = self.distances(pairs)
        keep = metres <= distance_m
        return pairs[keep], metres[keep]

    def overlapping(self, pairs: Ints, depth_m: float = 0.0) -> npt.NDArray[np.bool_]:
        """Which pairs share ground, not only an edge or a sliver less than ``depth_m`` wide: bool (n,)."""
        one, two = self._local(pairs)
        both = shapely.intersection(one, two)
        shared = shapely.area(both)
        depth = shapely.length(both) / 2 * np.degrees(depth_m / _RADIUS_M)  # a sliver: half its outline is its length
        return np.asarray((shared > 1e-6 * np.minimum(shapely.area(one), shapely.area(two))) & (shared > depth))

    def smallest(self, one: Ints, two: Ints) -> float | None:
        """Smallest distance in metres between a polygon of ``one`` and one of ``two`` (indices)."""
        from scipy.spatial import cKDTree

        if len(one) == 0 or len(two) == 0:
            return None
        points = np.asarray(self.tree.data)
        other = cKDTree(points[two])
        nearest, _ = other.query(points[one])
        widest = float(self.radius_m[one].max() + self.radius_m[two].max())
        reach = _chord(float(_metres(nearest.min())) * _SLACK**2 + widest)
        close = nearest <= reach
        found = other.query_ball_point(points[one[close]], reach)
        pairs = np.array(
            [(i, two[j]) for i, hits in zip(one[close], found, strict=True) for j in hits], np.int64
        ).reshape(-1, 2)
        pairs = pairs[self._promising(pairs)]
        return float(self.distances(pairs).min())

    def distances(self, pairs: Ints) -> Floats:
        """Metres between the nearest points of each pair (n, 2) of polygons: (n,), 0 where they meet."""
        if len(pairs) == 0:
            return np.zeros(0)
        lat = self._middle(pairs)
        ends = shapely.get_coordinates(shapely.shortest_line(*self._local(pairs))).reshape(-1, 2, 2)
        ends[:, :, 0] /= np.cos(np.radians(lat))[:, None]
        _, _, metres = _GEOD.inv(ends[:, 0, 0], ends[:, 0, 1], ends[:, 1, 0], ends[:, 1, 1])
        return np.asarray(metres)

    def _promising(self, pairs: Ints) -> npt.NDArray[np.bool_]:
        """Pairs whose centres do not already rule out that they are the closest."""
        centres = self._centres(pairs)
        reach = self.radius_m[pairs].sum(axis=1)
        return np.asarray(centres / _SLACK - reach <= (centres * _SLACK).min())

    def _centres(self, pairs: Ints) -> Floats:
        points = np.asarray(self.tree.data)
        return np.asarray(_metres(np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)))

    def _middle(self, pairs: Ints) -> Floats:
        return np.asarray(np.clip(self.lat[pairs].mean(axis=1), -89.9, 89.9))

    def _local(self, pairs: Ints) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """Both polygons of each pair in a plane where a degree is as long eastwards as northwards."""
        stretch = np.cos(np.radians(self._middle(pairs)))
        turn = np.round((self.lon[pairs[:, 0]] - self.lon[pairs[:, 1]]) / 360) * 360
        return (
            _placed(self.polygons[pairs[:, 0]], np.zeros(len(pairs)), stretch),
            _placed(self.polygons[pairs[:, 1]], turn, stretch),
        )


def wrapped(lon: Iterable[float]) -> Floats:
    """Longitudes so turned that the widest empty sector lies at the seam: no dataset is torn at 180 degrees."""
    values = np.mod(np.asarray(list(lon), np.float64), 360)
    if len(values) == 0:
        return values
    order = np.sort(values)
    gaps = np.diff(np.append(order, order[0] + 360))
    seam = order[(int(gaps.argmax()) + 1) % len(order)]
    return np.asarray(np.where(values < seam, values + 360, values))


def _joined(polygon: shapely.Geometry) -> shapely.Geometry:
    """A polygon that was cut at the antimeridian in one piece again."""
    left, _, right, _ = polygon.bounds
    if right - left <= 180:
        return polygon

    def shift(xy: Floats) -> Floats:
        out = xy.copy()
        out[:, 0] = np.where(out[:, 0] < 0, out[:, 0] + 360, out[:, 0])
        return out

    return shapely.transform(polygon, shift)


def _placed(polygons: npt.NDArray[np.object_], turn: Floats, stretch: Floats) -> npt.NDArray[np.object_]:
    out = polygons.copy()
    coords, owner = shapely.get_coordinates(out, return_index=True)
    coords[:, 0] = (coords[:, 0] + turn[owner]) * stretch[owner]
    return np.asarray(shapely.set_coordinates(out, coords), dtype=object)


def _unit(lon: Floats, lat: Floats) -> Floats:
    x, y = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


def _chord(metres: float) -> float:
    return 2 * float(np.sin(min(metres * _SLACK / _RADIUS_M, np.pi) / 2))


def _metres(chord: npt.ArrayLike) -> Floats:
    return np.asarray(2 * _RADIUS_M * np.arcsin(np.clip(np.asarray(chord, np.float64) / 2, 0, 1)))
