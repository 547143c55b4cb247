"""What a raster file says of itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.enums import ColorInterp

from groundset.core import InputError
from groundset.imagery._gdal import open_dataset

PHOTO_DRIVERS = frozenset({"PNG", "JPEG", "BMP", "GIF", "WEBP", "PNM"})


@dataclass(frozen=True)
class FileInfo:
    """One raster file: its grid and its bands, as far as the file states them (no pixel is read)."""

    href: str
    driver: str
    width: int
    height: int
    crs: rasterio.crs.CRS | None
    transform: Affine
    dtypes: tuple[str, ...]
    nodata: tuple[float | None, ...]
    descriptions: tuple[str | None, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    units: tuple[str | None, ...]
    colors: tuple[ColorInterp, ...]
    band_tags: tuple[dict[str, str], ...]
    tags: dict[str, str]
    gcps: bool

    @property
    def photo(self) -> bool:
        """A plain photo: a photo format, and neither CRS nor georeference."""
        return self.driver in PHOTO_DRIVERS and self.crs is None and self.transform.is_identity

    @property
    def indexes(self) -> tuple[int, ...]:
        """GDAL indexes (from 1) of the bands that hold pixels; an alpha channel is validity, not a band."""
        return tuple(i for i, c in enumerate(self.colors, 1) if c != ColorInterp.alpha)

    @cached_property
    def geobox(self) -> GeoBox:
        """The file's pixel grid.

        Raises:
            InputError: The file states no CRS and is no plain photo.
        """
        if self.crs is None and not self.photo:
            raise InputError(
                "this image has no coordinate reference system, and none is guessed",
                asked=self.href,
                found="ground control points only" if self.gcps else f"a {self.driver} file without CRS",
                hint="warp it to a map grid first (rio warp, gdalwarp)"
                if self.gcps
                else "write the CRS you know: rio edit-info --crs EPSG:NNNNN FILE; plain photos: PNG or JPEG",
            )
        if self.crs is not None and self.transform.is_identity:
            raise InputError(
                "this image has a CRS but no position in it",
                asked=self.href,
                found=f"{self.crs.to_string()} with an identity transform",
                hint="write its geotransform: rio edit-info --transform '[...]' FILE",
            )
        return GeoBox((self.height, self.width), self.transform, None if self.crs is None else self.crs.to_wkt())

    @property
    def resolution(self) -> float:
        """Side of a pixel in units of the CRS."""
        return math.sqrt(abs(self.transform.determinant))


def inspect(href: str) -> FileInfo:
    """Read a raster's metadata.

    Raises:
        MissingError, InputError, ServiceError: As :func:`groundset.imagery._gdal.open_dataset`; also a file of complex
            numbers or of palette indexes.
    """
    with open_dataset(href) as ds:
        _check_kind(ds, href)
        return FileInfo(
            href=href,
            driver=ds.driver,
            width=ds.width,
            height=ds.height,
            crs=ds.crs,
            transform=ds.transform,
            dtypes=tuple(ds.dtypes),
            nodata=tuple(ds.nodatavals),
            descriptions=tuple(d.strip() if d else None for d in ds.descriptions),
            scales=tuple(ds.scales),
            offsets=tuple(ds.offsets),
            units=tuple(ds.units),
            colors=tuple(ds.colorinterp),
            band_tags=tuple(ds.tags(i) for i in ds.indexes),
            tags=ds.tags(),
            gcps=bool(ds.gcps[0]),
        )


def _check_kind(ds: rasterio.io.DatasetReader, href: str) -> None:
    if ds.count == 0:
        names = [s.split(":", 1)[-1] for s in ds.subdatasets][:5]
        raise InputError(
            "this file holds no image by itself",
            asked=href,
            found=f"{len(ds.subdatasets)} datasets inside: {', '.join(names)}" if names else "no band",
            hint="give one of the images inside",
        )
    if any("complex" in d for d in ds.dtypes):
        raise InputError(
            "complex numbers (SLC radar) are not supported",
            asked=href,
            found=ds.dtypes[0],
            hint="process it to calibrated backscatter first",
        )
    if ds.colorinterp[0] == ColorInterp.palette:
        raise InputError(
            "this image holds numbers of colours in a palette, not values",
            asked=href,
            hint="turn it into RGB first, or annotate with it if it is a map of classes",
        )
