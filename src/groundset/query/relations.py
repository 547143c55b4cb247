"""The views that SQL may ask: six tables of a fixed form, made of what the index knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from groundset.chips._footprint import footprints_of
from groundset.chips.chip import crs_text
from groundset.core import NOT_APPLICABLE, Scheme
from groundset.core.layout import TaskConfig
from groundset.query.labels import Label
from groundset.query.learned import Want
from groundset.query.own import PREFIX
from groundset.query.table import CANNOT
from groundset.query.values import PROPERTIES
from groundset.query.working import PROPERTIES as WORK

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.query.index import Index

_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class Source:
    """What the views are made of."""

    lake: Lake
    index: Index


def scenes(source: Source) -> pa.Table:
    """One row a scene."""
    found = [source.lake.scenes.get(scene_id) for scene_id in source.lake.scenes.ids()]
    chips = source.index.now().chips
    counted = pc.value_counts(chips.column("scene_id")).to_pylist()
    count = {row["values"]: row["counts"] for row in counted}
    outlines = footprints_of([s.geobox for s in found])
    boxes = [(None,) * 4 if o is None else o.bounds for o in outlines]
    return pa.table({
        "scene_id": pa.array([s.id for s in found], pa.string()),
        "sensor": pa.array([s.sensor for s in found], pa.string()),
        "datetime": pa.array([s.datetime for s in found], _TIME),
        "cloud_cover": pa.array([s.cloud_cover for s in found], pa.float64()),
        "bands": pa.array([[b.name for b in s.bands] for s in found], _TEXTS),
        "width": pa.array([s.width for s in found], pa.int32()),
        "height": pa.array([s.height for s in found], pa.int32()),
        "crs": pa.array([crs_text(s.geobox) for s in found], pa.string()),
        "group": pa.array([s.group for s in found], pa.string()),
        "chips": pa.array([count.get(s.id, 0) for s in found], pa.int64()),
        **{side: pa.array([box[i] for box in boxes], pa.float64()) for i, side in enumerate(_SIDES)},
        "geometry": pa.array([None if o is None else o.wkb for o in outlines], pa.binary()),
    })  # fmt: skip


def chips(source: Source) -> pa.Table:
    """One row a chip, in the order of the index."""
    state = source.index.now()
    bounds = state.chips.bounds
    columns: dict[str, Any] = {name: state.chips.column(name) for name in _CHIP_COLUMNS}
    columns |= {side: pa.array(bounds[:, i], from_pandas=True) for i, side in enumerate(_SIDES)}
    return pa.table({**columns, "split": state.splits.strings, "geometry": state.chips.column("geometry")})


def labels(source: Source) -> pa.Table:
    """One row a labelled chip and task."""
    return _joined([_labels_of(source, task) for task in source.lake.config.tasks], _LABELS)


def said(source: Source) -> pa.Table:
    """One row an event of the journal, oldest first."""
    rows = source.lake.journal.log()
    texts = {name: pa.array([getattr(row, name) for row in rows], pa.string()) for name in _EVENT_TEXTS}
    times = pa.array([row.at for row in rows], pa.string()).cast(_TIME)
    return pa.table({"seq": pa.array([row.seq for row in rows], pa.int64()), "said_at": times, **texts})


def scores(source: Source) -> pa.Table:
    """One row a chip, classify task and class that has a score; models that cannot learn yet have none."""
    return _joined([_scores_of(source, task) for task in source.lake.config.tasks if task.kind == "classify"], _SCORES)


def attributes(source: Source) -> pa.Table:
    """One row a chip: what people said of its situation and what was attached to it, one column each."""
    now = source.index.moment()
    own = {
        name: get(now).data
        for name, (_, _, get) in now.names().items()
        if name not in PROPERTIES and name not in WORK and not name.startswith(PREFIX)
    }
    return pa.table({"chip_id": now.chips.column("chip_id"), **{name: _whole(data) for name, data in own.items()}})


def _whole(data: Any) -> Any:
    """A value of a filter as a column: of a time (its two ends) the start."""
    start = getattr(data, "lo", None)
    return data if start is None else start.cast(_TIME)


def _labels_of(source: Source, task: TaskConfig) -> pa.Table:
    source.index.settle(task.name)
    table = source.index.labels(task.name)
    at = np.flatnonzero(table.labels != None)  # noqa: E711  # one by one
    told: list[Label] = table.labels[at].tolist()
    names = _Names(source.lake.scheme(task.name))
    shown = [names.all(one.classes) or ([NOT_APPLICABLE] if _cannot(one) else []) for one in told]
    columns: dict[str, Any] = {
        "chip_id": table.chips.column("chip_id").take(pa.array(at)),
        "task": [task.name] * len(told),
        "label": [next(iter(one), None) for one in shown],
        "labels": shown,
        "negative": [names.all(one.negative) for one in told],
        "value": [one.value for one in told],
        "reason": [one.reason for one in told],
        "confidence": [one.confidence for one in told],
        "shares": [one.shares for one in told],
        "methods": [list(one.methods) for one in told],
        "actor": [one.actor for one in told],
        "actors": [list(one.actors) for one in told],
        "answered_at": pa.array([one.answered_at for one in told], pa.string()).cast(_TIME),
        "training": table.training[at],
    }
    return pa.table([_typed(columns[field.name], field) for field in _LABELS], schema=_LABELS)


def _cannot(label: Label) -> bool:
    return not label.classes and label.value in ("unsure", "not-applicable")


def _scores_of(source: Source, task: TaskConfig) -> pa.Table:
    learned = source.index.learned(task.name)
    ids = source.index.now().chips.column("chip_id")
    parts = []
    for one in source.lake.scheme(task.name).answerable:
        found = learned.scores(Want(one.code))
        at = np.flatnonzero(~np.isnan(found.values))
        columns = [
            ids.take(pa.array(at)), [task.name] * len(at), [one.name] * len(at), found.values[at],
            [found.meaning] * len(at),
        ]  # fmt: skip
        parts.append(pa.table([_typed(c, f) for c, f in zip(columns, _SCORES, strict=True)], schema=_SCORES))
    return _joined(parts, _SCORES)


class _Names:
    """Class names by code."""

    def __init__(self, scheme: Scheme) -> None:
        self._names = {CANNOT: NOT_APPLICABLE} | {c.code: c.name for c in scheme}

    def all(self, codes: Sequence[int]) -> list[str]:
        return [self._names.get(code, str(code)) for code in codes]


def _typed(column: Any, field: Any) -> Any:
    return column if isinstance(column, pa.Array) else pa.array(column, field.type)


def _joined(parts: Sequence[pa.Table], schema: Any) -> pa.Table:
    return pa.concat_tables([schema.empty_table(), *parts])


_SIDES = ("west", "south", "east", "north")
_CHIP_COLUMNS = (
    "chip_id", "scene_id", "level", "row", "col", "x_off", "y_off", "width", "height", "crs", "datetime", "sensor",
    "bands", "valid_fraction", "cloud_cover", "group",
)  # fmt: skip
_EVENT_TEXTS = ("id", "actor", "kind", "task", "chip_id", "payload", "state", "undoes", "bulk")
_LABELS = pa.schema([
    ("chip_id", pa.string()), ("task", pa.string()), ("label", pa.string()), ("labels", _TEXTS), ("negative", _TEXTS),
    ("value", pa.string()), ("reason", pa.string()), ("confidence", pa.float64()), ("shares", pa.list_(pa.float64())),
    ("methods", _TEXTS), ("actor", pa.string()), ("actors", _TEXTS), ("answered_at", _TIME), ("training", pa.bool_()),
])  # fmt: skip
_SCORES = pa.schema([
    ("chip_id", pa.string()), ("task", pa.string()), ("class", pa.string()), ("score", pa.float32()),
    ("meaning", pa.string()),
])  # fmt: skip

VIEWS: Mapping[str, Callable[[Source], pa.Table]] = {
    "scenes": scenes,
    "chips": chips,
    "labels": labels,
    "annotations": said,
    "scores": scores,
    "attributes": attributes,
}
"""The views by name; ``docs/queries.md`` tells their columns, which change only by becoming more."""
