"""Lists of chips, labels and queryables as the HTTP contract's models."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from groundset.core import InputError, MissingError
from groundset.lake import Lake
from groundset.query import Found, Hit, Index, Label
from groundset.query import Queryable as Facet
from groundset.query.exported import Rows, csv, geojson, geoparquet
from groundset.query.placed import asked, count, data_pixels
from groundset.query.values import Moment
from groundset.server.models import ChipIds, ChipLabel, ChipPage, ChipRow, ClassCount, LabelCounts, Queryable

MOST = {"json": 1_000, "geojson": 5_000, "csv": 5_000, "parquet": 5_000, "ids": 0}
"""Most chips on a page, by form."""


def check_limit(limit: int | None, form: str) -> int:
    """The number of chips of a page; by default 100 in JSON, none in files: they hold all then."""
    most = MOST[form]
    if limit is not None and limit > most:
        raise InputError("that is too many chips for one answer", asked=f"limit={limit}", found=f"at most {most}",
                         hint="ask page by page, with offset; files without a limit hold all")  # fmt: skip
    return limit if limit is not None else (100 if form == "json" else 0)


def parse_bbox(text: str | None) -> list[float] | None:
    """``W,S,E,N`` as numbers."""
    if not text:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not np.isfinite(numbers).all():
        raise InputError("a box is west,south,east,north in degrees", asked=f"bbox={text[:80]}")
    return numbers


def page(found: Found) -> bytes:
    """A page of chips as JSON."""
    told = ChipPage.model_construct(
        total=found.total, offset=found.offset, head=found.head, pin=found.pin, forgotten=found.forgotten,
        meaning=found.meaning, chips=rows(found.hits, found.moment),
    )  # fmt: skip
    return told.model_dump_json().encode()


def ids(found: Found) -> bytes:
    """The ids of all chips as JSON."""
    return (
        ChipIds.model_construct(total=found.total, pin=found.pin, forgotten=found.forgotten, ids=found.all_ids())
        .model_dump_json()
        .encode()
    )


FILES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
}
"""Media type by form, of those that may hold all chips and are sent while they are made."""
_ACCEPTED = {
    "application/json": "json", "text/csv": "csv", "application/geo+json": "geojson",
    "application/vnd.apache.parquet": "parquet",
}  # fmt: skip


def form_of(asked: str | None, accept: str | None) -> str:
    """The form asked for by name, else the first that Accept names and there is, else JSON."""
    if asked is not None:
        return asked
    weighed = []
    for part in (accept or "").split(","):
        kind, *rest = (piece.strip() for piece in part.split(";"))
        weight = next((w[2:] for w in rest if w.startswith("q=")), "1")
        weighed.append((float(weight) if weight.replace(".", "", 1).isdigit() else 0.0, kind.lower()))
    known = [(weight, _ACCEPTED[kind]) for weight, kind in weighed if kind in _ACCEPTED and weight > 0]
    return max(known, key=lambda one: one[0])[1] if known else "json"


def file(found: Found, form: str, *, paged: bool) -> Iterator[bytes]:
    """Chips as CSV, GeoJSON or GeoParquet, piece by piece: all that were found, or one page of them."""
    page = found.positions[found.offset : found.offset + len(found.hits)] if paged else found.positions[found.offset :]
    rows = Rows(found, page)
    if form == "csv":
        return csv(rows)
    if form == "parquet":
        return geoparquet(rows)
    scheme = found.moment.scheme
    return geojson(rows, {} if scheme is None else {c.name: c.code for c in scheme}, found.total)


def label_counts(lake: Lake, index: Index, task: str | None, level: int | None = None) -> LabelCounts:
    """Labels of a task, counted at a level or at all."""
    chosen = index.task(task)
    if chosen is None:
        raise MissingError("this workspace has no task", hint="add one to groundset.toml: [tasks.chips]")
    table = index.labels(chosen.name)
    table = table.among(table.chips.at_level(level))
    chips: Counter[int] = Counter()
    for codes, n in table.column("classes").counts().items():
        chips.update(dict.fromkeys(codes, n))
    methods: Counter[str] = Counter()
    for told, n in table.column("methods").counts().items():
        methods[told[0] if len(told) == 1 else "both"] += n
    pixels = table.pixels if chosen.kind == "segment" else None
    places = asked(lake.config, chosen)
    return LabelCounts(
        task=chosen.name,
        kind=chosen.kind,
        chips=table.labelled,
        unlabelled=count(table.chips, places, level) - table.labelled,
        classes=[
            ClassCount(
                code=c.code, name=c.name, chips=chips[c.code], pixels=None if pixels is None else pixels.get(c.code, 0)
            )
            for c in lake.scheme(chosen.name)
        ],
        methods=dict(methods),
        counted=table.labelled - table.pending,
        level=level,
        pixels=None if pixels is None else data_pixels(table.chips, places, level),
    )


def queryables(facets: Sequence[Facet]) -> bytes:
    """What a filter may ask about, as JSON."""
    told = [
        Queryable(
            name=f.name, type=f.type, title=f.title, values=f.values, minimum=f.minimum, maximum=f.maximum,
            missing=f.missing, counts=f.counts, edges=f.edges,
        )
        for f in facets
    ]  # fmt: skip
    return TypeAdapter(list[Queryable]).dump_json(told)


def queryables_schema(facets: Sequence[Facet], address: str) -> bytes:
    """What a filter may ask about, as a JSON Schema (OGC 19-079r2, 6.2): OGC API's queryables."""
    properties = {f.name: _property(f) for f in facets}
    told = {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": address, "type": "object",
        "title": "What a filter of chips may ask about", "properties": properties, "additionalProperties": False,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode()


def _property(facet: Facet) -> dict[str, Any]:
    out: dict[str, Any] = {"title": facet.title, **_SCHEMA_TYPES.get(facet.type, {"type": facet.type})}
    if facet.type in ("number", "integer"):
        ends = {"minimum": facet.minimum, "maximum": facet.maximum}
        out |= {name: value for name, value in ends.items() if value is not None}
    elif facet.type in ("string", "array") and facet.values:
        said = [value for value, _ in facet.values]
        out["examples"] = said if facet.type == "string" else [[value] for value in said]
    return out


_SCHEMA_TYPES: Mapping[str, Mapping[str, Any]] = {
    "datetime": {"type": "string", "format": "date-time"},
    "geometry": {"format": "geometry-any", "x-ogc-role": "primary-geometry"},
    "array": {"type": "array", "items": {"type": "string"}},
}


def chip_label(label: Label | None) -> ChipLabel | None:
    """A label; made without checks, since there may be a thousand on a page."""
    return None if label is None else ChipLabel.model_construct(
        classes=list(label.classes),
        negative=list(label.negative),
        unsure=list(label.unsure),
        reason=label.reason,
        confidence=label.confidence,
        value=label.value,
        shares=None if label.shares is None else [round(share, 6) for share in label.shares],
        methods=list(label.methods),
        actors=list(label.actors),
        answered_at=label.answered_at,
    )  # fmt: skip


def row(hit: Hit, attached: Mapping[str, bool | float | str] | None = None) -> ChipRow:
    """A chip as a list and its own page tell it; with what attached layers say of it."""
    told: dict[str, Any] = {name: getattr(hit, name) for name in _FIELDS}
    return ChipRow.model_construct(**told, label=chip_label(hit.label), attached=attached or {})


def rows(hits: Sequence[Hit], moment: Moment) -> list[ChipRow]:
    """Chips as a list tells them."""
    if moment.outside is None:
        return [row(hit) for hit in hits]
    places = moment.chips.places
    said = moment.outside.at(np.array([places[hit.id] for hit in hits], np.int64))
    return [row(hit, attached) for hit, attached in zip(hits, said, strict=True)]


_FIELDS = tuple(name for name in ChipRow.model_fields if name not in ("label", "attached"))
