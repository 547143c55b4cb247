"""From the answers of several actors about one chip to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from groundset.core import PRECEDENCE, Origin, Scheme
from groundset.journal.events import Event

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
    """

    classes: tuple[int, ...]
    negative: tuple[int, ...]
    not_applicable: bool
    reason: str | None
    origin: Origin
    actor: str
    seq: int

    @property
    def code(self) -> int | None:
        """The one class; None where there is none or there are several."""
        return self.classes[0] if len(self.classes) == 1 else None


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement about one class."""

    code: int
    value: str
    reason: str | None
    event: Event

    @property
    def strength(self) -> tuple[int, int]:
        return _RANK[_origin(self.event)], self.event.seq


def resolve(events: Sequence[Event], scheme: Scheme, *, multi: bool) -> Answer | None:
    """One answer from the current ones of a chip: for each class the strongest origin decides, then the latest.

    Args:
        events: Current events of kind ``answer``.
        scheme: Classes of the task.
        multi: Whether several classes may be there; if not, the strongest positive one is the class.
    """
    by_code: dict[int, _Said] = {}
    for said in (s for event in events for s in _statements(event, scheme)):
        known = by_code.get(said.code)
        if known is None or said.strength > known.strength:
            by_code[said.code] = said
    if not by_code:
        return None
    ranked = sorted(by_code.values(), key=lambda s: s.strength, reverse=True)
    there = [s for s in ranked if s.value != "negative"]
    decides = there[0] if there else ranked[0]
    other = _cannot(decides, scheme)
    positive = [s.code for s in there if s.value == "positive" and not _cannot(s, scheme)]
    return Answer(
        classes=() if other else tuple(sorted(positive) if multi else positive[:1]),
        negative=tuple(sorted(s.code for s in ranked if s.value == "negative")),
        not_applicable=other,
        reason=decides.reason or ("unsure" if decides.value == "unsure" else None),
        origin=_origin(decides.event),
        actor=decides.event.actor,
        seq=decides.event.seq,
    )


def _cannot(said: _Said, scheme: Scheme) -> bool:
    if said.value in ("unsure", "not-applicable"):
        return True
    return said.value == "positive" and scheme.not_applicable is not None and said.code == scheme.not_applicable.code


def _statements(event: Event, scheme: Scheme) -> list[_Said]:
    payload: dict[str, Any] = event.payload
    reason = payload.get("reason")
    if "classes" not in payload:
        return [_Said(payload["class"], payload["value"], reason, event)]
    listed = set(payload["classes"])
    values = {c.code: "negative" for c in scheme} | dict.fromkeys(listed, "positive")
    return [_Said(code, value, reason, event) for code, value in values.items()]


def _origin(event: Event) -> Origin:
    return Origin(event.payload.get("origin", Origin.HUMAN))
