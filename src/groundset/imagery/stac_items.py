"""STAC items become scenes: one an item, or one a solar day, or one of all sensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from odc.geo.geobox import GeoBox

from groundset.core import BandSet, Bbox, InputError, MissingError, safe_name
from groundset.imagery.fusion import check_overlap, crop, fuse
from groundset.imagery.mosaic import solar_day_mosaics
from groundset.imagery.scene import Allow, Resampling, Scene
from groundset.imagery.sensors import Sensor, get_sensor
from groundset.imagery.stac_assets import image_hrefs, item_bands, item_flags
from groundset.imagery.stac_read import read_items
from groundset.imagery.stac_sensor import infer_sensor

if TYPE_CHECKING:
    import pystac

Mosaic = Literal["solar-day"]
_KEPT = (
    "platform", "constellation", "instruments", "gsd", "processing:level", "s2:processing_baseline", "s2:product_uri",
    "earthsearch:boa_offset_applied", "grid:code", "sat:relative_orbit", "sat:orbit_state", "landsat:wrs_path",
    "landsat:wrs_row", "landsat:correction", "start_datetime", "end_datetime", "license",
)  # fmt: skip


def open_stac(
    source: str,
    *,
    sensor: str | Sensor | None = None,
    bands: Sequence[str] | None = None,
    fuse: bool = False,
    mosaic: Mosaic | None = None,
    resampling: Resampling = "bilinear",
    allow: Allow | None = None,
) -> list[Scene]:
    """Scenes of a path or address of STAC JSON (see :func:`~groundset.imagery.stac_read.read_items`)."""
    return scenes_from_items(
        read_items(source, allow=allow),
        sensor=sensor,
        bands=bands,
        fuse=fuse,
        mosaic=mosaic,
        resampling=resampling,
        allow=allow,
    )


def scenes_from_items(
    items: Iterable[pystac.Item],
    *,
    sensor: str | Sensor | None = None,
    bands: Sequence[str] | None = None,
    fuse: bool = False,
    mosaic: Mosaic | None = None,
    reference: GeoBox | None = None,
    resampling: Resampling | None = None,
    bbox: Bbox | None = None,
    allow: Allow | None = None,
) -> list[Scene]:
    """Make scenes of items; no pixel is read.

    Args:
        items: Items with absolute asset hrefs, as :func:`read_items` and :func:`search` give them.
        sensor: The product, where the items do not state it.
        bands: Bands to take, by name or common name; None takes all.
        fuse: One scene of all items, each sensor's bands beside the others', on one grid.
        mosaic: ``solar-day``: items of one sensor, one solar day and one orbit become one scene; the first valid pixel
            wins.
        reference: Grid of the scenes; by default the finest asset of (each scene's) first item.
        resampling: For bands on another grid; bilinear by default. Flag bands are always read by nearest neighbour.
        bbox: Cut the scenes' grid to this box, to whole pixels.
        allow: Hears the address of every image of the items before one is opened, and refuses it by an error.

    Raises:
        MissingError: No items, or an unknown band.
        InputError: Items that do not overlap, or that do not say what is needed.
    """
    given = list(items)
    if not given:
        raise MissingError(
            "no item found",
            found="an empty search result",
            hint="widen the bbox, the dates or the cloud limit, or check the collection's name",
        )
    if allow is not None:
        for href in {h: None for item in given for h in image_hrefs(item)}:
            allow(href)
    scenes = [item_scene(i, sensor=sensor, bands=bands, resampling=resampling or "bilinear") for i in given]
    if mosaic is not None:
        if mosaic != "solar-day":
            raise InputError("unknown kind of mosaic", asked=mosaic, hint="take solar-day")
        scenes = solar_day_mosaics(scenes)
    if fuse and len(scenes) > 1:
        scenes = [_fuse(scenes, reference)]
    elif reference is not None:
        for scene in scenes:
            check_overlap(scene.id, scene.geobox, "the reference grid", reference)
        scenes = [replace(scene, geobox=reference) for scene in scenes]
    if bbox is not None:
        scenes = [crop(scene, bbox) for scene in scenes]
    return scenes


def item_scene(
    item: pystac.Item,
    *,
    sensor: str | Sensor | None = None,
    bands: Sequence[str] | None = None,
    resampling: Resampling = "bilinear",
) -> Scene:
    """The scene of one item, on the grid of its finest asset."""
    product = get_sensor(sensor) or get_sensor(infer_sensor(item))
    found = item_bands(item, product, bands, resampling)
    for one in found[1:]:
        check_overlap(f"{item.id} {found[0].band.name}", found[0].grid, f"{item.id} {one.band.name}", one.grid)
    grid = min((one.grid for one in found), key=_pixel_size)
    when = item.datetime or _start(item)
    cover = item.properties.get("eo:cloud_cover")
    link = item.get_self_href()
    return Scene(
        id=safe_name(item.id),
        geobox=grid,
        bands=BandSet(tuple(one.band for one in found)),
        sources=tuple((one.source,) for one in found),
        datetime=None if when is None else when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC),
        sensor=product.name if product else None,
        cloud_cover=None if cover is None else float(cover),
        flags=item_flags(item),
        source_items=(link,) if link else (),
        product={key: item.properties[key] for key in _KEPT if item.properties.get(key) is not None},
    )


def _fuse(scenes: Sequence[Scene], reference: GeoBox | None) -> Scene:
    sensors = [s.sensor for s in scenes if s.sensor]
    twice = sorted({s for s in sensors if sensors.count(s) > 1})
    if twice:
        raise InputError(
            "several items of one sensor cannot be fused into one scene",
            found=f"{sensors.count(twice[0])} items of {twice[0]}",
            hint="join them first with --mosaic solar-day, or search for one date",
        )
    return fuse(scenes, reference=reference)


def _pixel_size(grid: GeoBox) -> float:
    """Side of a pixel in metres, roughly, for comparison between CRS."""
    size = math.sqrt(abs(grid.affine.determinant))
    return size * 111_320 if grid.crs is not None and grid.crs.geographic else size


def _start(item: pystac.Item) -> datetime | None:
    """Begin of a composite's time range."""
    return item.common_metadata.start_datetime
