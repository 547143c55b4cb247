"""Which chips a scene has to offer, before any is cut: in the area of interest, and with data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.imagery import Scene, SceneReader
from groundset.ingest._annotate.place import STEP_DEGREES
from groundset.ingest._part import Place

LOOK = 1024
"""Pixels of the longer side of the coarse look at a scene."""
_TOUCHING = 1e-3


def in_area(scene: Scene, places: Sequence[Place], area: Mapping[str, Any]) -> list[Place]:
    """The chips that meet an area; sharing an edge alone is not meeting.

    Args:
        scene: The scene.
        places: Its chips.
        area: GeoJSON geometry in EPSG:4326.

    Raises:
        InputError: The scene has no CRS.
    """
    import pyproj
    import shapely

    if scene.geobox.crs is None:
        raise InputError(
            "this scene has no CRS: it lies in no area", asked=f"aoi, {scene.id}", hint="ingest it without --aoi"
        )
    there = pyproj.Transformer.from_crs("EPSG:4326", scene.geobox.crs.to_wkt(), always_xy=True)
    back = pyproj.Transformer.from_crs(scene.geobox.crs.to_wkt(), "EPSG:4326", always_xy=True)
    west, south, east, north = back.transform_bounds(*scene.geobox.boundingbox.bbox, densify_pts=21)
    shape = shapely.geometry.shape(area)
    if west < east:  # far parts may not exist in the scene's CRS
        room = 0.05 + 0.05 * max(east - west, north - south)
        shape = shapely.intersection(
            shapely.make_valid(shape), shapely.box(west - room, south - room, east + room, north + room)
        )
    if shape.is_empty:
        return []
    shape = shapely.transform(shapely.segmentize(shape, STEP_DEGREES), there.transform, interleaved=False)
    shapely.prepare(shape)
    meets = shapely.intersects(shape, _rectangles(scene, places, _TOUCHING))
    return [place for place, yes in zip(places, meets, strict=True) if yes]


def covered(scene: Scene, places: Sequence[Place], cache: Path | None) -> list[Place]:
    """The chips with data, as a coarse look at the scene tells; a scene of one chip is not looked at."""
    if len(places) <= 1:
        return list(places)
    with SceneReader(scene, cache) as reader:
        valid = reader.read_small(LOOK).valid.any(axis=0)
    if valid.all():
        return list(places)
    rows, cols = valid.shape
    sums = np.zeros((rows + 1, cols + 1), np.int64)
    sums[1:, 1:] = valid.cumsum(axis=0).cumsum(axis=1)
    fx, fy = cols / scene.width, rows / scene.height
    out = []
    for place in places:
        w = place[2]
        x0, y0 = min(int(max(w.x_off, 0) * fx), cols - 1), min(int(max(w.y_off, 0) * fy), rows - 1)
        x1, y1 = min(cols, max(x0 + 1, int(np.ceil(w.right * fx)))), min(rows, max(y0 + 1, int(np.ceil(w.bottom * fy))))
        if sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]:
            out.append(place)
    return out


def middles(frame: Sequence[tuple[Scene, Place]]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Longitude and latitude of the middles of chips; NaN without CRS."""
    import pyproj

    lon, lat = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    by_scene: dict[str, list[int]] = {}
    for i, (scene, _) in enumerate(frame):
        by_scene.setdefault(scene.id, []).append(i)
    for at in by_scene.values():
        scene = frame[at[0]][0]
        if scene.geobox.crs is None:
            continue
        windows = [frame[i][1][2] for i in at]
        a = scene.geobox.affine
        col = np.array([w.x_off + w.width / 2 for w in windows])
        row = np.array([w.y_off + w.height / 2 for w in windows])
        x, y = a.a * col + a.b * row + a.c, a.d * col + a.e * row + a.f
        to_degrees = pyproj.Transformer.from_crs(scene.geobox.crs.to_wkt(), "EPSG:4326", always_xy=True)
        lon[at], lat[at] = to_degrees.transform(x, y)
    return lon, lat


def _rectangles(scene: Scene, places: Sequence[Place], inset: float) -> Any:
    """Outlines of chips in the CRS of their scene, less a rim of ``inset`` pixels."""
    import shapely

    a = scene.geobox.affine
    w = np.array([(p[2].x_off, p[2].y_off, p[2].right, p[2].bottom) for p in places], float).reshape(-1, 4)
    left, top, right, bottom = w[:, 0] + inset, w[:, 1] + inset, w[:, 2] - inset, w[:, 3] - inset
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    ring = np.stack([np.stack([a.a * x + a.b * y + a.c, a.d * x + a.e * y + a.f], axis=-1) for x, y in corners], axis=1)
    return shapely.polygons(ring)
