"""What a filter may ask about: names, kinds, and the values that there are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from groundset.query.coded import Coded
from groundset.query.found import as_time
from groundset.query.values import PROPERTIES, Moment, Value

FEW = 60
"""Values are listed where there are at most so many."""

_COUNTED = ("level", "width", "height")
"""Whole numbers that people choose from; of the others the ends are told."""

Type = Literal["string", "number", "integer", "datetime", "geometry", "array"]


@dataclass(frozen=True, slots=True)
class Queryable:
    """A name that a filter may use: its values with the chips of each where they are few, else the ends."""

    name: str
    type: Type
    title: str
    values: list[tuple[str, int]] | None
    minimum: float | str | None
    maximum: float | str | None
    missing: int


def facets(now: Moment) -> list[Queryable]:
    """All names, with what the chips of this moment have."""
    return [_kept(name, now) for name in PROPERTIES]


def _kept(name: str, now: Moment) -> Queryable:
    """Worked out once a snapshot of the chips, where it speaks of nothing else."""
    known: dict[str, Queryable] = now.chips.told
    if name in known:
        return known[name]
    _, title, get = PROPERTIES[name]
    alone = replace(now, used={"chips"})
    out = _facet(name, title, get(alone), now)
    if alone.used == {"chips"}:
        known[name] = out
    return out


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
        return Queryable(name, "datetime", title, None, low, high, times.null_count)
    column = value.data
    if value.kind == "number":
        low, high = _ends(column)
        integer = pa.types.is_integer(column.type)
        few = _values(column) if integer and name in _COUNTED else None
        return Queryable(name, "integer" if integer else "number", title, few, low, high, column.null_count)
    return Queryable(name, "string", title, _values(column), None, None, column.null_count)


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
