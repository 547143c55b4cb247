"""What a filter may ask about: names, kinds, and the values that there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from groundset.query.coded import Coded
from groundset.query.found import as_time
from groundset.query.moments import Span
from groundset.query.own import PREFIX, plain
from groundset.query.values import PROPERTIES, Moment, Value

FEW = 60
"""Values are listed where there are at most so many."""

BINS = 20
"""Of numbers and times."""

_COUNTED = ("level", "width", "height")
"""Whole numbers that people choose from; of the others the ends are told."""

Type = Literal["string", "number", "integer", "boolean", "datetime", "geometry", "array"]


@dataclass(frozen=True, slots=True)
class Queryable:
    """A name that a filter may use: its values with the chips of each where they are few, else the ends.

    Numbers and times are counted too: ``counts`` of the chips between ``edges``.
    """

    name: str
    type: Type
    title: str
    values: list[tuple[str, int]] | None
    minimum: float | str | None
    maximum: float | str | None
    missing: int
    counts: list[int] | None = None
    edges: list[float | str] | None = None


Rows = npt.NDArray[np.bool_] | None
"""The chips that count, bool (chips,); None: all."""


def facets(now: Moment, level: int | None = None) -> list[Queryable]:
    """All names, with what the chips of this moment have; ``level``: only those of this level count."""
    return [_kept(name, now, now.chips.at_level(level)) for name in now.names()]


def _kept(name: str, now: Moment, rows: Rows) -> Queryable:
    """Worked out once a snapshot of the chips, where it speaks of nothing else."""
    known: dict[str, Queryable] = now.chips.told
    if name in known and name in PROPERTIES and rows is None:
        return known[name]
    _, title, get = now.names()[name]
    if name.startswith(PREFIX):
        return Queryable(plain(name), "number", title, None, 0.0, 1.0, _unscored(name, now))
    alone = replace(now, used={"chips"})
    value = get(alone)
    out = _facet(name, title, value if name == "level" else _among(value, rows), now)
    if alone.used == {"chips"} and name in PROPERTIES and rows is None:
        known[name] = out
    return out


def _among(value: Value, rows: Rows) -> Value:
    """Only some of the rows; which levels there are is told whatever is looked at."""
    if rows is None or value.kind == "shape":
        return value
    data = value.data
    if isinstance(data, Coded):
        return replace(value, data=data.among(rows))
    kept = pa.array(rows)
    if isinstance(data, Span):
        return replace(value, data=data._replace(lo=data.lo.filter(kept), hi=data.hi.filter(kept)))
    return replace(value, data=data.filter(kept))


def _facet(name: str, title: str, value: Value, now: Moment) -> Queryable:
    if isinstance(value.data, Coded):
        counts: Counter[str] = Counter()
        for items, n in value.data.counts().items():
            counts.update(dict.fromkeys(items, n))
        kind: Type = "array" if value.kind == "list" else "string"
        return Queryable(name, kind, title, _few(counts), None, None, int((value.data.codes < 0).sum()))
    if value.kind == "shape":
        return Queryable(name, "geometry", title, None, None, None, now.chips.column("geometry").null_count)
    if value.kind == "time":
        times = value.data.lo.cast(pa.timestamp("us", tz="UTC"))
        low, high = (as_time(v) for v in _ends(times))
        bins, edges = _counted(value.data.lo)
        return Queryable(
            name, "datetime", title, None, low, high, times.null_count, bins, edges and [_moment(e) for e in edges]
        )
    column = value.data
    if value.kind == "truth":
        return Queryable(name, "boolean", title, _flags(column), None, None, column.null_count)
    if value.kind == "number":
        low, high = _ends(column)
        integer = pa.types.is_integer(column.type)
        few = _values(column) if integer and name in _COUNTED else None
        bins, edges = _counted(column)
        kind = "integer" if integer else "number"
        return Queryable(name, kind, title, few, low, high, column.null_count, bins, edges)
    return Queryable(name, "string", title, _values(column), None, None, column.null_count)


def _unscored(name: str, now: Moment) -> int:
    """Chips without a score; told without scoring them."""
    learned, scheme = now.model(), now.scheme
    if learned is None or scheme is None:
        return len(now.chips)
    return learned.missing(scheme.find(name.removeprefix(PREFIX)).code)


def _counted(column: Any) -> tuple[list[int] | None, list[float | str] | None]:
    """Chips in bins of equal width; none where there are no two different numbers."""
    numbers = column.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers) or numbers.min() == numbers.max():
        return None, None
    counts, edges = np.histogram(numbers, BINS)
    return counts.tolist(), [float(f"{edge:.12g}") for edge in edges.tolist()]


def _moment(micros: float | str) -> str:
    told = datetime.fromtimestamp(round(float(micros) / 1e6), UTC)
    return told.isoformat().replace("+00:00", "Z")


def _flags(column: Any) -> list[tuple[str, int]]:
    true = pc.sum(column).as_py() or 0
    false = len(column) - column.null_count - true
    return [(word, n) for word, n in (("true", true), ("false", false)) if n]


def _values(column: Any) -> list[tuple[str, int]] | None:
    if pc.count_distinct(column).as_py() > FEW:
        return None
    counted = pc.value_counts(column.drop_null()).to_pylist()
    return _few(Counter({str(c["values"]): c["counts"] for c in counted}))


def _few(counts: Counter[str]) -> list[tuple[str, int]] | None:
    """Most chips first, then by name."""
    return None if len(counts) > FEW else sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _ends(column: Any) -> tuple[Any, Any]:
    ends = pc.min_max(column).as_py()
    return ends["min"], ends["max"]
