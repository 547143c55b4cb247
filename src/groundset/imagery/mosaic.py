"""Mosaics: scenes of one solar day become one; the first valid pixel wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from affine import Affine
from odc.geo.geobox import GeoBox

from groundset.core import InputError, safe_name
from groundset.imagery.fusion import check_overlap, corners_in
from groundset.imagery.scene import FlagSource, Scene


def solar_day(when: datetime, longitude: float) -> date:
    """The local day by the sun: UTC moved by one hour for every 15 degrees, rounded towards zero (as odc-stac does)."""
    return (when + timedelta(hours=int(longitude / 15))).date()


def solar_day_mosaics(scenes: Sequence[Scene]) -> list[Scene]:
    """Join scenes of one sensor, one solar day and one relative orbit (where stated), in the order of the first ones.

    The solar day is taken at each scene's centre.

    Raises:
        InputError: A scene without time or CRS; scenes of a day that differ in bands, scale or offset.
    """
    groups: dict[tuple[object, ...], list[Scene]] = {}
    for scene in scenes:
        if scene.datetime is None or scene.geobox.crs is None:
            raise InputError("a mosaic by solar day needs time and CRS of each scene", asked=scene.id)
        lon = scene.geobox.extent.to_crs("EPSG:4326").centroid.coords[0][0]
        key = (scene.sensor, solar_day(scene.datetime, lon), scene.product.get("sat:relative_orbit"))
        groups.setdefault(key, []).append(scene)
    return [_join(group, str(key[1])) if len(group) > 1 else group[0] for key, group in groups.items()]


def union_grid(grids: Sequence[GeoBox]) -> GeoBox:
    """The first grid, grown by whole pixels until it covers all of them."""
    first = grids[0]
    columns, rows = [0.0, float(first.shape[1])], [0.0, float(first.shape[0])]
    for grid in grids[1:]:
        x, y = corners_in(first, grid)
        columns += [float(x.min()), float(x.max())]
        rows += [float(y.min()), float(y.max())]
    # A thousandth of a pixel beyond the edge is rounding, not a further pixel.
    left, top = round(min(columns) - 0.499), round(min(rows) - 0.499)
    right, bottom = round(max(columns) + 0.499), round(max(rows) + 0.499)
    return GeoBox((bottom - top, right - left), first.affine * Affine.translation(left, top), first.crs)


def _join(group: Sequence[Scene], day: str) -> Scene:
    first = group[0]
    for other in group[1:]:
        if other.bands != first.bands:
            raise InputError(
                "scenes of one day cannot be joined: their bands differ",
                found=f"{first.id}: {_told(first)}; {other.id}: {_told(other)}",
                hint="select the bands they share with --bands, or ingest them apart",
            )
    _check_connected(group)
    covers = [s.cloud_cover for s in group if s.cloud_cover is not None]
    flags = [s.flags for s in group if s.flags is not None]
    joined: FlagSource | None = None
    if flags and all(f.kind == flags[0].kind for f in flags):
        joined = replace(flags[0], others=tuple(f.source for f in flags[1:]))
    return replace(
        first,
        id=safe_name(f"{first.sensor or first.id}-{day}-{first.id}"),
        geobox=union_grid([s.geobox for s in group]),
        sources=tuple(tuple(x for s in group for x in s.sources[i]) for i in range(len(first.bands))),
        cloud_cover=sum(covers) / len(covers) if covers else None,
        flags=joined,
        source_items=tuple(dict.fromkeys(h for s in group for h in s.source_items)),
    )


def _check_connected(group: Sequence[Scene]) -> None:
    """Refuse parts far apart: a mosaic of them would be nodata for the most part."""
    area = sum(float(s.geobox.extent.to_crs("EPSG:4326").area) for s in group)
    whole = union_grid([s.geobox for s in group]).extent.to_crs("EPSG:4326")
    if float(whole.area) > 20 * area:
        far = max(group[1:], key=lambda s: abs(s.geobox.extent.to_crs("EPSG:4326").centroid.coords[0][0]))
        check_overlap(group[0].id, group[0].geobox, far.id, far.geobox)


def _told(scene: Scene) -> str:
    return ", ".join(f"{b.name} (x {b.scale:g} + {b.offset:g}, {b.dtype})" for b in scene.bands)
