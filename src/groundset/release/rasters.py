"""The GeoTIFFs of a chip as bytes: image, mask, origin. The same pixels give the same bytes.

A chip of at most 512 x 512 pixels is written in one go as a tiled GeoTIFF whose directory comes first and which needs
no overviews: that is a cloud-optimized GeoTIFF, and much quicker than GDAL's COG driver, which takes the larger ones
and those with a mask of their own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from odc.geo.geobox import GeoBox
from rasterio.crs import CRS
from rasterio.io import MemoryFile

from groundset.core import UNLABELLED, BandSet, LabelMask, Scheme
from groundset.imagery import Pixels

_SMALL = 512
_TILE = 16


def image_bands(bands: BandSet) -> BandSet:
    """The bands as released: one nodata value for all, since a GeoTIFF has one.

    NaN for floating point; the common value for integers, or none where the bands differ or have none (then the file
    has a mask of its own where pixels are missing).
    """
    from dataclasses import replace

    nodata: float | None = None
    if np.issubdtype(bands.dtype, np.floating):
        nodata = float("nan")
    elif len({b.nodata for b in bands}) == 1:
        nodata = bands[0].nodata
    return BandSet(tuple(replace(b, nodata=nodata, dtype=bands.dtype.name) for b in bands))


def image_tiff(pixels: Pixels, geobox: GeoBox) -> bytes:
    """image.tif: native values and dtype, scale, offset, band names, nodata.

    Args:
        pixels: Stored values (bands, rows, columns).
        geobox: Grid of the chip; CRS None for a photo.
    """
    bands = image_bands(pixels.bands)
    nodata = bands[0].nodata
    data = pixels.data.astype(bands.dtype, copy=True)
    masked = not pixels.valid.all()
    if nodata is not None:
        data[~pixels.valid] = nodata
        masked = False
    return _tiff(
        data,
        geobox,
        nodata=nodata,
        predictor=3 if np.issubdtype(data.dtype, np.floating) else 2,
        level=1,  # with a predictor a higher one takes longer and gives the same size
        mask=np.asarray(pixels.valid.all(axis=0)) if masked else None,
        names=bands.names,
        scales=tuple(b.scale for b in bands),
        offsets=tuple(b.offset for b in bands),
    )


def mask_tiff(mask: LabelMask, geobox: GeoBox, scheme: Scheme) -> bytes:
    """mask.tif: one band of class codes with the scheme's colours, 255 unlabelled (transparent, and nodata)."""
    colours = {c.code: (*c.rgb, 255) for c in scheme} | {UNLABELLED: (0, 0, 0, 0)}
    return _tiff(mask.classes[None], geobox, nodata=UNLABELLED, names=("class",), colours=colours)


def origin_tiff(mask: LabelMask, geobox: GeoBox) -> bytes:
    """origin.tif: origin of each pixel (0 none, 1 human, 2 model ...) and confidence in percent (255 none)."""
    return _tiff(np.stack([mask.origin, mask.confidence]), geobox, names=("origin", "confidence"))


def _tiff(
    data: npt.NDArray[Any],
    geobox: GeoBox,
    *,
    names: tuple[str, ...],
    nodata: float | None = None,
    predictor: int | None = None,
    level: int = 6,
    mask: npt.NDArray[np.bool_] | None = None,
    scales: tuple[float, ...] | None = None,
    offsets: tuple[float, ...] | None = None,
    colours: dict[int, tuple[int, int, int, int]] | None = None,
) -> bytes:
    count, rows, cols = data.shape
    profile: dict[str, Any] = {"width": cols, "height": rows, "count": count, "dtype": data.dtype.name}
    profile |= {"nodata": nodata, "compress": "deflate"}
    if predictor is not None:
        profile["predictor"] = predictor
    if geobox.crs is not None:
        profile |= {"crs": _crs(geobox.crs), "transform": geobox.transform}
    if max(rows, cols) <= _SMALL and mask is None:
        sides = {"blockxsize": -(-cols // _TILE) * _TILE, "blockysize": -(-rows // _TILE) * _TILE}
        profile |= {"driver": "GTiff", "tiled": True, "interleave": "band", "zlevel": level, **sides}
    else:
        profile |= {"driver": "COG", "overview_resampling": "nearest", "num_threads": 1, "level": level}
    if colours is not None and profile["driver"] == "GTiff":
        profile["photometric"] = "palette"
    with rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_TIFF_INTERNAL_MASK=True), MemoryFile() as memory:
        with memory.open(**profile) as out:
            if colours is not None:
                out.write_colormap(1, colours)
            out.descriptions = names
            if scales is not None and offsets is not None:
                out.scales, out.offsets = scales, offsets
            out.write(data)
            if mask is not None:
                out.write_mask(mask)
        return bytes(memory.getbuffer())


def _crs(crs: Any) -> CRS:
    return _crs_of(str(crs))


@lru_cache(maxsize=64)
def _crs_of(text: str) -> CRS:
    crs = CRS.from_user_input(text)
    epsg = crs.to_epsg()
    return crs if epsg is None else CRS.from_epsg(epsg)
