"""How far each chip is from the nearest feature, in metres on the ellipsoid."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from groundset.attach.clip import small
from groundset.attach.places import Area, Floats, Ints
from groundset.attach.project import Ground, Near, transformer

WINDOWS = (20_000.0, 400_000.0)
"""Metres: features are looked for so near first, then so far, then everywhere."""
_TRUST = 0.98
"""A distance within this share of the window is the least: what lies outside of the window is farther."""
_PIECES = 4
_POLAR = 84.0


class Nearest(NamedTuple):
    """Pairs of a chip and a feature that is nearest to it, all of those equally near: positions and metres."""

    chip: Ints
    feature: Ints
    metres: Floats


def nearest(ground: Ground, area: Area, crs: Any, wanted: npt.NDArray[np.bool_] | None, around: Near) -> Nearest:
    """The features nearest to each chip, from edge to edge.

    Which is nearest is found in the plane of the scene's CRS, or of the chip's UTM zone where that is no projection;
    how far it is, is measured on the WGS 84 ellipsoid (geodesic, Karney 2013). Beyond 400 km the plane is an
    azimuthal equidistant one around the chips.

    Args:
        ground: The features.
        area: The chips.
        crs: Their pyproj CRS.
        wanted: Features that count, bool (n,); None: all.
        around: Those within the first of :data:`WINDOWS` of the chips, in their CRS where that is a projection.
    """
    if not len(area):
        return Nearest(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    known = around if crs.is_projected else None
    found = [_in_plane(ground, plane, outline, at, wanted, known) for plane, outline, at in _planes(area, crs)]
    return Nearest(*(np.concatenate([getattr(one, name) for one in found]) for name in Nearest._fields))


def _planes(area: Area, crs: Any) -> list[tuple[Any, Floats, Ints]]:
    """Planes to look in: CRS, outlines of the chips in it (k, m, 2), positions of the chips."""
    import pyproj

    if crs.is_projected:
        return [(crs, area.outline(), np.arange(len(area)))]
    outline = area.outline(_PIECES)
    to_lonlat = transformer(crs, pyproj.CRS("EPSG:4326"))
    lon, lat = to_lonlat.transform(outline[..., 0], outline[..., 1])
    middle = (np.unwrap(lon, axis=1, period=360).mean(axis=1) + 180) % 360 - 180
    up = lat.mean(axis=1)
    zone = np.clip((middle + 180) // 6 + 1, 1, 60).astype(int) + np.where(up >= 0, 32600, 32700)
    zone = np.where(up > _POLAR, 3413, np.where(up < -_POLAR + 4, 3031, zone))
    out = []
    for code in np.unique(zone):
        at = np.flatnonzero(zone == code)
        plane = pyproj.CRS.from_epsg(int(code))
        x, y = transformer(pyproj.CRS("EPSG:4326"), plane).transform(lon[at], lat[at])
        out.append((plane, np.stack([x, y], axis=-1), at))
    return out


def _in_plane(ground: Ground, plane: Any, outline: Floats, at: Ints, wanted: Any, known: Near | None) -> Nearest:
    left = np.arange(len(at))
    chip, feature, metres = [], [], []
    for margin in (*WINDOWS, None):
        if not len(left):
            break
        here, crs = (outline[left], plane) if margin is not None else _around(plane, outline[left])
        bounds = np.concatenate([here.min(axis=(0, 1)), here.max(axis=(0, 1))])
        whose, whole = ground.near(crs, bounds, margin, wanted) if known is None else known
        known = None
        shapes, whose = small(whole, whose)
        pair = _pairs(here, shapes, crs)
        good = pair.metres <= (np.inf if margin is None else _TRUST * margin)
        chip.append(left[pair.chip[good]])
        feature.append(whose[pair.feature[good]])
        metres.append(pair.metres[good])
        left = np.delete(left, np.unique(pair.chip[good]))
    return Nearest(at[_joined(chip)], _joined(feature), np.concatenate([np.empty(0), *metres]))


def _pairs(outline: Floats, shapes: npt.NDArray[np.object_], crs: Any) -> Nearest:
    import pyproj
    import shapely

    if not len(shapes):
        return Nearest(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    boxes = shapely.polygons(outline)
    tree = shapely.STRtree(shapes)
    chip, feature = tree.query_nearest(boxes, all_matches=True)
    ends = shapely.get_coordinates(shapely.shortest_line(boxes[chip], shapes[feature])).reshape(-1, 2, 2)
    lon, lat = transformer(crs, pyproj.CRS("EPSG:4326")).transform(ends[..., 0], ends[..., 1])
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(lon[:, 0], lat[:, 0], lon[:, 1], lat[:, 1])
    return Nearest(chip.astype(np.int64), feature.astype(np.int64), np.round(metres, 3))


def _around(plane: Any, outline: Floats) -> tuple[Floats, Any]:
    """An azimuthal equidistant plane around chips that are far from everything."""
    import pyproj

    lonlat = pyproj.CRS("EPSG:4326")
    lon, lat = transformer(plane, lonlat).transform(outline[..., 0], outline[..., 1])
    middle = np.unwrap(lon.ravel(), period=360).mean()
    crs = pyproj.CRS.from_dict({"proj": "aeqd", "lon_0": float(middle), "lat_0": float(lat.mean()), "datum": "WGS84"})
    x, y = transformer(lonlat, crs).transform(lon, lat)
    return np.stack([x, y], axis=-1), crs


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64)
