"""What a journal holds: events, as they are sent and as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

from groundset.core import InputError

Kind = Literal[
    "answer", "mask", "shapes", "training", "attribute", "work", "cascade", "undo", "bulk", "comment", "scheme"
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
ANSWER_KINDS: tuple[Kind, ...] = ("answer", "mask", "shapes")
"""Kinds that answer a question about a chip."""

STANDING_KINDS: tuple[Kind, ...] = (*ANSWER_KINDS, "training", "attribute", "work")
"""Kinds of which the latest stands: answers, whether a chip trains, what is said of its situation, how far work is."""

Status = Literal["created", "known", "refused"]


def new_id() -> str:
    """A new random event id."""
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event as a client sends it.

    Args:
        kind: One of :data:`KINDS`.
        task: Task that it is about; needed for answers, masks, shapes, training, work and cascades, never there for
            attributes.
        chip_id: Chip that it is about; needed for all of :data:`STANDING_KINDS`.
        payload: What is said, as JSON; its form depends on the kind (see :mod:`groundset.journal.payloads`).
        id: UUID made by the client. Sending it again changes nothing.
        undoes: Id of the event that an ``undo`` takes back. Undoing an undo is a redo.
        bulk: Id of the bulk event that this one is a member of.
        at: When it was said, timezone-aware; default now.
    """

    kind: str
    task: str | None = None
    chip_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    undoes: str | None = None
    bulk: str | None = None
    at: datetime | str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the journal keeps it. ``at`` is UTC; ``seq`` rises by one, in the order of commits."""

    seq: int
    id: str
    at: datetime
    actor: str
    kind: str
    task: str | None
    chip_id: str | None
    payload: dict[str, Any]
    undoes: str | None = None
    bulk: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The event under the names of the HTTP API, ``at`` as RFC 3339 text."""
        return {
            "seq": self.seq, "id": self.id, "at": format_time(self.at), "actor": self.actor, "kind": self.kind,
            "task": self.task, "chip_id": self.chip_id, "payload": self.payload, "undoes": self.undoes,
            "bulk": self.bulk,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of one event sent: ``created``, ``known`` (sent before), or ``refused`` with the reason."""

    id: str
    status: Status
    seq: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class BulkAppended(Appended):
    """What became of a bulk act: of the bulk event itself, and of each member in order."""

    members: tuple[Appended, ...] = ()


def parse_id(text: object) -> str:
    """A UUID in its usual form (lower case, with dashes).

    Raises:
        InputError: It is none.
    """
    try:
        return str(UUID(str(text)))
    except ValueError:
        raise InputError("an event id is a UUID", asked=repr(text)) from None


def utc(at: datetime | str | None) -> datetime:
    """A time in UTC from a timezone-aware datetime or RFC 3339 text; None is now."""
    if at is None:
        return datetime.now(UTC)
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            raise InputError("a time is RFC 3339", asked=repr(at), hint="for example 2026-03-01T10:20:30Z") from None
    if at.tzinfo is None:
        raise InputError("a time needs a zone", asked=at.isoformat(), hint="end it with Z for UTC")
    return at.astimezone(UTC)


def format_time(at: datetime) -> str:
    """RFC 3339 in UTC, always with six digits of a second, so that text sorts as time does."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_time(text: str) -> datetime:
    """The inverse of :func:`format_time`."""
    return datetime.fromisoformat(text)
