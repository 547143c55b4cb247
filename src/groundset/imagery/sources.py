"""Several sources at once: each opened for itself, then joined where asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from groundset.core import Bbox, InputError, check_name
from groundset.imagery.fusion import fuse as fuse_scenes
from groundset.imagery.mosaic import solar_day_mosaics
from groundset.imagery.open_source import open_source
from groundset.imagery.scene import Allow, Resampling, Scene
from groundset.imagery.sensors import Sensor
from groundset.imagery.stac_items import scenes_from_items
from groundset.imagery.stac_search import read_aoi, search
from groundset.imagery.whereabouts import hrefs


def open_sources(
    sources: Sequence[str],
    *,
    sensor: str | Sensor | None = None,
    time: datetime | str | None = None,
    bands: Sequence[str] | None = None,
    scene_id: str | None = None,
    fuse: bool = False,
    mosaic: str | None = None,
    resampling: Resampling | None = None,
    group: str | None = None,
    allow: Allow | None = None,
) -> list[Scene]:
    """The scenes of several sources, in their order.

    Args:
        sources: See :func:`~groundset.imagery.open_source.open_source`.
        sensor: Name of the product, where the sources do not state it.
        time: Acquisition time, for what does not state its own.
        bands: Bands to select, or the names of a bare file's bands.
        scene_id: Id of the scene, where there is one in the end.
        fuse: One scene of all; the first one's grid is the reference.
        mosaic: ``solar-day`` joins the scenes of one sensor and day.
        resampling: Of bands on another grid than the scene's (default bilinear).
        group: Group of all the scenes, in place of their own; see :func:`in_group`.
        allow: Hears every path and address before it is read, and refuses it by an error.

    Raises:
        InputError: What a source does not say; scenes that do not fit together; an id for several scenes.
    """
    one = len(sources) == 1 and not fuse and mosaic is None
    scenes = [
        scene
        for source in sources
        for scene in open_source(
            source, sensor=sensor, time=time, bands=bands, scene_id=scene_id if one else None, allow=allow
        )
    ]
    _check(scenes, allow)
    if mosaic is not None:
        if mosaic != "solar-day":
            raise InputError("unknown kind of mosaic", asked=mosaic, hint="take solar-day")
        scenes = solar_day_mosaics(scenes)
    if fuse and len(scenes) > 1:
        scenes = [fuse_scenes(scenes, resampling=resampling, scene_id=scene_id)]
    elif scene_id is not None and not one:
        if len(scenes) != 1:
            raise InputError("an id names one scene", asked=scene_id, found=f"{len(scenes)} scenes")
        scenes = [replace(scenes[0], id=check_name(scene_id, "scene"))]
    return scenes if group is None else in_group(scenes, group)


def search_scenes(
    api: str,
    *,
    collection: str | None = None,
    bbox: str | Sequence[float] | Bbox | None = None,
    aoi: str | Path | None = None,
    datetime: str | None = None,
    max_cloud: float | None = None,
    limit: int | None = None,
    group: str | None = None,
    allow: Allow | None = None,
    **options: Any,
) -> list[Scene]:
    """The scenes that a STAC API finds.

    Args:
        api: URL, or ``earth-search``, ``planetary-computer``, ``cdse``.
        collection: Collection to search.
        bbox: West, south, east, north in degrees.
        aoi: Vector file whose shapes to search in, in any CRS; instead of ``bbox``.
        datetime: RFC 3339 interval.
        max_cloud: Largest cloud cover in percent.
        limit: Largest number of items.
        group: Group of the scenes.
        allow: Hears every address that the answer leads to, and refuses it by an error.
        **options: For :func:`~groundset.imagery.stac_items.scenes_from_items`.
    """
    items = search(
        api,
        collection=collection,
        bbox=None if bbox is None else Bbox.parse(bbox),
        intersects=None if aoi is None else read_aoi(aoi),
        datetime=datetime,
        max_cloud=max_cloud,
        limit=limit,
    )
    scenes = scenes_from_items(items, allow=allow, **options)
    _check(scenes, allow)
    return scenes if group is None else in_group(scenes, group)


def _check(scenes: Iterable[Scene], allow: Allow | None) -> None:
    """Let ``allow`` hear what the scenes will be read from: a link in a folder may lead out of it."""
    if allow is not None:
        for href in {h: None for scene in scenes for h in hrefs(scene)}:
            if not href.startswith("/vsizip/"):  # our own way into an archive that was allowed
                allow(href.removeprefix("/vsicurl/"))  # our own way to an address


def in_group(scenes: Iterable[Scene], group: str) -> list[Scene]:
    """The scenes as members of one group: chips of a group that have no place on the ground stay in one split.

    Raises:
        InputError: The group has no name.
    """
    name = group.strip()
    if not name or not name.isprintable():
        raise InputError("a group has a name of one line", asked=repr(group), hint="such as the name of a site")
    return [replace(scene, group=name) for scene in scenes]
