"""The chip: a square window of a scene, with the place and time that it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox

from groundset.chips._footprint import footprints_of
from groundset.core import ChipId, Grid, InputError, Window, whole
from groundset.imagery.scene import Scene


@dataclass(frozen=True, slots=True)
class Chip:
    """One row of the chip table.

    Args:
        id: Scene, level, grid row and grid column.
        window: Pixels of the scene; reaches beyond it where the edge policy is ``pad`` (the outside is nodata).
        geobox: Shape (rows, columns), transform and CRS of the chip; CRS None for a plain photo.
        datetime: Acquisition, UTC; None where nobody said.
        sensor: Groundset sensor name; None for generic rasters.
        bands: Band names in stored order.
        valid_fraction: Share of the window's pixels (0 to 1) at which every band has data.
        cloud_cover: Percent, as ``eo:cloud_cover``: of this chip where the scene has a flag band, else the scene's.
        group: Chips of one group stay in one split.
    """

    id: ChipId
    window: Window
    geobox: GeoBox
    datetime: datetime | None = None
    sensor: str | None = None
    bands: tuple[str, ...] = ()
    valid_fraction: float = 1.0
    cloud_cover: float | None = None
    group: str | None = None

    @property
    def footprint(self) -> Any:
        """Shapely outline in EPSG:4326 (longitude, latitude), right to a tenth of a pixel; None without CRS."""
        return footprints([self])[0]


def footprints(chips: Sequence[Chip]) -> list[Any]:
    """The footprints of many chips at once; see :attr:`Chip.footprint`."""
    return footprints_of([c.geobox for c in chips])


def chip_geobox(scene: GeoBox, window: Window) -> GeoBox:
    """The part of a scene's geobox that ``window`` covers; it may reach beyond the scene."""
    return GeoBox(window.shape, scene.affine * Affine.translation(window.x_off, window.y_off), scene.crs)


def geobox(shape: tuple[int, int], transform: Sequence[float], crs: str | None) -> GeoBox:
    """A geobox from the chip table's ``transform`` (a, b, c, d, e, f) and ``crs``."""
    return GeoBox(shape, Affine(*transform), None if crs is None else _crs(crs))


def crs_text(box: GeoBox) -> str | None:
    """A CRS as the chip table writes it: ``EPSG:32632`` where there is a code, else WKT; None without CRS."""
    if box.crs is None:
        return None
    return f"EPSG:{box.crs.epsg}" if box.crs.epsg else str(box.crs.to_wkt())


@lru_cache(maxsize=256)
def _crs(text: str) -> CRS:
    return CRS(text)


def scene_windows(scene: Scene, grid: Grid, level: int = 0) -> Iterator[tuple[int, int, Window]]:
    """Every chip of a level as (grid row, grid column, window), row by row.

    A plain photo is one chip of exactly its own size, whatever the grid.

    Raises:
        InputError: The scene is smaller than one chip, or a finer level of a photo is asked for.
    """
    if not scene.photo:
        yield from grid.windows(scene.width, scene.height, level)
        return
    if level != 0:
        raise InputError("a photo is one chip and has no finer levels", asked=f"level {level} of {scene.id}")
    yield 0, 0, whole(scene.width, scene.height)


def cut(scene: Scene, level: int, row: int, col: int, window: Window, *, valid_fraction: float = 1.0,
        cloud_cover: float | None = None) -> Chip:  # fmt: skip
    """The chip of ``scene`` at ``window``, with the scene's time, sensor, bands and group."""
    return Chip(
        ChipId(scene.id, level, row, col),
        window,
        chip_geobox(scene.geobox, window),
        datetime=scene.datetime,
        sensor=scene.sensor,
        bands=scene.bands.names,
        valid_fraction=valid_fraction,
        cloud_cover=scene.cloud_cover if cloud_cover is None else cloud_cover,
        group=scene.group,
    )
