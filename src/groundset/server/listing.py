"""Lists of chips, labels and queryables as the HTTP contract's models."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from pydantic import TypeAdapter

from groundset.core import InputError, MissingError
from groundset.lake import Lake
from groundset.query import Found, Hit, Index, Label
from groundset.query import Queryable as Facet
from groundset.query.placed import asked, count
from groundset.server.models import ChipIds, ChipLabel, ChipPage, ChipRow, ClassCount, LabelCounts, Queryable

MOST = {"json": 1_000, "geojson": 5_000, "ids": 0}
"""Most chips in one answer, by form."""

_DEGREES = 8


def check_limit(limit: int | None, form: str) -> int:
    """The number of chips asked for; by default 100, or as many as there may be in GeoJSON."""
    most = MOST[form]
    if limit is not None and limit > most:
        raise InputError("that is too many chips for one answer", asked=f"limit={limit}", found=f"at most {most}",
                         hint="ask page by page, with offset")  # fmt: skip
    return limit if limit is not None else (100 if form == "json" else most)


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
    rows = [row(hit) for hit in found.hits]
    told = ChipPage.model_construct(
        total=found.total, offset=found.offset, head=found.head, pin=found.pin, meaning=found.meaning, chips=rows
    )
    return told.model_dump_json().encode()


def ids(found: Found) -> bytes:
    """The ids of all chips as JSON."""
    return ChipIds.model_construct(total=found.total, pin=found.pin, ids=found.all_ids()).model_dump_json().encode()


def features(found: Found) -> bytes:
    """A page of chips as a GeoJSON FeatureCollection."""
    outlines = np.array([hit.outline for hit in found.hits], dtype=object)
    rounded = shapely.transform(shapely.from_wkb(outlines), lambda points: np.round(points, _DEGREES))
    shapes = shapely.to_geojson(rounded).tolist()
    texts = [
        f'{{"type":"Feature","id":{json.dumps(hit.id)},"geometry":{shape or "null"},'
        f'"properties":{json.dumps(_properties(hit), separators=(",", ":"))}}}'
        for hit, shape in zip(found.hits, shapes, strict=True)
    ]
    counts = f'"numberMatched":{found.total},"numberReturned":{len(texts)}'
    return f'{{"type":"FeatureCollection",{counts},"features":[{",".join(texts)}]}}'.encode()


def label_counts(lake: Lake, index: Index, task: str | None) -> LabelCounts:
    """Labels of a task, counted."""
    chosen = index.task(task)
    if chosen is None:
        raise MissingError("this workspace has no task", hint="add one to groundset.toml: [tasks.chips]")
    table = index.labels(chosen.name)
    chips: Counter[int] = Counter()
    for codes, n in table.column("classes").counts().items():
        chips.update(dict.fromkeys(codes, n))
    methods: Counter[str] = Counter()
    for told, n in table.column("methods").counts().items():
        methods[told[0] if len(told) == 1 else "both"] += n
    pixels = table.pixels if chosen.kind == "segment" else None
    return LabelCounts(
        task=chosen.name,
        kind=chosen.kind,
        chips=table.labelled,
        unlabelled=count(table.chips, asked(lake.config, chosen)) - table.labelled,
        classes=[
            ClassCount(
                code=c.code, name=c.name, chips=chips[c.code], pixels=None if pixels is None else pixels.get(c.code, 0)
            )
            for c in lake.scheme(chosen.name)
        ],
        methods=dict(methods),
        counted=table.labelled - table.pending,
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


def row(hit: Hit) -> ChipRow:
    """A chip as a list and its own page tell it."""
    told: dict[str, Any] = {name: getattr(hit, name) for name in _FIELDS}
    return ChipRow.model_construct(**told, label=chip_label(hit.label))


def _properties(hit: Hit) -> dict[str, Any]:
    label = hit.label
    return {
        "id": hit.id,
        "classes": [] if label is None else list(label.classes),
        "negative": [] if label is None else list(label.negative),
        "value": None if label is None else label.value,
        "split": hit.split,
        "scene_id": hit.scene_id,
        "score": hit.score,
    }


_FIELDS = tuple(name for name in ChipRow.model_fields if name != "label")
