"""The labels of a task as a table for people who work in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from groundset.query.index import Index
from groundset.query.labels import MANUAL

if TYPE_CHECKING:
    from groundset.lake import Lake

VALUES = ("positive", "negative", "unsure", "not-applicable")


def labelled(lake: Lake, task: str | None = None) -> pa.Table:
    """One row a labelled chip: chip_id, class, absent, value, by, confidence, actor, answered_at.

    ``class`` is text, a list of text in a task with several classes a chip; null where none is there. ``absent`` lists
    the classes that were said not to be there.

    Raises:
        InputError: No such task.
    """
    chosen = lake.config.task(task, "classify")
    names = {c.code: c.name for c in lake.scheme(chosen.name)}
    index = Index(lake)
    try:
        table = index.labels(chosen.name)
        there = [(c, one) for c, one in zip(table.chips.ids, table.labels, strict=True) if one is not None]
    finally:
        index.close()
    text = pa.string()
    kinds: list[list[str]] = [[names[k] for k in one.classes] for _, one in there]
    classes: list[Any] = kinds if chosen.multi else [next(iter(k), None) for k in kinds]
    columns = {
        "chip_id": pa.array([c for c, _ in there], text),
        "class": pa.array(classes, pa.list_(text) if chosen.multi else text),
        "absent": pa.array([[names[k] for k in one.negative] for _, one in there], pa.list_(text)),
        "value": pa.array([one.value for _, one in there], text),
        "by": pa.array(["people" if one.methods == MANUAL else "model" for _, one in there], text),
        "confidence": pa.array([one.confidence for _, one in there], pa.float64()),
        "actor": pa.array([one.actor for _, one in there], text),
        "answered_at": pa.array([one.answered_at for _, one in there], text).cast(pa.timestamp("us", tz="UTC")),
    }
    return pa.table(columns)
