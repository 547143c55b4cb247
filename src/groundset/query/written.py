"""Tables as text and files: CSV, JSON, Parquet, GeoParquet, piece by piece."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

PIECE = 8_192
"""Rows that are made at a time."""

GEOMETRY = "geometry"


def csv_pieces(table: pa.Table, *, head: bool = True) -> Iterator[bytes]:
    """A table as CSV (RFC 4180, UTF-8), head first; lists as their parts with a space between, shapes as WKT."""
    from pyarrow.csv import WriteOptions, write_csv

    for at in range(0, max(table.num_rows, 1), PIECE):
        out = io.BytesIO()
        write_csv(_flat(table.slice(at, PIECE)), out, WriteOptions(include_header=head and at == 0))
        yield out.getvalue()


def json_pieces(table: pa.Table) -> Iterator[bytes]:
    """A table as a JSON array of one object a row; shapes as GeoJSON geometries, times in RFC 3339."""
    for at in range(0, table.num_rows, PIECE):
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in plain_rows(table.slice(at, PIECE)))
        yield (("[\n" if at == 0 else ",\n") + rows).encode()
    yield b"\n]\n" if table.num_rows else b"[]\n"


def plain_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Rows of what JSON can hold."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name == GEOMETRY and pa.types.is_binary(column.type):
            columns[name] = _shapes(column)
        elif pa.types.is_timestamp(column.type):
            columns[name] = [_moment(value) for value in column.to_pylist()]
        else:
            columns[name] = [_json(value) for value in column.to_pylist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)] if columns else []


def parquet(table: pa.Table) -> bytes:
    """A table as Parquet; GeoParquet 1.1 where it has shapes (WKB, longitude and latitude)."""
    from pyarrow.parquet import write_table

    out = io.BytesIO()
    write_table(_geo(table), out, compression="zstd", row_group_size=65_536)
    return out.getvalue()


def _geo(table: pa.Table) -> pa.Table:
    if GEOMETRY not in table.column_names or not pa.types.is_binary(table.schema.field(GEOMETRY).type):
        return table
    import numpy as np
    import shapely

    kinds: set[str] = set()
    sides = []
    for at in range(0, table.num_rows, PIECE * 8):
        shapes = shapely.from_wkb(table[GEOMETRY].slice(at, PIECE * 8).to_numpy(zero_copy_only=False))
        kinds |= {_KINDS[kind] for kind in np.unique(shapely.get_type_id(shapes)).tolist() if kind in _KINDS}
        sides.append(shapely.total_bounds(shapes))
    boxes = np.array([box for box in sides if np.isfinite(box).all()])
    box = [*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist()] if len(boxes) else []
    return table.replace_schema_metadata(geo_metadata(sorted(kinds), box))


def geo_metadata(kinds: Sequence[str], box: Sequence[float]) -> dict[str, str]:
    """The ``geo`` metadata of GeoParquet 1.1: kinds of shapes (none: any) and west, south, east, north where known."""
    from pyproj import CRS

    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": list(kinds),
        "crs": CRS.from_epsg(4326).to_json_dict(),
    }
    if box:
        column["bbox"] = list(box)
    return {"geo": json.dumps({"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}})}


def _flat(table: pa.Table) -> pa.Table:
    """With columns that CSV can hold."""
    import pyarrow.compute as pc

    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_binary(kind):
            texts = _well_known(column) if name == GEOMETRY else [v and v.hex() for v in column.to_pylist()]
            columns.append(pa.array(texts, pa.string()))
        elif pa.types.is_list(kind):
            columns.append(
                pa.array([None if v is None else " ".join(map(str, v)) for v in column.to_pylist()], pa.string())
            )
        elif pa.types.is_timestamp(kind):
            columns.append(pa.array([_moment(v) for v in column.to_pylist()], pa.string()))
        elif pa.types.is_nested(kind):
            columns.append(pa.array([json.dumps(_json(v)) for v in column.to_pylist()], pa.string()))
        elif pa.types.is_null(kind):
            columns.append(pc.cast(column, pa.string()))
        else:
            columns.append(column)
    return pa.table(columns, names=table.column_names)


def _well_known(column: Any) -> list[str | None]:
    import shapely

    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    texts: list[str | None] = shapely.to_wkt(shapes, rounding_precision=8).tolist()
    return texts


def _shapes(column: Any) -> list[Any]:
    import shapely

    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    return [None if text is None else json.loads(text) for text in shapely.to_geojson(shapes).tolist()]


def _moment(value: Any) -> str | None:
    return None if value is None else value.isoformat().replace("+00:00", "Z")


def _json(value: Any) -> Any:
    """A value as JSON has it: bytes in hexadecimal, other kinds (dates, decimals ...) as text, no NaN."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(k): _json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    return str(value)


_KINDS = {0: "Point", 1: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString", 6: "MultiPolygon"}
