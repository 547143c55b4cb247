"""The chip table's columns, and how chips become Arrow rows and come back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

import pyarrow as pa
import shapely

from groundset.chips.chip import Chip, crs_text, footprints, geobox
from groundset.core import ChipId, Window

SCHEMA: Any = pa.schema(
    [
        pa.field("chip_id", pa.string(), nullable=False),
        pa.field("scene_id", pa.string(), nullable=False),
        pa.field("level", pa.int32(), nullable=False),
        pa.field("row", pa.int32(), nullable=False),
        pa.field("col", pa.int32(), nullable=False),
        pa.field("x_off", pa.int32(), nullable=False),
        pa.field("y_off", pa.int32(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("crs", pa.string()),
        pa.field("transform", pa.list_(pa.float64()), nullable=False),
        pa.field("geometry", pa.binary()),
        pa.field("datetime", pa.timestamp("us", tz="UTC")),
        pa.field("sensor", pa.string()),
        pa.field("bands", pa.list_(pa.string()), nullable=False),
        pa.field("valid_fraction", pa.float64(), nullable=False),
        pa.field("cloud_cover", pa.float64()),
        pa.field("group", pa.string()),
    ]
)
COLUMNS: tuple[str, ...] = tuple(SCHEMA.names)


def to_table(chips: Sequence[Chip]) -> Any:
    """Chips as an Arrow table with GeoParquet 1.1 metadata."""
    shapes = footprints(chips)
    columns = {
        "chip_id": [str(c.id) for c in chips],
        "scene_id": [c.id.scene for c in chips],
        "level": [c.id.level for c in chips],
        "row": [c.id.row for c in chips],
        "col": [c.id.col for c in chips],
        "x_off": [c.window.x_off for c in chips],
        "y_off": [c.window.y_off for c in chips],
        "width": [c.window.width for c in chips],
        "height": [c.window.height for c in chips],
        "crs": [crs_text(c.geobox) for c in chips],
        "transform": [list(c.geobox.affine)[:6] for c in chips],
        "geometry": [None if s is None else shapely.to_wkb(s) for s in shapes],
        "datetime": [c.datetime for c in chips],
        "sensor": [c.sensor for c in chips],
        "bands": [list(c.bands) for c in chips],
        "valid_fraction": [float(c.valid_fraction) for c in chips],
        "cloud_cover": [c.cloud_cover for c in chips],
        "group": [c.group for c in chips],
    }
    arrays = [pa.array(columns[f.name], f.type) for f in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA.with_metadata({"geo": json.dumps(_geo(shapes))}))


def _geo(shapes: Sequence[Any]) -> dict[str, object]:
    from pyproj import CRS

    here = [s for s in shapes if s is not None]
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": sorted({s.geom_type for s in here}),
        "crs": CRS.from_epsg(4326).to_json_dict(),
    }
    if here:
        column["bbox"] = [float(v) for v in shapely.total_bounds(here)]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def from_table(table: Any) -> Iterator[Chip]:
    """Rows of the chip table as chips, in order."""
    for batch in table.to_batches():
        wanted = batch.select([c for c in COLUMNS if c not in ("geometry", "chip_id")])
        for row in wanted.to_pylist():
            yield _chip(row)


def _chip(row: dict[str, Any]) -> Chip:
    return Chip(
        ChipId(row["scene_id"], row["level"], row["row"], row["col"]),
        Window(row["x_off"], row["y_off"], row["width"], row["height"]),
        geobox((row["height"], row["width"]), row["transform"], row["crs"]),
        datetime=None if row["datetime"] is None else row["datetime"].astimezone(UTC),
        sensor=row["sensor"],
        bands=tuple(row["bands"]),
        valid_fraction=row["valid_fraction"],
        cloud_cover=row["cloud_cover"],
        group=row["group"],
    )
