"""collection.json, catalog.json and the items of scenes and models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely

from groundset._files import sha256_file
from groundset.core import BandSet, MissingError, Scheme
from groundset.imagery import Scene
from groundset.imagery.scene_item import scene_to_item
from groundset.release import _json, stac
from groundset.release.facts import BandStatistics, FileFacts, ModelFacts
from groundset.release.items import asset_definitions, extensions, item_path, public_hrefs
from groundset.release.kinds.of import KINDS
from groundset.release.recipe import Recipe

_DOCUMENTS: Mapping[str, tuple[str, str, list[str]]] = {
    "chips.parquet": ("application/vnd.apache.parquet", "All items as stac-geoparquet", ["metadata", "stac-items"]),
    "scheme.csv": ("text/csv", "The class scheme", ["metadata"]),
    "release.json": (stac.JSON, "What makes this release again", ["metadata"]),
    "README.md": ("text/markdown", "Dataset card", ["overview"]),
    "report.html": ("text/html", "Report", ["overview"]),
    "croissant.json": ("application/ld+json", "Croissant and GeoCroissant", ["metadata"]),
    "dataset.py": ("text/x-python", "Loads the release with torchgeo", ["metadata"]),
    "CHANGELOG.md": ("text/markdown", "What changed since the release before", ["metadata"]),
    "LICENSE": ("text/plain", "Licence", ["metadata"]),
}
_WORLD = [-180.0, -90.0, 180.0, 90.0]
_EXTENSIONS = (stac.FILE, stac.CLASSIFICATION, stac.RASTER, stac.EO, stac.PROCESSING, stac.VERSION, stac.SCIENTIFIC)


def collection_base(
    recipe: Recipe,
    scheme: Scheme,
    bands: BandSet,
    items: Sequence[Mapping[str, Any]],
    statistics: Sequence[BandStatistics],
) -> dict[str, Any]:
    """The collection without the links and assets that need checksums (as ``chips.parquet`` keeps it)."""
    times = sorted(str(i["properties"]["datetime"]) for i in items)
    splits = sorted({i["properties"]["ml-aoi:split"] for i in items if "ml-aoi:split" in i["properties"]})
    summaries: dict[str, Any] = {
        "datetime": {"minimum": times[0], "maximum": times[-1]},
        "bands": [f | _statistics(s) for f, s in zip(stac.image_fields(bands), statistics, strict=True)],
        "label:type": sorted({i["properties"]["label:type"] for i in items if "label:type" in i["properties"]}),
        "label:methods": sorted({m for i in items for m in i["properties"].get("label:methods", ())}),
        "processing:software": [dict(recipe.versions)],
    }
    if splits:
        summaries["ml-aoi:split"] = splits
    summaries |= KINDS[recipe.kind].summaries(scheme)
    out: dict[str, Any] = {
        "type": "Collection",
        "stac_version": stac.STAC_VERSION,
        "stac_extensions": [],
        "id": recipe.collection_id,
        "title": recipe.title,
        "description": recipe.description,
        "license": recipe.license,
        "version": recipe.name,
        "created": recipe.created,
        "keywords": ["training data", *[c.name for c in scheme]],
        "providers": [*map(dict, recipe.providers), _producer(recipe)],
        "extent": {"spatial": {"bbox": [_bbox(items)]}, "temporal": {"interval": [[times[0], times[-1]]]}},
        "summaries": summaries,
        "item_assets": asset_definitions(recipe, scheme, bands),
        "links": [],
        "assets": {},
    }
    if recipe.doi is not None:
        out["sci:doi"] = recipe.doi
    return out


def write_collection(
    root: Path,
    base: Mapping[str, Any],
    items: Sequence[FileFacts],
    scenes: Sequence[FileFacts],
    models: Sequence[str],
    labels: Mapping[str, tuple[str, str, list[str]]],
) -> None:
    """Write ``collection.json``, which states size and checksum of every file that no item states, and the catalog.

    Args:
        root: The release.
        base: The collection without links and assets.
        items: Files of the chips' items.
        scenes: Files of the scenes' items.
        models: Names of the models that helped.
        labels: Media type, title and roles of the files that the kind of task adds, by path.
    """
    links = [
        {"rel": "root", "href": "./catalog.json", "type": stac.JSON},
        {"rel": "parent", "href": "./catalog.json", "type": stac.JSON},
        {"rel": "license", "href": "./LICENSE", "type": "text/plain"},
        *(_file_link("item", f) for f in items),
        *(_file_link("source", f) for f in scenes),
        *(_file_link("derived_from", _on_disk(root, f"models/{m}/item.json")) for m in models),
    ]
    assets = {}
    documents = {**_DOCUMENTS, **labels}
    for path in [*documents, *sorted(p.relative_to(root).as_posix() for p in (root / "sheets").glob("*.csv"))]:
        media, title, roles = documents.get(path, ("text/csv", "A sheet in force", ["metadata"]))
        if (root / path).is_file():
            facts = stac.file_fields(_on_disk(root, path))
            assets[path] = {"href": f"./{path}", "type": media, "title": title, "roles": roles, **facts}
    collection = {**base, "links": links, "assets": assets}
    collection["stac_extensions"] = [e for e in extensions(collection) if e in _EXTENSIONS]
    written = _json.write(root, "collection.json", collection)
    catalog = {
        "type": "Catalog",
        "stac_version": stac.STAC_VERSION,
        "stac_extensions": [stac.FILE],
        "id": f"{base['id']}-catalog",
        "title": base["title"],
        "description": base["description"],
        "links": [
            {"rel": "root", "href": "./catalog.json", "type": stac.JSON},
            {"rel": "child", "href": "./collection.json", "type": stac.JSON, **stac.file_fields(written)},
        ],
    }
    _json.write(root, "catalog.json", catalog)


def write_scene(root: Path, scene: Scene) -> FileFacts:
    """Write ``scenes/ID.json``: what the scene is, with links to the items it was made from, without local paths."""
    item = scene_to_item(scene).to_dict(include_self_link=False, transform_hrefs=False)
    bands = {b["name"]: b for a in item["assets"].values() for b in a.get("bands", [])}
    own = ("groundset:index", "groundset:resampling")
    fields = [{k: v for k, v in bands[n].items() if k not in own} for n in scene.bands.names]
    item["properties"]["groundset:bands"] = fields
    files = sorted({s.href.rsplit("/", 1)[-1].split("?", 1)[0] for sources in scene.sources for s in sources})
    item["properties"]["groundset:files"] = files
    item["assets"] = {}
    links = [{"rel": "derived_from", "href": h, "type": stac.GEOJSON} for h in public_hrefs(scene)]
    item["links"] = [{"rel": "root", "href": "../catalog.json", "type": stac.JSON}, *links]
    item.pop("collection", None)
    cloudy = "eo:cloud_cover" in item["properties"]
    item["stac_extensions"] = [stac.PROJECTION, *([stac.EO] if cloudy else [])]
    (root / "scenes").mkdir(exist_ok=True)
    return _json.write(root, f"scenes/{scene.id}.json", item)


def copy_model(models: Path, root: Path, name: str) -> ModelFacts:
    """Copy a model folder into the release, its item stating the checksum of each file.

    Raises:
        MissingError: The model whose masks are released is not there any more.
    """
    source, target = models / name, root / "models" / name
    if not (source / "item.json").is_file():
        raise MissingError(
            "the model that made some of the masks is missing",
            asked=source / "item.json",
            hint="put the model folder back, or propose the masks again with groundset segment",
        )
    target.mkdir(parents=True)
    item = json.loads((source / "item.json").read_text("utf-8"))
    kept = {}
    for key, asset in item.get("assets", {}).items():
        path = asset["href"].removeprefix("./")
        if (source / path).is_file():  # files that the item does not name (state of a run) stay behind
            shutil.copyfile(source / path, target / path)
            kept[key] = asset | stac.file_fields(_on_disk(root, f"models/{name}/{path}"))
        elif "://" in asset["href"]:
            kept[key] = asset
    bands = item["properties"].get("bands")
    if bands and not any("bands" in asset for asset in kept.values()):
        # the core schema allows bands in the properties only where an asset has some too, and mlm wants them there
        kept = {k: a | ({"bands": bands} if "mlm:model" in a.get("roles", []) else {}) for k, a in kept.items()}
    item["assets"] = kept
    item["links"] = [k for k in item.get("links", []) if "://" in k["href"]]
    item["links"].insert(0, {"rel": "root", "href": "../../catalog.json", "type": stac.JSON})
    item["stac_extensions"] = list(dict.fromkeys([*item.get("stac_extensions", []), stac.FILE]))
    _json.write(root, f"models/{name}/item.json", item)
    properties = item["properties"]
    scores = properties.get("groundset:scores") or properties.get("groundset:training", {}).get("score") or {}
    return ModelFacts(name, f"models/{name}/item.json", str(properties.get("title", name)), scores)


def item_file(root: Path, item: Mapping[str, Any]) -> FileFacts:
    """Write an item where it belongs."""
    return _json.write(root, item_path(str(item["id"])), item)


def _file_link(rel: str, file: FileFacts) -> dict[str, Any]:
    return {"rel": rel, "href": f"./{file.path}", "type": stac.GEOJSON, **stac.file_fields(file)}


def _on_disk(root: Path, path: str) -> FileFacts:
    return FileFacts(path, (root / path).stat().st_size, sha256_file(root / path))


def _producer(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": "Groundset",
        "description": "Software that made the release",
        "roles": ["processor"],
        "processing:software": {"groundset": recipe.versions["groundset"]},
        "processing:lineage": f"journal event {recipe.seq}, seed {recipe.seed}; release.json has the rest",
    }


def _statistics(band: BandStatistics) -> dict[str, Any]:
    """STAC's band statistics: over the valid pixels of the train split, in physical units."""
    if band.count == 0:
        return {}
    values = {"mean": band.mean, "stddev": band.stddev, "minimum": band.minimum, "maximum": band.maximum}
    return {"statistics": {**values, "count": band.count, "valid_percent": band.valid_percent}}


def _bbox(items: Sequence[Mapping[str, Any]]) -> list[float]:
    boxes = [i["bbox"] for i in items if "bbox" in i]
    if not boxes or any(b[0] > b[2] for b in boxes):
        return _WORLD if not boxes else [-180.0, min(b[1] for b in boxes), 180.0, max(b[3] for b in boxes)]
    return [float(v) for v in shapely.total_bounds([shapely.box(*b) for b in boxes])]
