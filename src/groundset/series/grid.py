"""Whether scenes lie on one pixel grid, and what tells their grids apart."""

from __future__ import annotations

from collections.abc import Sequence

from odc.geo.geobox import GeoBox

from groundset.core import InputError
from groundset.imagery import Scene

TOLERANCE = 1e-3
"""How far the corners of two grids may lie apart, in pixels: less than rounding in a file's header brings."""


def difference(one: GeoBox, other: GeoBox) -> str | None:
    """What tells the second grid from the first, in words; None where they are one grid.

    Args:
        one: A grid: shape (rows, columns), affine transform in units of its CRS, CRS.
        other: Another one.
    """
    if one.crs != other.crs:
        return f"CRS {_crs(other)}, not {_crs(one)}"
    if tuple(one.shape) != tuple(other.shape):
        return f"{_size(other)} pixels, not {_size(one)}"
    a, b = one.affine, other.affine
    there = ~a
    rows, cols = one.shape
    apart = 0.0
    for corner in ((0, 0), (cols, 0), (0, rows), (cols, rows)):
        x, y = there * (b * corner)
        apart = max(apart, abs(x - corner[0]), abs(y - corner[1]))
    if apart <= TOLERANCE:
        return None
    if abs(a.a - b.a) > abs(a.a) * 1e-6 or abs(a.e - b.e) > abs(a.e) * 1e-6:
        return f"pixels of {b.a:g} x {abs(b.e):g}, not {a.a:g} x {abs(a.e):g}"
    return f"its upper left corner {apart:.4g} pixels away"


def check_one_grid(scenes: Sequence[Scene]) -> None:
    """Refuse scenes of different grids.

    Raises:
        InputError: Names the first scene that lies on another grid, and what the difference is.
    """
    first = scenes[0]
    for scene in scenes[1:]:
        apart = difference(first.geobox, scene.geobox)
        if apart is not None:
            raise InputError(
                "the scenes of a series lie on one pixel grid", asked=f"{scene.id} beside {first.id}",
                found=f"{scene.id} has {apart}", hint="warp them onto one grid first: gdalwarp -tr -te -t_srs",
            )  # fmt: skip


def grid_key(box: GeoBox) -> tuple[object, ...]:
    """Alike for grids that may be one; those with the same key are still to be compared."""
    return str(box.crs), tuple(box.shape)


def _crs(box: GeoBox) -> str:
    return "none" if box.crs is None else str(box.crs)


def _size(box: GeoBox) -> str:
    rows, cols = box.shape
    return f"{cols} x {rows}"
