"""A scene: bands of one or several sensors on one pixel grid, described by a STAC Item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from odc.geo.geobox import GeoBox

from groundset.core import BandSet

Allow = Callable[[str], None]
"""Says with an error that a path or address may not be read; called with each before it is opened."""

Resampling = Literal["nearest", "bilinear", "cubic", "average"]
FlagKind = Literal["scl", "qa_pixel", "qa60"]


@dataclass(frozen=True, slots=True)
class BandSource:
    """Where the pixels of one band lie.

    ``href`` is an absolute path, a URL, or a GDAL ``/vsi`` path; ``index`` counts from 1. Where the file's grid is not
    the scene's, its pixels are resampled with ``resampling``.
    """

    href: str
    index: int = 1
    resampling: Resampling = "bilinear"


@dataclass(frozen=True, slots=True)
class FlagSource:
    """The band in which the product itself says what a pixel is (cloud, shadow, nodata ...).

    ``others`` are the flag bands of a mosaic's further parts: where one has no data, the next one speaks.
    """

    kind: FlagKind
    source: BandSource
    others: tuple[BandSource, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One acquisition or composite on one pixel grid.

    Args:
        id: Safe in a URL and a file name.
        geobox: Shape (rows, columns), affine transform and CRS of the grid; CRS None for a plain photo.
        bands: The bands in order.
        sources: One tuple per band, same order. Several sources are a mosaic: the first valid pixel wins.
        datetime: Acquisition, timezone-aware UTC; None where nobody said.
        sensor: Groundset sensor name (several joined by ``+`` in a fused scene); None for generic rasters.
        cloud_cover: Percent, as ``eo:cloud_cover``.
        flags: The product's own flag band, if it has one.
        group: Scenes and chips of one group stay in one split (a folder, a site).
        source_items: Hrefs of the STAC items that the scene was made from.
        photo: One chip of exactly its own size, whatever the grid: a plain photo without CRS, or an image that another
            tool labels as a whole.
        product: Further STAC properties of the product worth keeping (platform, processing baseline ...).
        guarded: Brought through a server, which reads public addresses alone: its hosts may not become private ones.
    """

    id: str
    geobox: GeoBox
    bands: BandSet
    sources: tuple[tuple[BandSource, ...], ...]
    datetime: datetime | None = None
    sensor: str | None = None
    cloud_cover: float | None = None
    flags: FlagSource | None = None
    group: str | None = None
    source_items: tuple[str, ...] = ()
    photo: bool = False
    product: dict[str, object] = field(default_factory=dict)
    guarded: bool = field(default=False, compare=False)

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.geobox.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.geobox.shape[0])
