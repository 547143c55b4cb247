"""A scene as a STAC 1.1 Item and back, without loss.

One asset for each file; its ``bands`` tell name, data type, scale, offset and nodata with the common, eo and raster
fields. What STAC has no word for carries the prefix ``groundset:``.
"""

from __future__ import annotations

import json
import math
from typing import Any

import pystac
from affine import Affine
from odc.geo.crs import CRS
from odc.geo.geobox import GeoBox

from groundset.core import Band, BandSet, InputError
from groundset.imagery._sensor_tables import EO_COMMON_NAMES
from groundset.imagery.scene import BandSource, FlagSource, Scene
from groundset.imagery.times import parse_time

_EXTENSIONS = "https://stac-extensions.github.io"
EO = f"{_EXTENSIONS}/eo/v2.0.0/schema.json"
PROJECTION = f"{_EXTENSIONS}/projection/v2.0.0/schema.json"
RASTER = f"{_EXTENSIONS}/raster/v2.0.0/schema.json"

# STAC wants a time or a range; a scene whose time nobody stated gets the widest range and says so.
_UNKNOWN = {"start_datetime": "0001-01-01T00:00:00Z", "end_datetime": "9999-12-31T23:59:59Z"}
_OWN = ("datetime", "eo:cloud_cover", "proj:", "groundset:")


def scene_to_item(scene: Scene) -> pystac.Item:
    """The scene as a valid STAC 1.1 Item (extensions eo, projection, raster); EPSG:4326 footprint, null without CRS."""
    geometry, bbox = _footprint(scene.geobox)
    properties = {k: v for k, v in scene.product.items() if not k.startswith(_OWN)}
    if scene.datetime is None:
        properties |= _UNKNOWN | {"groundset:time": "unknown"}
    properties |= _projection(scene.geobox)
    for key, value in (("eo:cloud_cover", scene.cloud_cover), ("groundset:sensor", scene.sensor)):
        if value is not None:
            properties[key] = value
    if scene.group is not None:
        properties["groundset:group"] = scene.group
    if scene.photo:
        properties["groundset:photo"] = True
    if scene.guarded:
        properties["groundset:guarded"] = True
    properties["groundset:bands"] = list(scene.bands.names)
    item = pystac.Item(scene.id, geometry, bbox, scene.datetime, properties)
    item.assets = _assets(scene)
    for href in scene.source_items:
        item.add_link(pystac.Link(pystac.RelType.DERIVED_FROM, href, media_type="application/json"))
    item.stac_extensions = [PROJECTION, RASTER, *([EO] if _has_eo(item) else [])]
    return item


def scene_from_item(item: pystac.Item | dict[str, Any]) -> Scene:
    """The scene that :func:`scene_to_item` wrote.

    Raises:
        InputError: The item was not written by Groundset (read foreign items with ``open_source``).
    """
    data = item if isinstance(item, dict) else item.to_dict(include_self_link=False, transform_hrefs=False)
    properties = dict(data["properties"])
    order = properties.get("groundset:bands")
    if order is None:
        raise InputError("this STAC item does not describe a scene of a workspace", found=data.get("id"))
    bands, sources, flags = _read_assets(data["assets"], order)
    unknown = properties.get("groundset:time") == "unknown"
    return Scene(
        id=data["id"],
        geobox=_geobox(properties),
        bands=bands,
        sources=sources,
        datetime=None if unknown else parse_time(properties["datetime"]),
        sensor=properties.get("groundset:sensor"),
        cloud_cover=properties.get("eo:cloud_cover"),
        flags=flags,
        group=properties.get("groundset:group"),
        source_items=tuple(link["href"] for link in data.get("links", []) if link["rel"] == "derived_from"),
        photo=bool(properties.get("groundset:photo")),
        guarded=bool(properties.get("groundset:guarded")),
        product={k: v for k, v in properties.items() if not k.startswith(_OWN) and not (unknown and k in _UNKNOWN)},
    )


def band_fields(band: Band) -> dict[str, Any]:
    """A band as STAC 1.1 writes it in ``bands``; read back by :func:`band_from_fields`."""
    out: dict[str, Any] = {"name": band.name, "data_type": band.dtype}
    if band.description is not None:
        out["description"] = band.description
    if band.nodata is not None:
        out["nodata"] = _number(band.nodata)
    if band.unit is not None:
        out["unit"] = band.unit
    if band.gsd is not None:
        out["gsd"] = band.gsd
    out |= {"raster:scale": band.scale, "raster:offset": band.offset}
    if band.common_name is not None:
        out["eo:common_name" if band.common_name in EO_COMMON_NAMES else "groundset:common_name"] = band.common_name
    if band.center_wavelength is not None:
        out["eo:center_wavelength"] = band.center_wavelength
    if band.full_width_half_max is not None:
        out["eo:full_width_half_max"] = band.full_width_half_max
    if band.sensor is not None:
        out["groundset:sensor"] = band.sensor
    return out


def band_from_fields(fields: dict[str, Any]) -> Band:
    """The band that :func:`band_fields` wrote."""
    nodata = fields.get("nodata")
    return Band(
        name=fields["name"],
        common_name=fields.get("eo:common_name", fields.get("groundset:common_name")),
        scale=float(fields.get("raster:scale", 1)),
        offset=float(fields.get("raster:offset", 0)),
        nodata=None if nodata is None else float(nodata),
        dtype=fields["data_type"],
        unit=fields.get("unit"),
        center_wavelength=fields.get("eo:center_wavelength"),
        full_width_half_max=fields.get("eo:full_width_half_max"),
        gsd=fields.get("gsd"),
        sensor=fields.get("groundset:sensor"),
        description=fields.get("description"),
    )


def _number(value: float) -> float | str:
    if math.isnan(value):
        return "nan"
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def _assets(scene: Scene) -> dict[str, pystac.Asset]:
    hrefs: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for band, sources in zip(scene.bands, scene.sources, strict=True):
        for rank, source in enumerate(sources):
            fields = band_fields(band) | {"groundset:index": source.index, "groundset:resampling": source.resampling}
            hrefs.setdefault((source.href, rank), []).append(fields)
    assets: dict[str, pystac.Asset] = {}
    for (href, rank), bands in hrefs.items():
        key = bands[0]["name"] if len(bands) == 1 and rank == 0 else "image"
        if key in assets or key.startswith("flags"):
            key = f"{key}-{len(assets)}"
        extra: dict[str, Any] = {"bands": bands} | ({"groundset:rank": rank} if rank else {})
        assets[key] = pystac.Asset(href, roles=["data"], media_type=_media_type(href), extra_fields=extra)
    for rank, source in enumerate((scene.flags.source, *scene.flags.others) if scene.flags else ()):
        extra = {
            "groundset:flags": scene.flags.kind if scene.flags else None,
            "groundset:index": source.index,
            "groundset:resampling": source.resampling,
        } | ({"groundset:rank": rank} if rank else {})
        assets[f"flags-{rank}" if rank else "flags"] = pystac.Asset(source.href, roles=["metadata"], extra_fields=extra)
    return assets


def _read_assets(
    assets: dict[str, Any], order: list[str]
) -> tuple[BandSet, tuple[tuple[BandSource, ...], ...], FlagSource | None]:
    bands: dict[str, Band] = {}
    ranked: dict[str, dict[int, BandSource]] = {name: {} for name in order}
    flags: dict[int, FlagSource] = {}
    for asset in assets.values():
        if "groundset:flags" in asset:
            source = FlagSource(asset["groundset:flags"], _source(asset["href"], asset))
            flags[asset.get("groundset:rank", 0)] = source
        for fields in asset.get("bands", []):
            bands[fields["name"]] = band_from_fields(fields)
            ranked[fields["name"]][asset.get("groundset:rank", 0)] = _source(asset["href"], fields)
    sources = tuple(tuple(s for _, s in sorted(ranked[name].items())) for name in order)
    parts = [f for _, f in sorted(flags.items())]
    joined = FlagSource(parts[0].kind, parts[0].source, tuple(f.source for f in parts[1:])) if parts else None
    return BandSet(tuple(bands[name] for name in order)), sources, joined


def _source(href: str, fields: dict[str, Any]) -> BandSource:
    return BandSource(href, fields["groundset:index"], fields["groundset:resampling"])


def _media_type(href: str) -> str | None:
    ending = href.split("?", 1)[0].rsplit(".", 1)[-1].lower()
    return {
        "tif": "image/tiff; application=geotiff",
        "tiff": "image/tiff; application=geotiff",
        "jp2": "image/jp2",
        "png": "image/png",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
    }.get(ending)


def _has_eo(item: pystac.Item) -> bool:
    fields = [key for a in item.assets.values() for band in a.extra_fields.get("bands", []) for key in band]
    return any(key.startswith("eo:") for key in (*fields, *item.properties))


def _projection(geobox: GeoBox) -> dict[str, Any]:
    out: dict[str, Any] = {"proj:shape": [int(n) for n in geobox.shape], "proj:transform": list(geobox.affine)[:6]}
    if geobox.crs is None:
        return out | {"proj:code": None}
    epsg = geobox.crs.to_epsg()
    if epsg is not None and CRS(f"EPSG:{epsg}") == geobox.crs:
        return out | {"proj:code": f"EPSG:{epsg}"}
    return out | {"proj:code": None, "proj:wkt2": geobox.crs.to_wkt()}


def _geobox(properties: dict[str, Any]) -> GeoBox:
    rows, cols = properties["proj:shape"]
    crs = properties.get("proj:code") or properties.get("proj:wkt2")
    return GeoBox((rows, cols), Affine(*properties["proj:transform"][:6]), crs)


def _footprint(geobox: GeoBox) -> tuple[dict[str, Any] | None, list[float] | None]:
    if geobox.crs is None:
        return None, None
    shape = geobox.extent.to_crs("EPSG:4326", wrapdateline=True)
    # Through JSON, as the coordinates are tuples, which schemas do not take for arrays.
    return json.loads(json.dumps(shape.json)), list(shape.boundingbox.bbox)
