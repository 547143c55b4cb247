"""STAC words that items and collection share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from odc.geo.geobox import GeoBox

from groundset._files import multihash
from groundset.core import UNLABELLED, BandSet, Scheme
from groundset.imagery.scene_item import band_fields
from groundset.release.facts import SPLITS, FileFacts

STAC_VERSION = "1.1.0"
_BASE = "https://stac-extensions.github.io"
LABEL = f"{_BASE}/label/v1.0.1/schema.json"
ML_AOI = f"{_BASE}/ml-aoi/v0.2.0/schema.json"
CLASSIFICATION = f"{_BASE}/classification/v1.1.0/schema.json"
FILE = f"{_BASE}/file/v2.1.0/schema.json"
PROJECTION = f"{_BASE}/projection/v2.0.0/schema.json"
RASTER = f"{_BASE}/raster/v2.0.0/schema.json"
EO = f"{_BASE}/eo/v2.0.0/schema.json"
PROCESSING = f"{_BASE}/processing/v1.2.0/schema.json"
VERSION = f"{_BASE}/version/v1.2.0/schema.json"
SCIENTIFIC = f"{_BASE}/scientific/v1.0.0/schema.json"

COG = "image/tiff; application=geotiff; profile=cloud-optimized"
JSON = "application/json"
GEOJSON = "application/geo+json"


def file_fields(facts: FileFacts) -> dict[str, Any]:
    """``file:checksum`` (multihash of SHA-256) and ``file:size``."""
    return {"file:checksum": multihash(facts.sha256), "file:size": facts.size}


def image_fields(bands: BandSet) -> list[dict[str, Any]]:
    """``bands`` of image.tif; read back by :func:`groundset.imagery.scene_item.band_from_fields`."""
    return [band_fields(b) for b in bands]


def class_name(name: str) -> str:
    """A class name as the classification extension allows it."""
    return re.sub(r"[^0-9A-Za-z_-]+", "-", name)


def class_fields(scheme: Scheme) -> list[dict[str, Any]]:
    """``classification:classes`` of mask.tif, the value 255 for unlabelled included."""
    out: list[dict[str, Any]] = []
    for c in scheme:
        one: dict[str, Any] = {
            "value": c.code,
            "name": class_name(c.name),
            "title": c.title,
            "color_hint": c.color[1:].upper(),
        }
        if c.definition:
            one["description"] = c.definition
        out.append(one)
    return [*out, {"value": UNLABELLED, "name": "unlabelled", "title": "Unlabelled", "nodata": True}]


def projection_fields(geobox: GeoBox) -> dict[str, Any]:
    """``proj:*`` of a chip; ``proj:code`` null with WKT2 where the CRS has no code, null alone without CRS."""
    out: dict[str, Any] = {"proj:shape": [int(n) for n in geobox.shape], "proj:transform": list(geobox.affine)[:6]}
    if geobox.crs is None:
        return {"proj:code": None} | out
    epsg = geobox.crs.to_epsg()
    bounds = [float(v) for v in geobox.boundingbox.bbox]
    code = {"proj:code": f"EPSG:{epsg}"} if epsg else {"proj:code": None, "proj:wkt2": geobox.crs.to_wkt()}
    return code | out | {"proj:bbox": bounds}


def split_fields(split: str) -> dict[str, Any]:
    """``groundset:split``, and ``ml-aoi:split`` where the extension has a word for it (it has none for ``none``)."""
    return {"groundset:split": split} | ({"ml-aoi:split": split} if split in SPLITS else {})


def prefixes(document: Mapping[str, Any]) -> set[str]:
    """The prefixes (``label:``) of all keys at any depth, and the keys that have none."""
    return {key[: key.find(":") + 1] or key for key in _keys(document)}


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
