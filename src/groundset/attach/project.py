"""Features brought to the CRS of chips: only those near, long edges bent with the ground."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.attach.places import Floats, Ints
from groundset.ingest._annotate.place import STEP_DEGREES, STEP_METRES

Geometries = npt.NDArray[np.object_]
Near = tuple[Ints, Geometries]
"""Positions of features in the file, and their geometries in another CRS."""
_METRES = 110_574.0
"""Least length of a degree of latitude on the ellipsoid."""
_ROOM = 0.05
"""Share of the chips' extent that is added on each side: a box bends when it is brought to another CRS."""


class Ground:
    """Features of one file, brought to one CRS after another.

    Args:
        geometry: Shapely geometries (n,), None where a feature has none.
        crs: Their pyproj CRS.
    """

    def __init__(self, geometry: Geometries, crs: Any) -> None:
        import shapely

        self.geometry, self.crs = geometry, crs
        self._bounds: Floats = shapely.bounds(geometry)

    def near(self, crs: Any, bounds: Floats, margin: float | None, wanted: npt.NDArray[np.bool_] | None = None) -> Near:
        """Features within ``margin`` metres of a box of another CRS: their positions, and geometries in that CRS.

        Features that reach far beyond are cut off there. ``margin`` None takes all of them, whole.
        """
        import shapely

        there = ~shapely.is_missing(self.geometry)
        if wanted is not None:
            there &= wanted
        if margin is None:
            at = np.flatnonzero(there)
            geometry = self.geometry[at]
        else:
            west, south, east, north = self._window(crs, bounds, margin)
            b = self._bounds
            meets = (b[:, 1] <= north) & (b[:, 3] >= south)
            round_ = west > east
            meets &= ((b[:, 2] >= west) | (b[:, 0] <= east)) if round_ else ((b[:, 2] >= west) & (b[:, 0] <= east))
            at = np.flatnonzero(there & meets)
            geometry = self.geometry[at]
            if not round_:
                geometry = _cut(geometry, b[at], (west, south, east, north))
        geometry = self._brought(geometry, crs)
        kept = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
        return at[kept].astype(np.int64), geometry[kept]

    def _window(self, crs: Any, bounds: Floats, margin: float) -> tuple[float, float, float, float]:
        left, bottom, right, top = map(float, bounds)
        dx, dy = (right - left) * _ROOM, (top - bottom) * _ROOM
        box = (left - dx, bottom - dy, right + dx, top + dy)
        if _same(crs, self.crs):
            west, south, east, north = box
        else:
            west, south, east, north = transformer(crs, self.crs).transform_bounds(*box, densify_pts=21)
        if not np.isfinite([west, south, east, north]).all():
            return -np.inf, -np.inf, np.inf, np.inf
        if self.crs.is_geographic:
            up = margin / _METRES
            far = min(89.9, max(abs(south - up), abs(north + up)))
            aside = min(180.0, up / np.cos(np.radians(far)))
            if (east - west) % 360 + 2 * aside >= 360:
                return -np.inf, south - up, np.inf, north + up
            return west - aside, south - up, east + aside, north + up
        unit = self.crs.axis_info[0].unit_conversion_factor or 1.0
        more = 1.2 * margin / unit  # projections stretch
        return west - more, south - more, east + more, north + more

    def _brought(self, geometry: Geometries, crs: Any) -> Geometries:
        import shapely

        if not len(geometry) or _same(crs, self.crs):
            return geometry
        step = STEP_DEGREES if self.crs.is_geographic else STEP_METRES
        sides = shapely.bounds(geometry)
        long = np.flatnonzero(np.hypot(sides[:, 2] - sides[:, 0], sides[:, 3] - sides[:, 1]) > step)
        geometry = geometry.copy()
        geometry[long] = shapely.segmentize(geometry[long], step)
        out: Geometries = shapely.transform(geometry, transformer(self.crs, crs).transform, interleaved=False)
        finite = np.isfinite(shapely.bounds(out)).all(axis=1)
        out[~finite] = None  # it lies where the CRS does not reach
        broken = finite & ~shapely.is_valid(out)
        out[broken] = shapely.make_valid(out[broken])
        return out


def _cut(geometry: Geometries, bounds: Floats, window: tuple[float, float, float, float]) -> Geometries:
    """Geometries without what lies far outside of a window."""
    import shapely

    west, south, east, north = window
    reaches = (bounds[:, 0] < west) | (bounds[:, 1] < south) | (bounds[:, 2] > east) | (bounds[:, 3] > north)
    if not reaches.any() or not np.isfinite(window).all():
        return geometry
    out = geometry.copy()
    out[reaches] = shapely.intersection(geometry[reaches], shapely.box(west, south, east, north))
    return out


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)


def transformer(source: Any, target: Any) -> Any:
    """From one CRS to another, x before y."""
    return _transformer(source.to_wkt(), target.to_wkt())


def _same(a: Any, b: Any) -> bool:
    return bool(a.equals(b, ignore_axis_order=True))
