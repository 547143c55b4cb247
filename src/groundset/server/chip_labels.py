"""A chip's row and its labels, for the page of one chip."""

from __future__ import annotations

from typing import Literal

from groundset.chips import Chip
from groundset.core import PEOPLE_ORIGINS, LabelMask
from groundset.core.layout import TaskConfig
from groundset.imagery import format_time
from groundset.imagery.whereabouts import absent
from groundset.journal import Answer, Event, TaskLabels, methods_of
from groundset.lake import Lake
from groundset.server.models import ChipLabel, ChipRow


def labels_of(lake: Lake, chip: Chip) -> dict[str, ChipLabel]:
    """The labels of a chip by task; tasks in which nobody answered are left out."""
    out: dict[str, ChipLabel] = {}
    for task in lake.config.tasks:
        labels = lake.labels(task.name, chip_ids=[str(chip.id)])
        label = label_of(lake, labels, task, chip)
        if label is not None:
            out[task.name] = label
    return out


def label_of(lake: Lake, labels: TaskLabels, task: TaskConfig, chip: Chip) -> ChipLabel | None:
    """A chip's label in one task; None where nobody answered."""
    events = labels.events(chip.id)
    if not events:
        return None
    if task.kind == "segment":
        # Without its files the scene cannot say which pixels it hides; what people said stands all the same.
        mask = labels.mask(chip, flags=not absent(lake.scenes.get(chip.id.scene)))
        return _of_pixels(mask, labels, chip, events)
    answer = labels.answer(chip.id)
    return ChipLabel(
        classes=[] if answer is None else list(answer.classes),
        value=None if answer is None else _value(answer),
        methods=[] if answer is None else ["manual" if answer.origin in PEOPLE_ORIGINS else "automated"],
        actors=list(labels.actors(chip.id)),
        answered_at=_latest(events),
    )


def chip_row(lake: Lake, chip: Chip, label: ChipLabel | None, split: str | None = None) -> ChipRow:
    """A chip in a list."""
    part, row = lake.chips.row(chip.id)
    footprint = chip.footprint
    return ChipRow(
        id=str(chip.id),
        part=part,
        row=row,
        scene_id=chip.id.scene,
        level=chip.id.level,
        grid_row=chip.id.row,
        grid_col=chip.id.col,
        width=chip.window.width,
        height=chip.window.height,
        datetime=None if chip.datetime is None else format_time(chip.datetime),
        sensor=chip.sensor,
        valid_fraction=chip.valid_fraction,
        cloud_cover=chip.cloud_cover,
        group=chip.group,
        split=split,
        label=label,
        bbox=None if footprint is None else [float(v) for v in footprint.bounds],
    )


def _value(answer: Answer) -> Literal["positive", "negative", "unsure", "not-applicable"]:
    if answer.not_applicable:
        return "unsure" if answer.reason == "unsure" else "not-applicable"
    return "positive" if answer.classes else "negative"


def _of_pixels(mask: LabelMask, labels: TaskLabels, chip: Chip, events: list[Event]) -> ChipLabel:
    counts = sorted(mask.count().items(), key=lambda pair: (-pair[1], pair[0]))
    size = mask.classes.size
    return ChipLabel(
        classes=[code for code, _ in counts],
        value=None,
        shares=[round(count / size, 6) for _, count in counts],
        methods=list(methods_of(mask)),
        actors=list(labels.actors(chip.id)),
        answered_at=_latest(events),
    )


def _latest(events: list[Event]) -> str:
    return format_time(max(event.at for event in events))
