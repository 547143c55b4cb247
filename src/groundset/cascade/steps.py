"""The steps of cascades as the journal has them: events in, what stands of each cascade out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from groundset.cascade.pyramid import Bool
from groundset.cascade.threshold import Threshold
from groundset.core import InputError, check_name
from groundset.journal import Event, NewEvent

if TYPE_CHECKING:
    from groundset.journal import Journal

KIND = "cascade"
RECALL = 0.99
"""Share of the positive chips of a level that is to be kept, where nobody chose another."""


@dataclass(frozen=True, slots=True)
class Advance:
    """A level that was left.

    Args:
        level: Its number.
        event: Id of the event.
        at: When, RFC 3339.
        threshold: What was drawn, of which ``score`` is the likeness at which it lay.
        score: Likeness below which cells were rejected; None where none was.
        rejected: Run lengths by scene: cells of the level row by row, first those that were not rejected.
        empty: The same of the cells without any data.
    """

    level: int
    event: str
    at: str
    threshold: Threshold
    score: float | None
    rejected: Mapping[str, Sequence[int]]
    empty: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One cascade as its steps say.

    Args:
        id: Its name.
        task: A classify task.
        code: The class that is looked for.
        scenes: Where.
        levels: Numbers of its levels, coarsest first.
        recall: Share of the positive chips to keep on each level, as chosen last.
        actor: Who began it.
        at: When, RFC 3339.
        last: Id of the event of the last step, which ``back`` takes back.
        advances: The levels that were left, in order.
        first: Id of the event that began it.
    """

    id: str
    task: str
    code: int
    scenes: tuple[str, ...]
    levels: tuple[int, ...]
    recall: float
    actor: str
    at: str
    last: str
    advances: tuple[Advance, ...] = field(default=())
    first: str = ""

    @property
    def level(self) -> int:
        """The level that is worked on; the finest where all are done."""
        return self.levels[min(len(self.advances), len(self.levels) - 1)]

    @property
    def done(self) -> bool:
        """Whether the finest level was left too."""
        return len(self.advances) == len(self.levels)

    def advance(self, level: int) -> Advance | None:
        """How a level was left; None where it was not."""
        return next((a for a in self.advances if a.level == level), None)


def start_event(record: Record) -> NewEvent:
    """The event that begins a cascade."""
    payload = {
        "cascade": record.id, "step": "start", "class": record.code, "scenes": list(record.scenes),
        "levels": list(record.levels), "recall": record.recall,
    }  # fmt: skip
    return NewEvent(KIND, task=record.task, payload=payload)


def recall_event(record: Record, recall: float) -> NewEvent:
    """The event that chooses another recall."""
    payload = {"cascade": record.id, "step": "recall", "recall": check_recall(recall)}
    return NewEvent(KIND, task=record.task, payload=payload)


def advance_event(
    record: Record,
    level: int,
    drawn: Threshold,
    score: float | None,
    rejected: Mapping[str, Sequence[int]],
    empty: Mapping[str, Sequence[int]],
) -> NewEvent:
    """The event that leaves a level."""
    payload: dict[str, Any] = {
        "cascade": record.id, "step": "advance", "level": level, "recall": drawn.recall, "positives": drawn.positives,
        "estimate": drawn.estimate, "low": drawn.low, "high": drawn.high, "rejected": dict(rejected),
    }  # fmt: skip
    payload |= {} if drawn.at is None else {"rank": drawn.at}
    payload |= {} if score is None else {"score": score}
    payload |= {"empty": dict(empty)} if empty else {}
    return NewEvent(KIND, task=record.task, payload=payload)


def check_recall(recall: float) -> float:
    """A recall that can be chosen.

    Raises:
        InputError: Not above 0 and at most 1.
    """
    if not 0 < recall <= 1:
        raise InputError("a recall lies above 0 and is at most 1", asked=f"recall = {recall:g}", hint="say 0.99")
    return float(recall)


def read(journal: Journal) -> dict[str, Record]:
    """The cascades that stand, by name, in the order in which they were begun.

    Steps that do not follow from those before them (somebody took an earlier one back) do not count.
    """
    events = list(journal.events(kind=KIND, chipless=True))
    back = journal.undone(events) if events else set()
    out: dict[str, Record] = {}
    for event in events:
        if event.id not in back:
            _follow(out, event)
    return out


def _follow(out: dict[str, Record], event: Event) -> None:
    said = event.payload
    name, step = said["cascade"], said["step"]
    known = out.get(name)
    if step == "start":
        out.pop(name, None)
        out[name] = Record(
            name, str(event.task), said["class"], tuple(said["scenes"]), tuple(said["levels"]), said["recall"],
            event.actor, _at(event), event.id, first=event.id,
        )  # fmt: skip
    elif known is None:
        return
    elif step == "recall":
        out[name] = replace(known, recall=said["recall"], last=event.id)
    elif step == "advance" and not known.done and said["level"] == known.level:
        drawn = Threshold(
            said.get("rank"), said["recall"], said["estimate"], said["low"], said["high"], said["positives"]
        )
        left = Advance(
            said["level"], event.id, _at(event), drawn, said.get("score"), said["rejected"], said.get("empty", {})
        )
        out[name] = replace(known, advances=(*known.advances, left), recall=said["recall"], last=event.id)


def _at(event: Event) -> str:
    return str(event.as_json()["at"])


def run_lengths(mask: Bool) -> list[int]:
    """A row of cells as lengths of runs, those outside first."""
    ends = np.flatnonzero(np.diff(mask.astype(np.int8))) + 1
    runs = np.diff(np.concatenate([[0], ends, [len(mask)]])).tolist()
    return [0, *runs] if len(mask) and mask[0] else [int(n) for n in runs]


def from_runs(runs: Sequence[int], size: int) -> Bool:
    """The cells that :func:`run_lengths` told; of another number of cells (the scene changed) none."""
    if sum(runs) != size:
        return np.zeros(size, bool)
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs)


def free_name(wanted: str, taken: Mapping[str, Record]) -> str:
    """The name, or the next free one: ``water-s2-2``."""
    check_name(wanted, "cascade")
    name, n = wanted, 1
    while name in taken:
        n += 1
        name = f"{wanted[:120]}-{n}"
    return name
