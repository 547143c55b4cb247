"""The bands that an item's assets hold, by what the item says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from affine import Affine
from odc.geo.geobox import GeoBox

from groundset.core import Band, InputError, MissingError
from groundset.imagery.opening import open_raster
from groundset.imagery.radar import backscatter_unit
from groundset.imagery.scene import BandSource, FlagKind, FlagSource, Resampling
from groundset.imagery.sensors import Sensor, check_calibrated
from groundset.imagery.stac_sensor import LINEAR, ask_for_sensor, sentinel2_offset

if TYPE_CHECKING:
    import pystac

_PICTURES = ("thumbnail", "overview", "visual")
_FLAG_KEYS: Mapping[str, FlagKind] = {"scl": "scl", "qa_pixel": "qa_pixel", "qa60": "qa60"}
_IMAGES = ("image/tiff", "image/jp2", "image/vnd.stac.geotiff", "application/x-geotiff")
_SUFFIXES = (".tif", ".tiff", ".jp2", ".vrt", ".img")


@dataclass(frozen=True, slots=True)
class AssetBand:
    """One band of one asset: what it is, where it lies, on which grid."""

    band: Band
    source: BandSource
    grid: GeoBox


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A band that an asset may hold, with what the item says of it."""

    name: str
    key: str
    index: int
    fields: Mapping[str, Any]
    rank: tuple[float, ...]


def item_bands(
    item: pystac.Item, sensor: Sensor | None, wanted: Sequence[str] | None, resampling: Resampling
) -> list[AssetBand]:
    """Bands of an item in the sensor's order, or in the order asked for.

    Args:
        item: Item with absolute asset hrefs.
        sensor: The product; None takes the bands that the item itself names, with the scale that it states.
        wanted: Names, common names or (without sensor) asset keys; None takes all.
        resampling: For bands whose grid is not the scene's.

    Raises:
        MissingError: An unknown band; names those that are there.
        InputError: No band can be told apart, or radar without calibration.
    """
    there = _candidates(item, sensor)
    if not there:
        raise InputError(
            "the item has no asset with bands that can be told apart",
            asked=item.id,
            found=", ".join(f"{k} ({'/'.join(a.roles or ['no role'])})" for k, a in item.assets.items()) or "no assets",
            hint="name the product with --sensor, or the bands in the item (eo:bands, bands)",
        )
    names = list(there) if wanted is None else [_pick(w, there, sensor, item) for w in wanted]
    return [_asset_band(item, there[name], sensor, resampling) for name in names]


def item_flags(item: pystac.Item) -> FlagSource | None:
    """The asset in which the product says what a pixel is."""
    for key, asset in item.assets.items():
        kind = _FLAG_KEYS.get(key.lower().removesuffix("_20m").removesuffix("_60m"))
        if kind is not None and _is_image(asset):
            return FlagSource(kind, BandSource(asset.href, 1, "nearest"))
    return None


def image_hrefs(item: pystac.Item) -> Iterator[str]:
    """Addresses of all assets that may be opened as bands or flags."""
    return (asset.href for asset in item.assets.values() if _is_image(asset))


def asset_grid(item: pystac.Item, key: str) -> GeoBox:
    """The grid of an asset: as the projection extension states it, else as the file itself does."""
    asset = item.assets[key]
    fields = {**item.properties, **asset.extra_fields}
    code = fields.get("proj:code") or (f"EPSG:{fields['proj:epsg']}" if fields.get("proj:epsg") else None)
    crs = code or fields.get("proj:wkt2")
    shape, transform = fields.get("proj:shape"), fields.get("proj:transform")
    if crs and shape and transform:
        return GeoBox((int(shape[0]), int(shape[1])), Affine(*[float(v) for v in transform[:6]]), crs)
    with open_raster(asset.href) as dataset:
        return GeoBox.from_rio(dataset)


def described_bands(item: pystac.Item, asset: pystac.Asset) -> list[dict[str, Any]]:
    """What the item says of each band of an asset: STAC 1.1 ``bands``, or ``eo:bands`` and ``raster:bands``.

    Keys are those of STAC 1.0: name, common_name, scale, offset, nodata, data_type, unit, spatial_resolution ...
    """
    own = asset.extra_fields
    lists = [own[k] for k in ("bands", "eo:bands", "raster:bands") if own.get(k)]
    count = max((len(x) for x in lists), default=0)
    if count > 1 and not own.get("eo:bands") and not any("name" in b for b in own.get("bands", [])):
        # Foreign items describe the bands of their only image at the item's level.
        stated = item.properties.get("eo:bands") or item.properties.get("bands") or []
        lists += [stated] if len(stated) == count else []
    out: list[dict[str, Any]] = [{} for _ in range(count or 1)]
    for fields in lists:
        for band, more in zip(out, fields, strict=False):
            band |= {k.split(":", 1)[-1] if k.startswith(("eo:", "raster:")) else k: v for k, v in more.items()}
    for key in ("nodata", "data_type", "unit", "raster:scale", "raster:offset", "gsd"):
        if key in own:
            for band in out:
                band.setdefault(key.removeprefix("raster:"), own[key])
    return out


def _candidates(item: pystac.Item, sensor: Sensor | None) -> dict[str, _Candidate]:
    found: list[_Candidate] = []
    for key, asset in item.assets.items():
        if not _holds_data(key, asset):
            continue
        bands = described_bands(item, asset)
        for index, fields in enumerate(bands, 1):
            name = _name(key, fields, sensor, len(bands))
            if name is not None:
                gsd = fields.get("gsd") or fields.get("spatial_resolution") or item.properties.get("gsd") or 0
                # A file of its own before one of several bands, fine before coarse, quick to read before JPEG 2000.
                rank = (float(len(bands) > 1), float(gsd), float(asset.href.lower().endswith(".jp2")))
                found.append(_Candidate(name, key, index, fields, rank))
    best: dict[str, _Candidate] = {}
    for one in sorted(found, key=lambda c: c.rank):
        best.setdefault(one.name, one)
    order = list(sensor.bands.names) if sensor else list(dict.fromkeys(c.name for c in found))
    return {name: best[name] for name in order if name in best}


def _name(key: str, fields: Mapping[str, Any], sensor: Sensor | None, count: int) -> str | None:
    said = [fields.get("name"), fields.get("common_name"), key if count == 1 else None, fields.get("description")]
    if sensor is None:
        return next((str(s) for s in said[:1] + said[2:3] if s), None)
    for text in said:
        band = sensor.find(str(text)) if text else None
        band = band or (sensor.find(str(text).split("_")[0]) if text and "_" in str(text) else None)
        if band is not None:
            return band.name
    return None


def _pick(wanted: str, there: Mapping[str, _Candidate], sensor: Sensor | None, item: pystac.Item) -> str:
    band = sensor.find(wanted) if sensor else None
    for name, one in there.items():
        if (band and band.name == name) or wanted in (name, one.fields.get("common_name"), one.key):
            return name
    raise MissingError("unknown band", asked=wanted, found=", ".join(there), hint=f"item {item.id} has these bands")


def _asset_band(item: pystac.Item, one: _Candidate, sensor: Sensor | None, resampling: Resampling) -> AssetBand:
    asset, fields = item.assets[one.key], one.fields
    dtype, nodata = fields.get("data_type"), fields.get("nodata")
    grid = asset_grid(item, one.key)
    if dtype is None or ("nodata" not in fields and sensor is None):
        with open_raster(asset.href) as dataset:
            dtype = dtype or dataset.dtypes[one.index - 1]
            nodata = dataset.nodatavals[one.index - 1] if nodata is None else nodata
    source = BandSource(asset.href, one.index, resampling)
    scale, offset = fields.get("scale"), fields.get("offset")
    if sensor is None:
        band = Band(
            one.name,
            common_name=fields.get("common_name"),
            scale=1.0 if scale is None else float(scale),
            offset=0.0 if offset is None else float(offset),
            nodata=None if nodata is None else float(nodata),
            dtype=str(dtype),
            unit=fields.get("unit"),
            center_wavelength=fields.get("center_wavelength"),
            full_width_half_max=fields.get("full_width_half_max"),
            gsd=fields.get("gsd") or fields.get("spatial_resolution"),
        )
        return AssetBand(band, source, grid)
    band = sensor.band(one.name)
    native = str(dtype) in sensor.dtypes
    if nodata is None and not native:
        with open_raster(asset.href) as dataset:
            nodata = dataset.nodatavals[one.index - 1]
    elif nodata is None:
        nodata = band.nodata
    band = replace(band, dtype=str(dtype), nodata=None if nodata is None else float(nodata))
    if sensor.radar:
        return AssetBand(_radar(item, band, fields, sensor), source, grid)
    offset = None if offset is None else float(offset)
    if not native and scale is None and offset is None:
        # Somebody has worked on these numbers: the product's scale and offset do not hold for them.
        return AssetBand(replace(band, scale=1.0, offset=0.0), source, grid)
    if sensor.name.startswith("sentinel-2"):
        offset = sentinel2_offset(item, offset)
    return AssetBand(
        replace(
            band,
            scale=band.scale if scale is None else float(scale),
            offset=band.offset if offset is None and scale is None else float(offset or 0.0),
        ),
        source,
        grid,
    )


def _radar(item: pystac.Item, band: Band, fields: Mapping[str, Any], sensor: Sensor) -> Band:
    unit = backscatter_unit(fields.get("unit"))
    if unit is None and str(item.collection_id or "").lower() in LINEAR:
        unit = "linear"
    check_calibrated(sensor, band.dtype, unit, item.id)
    if unit is None:
        raise InputError(
            "is this backscatter in dB or linear? The item does not say",
            asked=item.id,
            found=f"{band.name}: no unit in its bands",
            hint="add unit (dB or linear) to the band in the item",
        )
    return replace(band, unit=unit)


def _holds_data(key: str, asset: pystac.Asset) -> bool:
    roles = set(asset.roles or ["data"])
    if key.lower().split("-")[0] in _FLAG_KEYS or roles & set(_PICTURES) or key.lower() in {"visual", "tci", "preview"}:
        return False
    return bool(roles & {"data", "reflectance", "backscatter", "sigma0", "gamma0"}) and _is_image(asset)


def _is_image(asset: pystac.Asset) -> bool:
    kind = (asset.media_type or "").split(";")[0].strip().lower()
    return kind in _IMAGES or (not kind and asset.href.lower().split("?")[0].endswith(_SUFFIXES))


__all__ = ["AssetBand", "ask_for_sensor", "asset_grid", "described_bands", "image_hrefs", "item_bands", "item_flags"]
