"""Outlines in croissant.json: the table of all shapes as a record set, and the COCO files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from groundset._files import sha256_file
from groundset.release.facts import SPLITS
from groundset.release.kinds.coco import coco_path
from groundset.release.kinds.outline_table import SIDES, TABLE

_FIELDS = {
    "shape": ("shape_id", "sc:Text", "Id of the shape, the same on all its chips"),
    "chip": ("chip_id", "sc:Text", "Chip that this part of it lies on"),
    "split": ("split", "cr:Split", "Split of the chip; none inside the buffer between splits"),
    "class": ("class", "sc:Text", "Name of the class"),
    "category": ("category_id", "sc:Integer", "The class as COCO and detectors number it, from 1"),
    "kind": ("kind", "sc:Text", "box, oriented-box, polygon, polyline or point"),
    "origin": ("origin", "sc:Text", "Who says so"),
    "score": ("score", "sc:Float", "0 to 1, of a model"),
    "attributes": ("attributes", "sc:Text", "What else is said of it, as JSON"),
    "clipped": ("clipped", "sc:Boolean", "Whether it goes on beyond the chip's edge"),
    "area": ("area_pixels", "sc:Float", "Pixels that it covers on the chip"),
}


def outline_objects(folder: Path) -> list[dict[str, Any]]:
    """The table and the COCO files, as far as they are there."""
    out = []
    for path, media, text in (
        (TABLE, "application/x-parquet", "All outlines as GeoParquet, one row for each shape and chip"),
        *((coco_path(s), "application/json", f"Outlines of split {s} as COCO instances") for s in SPLITS),
    ):
        if (folder / path).is_file():
            out.append(_object(folder, path, media, text))
    return out


def _object(folder: Path, path: str, media: str, text: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "description": text,
        "contentUrl": path,
        "contentSize": f"{(folder / path).stat().st_size} B",
        "encodingFormat": media,
        "sha256": sha256_file(folder / path),
    }


def outline_records(folder: Path) -> list[dict[str, Any]]:
    """One record for each shape and chip, from the table."""
    if not (folder / TABLE).is_file():
        return []
    fields = [_field(name, kind, text, column) for name, (column, kind, text) in _FIELDS.items()]
    about = "Left, top, right, bottom in pixels of the chip"
    fields += [_field(side, "sc:Float", about, "bbox_pixels", f"$.{side}") for side in SIDES]
    fields[1]["references"] = {"field": {"@id": "chips/id"}}
    described = "One record for each shape and chip"
    return [{"@type": "cr:RecordSet", "@id": "outlines", "name": "outlines", "description": described, "field": fields}]


def _field(name: str, kind: str, text: str, column: str, path: str | None = None) -> dict[str, Any]:
    source: dict[str, Any] = {"fileObject": {"@id": TABLE}, "extract": {"column": column}}
    if path is not None:
        source["transform"] = {"jsonPath": path}
    return {
        "@type": "cr:Field",
        "@id": f"outlines/{name}",
        "name": name,
        "description": text,
        "dataType": ["sc:Text", kind] if kind == "cr:Split" else kind,
        "source": source,
    }
