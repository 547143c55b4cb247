"""The STAC item of a chip."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import shapely

from groundset._files import multihash
from groundset.chips import Chip, footprints
from groundset.core import BandSet, Scheme
from groundset.imagery import Scene
from groundset.release import stac
from groundset.release._json import rfc3339
from groundset.release.facts import UNLABELLED_SPLIT, FileFacts
from groundset.release.kinds.base import LabelKind
from groundset.release.kinds.of import KINDS
from groundset.release.recipe import Recipe
from groundset.release.written import Written

Outline = tuple[dict[str, Any] | None, list[float] | None]
"""GeoJSON geometry and bbox."""
_KEPT = ("platform", "constellation", "instruments", "mission", "s2:processing_baseline")


def chip_item(
    recipe: Recipe,
    scheme: Scheme,
    bands: BandSet,
    scene: Scene,
    chip: Chip,
    outline: Outline,
    written: Written,
    split: str,
    actors: int,
    attributes: Mapping[str, bool | float | str] | None = None,
) -> dict[str, Any]:
    """The item as JSON values; hrefs are relative to ``items/CHIP/CHIP.json``. Its extensions are left open."""
    geometry, bbox = outline
    kind = KINDS[recipe.kind]
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": stac.STAC_VERSION,
        "stac_extensions": [],
        "id": written.id,
        "geometry": geometry,
        "bbox": bbox,
        "properties": {
            **_when_and_where(recipe, scene, chip),
            **(kind.no_label() if split == UNLABELLED_SPLIT else kind.properties(recipe, scheme, written)),
            **stac.split_fields(split),
            "groundset:scene": scene.id,
            "groundset:group": chip.group,
            "groundset:valid_fraction": written.valid_fraction,
            "groundset:class_counts": dict(written.class_counts),
            "groundset:origin_counts": dict(written.origin_counts),
            "groundset:actors": actors,
            "groundset:agreement": None,
        },
        "links": _links(scene, written),
        "assets": _assets(recipe, scheme, bands, written),
        "collection": recipe.collection_id,
    }
    if bbox is None:
        del item["bbox"]
    if recipe.doi is not None:
        item["properties"]["sci:doi"] = recipe.doi
    if attributes:
        item["properties"]["groundset:attributes"] = dict(attributes)
    return item


def extensions(item: Mapping[str, Any]) -> list[str]:
    """The extensions whose fields an item uses."""
    named = [
        ("label:", stac.LABEL),
        ("ml-aoi:", stac.ML_AOI),
        ("classification:", stac.CLASSIFICATION),
        ("file:", stac.FILE),
        ("proj:", stac.PROJECTION),
        ("raster:", stac.RASTER),
        ("eo:", stac.EO),
        ("processing:", stac.PROCESSING),
        ("version", stac.VERSION),
        ("sci:", stac.SCIENTIFIC),
    ]
    used = stac.prefixes(item)
    return [uri for prefix, uri in named if prefix in used]


def outlines_of(chips: Sequence[Chip]) -> list[Outline]:
    """GeoJSON footprint in EPSG:4326 to 1e-7 degrees (1 cm) and bbox of each chip; None without CRS."""
    shapes = footprints(chips)
    there = [i for i, s in enumerate(shapes) if s is not None]
    rounded = shapely.transform([shapes[i] for i in there], lambda xy: xy.round(7))
    out: list[Outline] = [(None, None)] * len(chips)
    for i, shape, text in zip(there, rounded, shapely.to_geojson(rounded), strict=True):
        out[i] = json.loads(text), _bbox(shape)
    return out


def _bbox(shape: Any) -> list[float]:
    west, south, east, north = map(float, shape.bounds)
    if shape.geom_type == "MultiPolygon" and east - west > 180:  # cut at the antimeridian (RFC 7946)
        parts = [p.bounds for p in shape.geoms]
        west, east = min(b[0] for b in parts if b[0] > 0), max(b[2] for b in parts if b[2] < 0)
    return [west, south, east, north]


def item_path(chip_id: str) -> str:
    """Path of an item from the release's root."""
    return f"items/{chip_id}/{chip_id}.json"


def _when_and_where(recipe: Recipe, scene: Scene, chip: Chip) -> dict[str, Any]:
    assert chip.datetime is not None
    out: dict[str, Any] = {
        "datetime": rfc3339(chip.datetime),
        "created": recipe.created,
        "license": recipe.license,
        "version": recipe.name,
        **{k: scene.product[k] for k in _KEPT if k in scene.product},
        **stac.projection_fields(chip.geobox),
        "processing:software": {k: recipe.versions[k] for k in ("groundset", "gdal") if k in recipe.versions},
        "processing:lineage": f"chip {chip.id.level}/{chip.id.row}/{chip.id.col} of scene {scene.id}, "
        f"pixels {chip.window.x_off},{chip.window.y_off} + {chip.window.width} x {chip.window.height}, as stored",
    }
    if chip.cloud_cover is not None:
        out["eo:cloud_cover"] = round(chip.cloud_cover, 4)
    if chip.sensor is not None:
        out["groundset:sensor"] = chip.sensor
    gsd = [b.gsd for b in scene.bands if b.gsd is not None]
    return out | ({"gsd": min(gsd)} if gsd else {})


def _links(scene: Scene, written: Written) -> list[dict[str, Any]]:
    links = [
        {"rel": "root", "href": "../../catalog.json", "type": stac.JSON},
        {"rel": "parent", "href": "../../collection.json", "type": stac.JSON},
        {"rel": "collection", "href": "../../collection.json", "type": stac.JSON},
        {"rel": "source", "href": f"../../scenes/{scene.id}.json", "type": stac.GEOJSON, "title": scene.id},
    ]
    links += [{"rel": "source", "href": href, "type": stac.GEOJSON} for href in public_hrefs(scene)]
    for name in written.models:
        href = f"../../models/{name}/item.json"
        links.append({"rel": "derived_from", "href": href, "type": stac.GEOJSON, "title": name})
    return links


def public_hrefs(scene: Scene) -> list[str]:
    """The addresses of the items that a scene was made from, without the signature that a query may hold."""
    return [h.split("?", 1)[0] for h in scene.source_items if h.startswith(("http://", "https://", "s3://"))]


def _assets(recipe: Recipe, scheme: Scheme, bands: BandSet, written: Written) -> dict[str, Any]:
    fields = _fields(KINDS[recipe.kind], scheme, bands)
    return {key: _asset(written.files[key], fields[key]) for key in fields if key in written.files}


def _fields(kind: LabelKind, scheme: Scheme, bands: BandSet) -> dict[str, dict[str, Any]]:
    image = {"type": stac.COG, "roles": ["data"], "title": "Image, values as stored", "bands": stac.image_fields(bands)}
    picture = {"type": "image/png", "roles": ["thumbnail"], "title": kind.thumbnail}
    return {"image": image, **kind.assets(scheme), "thumbnail": picture}


def asset_definitions(recipe: Recipe, scheme: Scheme, bands: BandSet) -> dict[str, Any]:
    """``item_assets`` of the collection."""
    return _fields(KINDS[recipe.kind], scheme, bands)


def _asset(file: FileFacts, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "href": f"./{file.path.rpartition('/')[2]}",
        **fields,
        "file:checksum": multihash(file.sha256),
        "file:size": file.size,
    }
