"""Several actors' batches in one transaction: one wait for the disk, and each batch its own answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from groundset.core import GroundsetError, InputError
from groundset.journal import _write
from groundset.journal.database import Database
from groundset.journal.events import Appended, NewEvent, format_time, parse_id, utc
from groundset.journal.payloads import check as check_form

MOVED = _write.MOVED
Check = Callable[[NewEvent], None]
"""Raises a GroundsetError where an event must not be taken (no such chip, class not in the scheme, no right to)."""

LONGEST_ACTOR = 256


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one actor, sent together.

    Args:
        new: The events; their client-made ids make sending them twice harmless.
        actor: Who says them.
        check: Called for each event that is not known yet, before anything is written.
        on: By id of a new event, the id of the current one that it was made from and must follow (None: there was
            none); where another has come since, it is refused with :data:`MOVED`.
    """

    new: Sequence[NewEvent]
    actor: str
    check: Check | None = None
    on: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(slots=True)
class Prepared:
    """A checked batch: the rows to write and the refusals, both by place in the batch."""

    size: int
    on: Mapping[str, str | None] = field(default_factory=dict)
    rows: dict[int, _write.Row] = field(default_factory=dict)
    refused: dict[int, Appended] = field(default_factory=dict)

    def results(self, written: Sequence[Appended]) -> list[Appended]:
        """One result per event, in order, from those of the rows written."""
        there = dict(zip(self.rows, written, strict=True)) | self.refused
        return [there[i] for i in range(self.size)]


def prepare(database: Database, batches: Sequence[Batch]) -> list[Prepared]:
    """Check batches; nothing is written."""
    out = [_formed(batch) for batch in batches]
    asked = [(batch, there) for batch, there in zip(batches, out, strict=True) if batch.check is not None]
    ids = {row["id"] for _, there in asked for row in there.rows.values()}
    if ids:
        with database.read() as connection:
            known = _write.find(connection, sorted(ids))
        for batch, there in asked:
            _check(batch, there, known)
    return out


def commit(database: Database, prepared: Sequence[Prepared]) -> list[list[Appended]]:
    """Write checked batches in one transaction; when this returns, all that was created is on disk.

    Raises:
        ServiceError: The database cannot be written; then nothing of any batch was created.
    """
    rows = [row for there in prepared for row in there.rows.values()]
    written: list[Appended] = []
    if rows:
        with database.write() as connection:
            on = {own: named for there in prepared for own, named in there.on.items()}
            written = _write.Writer(connection, on).add(rows)
    out, at = [], 0
    for there in prepared:
        out.append(there.results(written[at : at + len(there.rows)]))
        at += len(there.rows)
    return out


def row_of(event: NewEvent, actor: str) -> _write.Row:
    """An event as the table has it.

    Raises:
        InputError: Its form is wrong, or the actor is no name.
    """
    if not actor or "\0" in actor or len(actor) > LONGEST_ACTOR:
        raise InputError(f"an actor is a name of 1 to {LONGEST_ACTOR} characters", asked=repr(actor)[:80])
    payload = check_form(event)
    return {
        "id": parse_id(event.id),
        "at": format_time(utc(event.at)),
        "actor": actor,
        "kind": event.kind,
        "task": event.task,
        "chip_id": event.chip_id,
        "payload": payload,
        "undoes": None if event.undoes is None else parse_id(event.undoes),
        "bulk": None if event.bulk is None else parse_id(event.bulk),
    }


def _formed(batch: Batch) -> Prepared:
    out = Prepared(len(batch.new), batch.on)
    for i, event in enumerate(batch.new):
        try:
            out.rows[i] = row_of(event, batch.actor)
        except GroundsetError as error:
            out.refused[i] = Appended(str(event.id), "refused", error=str(error))
    return out


def _check(batch: Batch, there: Prepared, known: dict[str, _write.Row]) -> None:
    assert batch.check is not None
    for i in [i for i, row in there.rows.items() if row["id"] not in known]:
        try:
            batch.check(batch.new[i])
        except GroundsetError as error:
            there.refused[i] = Appended(there.rows.pop(i)["id"], "refused", error=str(error))
