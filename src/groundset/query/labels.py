"""What a chip is in one task, told from its current answers as rows of the journal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, cast

from groundset.core import PEOPLE_ORIGINS, Origin, Scheme
from groundset.core.layout import TaskConfig
from groundset.journal import UNSAID, Event
from groundset.journal.answers import resolve
from groundset.journal.events import ANSWER_KINDS, parse_time
from groundset.journal.outlines import without_outdated
from groundset.journal.payloads import removed
from groundset.journal.standing import Standing

Value = Literal["positive", "negative", "unsure", "not-applicable"]
MANUAL, AUTOMATED = ("manual",), ("automated",)

# As canonical JSON has them: a text inside of a payload has its quotes escaped.
_UNSAID = f'"value":"{UNSAID}"'
_MOST_OUTLINES = 200_000
_NO_FEATURES = '"features":[]'
_CONFIDENCE = '"confidence":'
_SURE = re.compile(_CONFIDENCE + r"([0-9.eE+-]+),?")


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
        negative: Codes of the classes that were said not to be there.
        unsure: Codes of the classes of which people are unsure, or that cannot be answered.
        reason: Why it cannot be answered, as said.
        confidence: 0-1, where a model's answer decides.
        teaches: Those of the classes that train a model: not those that a model said.
        teaches_not: Those of the negative ones that do.
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
    negative: tuple[int, ...] = ()
    unsure: tuple[int, ...] = ()
    reason: str | None = None
    confidence: float | None = None
    teaches: tuple[int, ...] = ()
    teaches_not: tuple[int, ...] = ()


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
        self._single: dict[str, _Told | None] = {}
        self._outlines: dict[int, Event] = {}
        self._alone: dict[str, tuple[str, ...]] = {}
        self._kind = {"classify": "answer", "segment": "mask", "outline": "shapes"}[task.kind]

    def labels(self, rows: Iterable[Standing]) -> dict[str, Label]:
        """The labels of the chips that the rows say something of."""
        by_chip: dict[str, list[Standing]] = {}
        for row in sorted(rows):
            if row.kind in ANSWER_KINDS:
                by_chip.setdefault(row.chip_id, []).append(row)
        told = ((chip_id, self._label(said)) for chip_id, said in by_chip.items())
        return {chip_id: label for chip_id, label in told if label is not None}

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

    def _label(self, rows: Sequence[Standing]) -> Label | None:
        said = [row for row in rows if row.kind == self._kind]
        if self._kind == "mask":
            masks = tuple(json.loads(row.payload)["sha256"] for row in said)
            last = rows[-1]
            label = Label((), None, (), self._actors(rows), last.actor, last.at, masks=masks, counted=not masks)
            count = self._counts(masks) if masks else None
            return label if count is None else self.counted(label, count)
        told = self._told(said)
        if told is None:
            return None
        if len(rows) > 1:
            rows = [row for row in rows if not _takes_away(row)] or rows
        last = rows[-1]
        return Label(
            told.classes, told.value, told.methods, self._actors(rows), last.actor, last.at, None, None, (), True,
            told.negative, told.unsure, told.reason, told.confidence, told.teaches, told.teaches_not,
        )  # fmt: skip

    def _actors(self, rows: Sequence[Standing]) -> tuple[str, ...]:
        if len(rows) > 1:
            return tuple(sorted({row.actor for row in rows}))
        actor = rows[0].actor
        return self._alone.get(actor) or self._alone.setdefault(actor, (actor,))

    def _told(self, said: Sequence[Standing]) -> _Told | None:
        """What is said, read once of answers that differ in nothing but how sure a model is."""
        if len(said) != 1 or self._kind == "shapes":  # outlines may be megabytes of text, and hardly two are alike
            return self._read(said)
        payload, sure = said[0].payload, None
        if _CONFIDENCE in payload:
            sure = _SURE.search(payload)
            payload = _SURE.sub("", payload)
        if payload in self._single:
            told = self._single[payload]
        else:
            told = self._read(said)
            if len(self._single) < 10_000:
                self._single[payload] = told
        if sure is None or told is None or told.confidence is None:
            return told
        return told._replace(confidence=float(sure[1]))

    def _read(self, said: Sequence[Standing]) -> _Told | None:
        if not said:
            return None
        if self._kind == "shapes":
            return self._shapes([self._outline(row) for row in said])
        return self._answers([_event(row) for row in said])

    def _outline(self, row: Standing) -> Event:
        """What counts of an outline, read once: of thousands on a chip one changes at a time."""
        known = self._outlines.get(row.seq)
        if known is None:
            event = _event(row)
            features = [{"properties": {"class": f["properties"]["class"]}} for f in event.payload["features"]]
            kept: dict[str, Any] = {n: event.payload[n] for n in ("layer", "origin") if n in event.payload}
            if len(self._outlines) >= _MOST_OUTLINES:
                self._outlines.clear()
            known = self._outlines[row.seq] = replace(event, payload={**kept, "features": features})
        return known

    def _answers(self, events: Sequence[Event]) -> _Told | None:
        answer = resolve(events, self.scheme, multi=self.task.multi)
        if answer is None:
            return None
        classes, value = answer.classes, "positive"
        if answer.not_applicable:
            deciding = next(event for event in events if event.seq == answer.seq)
            unsure = deciding.payload.get("value") == "unsure"
            classes = () if self._other is None else (self._other.code,)
            value = "unsure" if unsure else "not-applicable"
        elif not classes:
            value = "negative"
        return _Told(
            classes,
            cast("Value", value),
            MANUAL if answer.origin in PEOPLE_ORIGINS else AUTOMATED,
            answer.negative,
            answer.unsure,
            answer.reason,
            answer.confidence,
            answer.teaches,
            answer.teaches_not,
        )

    @staticmethod
    def _shapes(events: Sequence[Event]) -> _Told | None:
        events = without_outdated(events)
        if not events:
            return None
        codes = {feature["properties"]["class"] for event in events for feature in event.payload["features"]}
        people = {event.payload.get("origin", Origin.HUMAN) in PEOPLE_ORIGINS for event in events}
        methods = (MANUAL if True in people else ()) + (AUTOMATED if False in people else ())
        return _Told(tuple(sorted(codes)), "positive" if codes else "negative", methods)


class _Told(NamedTuple):
    """The part of a label that follows from what is said alone; fields as of :class:`Label`."""

    classes: tuple[int, ...]
    value: Value
    methods: tuple[str, ...]
    negative: tuple[int, ...] = ()
    unsure: tuple[int, ...] = ()
    reason: str | None = None
    confidence: float | None = None
    teaches: tuple[int, ...] = ()
    teaches_not: tuple[int, ...] = ()


def _takes_away(row: Standing) -> bool:
    """Whether it takes an answer back, or says that an outline is no more."""
    if row.kind == "shapes":
        return _NO_FEATURES in row.payload and removed(json.loads(row.payload))
    return row.kind == "answer" and _UNSAID in row.payload


def trains(rows: Iterable[Standing]) -> dict[str, bool]:
    """Whether each chip that somebody spoke of in this respect trains: the latest wins, whoever said it."""
    said = sorted(row for row in rows if row.kind == "training")
    return {row.chip_id: bool(json.loads(row.payload)["use"]) for row in said}


def _event(row: Standing) -> Event:
    payload: dict[str, Any] = json.loads(row.payload)
    return Event(row.seq, "", parse_time(row.at), row.actor, row.kind, None, row.chip_id, payload)
