"""outlines.parquet: all shapes as GeoParquet 1.1, one row for each shape and chip."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from groundset.core import Scheme
from groundset.release.kinds.base import ChipOf
from groundset.release.kinds.categories import category_ids
from groundset.release.kinds.geojson import method, on_ground
from groundset.release.kinds.parts import OnChip, Part

TABLE = "outlines.parquet"
SIDES = ("xmin", "ymin", "xmax", "ymax")
_BOX = pa.struct([(side, pa.float64()) for side in SIDES])
_ROW_GROUP = 16384
SCHEMA = pa.schema(
    [
        ("shape_id", pa.string()),
        ("chip_id", pa.string()),
        ("split", pa.string()),
        ("class", pa.string()),
        ("code", pa.uint8()),
        ("category_id", pa.uint16()),
        ("kind", pa.string()),
        ("origin", pa.string()),
        ("method", pa.string()),
        ("score", pa.float64()),
        ("attributes", pa.string()),
        ("clipped", pa.bool_()),
        ("repaired", pa.bool_()),
        ("area_pixels", pa.float64()),
        ("bbox_pixels", _BOX),
        ("geometry_pixels", pa.binary()),
        ("geometry", pa.binary()),
        ("bbox", _BOX),
    ]
)


@dataclass(frozen=True, slots=True)
class Row:
    """A part, the chip that it lies on, and its number in the release from 1."""

    number: int
    part: Part
    of: ChipOf


def write_outlines(path: Path, scheme: Scheme, chips: Sequence[ChipOf]) -> list[Row]:
    """Write all shapes, chips in the order given, bottom first; the same shapes give the same bytes.

    Args:
        path: ``outlines.parquet``.
        scheme: The classes.
        chips: The release's chips.

    Returns:
        What was written.
    """
    rows: list[Row] = []
    places: list[Any] = []
    for of in chips:
        parts = (of.written.on_chip or OnChip()).parts
        places += on_ground(parts, of.chip)
        rows += [Row(len(rows) + i, part, of) for i, part in enumerate(parts, start=1)]
    table = pa.Table.from_pylist(_values(rows, places, scheme), SCHEMA)
    table = table.replace_schema_metadata({"geo": json.dumps(_geo(rows, places))})
    pq.write_table(table, path, compression="zstd", row_group_size=_ROW_GROUP)
    return rows


def _values(rows: Sequence[Row], places: Sequence[Any], scheme: Scheme) -> list[dict[str, Any]]:
    ids, names = category_ids(scheme), {c.code: c.name for c in scheme}
    return [
        {
            "shape_id": row.part.id,
            "chip_id": row.of.written.id,
            "split": row.of.split,
            "class": names[row.part.code],
            "code": row.part.code,
            "category_id": ids[row.part.code],
            "kind": row.part.kind,
            "origin": row.part.origin.name.lower(),
            "method": method(row.part),
            "score": row.part.score,
            "attributes": json.dumps(dict(row.part.attributes), ensure_ascii=False, sort_keys=True),
            "clipped": row.part.clipped,
            "repaired": row.part.repaired,
            "area_pixels": row.part.area,
            "bbox_pixels": _box(row.part.box),
            "geometry_pixels": shapely.to_wkb(row.part.geometry, flavor="iso"),
            "geometry": None if place is None else shapely.to_wkb(place, flavor="iso"),
            "bbox": None if place is None else _box(place.bounds),
        }
        for row, place in zip(rows, places, strict=True)
    ]


def _box(bounds: Sequence[float]) -> dict[str, float]:
    return dict(zip(SIDES, map(float, bounds), strict=True))


def _geo(rows: Sequence[Row], places: Sequence[Any]) -> Mapping[str, Any]:
    """GeoParquet's metadata; pixels of chips are in no CRS."""
    there = [place for place in places if place is not None]
    ground: dict[str, Any] = {"encoding": "WKB", "geometry_types": sorted({p.geom_type for p in there})}
    ground["covering"] = {"bbox": {side: ["bbox", side] for side in SIDES}}
    if there:
        ground["bbox"] = [float(v) for v in shapely.total_bounds(there)]
    pixels = {"encoding": "WKB", "crs": None, "geometry_types": sorted({r.part.geometry.geom_type for r in rows})}
    columns = {"geometry": ground, "geometry_pixels": pixels}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": columns}
