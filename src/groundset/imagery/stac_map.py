"""A map in STAC (land cover, water occurrence) read on a scene's grid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox

from groundset.core import InputError, MissingError
from groundset.imagery.fusion import extent_text, read_on_grid
from groundset.imagery.opening import open_raster
from groundset.imagery.scene import BandSource, Resampling

if TYPE_CHECKING:
    import pystac


def read_map_on_grid(
    items: Iterable[pystac.Item], asset: str, geobox: GeoBox, *, resampling: Resampling = "nearest"
) -> npt.NDArray[Any]:
    """Read a single-band map on the pixels of a grid; where items overlap the first with data wins.

    Args:
        items: Items of the map, several tiles welcome.
        asset: Key of the asset that holds the map.
        geobox: Grid to fill, shape (rows, columns).
        resampling: ``nearest`` keeps class codes.

    Returns:
        Stored values (rows, columns), dtype of the map; its nodata value (0 where it has none) where nothing is said.

    Raises:
        MissingError: No items, or no such asset.
        InputError: The map does not cover a single pixel of the grid; prints the extents.
    """
    given = list(items)
    if not given:
        raise MissingError("no item of the map found", asked=f"asset {asset} at {extent_text(geobox)}")
    out: npt.NDArray[Any] | None = None
    filled = np.zeros(geobox.shape, bool)
    for item in given:
        if asset not in item.assets:
            raise MissingError(
                "the item has no such asset", asked=f"{asset} of {item.id}", found=", ".join(item.assets)
            )
        source = BandSource(item.assets[asset].href, 1, resampling)
        with open_raster(source.href) as dataset:
            nodata, dtype = dataset.nodatavals[0], np.dtype(dataset.dtypes[0])
            values, valid = read_on_grid(source, geobox, dtype=dtype, nodata=nodata, dataset=dataset)
        if out is None:
            out = np.full(geobox.shape, 0 if nodata is None else nodata, dtype)
        new = valid & ~filled
        out[new] = values[new]
        filled |= new
        if filled.all():
            break
    if out is None or not filled.any():
        raise InputError(
            "the map does not cover the scene",
            asked=extent_text(geobox),
            found=", ".join(f"{i.id}: {i.bbox}" for i in given[:3]),
            hint="search for the map where the scene lies",
        )
    return out
