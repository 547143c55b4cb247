"""Q0: chips.parquet says the same as the items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from groundset.release._check_folder import Folder
from groundset.release._check_types import Finding, error

TABLE = "chips.parquet"
_NEAR = 1e-9
_MOST = 50


def table(folder: Folder) -> list[Finding]:
    """Every item is a row, every row an item, with the same properties, geometry and checksums; at most 50 findings."""
    if TABLE not in folder.files:
        named = TABLE in folder.stated
        return [] if named else [error("Q0", TABLE, "missing file", "no such file", "stac-geoparquet of all items")]
    rows = _rows(folder)
    if isinstance(rows, Finding):
        return [rows]
    out: list[Finding] = []
    for finding in _compare(folder, rows):
        out.append(finding)
        if len(out) == _MOST:
            break
    return out


def _rows(folder: Folder) -> dict[str, dict[str, Any]] | Finding:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_table(folder.root / TABLE)
        if "id" not in found.column_names:
            return error("Q0", TABLE, "columns", ", ".join(found.column_names), "a column id")
        keep = [n for n in found.column_names if n != "links"]
        rows = found.select(keep).to_pylist()
    except (pa.ArrowException, OSError, ValueError) as reason:
        return error("Q0", TABLE, "not readable", str(reason), "a Parquet file")
    if len({r["id"] for r in rows}) != len(rows):
        return error("Q0", TABLE, "ids", f"{len(rows) - len({r['id'] for r in rows})} twice", "each id once")
    return {str(r["id"]): r for r in rows}


def _compare(folder: Folder, rows: Mapping[str, dict[str, Any]]) -> Iterator[Finding]:
    items = {str(i.get("id")): (p, i) for p, i in folder.items.items()}
    for name in items.keys() - rows.keys():
        yield error("Q0", TABLE, f"row of {items[name][0]}", "no such row", f"a row with id {name}")
    for name in rows.keys() - items.keys():
        yield error("Q0", TABLE, f"row {name}", "no such item", f"items/{name}/{name}.json")
    for name, (path, item) in items.items():
        if name in rows:
            yield from _row(path, item, rows[name])


def _row(path: str, item: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[Finding]:
    properties = item.get("properties")
    for key, value in properties.items() if isinstance(properties, dict) else ():
        if not _same(value, row.get(key)):
            yield error("Q0", TABLE, f"{key} of {path}", row.get(key), value)
    if not _same_geometry(item.get("geometry"), row.get("geometry")):
        yield error("Q0", TABLE, f"geometry of {path}", "another geometry", item.get("geometry"))
    assets, others = item.get("assets"), row.get("assets")
    for key, asset in assets.items() if isinstance(assets, dict) else ():
        other = others.get(key) if isinstance(others, dict) else None
        for field in ("href", "file:checksum", "file:size"):
            found = other.get(field) if isinstance(other, dict) else None
            wanted = asset.get(field) if isinstance(asset, dict) else None
            if found != wanted:
                yield error("Q0", TABLE, f"{field} of the asset {key} of {path}", found, wanted)


def _same(value: Any, other: Any) -> bool:
    """Whether a value of an item is that of a row: null stands for a field that is not there, times are instants."""
    if isinstance(other, datetime):
        return isinstance(value, str) and _time(value) == other.astimezone(UTC)
    if isinstance(value, dict):
        there = {k: v for k, v in other.items() if v is not None} if isinstance(other, dict) else {}
        return all(_same(v, there.get(k)) for k, v in value.items()) and not there.keys() - value.keys()
    if isinstance(value, list):
        return isinstance(other, list) and len(value) == len(other) and all(map(_same, value, other))
    if isinstance(value, float) and isinstance(other, int | float):
        return abs(value - other) <= _NEAR * max(1.0, abs(value))
    return bool(value == other)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _same_geometry(geometry: Any, wkb: Any) -> bool:
    import shapely

    if geometry is None or wkb is None:
        return geometry is None and wkb is None
    try:
        return bool(shapely.equals_exact(shapely.geometry.shape(geometry), shapely.from_wkb(wkb), tolerance=_NEAR))
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return False
