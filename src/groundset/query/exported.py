"""Lists of chips as files: all that is known of each chip, piece by piece, as CSV, GeoJSON or GeoParquet."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from groundset.query.coded import Coded
from groundset.query.moments import Span
from groundset.query.own import PREFIX
from groundset.query.written import GEOMETRY, PIECE, csv_pieces, geo_metadata, plain_rows

if TYPE_CHECKING:
    from groundset.query.chips import Positions
    from groundset.query.found import Found

ROW_GROUP = 65_536
_DEGREES = 8
_FIRST = ("chip_id", "score", "label")
_LEFT_OUT = ("geometry", "work", "difficulty")


class Rows:
    """The chips of a list as columns: each name that a filter may ask for, but other classes' scores; then the outline.

    ``score`` is what the list's rows tell: likeness to its examples, or the score of its class; null where it has none.

    Args:
        found: The list.
        positions: The chips (default: all that were found, in order).
    """

    def __init__(self, found: Found, positions: Positions | None = None) -> None:
        self._found = found
        self.positions = found.positions if positions is None else positions
        self._columns = self._read()

    def __len__(self) -> int:
        return len(self.positions)

    def table(self, start: int = 0, stop: int | None = None) -> pa.Table:
        """Rows from one place of the list to another."""
        at = self.positions[start:stop]
        columns = {name: _taken(data, at) for name, data in self._columns.items()}
        return pa.table({**columns, GEOMETRY: self._found.chips.column(GEOMETRY).take(pa.array(at))})

    def pieces(self, size: int = PIECE) -> Iterator[pa.Table]:
        """All rows, some at a time; at least one piece, though it be empty."""
        for start in range(0, max(len(self), 1), size):
            yield self.table(start, start + size)

    def _read(self) -> Mapping[str, Any]:
        now, want = self._found.moment, self._found.want
        names = [n for n in now.names() if n not in (*_FIRST, *_LEFT_OUT) and not n.startswith(PREFIX)]
        get = {name: now.names()[name][2] for name in ("chip_id", "label", *names)}
        scores: Any = pa.nulls(len(now.chips), pa.float32())
        if now.learned is not None and want.any:
            scores = pa.array(now.learned.scores(want).values, from_pandas=True)
        columns = {name: make(now).data for name, make in get.items()}
        return {"chip_id": columns.pop("chip_id"), "score": scores, **columns}


def csv(rows: Rows) -> Iterator[bytes]:
    """As CSV, head first; outlines in well-known text."""
    for number, piece in enumerate(rows.pieces()):
        yield from csv_pieces(piece, head=number == 0)


def geojson(rows: Rows, classes: Mapping[str, int], total: int) -> Iterator[bytes]:
    """As one GeoJSON FeatureCollection (RFC 7946).

    Args:
        rows: The chips.
        classes: Code by class name: a feature's ``classes`` and ``negative`` are codes, as the page draws by them.
        total: Chips that were found in all.
    """
    yield f'{{"type":"FeatureCollection","numberMatched":{total},"numberReturned":{len(rows)},"features":['.encode()
    between = b""
    for piece in rows.pieces():
        shapes = _outlines(piece[GEOMETRY])
        for row, shape in zip(plain_rows(piece.drop_columns([GEOMETRY])), shapes, strict=True):
            chip_id = row.pop("chip_id")
            told = {"id": chip_id, **row, "classes": _codes(row["labels"], classes)}
            told["negative"] = _codes(row["negative"], classes)
            text = json.dumps(told, separators=(",", ":"))
            yield (
                between
                + (
                    f'{{"type":"Feature","id":{json.dumps(chip_id)},"geometry":{shape or "null"},"properties":{text}}}'
                ).encode()
            )
            between = b","
    yield b"]}"


def geoparquet(rows: Rows) -> Iterator[bytes]:
    """As GeoParquet 1.1, row group by row group."""
    from pyarrow.parquet import ParquetWriter

    bounds = rows._found.chips.bounds[rows.positions]  # noqa: SLF001  # its own list
    box = [*np.nanmin(bounds[:, :2], axis=0), *np.nanmax(bounds[:, 2:], axis=0)] if np.isfinite(bounds).any() else []
    schema = rows.table(0, 0).schema.with_metadata(geo_metadata((), [float(v) for v in box]))
    out = _Drained()
    with ParquetWriter(pa.PythonFile(out, "w"), schema, compression="zstd") as writer:
        for piece in rows.pieces(ROW_GROUP):
            writer.write_table(piece.replace_schema_metadata(schema.metadata), ROW_GROUP)
            yield out.drain()
    yield out.drain()


class _Drained(io.RawIOBase):
    """A file that is handed on while it is written: it keeps only what nobody has taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self._there = bytearray()
        self._before = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._there += bytes(data)
        return len(data)

    def tell(self) -> int:
        return self._before + len(self._there)

    def drain(self) -> bytes:
        """What was written since the last time."""
        out = bytes(self._there)
        self._before += len(out)
        self._there.clear()
        return out


def _taken(data: Any, at: Positions) -> Any:
    if isinstance(data, Coded):
        codes = data.codes[at]
        return pa.array([list(value) for value in data.values], pa.list_(pa.string())).take(
            pa.array(codes, mask=codes < 0)
        )
    if isinstance(data, Span):
        return data.lo.take(pa.array(at)).cast(pa.timestamp("us", tz="UTC"))
    return data.take(pa.array(at))


def _outlines(column: Any) -> list[str | None]:
    shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    rounded = shapely.transform(shapes, lambda points: np.round(points, _DEGREES))
    texts: list[str | None] = shapely.to_geojson(rounded).tolist()
    return texts


def _codes(names: list[str] | None, classes: Mapping[str, int]) -> list[int]:
    return [classes[name] for name in names or () if name in classes]
