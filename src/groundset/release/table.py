"""chips.parquet: all items as stac-geoparquet 1.0, one row a chip.

The properties of the items are columns, the geometry is WKB with GeoParquet metadata, ``bbox`` a struct, links and
assets are kept as they are. Written here rather than with the stac-geoparquet package because that one refuses null
geometries (chips without CRS) and bands whose nodata is NaN.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

Item = Mapping[str, Any]
_TIMES = ("datetime", "created", "updated", "start_datetime", "end_datetime")
_NUMBERS = ("groundset:agreement", "groundset:inclusion")
_BBOX = ("xmin", "ymin", "xmax", "ymax")
_ROW_GROUP = 4096


def write_table(path: Path, items: Sequence[Item], collection: Mapping[str, Any]) -> None:
    """Write all items, sorted as given; the same items give the same bytes.

    Args:
        path: ``chips.parquet``.
        items: The items.
        collection: The STAC collection, kept in the file's metadata (with no item links).
    """
    table = to_table(items).replace_schema_metadata(
        {
            "geo": json.dumps(_geo(items)),
            "stac-geoparquet": json.dumps(
                {"version": "1.0.0", "collections": {str(collection["id"]): dict(collection)}}, ensure_ascii=False
            ),
        }
    )
    pq.write_table(table, path, compression="zstd", row_group_size=_ROW_GROUP, store_schema=True)


def to_table(items: Sequence[Item]) -> pa.Table:
    """The items as Arrow, properties as columns."""
    names = list(dict.fromkeys(k for item in items for k in item["properties"]))
    columns: dict[str, pa.Array] = {}
    for name in ("type", "stac_version", "stac_extensions", "id"):
        columns[name] = pa.array([item[name] for item in items])
    for name in names:
        columns[name] = _column(name, [item["properties"].get(name) for item in items])
    columns["geometry"] = pa.array([_wkb(item["geometry"]) for item in items], pa.binary())
    boxes = [None if "bbox" not in i else dict(zip(_BBOX, i["bbox"], strict=True)) for i in items]
    columns["bbox"] = pa.array(boxes, pa.struct([(n, pa.float64()) for n in _BBOX]))
    columns["links"] = _typed(pa.array([item["links"] for item in items]))
    columns["assets"] = _typed(pa.array([_plain(item["assets"]) for item in items]))
    columns["collection"] = pa.array([item["collection"] for item in items])
    return pa.table(columns)


def _column(name: str, values: list[Any]) -> pa.Array:
    if name in _TIMES:
        return pa.array([datetime.fromisoformat(v) for v in values], pa.timestamp("us", tz="UTC"))
    if name in _NUMBERS:
        return pa.array(values, pa.float64())
    return _typed(pa.array([_plain(v) for v in values]))


def _plain(value: Any, key: str = "") -> Any:
    """The value with ``nodata`` as a float whatever it is ("nan" as NaN): a column has one type."""
    if isinstance(value, Mapping):
        return {k: _plain(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if key == "nodata" and not isinstance(value, bool) and value is not None:
        return float(value)
    return value


def _typed(array: pa.Array) -> pa.Array:
    """Columns in which nothing is known are text, since some readers know no null type."""
    wanted = _known(array.type)
    return array if wanted == array.type else array.cast(wanted)


def _known(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _known(f.type)) for f in kind])
    if pa.types.is_list(kind):
        return pa.list_(_known(kind.value_type))
    return kind


def _wkb(geometry: Mapping[str, Any] | None) -> bytes | None:
    return None if geometry is None else bytes(shapely.to_wkb(shapely.geometry.shape(geometry), flavor="iso"))


def _geo(items: Sequence[Item]) -> dict[str, Any]:
    kinds = sorted({item["geometry"]["type"] for item in items if item["geometry"] is not None})
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": kinds,
        "covering": {"bbox": {n: ["bbox", n] for n in _BBOX}},
    }
    boxes = [item["bbox"] for item in items if "bbox" in item]
    if boxes and all(b[0] <= b[2] for b in boxes):
        sides = list(zip(*boxes, strict=True))
        column["bbox"] = [min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
