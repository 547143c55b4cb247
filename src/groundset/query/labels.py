"""What a chip is in one task, told from its current answers as rows of the journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from groundset.core import PEOPLE_ORIGINS, Origin, Scheme
from groundset.core.layout import TaskConfig
from groundset.journal import Event
from groundset.journal.answers import resolve
from groundset.journal.events import parse_time
from groundset.journal.standing import Standing

Value = Literal["positive", "negative", "unsure", "not-applicable"]
MANUAL, AUTOMATED = ("manual",), ("automated",)


class MaskCount(NamedTuple):
    """What the merged masks of a chip hold: pixels in all, pixels by class code, ``label:methods``."""

    pixels: int
    classes: Mapping[int, int]
    methods: tuple[str, ...]


class Label(NamedTuple):
    """The label of a chip in one task.

    Args:
        classes: Codes; in a segment task those that have pixels, most pixels first.
        value: Whether the classes are there (positive), were all said not to be (negative), or cannot be answered; None
            in a segment task.
        methods: ``label:methods``.
        actors: Everybody with a current answer, sorted.
        actor: Who gave the latest of them.
        answered_at: When, RFC 3339.
        shares: Share of the chip's pixels by class, in a segment task.
        pixels: Pixels by class code, in a segment task.
        masks: The masks that it is made from, oldest first.
        counted: False while the masks are still to be read; the classes are not known yet.
    """

    classes: tuple[int, ...]
    value: Value | None
    methods: tuple[str, ...]
    actors: tuple[str, ...]
    actor: str
    answered_at: str
    shares: tuple[float, ...] | None = None
    pixels: Mapping[int, int] | None = None
    masks: tuple[str, ...] = ()
    counted: bool = True


Counts = Callable[[tuple[str, ...]], MaskCount | None]
"""What masks hold, merged in this order; None where they have not been read yet."""


class Labeller:
    """Makes labels of rows. Rows that say the same are read once.

    Args:
        task: The task.
        scheme: Its classes.
        counts: What masks hold, for a segment task.
    """

    def __init__(self, task: TaskConfig, scheme: Scheme, counts: Counts) -> None:
        self.task, self.scheme = task, scheme
        self._counts = counts
        self._other = scheme.not_applicable
        self._single: dict[str, tuple[tuple[int, ...], Value | None, tuple[str, ...]]] = {}
        self._alone: dict[str, tuple[str]] = {}
        self._kind = {"classify": "answer", "segment": "mask", "outline": "shapes"}[task.kind]

    def labels(self, rows: Iterable[Standing]) -> dict[str, Label]:
        """The label of each chip that the rows speak of."""
        by_chip: dict[str, list[Standing]] = {}
        for row in sorted(rows):
            by_chip.setdefault(row.chip_id, []).append(row)
        return {chip_id: self._label(said) for chip_id, said in by_chip.items()}

    def counted(self, label: Label, count: MaskCount | None) -> Label:
        """The label of a segment task with what its masks hold; without a class where they cannot be read."""
        if count is None or not count.classes:
            return label._replace(classes=(), shares=None, pixels=None, methods=(), counted=True)
        codes = tuple(sorted(count.classes, key=lambda code: (-count.classes[code], code)))
        return label._replace(
            classes=codes,
            methods=count.methods,
            shares=tuple(count.classes[code] / count.pixels for code in codes),
            pixels=count.classes,
            counted=True,
        )

    def _label(self, rows: Sequence[Standing]) -> Label:
        last = rows[-1]
        if len(rows) == 1:
            actors = self._alone.get(last.actor) or self._alone.setdefault(last.actor, (last.actor,))
        else:
            actors = tuple(sorted({row.actor for row in rows}))  # type: ignore[assignment]
        said = [row for row in rows if row.kind == self._kind]
        if self._kind == "mask":
            masks = tuple(json.loads(row.payload)["sha256"] for row in said)
            label = Label((), None, (), actors, last.actor, last.at, masks=masks, counted=not masks)
            count = self._counts(masks) if masks else None
            return label if count is None else self.counted(label, count)
        return Label(*self._told(said), actors, last.actor, last.at)

    def _told(self, said: Sequence[Standing]) -> tuple[tuple[int, ...], Value | None, tuple[str, ...]]:
        if len(said) != 1:
            return self._read(said)
        payload = said[0].payload
        found = self._single.get(payload)
        if found is None:
            found = self._read(said)
            if len(self._single) < 10_000:
                self._single[payload] = found
        return found

    def _read(self, said: Sequence[Standing]) -> tuple[tuple[int, ...], Value | None, tuple[str, ...]]:
        if not said:
            return (), None, ()
        events = [_event(row) for row in said]
        return self._shapes(events) if self._kind == "shapes" else self._answers(events)

    def _answers(self, events: Sequence[Event]) -> tuple[tuple[int, ...], Value | None, tuple[str, ...]]:
        answer = resolve(events, self.scheme, multi=self.task.multi)
        if answer is None:
            return (), None, ()
        methods = MANUAL if answer.origin in PEOPLE_ORIGINS else AUTOMATED
        if answer.classes:
            return answer.classes, "positive", methods
        if not answer.not_applicable:
            return (), "negative", methods
        deciding = next(event for event in events if event.seq == answer.seq)
        unsure = deciding.payload.get("value") == "unsure"
        codes = () if self._other is None else (self._other.code,)
        return codes, "unsure" if unsure else "not-applicable", methods

    @staticmethod
    def _shapes(events: Sequence[Event]) -> tuple[tuple[int, ...], Value | None, tuple[str, ...]]:
        codes = {feature["properties"]["class"] for event in events for feature in event.payload["features"]}
        people = {event.payload.get("origin", Origin.HUMAN) in PEOPLE_ORIGINS for event in events}
        methods = (MANUAL if True in people else ()) + (AUTOMATED if False in people else ())
        return tuple(sorted(codes)), "positive" if codes else "negative", methods


def _event(row: Standing) -> Event:
    payload: dict[str, Any] = json.loads(row.payload)
    return Event(row.seq, "", parse_time(row.at), row.actor, row.kind, None, row.chip_id, payload)
