"""Answers about a place: they are kept with the chip of the first date, whichever date was looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from groundset.core import ChipId, InputError
from groundset.core.layout import Config, TaskConfig
from groundset.core.series import SeriesConfig
from groundset.journal import NewEvent

if TYPE_CHECKING:
    from groundset.chips import Chip
    from groundset.lake import Lake

PLACED = ("answer", "mask", "shapes", "training", "work")
"""Kinds of events that answer a task, or say how it is answered."""

_DATED = ("answer", "mask", "shapes")


def at_place(config: Config, event: NewEvent) -> NewEvent:
    """The event as it is kept: the very same where its task asks about each date.

    Else its chip is that of the first date, and an answer says of which ``series`` and ``dates`` (ids of scenes) it
    speaks. So a place has one label, whichever date somebody looked at, and events of other tasks are as they were.

    Raises:
        InputError: The chip is in no series of the task, or the dates are not two of the series.
    """
    if event.kind not in PLACED or event.task is None or event.chip_id is None:
        return event
    task = next((t for t in config.tasks if t.name == event.task), None)
    address = None if task is None else config.address(task, event.chip_id)
    if task is None or address is None:
        return event
    if event.kind not in _DATED:
        return replace(event, chip_id=address.chip_id)
    series = config.series_of(ChipId.parse(event.chip_id).scene)
    assert series is not None
    payload = {**event.payload, **address.said}
    if "dates" in event.payload:
        payload["dates"] = _dates(event.payload["dates"], series, task)
    return replace(event, chip_id=address.chip_id, payload=payload)


def chip_of(lake: Lake, task: TaskConfig, chip_id: str) -> Chip:
    """The chip that answers about a chip are kept with: of a place on several dates the first one's.

    Raises:
        MissingError: No such chip.
        InputError: The task asks about places, and the chip is in no series of it.
    """
    chip = lake.chips.get(chip_id)
    kept = lake.config.address(task, str(chip.id))
    return chip if kept is None else lake.chips.get(kept.chip_id)


def _dates(said: object, series: SeriesConfig, task: TaskConfig) -> list[str]:
    named = [d for d in said if isinstance(d, str)] if isinstance(said, list | tuple) else []
    dates = [scene for scene in series.scenes if scene in named]
    wanted = 2 if task.about == "change" else len(dates)
    if not dates or len(dates) != wanted or len(named) != len(dates):
        raise InputError(
            "a change is between two dates of its series" if task.about == "change" else "these are no dates of it",
            asked=repr(said)[:120], found=f"{series.name}: {', '.join(series.scenes)}",
        )  # fmt: skip
    return dates
