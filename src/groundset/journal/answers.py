"""From the answers of several actors about one chip to one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from groundset.core import PRECEDENCE, TRAINING_ORIGINS, Origin, Scheme
from groundset.journal.events import Event
from groundset.journal.payloads import UNSAID

_RANK = {int(origin): len(PRECEDENCE) - i for i, origin in enumerate(PRECEDENCE)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a chip is.

    Args:
        classes: Codes of the classes that are there; of a task with one class a chip, at most one.
        negative: Codes of the classes that were said not to be there.
        not_applicable: Whether the chip cannot be answered.
        reason: Why not (cloud, unsure ...), as the actor said.
        origin: Where the deciding answer comes from.
        actor: Whose it is.
        seq: Its event.
        unsure: Codes of the classes of which people are unsure, or that cannot be answered.
        teaches: Those of ``classes`` that train: said by people, imports, regions or a consensus, not by a model.
        teaches_not: Those of ``negative`` that train.
        confidence: What the deciding answer gives itself, 0-1; None where a person gave it.
    """

    classes: tuple[int, ...]
    negative: tuple[int, ...]
    not_applicable: bool
    reason: str | None
    origin: Origin
    actor: str
    seq: int
    unsure: tuple[int, ...] = ()
    teaches: tuple[int, ...] = ()
    teaches_not: tuple[int, ...] = ()
    confidence: float | None = None

    @property
    def code(self) -> int | None:
        """The one class; None where there is none or there are several."""
        return self.classes[0] if len(self.classes) == 1 else None


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement about one class. ``implied``: by a list that does not name the class."""

    code: int
    value: str
    event: Event
    implied: bool = False

    @property
    def rank(self) -> int:
        return _RANK[_origin(self.event)]

    @property
    def strength(self) -> tuple[int, int]:
        return self.rank, self.event.seq

    @property
    def trains(self) -> bool:
        return _origin(self.event) in TRAINING_ORIGINS


def resolve(events: Sequence[Event], scheme: Scheme, *, multi: bool) -> Answer | None:
    """One answer from the current ones of a chip: for each class the strongest origin decides, then the latest.

    An answer ``unlabelled`` says nothing: it takes away what the same or a weaker origin said of its class before. In
    a task with one class a chip that is the chip's label too, whatever its class, since a label of another class says
    something of this one. Where there are two classes, and one a chip, not to be the one is to be the other.

    Args:
        events: Current events of kind ``answer``.
        scheme: Classes of the task.
        multi: Whether several classes may be there; if not, the strongest positive one is the class.

    Returns:
        None where nothing is said.
    """
    by_code: dict[int, _Said] = {}
    for said in _standing([s for event in events for s in _statements(event, scheme)], multi=multi):
        known = by_code.get(said.code)
        if known is None or said.strength > known.strength:
            by_code[said.code] = said
    if not by_code:
        return None
    ranked = sorted(by_code.values(), key=lambda s: s.strength, reverse=True)
    there = [s for s in ranked if s.value != "negative"]
    positive = [s for s in there if s.value == "positive" and not _cannot(s, scheme)]
    decides = there[0] if there else ranked[0]
    whole = _whole(decides, scheme)
    if multi and positive and not whole:
        decides = positive[0]  # of another class people may be unsure
    other = _cannot(decides, scheme)
    positive = [] if other else sorted(positive, key=lambda s: s.code) if multi else positive[:1]
    negative = sorted((s for s in ranked if s.value == "negative"), key=lambda s: s.code)
    left = None if multi or there else _left(negative, scheme)
    origin = _origin(decides.event)
    return Answer(
        classes=tuple(s.code for s in positive) if left is None else (left,),
        negative=tuple(s.code for s in negative),
        not_applicable=other,
        reason=decides.event.payload.get("reason") or ("unsure" if decides.value == "unsure" else None),
        origin=origin,
        actor=decides.event.actor,
        seq=decides.event.seq,
        unsure=tuple(sorted(s.code for s in there if s.value != "positive")) if multi or other else (),
        teaches=tuple(s.code for s in positive if s.trains) if left is None else (left,) * negative[0].trains,
        teaches_not=() if other and (whole or not multi) else tuple(s.code for s in negative if s.trains),
        confidence=decides.event.payload.get("confidence") if origin is Origin.MODEL else None,
    )


def _standing(said: Sequence[_Said], *, multi: bool) -> Iterable[_Said]:
    """The statements that were not taken away."""
    takes = [s for s in said if s.value == UNSAID]
    if not takes:
        return said
    return [s for s in said if s.value != UNSAID and not any(_taken(s, by, multi=multi) for by in takes)]


def _taken(said: _Said, by: _Said, *, multi: bool) -> bool:
    if by.event.seq < said.event.seq or by.rank < said.rank:
        return False
    return by.code == said.code or (not multi and (said.value != "negative" or said.implied))


def _left(negative: Sequence[_Said], scheme: Scheme) -> int | None:
    """The class that a chip must be where it has one of two and is said not to be the other; None elsewhere."""
    codes = [c.code for c in scheme if c is not scheme.not_applicable]
    if len(codes) != 2 or len(negative) != 1 or negative[0].code not in codes:
        return None
    return codes[1 - codes.index(negative[0].code)]


def _whole(said: _Said, scheme: Scheme) -> bool:
    """Whether it names the not-applicable class, and so speaks of the whole chip."""
    return said.value != "negative" and scheme.not_applicable is not None and said.code == scheme.not_applicable.code


def _cannot(said: _Said, scheme: Scheme) -> bool:
    return said.value in ("unsure", "not-applicable") or _whole(said, scheme)


def _statements(event: Event, scheme: Scheme) -> list[_Said]:
    payload: dict[str, Any] = event.payload
    if "classes" not in payload:
        return [_Said(payload["class"], payload["value"], event)]
    listed = dict.fromkeys(payload["classes"], "positive")
    values = {c.code: "negative" for c in scheme} | listed
    return [_Said(code, value, event, implied=code not in listed) for code, value in values.items()]


def _origin(event: Event) -> Origin:
    return Origin(event.payload.get("origin", Origin.HUMAN))
