"""Where chips of one scene lie among those of another, whatever their CRS and pixel size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from groundset.core import InputError, Window
from groundset.imagery.fusion import check_overlap, extent_text

if TYPE_CHECKING:
    from groundset.imagery import Scene

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_ALONG = 4
"""Points along each side of a chip that is brought into another CRS, where straight lines bend."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """Pairs of chips that overlap.

    Args:
        target: Place of the target chip in its list, int64 (n,), ascending.
        source: Place of the source chip in its list, int64 (n,).
        share: Share of the target chip (its part inside of the target scene) that the source chip covers, 0 to 1.
    """

    target: Int64
    source: Int64
    share: Float64


def meeting(target: GeoBox, targets: Int64, source: GeoBox, sources: Int64) -> Meeting:
    """Which chips overlap, and by how much.

    Args:
        target: Grid of the target scene.
        targets: Left, top, right, bottom of its chips in its pixels, int64 (n, 4).
        source: Grid of the source scene.
        sources: The same of its chips in its own pixels, int64 (m, 4).
    """
    inside = clipped(targets, target)
    boxes = shapely.box(*inside.T.astype(float))
    areas = shapely.area(boxes)
    others = _outlines(target, source, clipped(sources, source))
    tree = shapely.STRtree(others)
    at, of = tree.query(boxes, predicate="intersects")
    order = np.lexsort((of, at))
    at, of = at[order], of[order]
    common = shapely.area(shapely.intersection(boxes[at], others[of]))
    there = common > 1e-6 * areas[at]
    return Meeting(at[there], of[there], np.minimum(common[there] / areas[at][there], 1.0))


def clipped(boxes: Int64, grid: GeoBox) -> Int64:
    """Chips' boxes without what lies beyond their scene."""
    rows, cols = grid.shape
    return np.clip(boxes, 0, np.array([cols, rows, cols, rows]))


def check_meet(scenes: Sequence[Scene], onto: Scene) -> None:
    """Refuse scenes that do not cover a place together.

    Raises:
        InputError: Two of them do not overlap, or only touch; prints extents and what they have in common.
    """
    for scene in scenes:
        check_overlap(scene.id, scene.geobox, onto.id, onto.geobox)
        if scene.geobox.crs is None:
            raise InputError("scenes without a CRS have no place in common", asked=f"{scene.id}, {onto.id}")
        outline = _outlines(onto.geobox, scene.geobox, _whole(scene.geobox))[0]
        mine = shapely.box(*_whole(onto.geobox)[0].astype(float))
        width, height = _size(shapely.intersection(mine, outline))
        if min(width, height) < 1:
            raise InputError(
                f"{scene.id} and {onto.id} only touch: no pixel in common",
                found=f"{scene.id}: {extent_text(scene.geobox)}; {onto.id}: {extent_text(onto.geobox)} (west, south, "
                f"east, north in degrees); overlap {width:.2g} x {height:.2g} pixels of {onto.id}",
                hint="name scenes of one place",
            )


def overlap_text(scene: Scene, onto: Scene) -> str:
    """How large the common part of two scenes is, for messages."""
    outline = _outlines(onto.geobox, scene.geobox, _whole(scene.geobox))[0]
    width, height = _size(shapely.intersection(shapely.box(*_whole(onto.geobox)[0].astype(float)), outline))
    return f"{scene.id} overlaps {width:.0f} x {height:.0f} pixels of {onto.id}"


def pixels_in(source: GeoBox, target: GeoBox, window: Window) -> tuple[Int64, Int64]:
    """For each pixel of a window of ``target`` the pixel of ``source`` that holds its centre.

    Returns:
        Rows and columns in ``source``, int64 (rows, columns) each; beyond its shape where it does not reach.
    """
    x, y = np.meshgrid(
        np.arange(window.x_off, window.right) + 0.5, np.arange(window.y_off, window.bottom) + 0.5, indexing="xy"
    )
    cols, rows = _into(source, target, x.ravel(), y.ravel())
    far = np.int64(-1)
    good = np.isfinite(cols) & np.isfinite(rows)
    # a centre on an edge between two pixels, but for rounding, belongs to the one to its right and below
    at = [np.where(good, np.floor(np.where(good, v, 0) + 1e-6).astype(np.int64), far) for v in (rows, cols)]
    return at[0].reshape(window.shape), at[1].reshape(window.shape)


def _outlines(target: GeoBox, source: GeoBox, boxes: Int64) -> npt.NDArray[np.object_]:
    """Boxes in pixels of ``source`` as polygons in pixels of ``target``."""
    along = np.arange(_ALONG) / _ALONG
    zero, one = np.zeros(_ALONG), np.ones(_ALONG)
    x = np.concatenate([along, one, 1 - along, zero])
    y = np.concatenate([zero, along, one, 1 - along])
    left, top, right, bottom = boxes.T[:, :, None].astype(float)
    cols, rows = _into(target, source, (left + (right - left) * x).ravel(), (top + (bottom - top) * y).ravel())
    ring = np.stack([cols, rows], axis=1).reshape(len(boxes), 4 * _ALONG, 2)
    good = np.isfinite(ring).all(axis=(1, 2))
    out: npt.NDArray[np.object_] = np.full(len(boxes), shapely.Polygon(), object)
    out[good] = shapely.polygons(ring[good])
    return out


def _into(target: GeoBox, source: GeoBox, x: Float64, y: Float64) -> tuple[Float64, Float64]:
    """Columns and rows of ``target`` of places in pixels of ``source``."""
    if target.crs == source.crs:
        there = ~target.affine * source.affine
        return there.a * x + there.b * y + there.c, there.d * x + there.e * y + there.f
    from pyproj import Transformer

    a, b = source.affine, ~target.affine
    east, north = a.a * x + a.b * y + a.c, a.d * x + a.e * y + a.f
    transformer = Transformer.from_crs(str(source.crs), str(target.crs), always_xy=True)
    east, north = transformer.transform(east, north)
    return b.a * east + b.b * north + b.c, b.d * east + b.e * north + b.f


def _whole(grid: GeoBox) -> Int64:
    rows, cols = grid.shape
    return np.array([[0, 0, cols, rows]], np.int64)


def _size(shape: shapely.Geometry) -> tuple[float, float]:
    """Width and height of a shape's bounds; 0 where it has no area."""
    if shape.is_empty or shapely.area(shape) < 1e-6:
        return 0.0, 0.0
    left, top, right, bottom = shapely.bounds(shape).tolist()
    return right - left, bottom - top
