"""The demo's Sentinel-2 scene from public STAC APIs, with an independent water map as reference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from groundset.core import UNLABELLED, Bbox, ServiceError
from groundset.demo.samples import NON_WATER, WATER, Sample

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

    from groundset.demo.samples import UInt8
    from groundset.imagery import Scene

WORLDCOVER_WATER = 80
WORLDCOVER_WETLAND = 90
"""Herbaceous wetland is neither water nor land, and is left unknown."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look, and in which catalogues."""

    bbox: Bbox
    datetime: str
    bands: tuple[str, ...] = ("blue", "green", "red", "nir", "swir16", "swir22")
    imagery_api: str = "earth-search"
    imagery_collection: str = "sentinel-2-l2a"
    map_api: str = "planetary-computer"
    map_collection: str = "esa-worldcover"
    map_asset: str = "map"
    map_datetime: str = "2021-01-01T00:00:00Z/2021-12-31T23:59:59Z"


WALENSEE = Place(Bbox(9.05, 47.02, 9.33, 47.20), "2021-06-01T00:00:00Z/2021-09-30T23:59:59Z")
"""Walensee and the upper Zürichsee, Switzerland, in the year that ESA WorldCover 2021 maps."""


def sample(place: Place = WALENSEE, *, chip_size: int = 256, block: str = "5.2km", seed: int = 0) -> Sample:
    """The demo's sample for a place."""
    return Sample(
        name="sentinel2",
        title="Sentinel-2 L2A, Walensee, summer 2021",
        credit="contains modified Copernicus Sentinel data 2021; reference: ESA WorldCover 2021 (Zanaga et al. 2022)",
        license="CC-BY-4.0",
        chip_size=chip_size,
        block=block,
        seed=seed,
        scenes=partial(open_scene, place),
        reference=partial(read_reference, place),
    )


def open_scene(place: Place) -> list[Scene]:
    """The clearest scene of the place and time, cut to the place."""
    from groundset.imagery import scenes_from_items, search

    items = search(
        place.imagery_api,
        collection=place.imagery_collection,
        bbox=place.bbox,
        intersects=None,
        datetime=place.datetime,
        max_cloud=10,
        limit=50,
    )
    if not items:
        raise ServiceError("the public catalogue has no clear scene of the demo's place", asked=place.datetime)
    clearest = min(items, key=lambda item: (item.properties.get("eo:cloud_cover", 100), item.id))
    return scenes_from_items([clearest], bands=place.bands, bbox=place.bbox)


def read_reference(place: Place, geobox: GeoBox) -> UInt8:
    """ESA WorldCover on the scene's grid: water, non-water, wetland and nodata unknown; never from the scene itself."""
    from groundset.imagery import read_map_on_grid, search

    items = search(
        place.map_api,
        collection=place.map_collection,
        bbox=place.bbox,
        intersects=None,
        datetime=place.map_datetime,
        max_cloud=None,
        limit=20,
    )
    codes = read_map_on_grid(items, place.map_asset, geobox, resampling="nearest")
    out = np.full(codes.shape, NON_WATER, np.uint8)
    out[codes == WORLDCOVER_WATER] = WATER
    out[(codes == 0) | (codes == WORLDCOVER_WETLAND)] = UNLABELLED
    return out


SENTINEL2 = sample()
