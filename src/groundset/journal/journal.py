"""The journal: append events, read them, and ask what is current."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid5

import sqlalchemy as sa

from groundset.core import GroundsetError, InputError
from groundset.journal import _write
from groundset.journal.batches import Batch, Check, Prepared, commit, prepare, row_of
from groundset.journal.database import Database, open_database
from groundset.journal.events import (
    ANSWER_KINDS,
    Appended,
    BulkAppended,
    Event,
    NewEvent,
    new_id,
    parse_id,
    parse_time,
)
from groundset.journal.history import History, Members, read_members, read_moves
from groundset.journal.layers import LayerHistory, layer_history
from groundset.journal.log import Row, read_log
from groundset.journal.payloads import UNSAID
from groundset.journal.schema import current, events
from groundset.journal.standing import Standing, standing, touched

_PAGE = 2_000
_NO_LAYER = '%"layer":""%'
_REMOVED = '%"features":[],"layer":"%'
_BULK = UUID("7f0ae5a1-6b8e-4a8d-9a63-3c2f3d1f6c55")


class Journal:
    """The append-only record of a workspace. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @classmethod
    def open(cls, url: str, *, root: Path) -> Journal:
        """Open a journal; a new database is made, an older one is upgraded.

        Args:
            url: ``sqlite:///journal.db`` (relative to ``root``) or ``postgresql://...``: one database a workspace.
            root: Folder of the workspace.

        Raises:
            InputError: The URL is of no known kind.
            ConflictError: The database was made by a newer version.
            ServiceError: The database cannot be opened or written.
        """
        return cls(open_database(url, Path(root), _write.rebuild))

    def close(self) -> None:
        """Close the connections."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(self, new: Sequence[NewEvent], *, actor: str, check: Check | None = None) -> list[Appended]:
        """Append events; when this returns, all created ones are on disk.

        Args:
            new: Events; their client-made ids make sending them twice harmless.
            actor: Who says it.
            check: Called for each event that is not known yet, before anything is written.

        Returns:
            One result per event, in order. Refused events do not keep the others from landing.

        Raises:
            ServiceError: The database cannot be written; then none was created.
        """
        return self.commit(self.prepare([Batch(new, actor, check)]))[0]

    def prepare(self, batches: Sequence[Batch]) -> list[Prepared]:
        """Check several actors' batches, for :meth:`commit`."""
        return prepare(self._db, batches)

    def commit(self, prepared: Sequence[Prepared]) -> list[list[Appended]]:
        """Write checked batches in one transaction; when this returns, all created events are on disk.

        Returns:
            For each batch one result per event, in order.

        Raises:
            ServiceError: The database cannot be written; then nothing of any batch was created.
        """
        return commit(self._db, prepared)

    def undone(self, seen: Sequence[Event]) -> set[str]:
        """Ids of those of these events that are taken back now, themselves or with their bulk act."""
        ids = sorted({i for event in seen for i in (event.id, event.bulk) if i})
        with self._db.read() as connection:
            back = _write.taken_back(connection, ids)
        return {event.id for event in seen if event.id in back or event.bulk in back}

    def append_bulk(
        self,
        new: Sequence[NewEvent],
        *,
        actor: str,
        payload: Mapping[str, Any] | None = None,
        id: str | None = None,  # noqa: A002  # the event's own name for it
        check: Check | None = None,
    ) -> BulkAppended:
        """Append many events as one act: undoing the bulk event undoes all of them.

        Args:
            new: The members; at least one.
            actor: Who says it.
            payload: What the bulk event says about itself.
            id: Id of the bulk event; default made from the members' ids, so that sending them again is known.
            check: As in :meth:`append`.

        Returns:
            The result of the bulk event, with that of each member in order. Where every member is refused, so is it.
        """
        if not new:
            raise InputError("a bulk act needs at least one event")
        own = id or str(uuid5(_BULK, "".join(event.id for event in new)))
        members = [NewEvent(**{**_fields(event), "bulk": own}) for event in new]
        bulk = NewEvent("bulk", task=new[0].task, payload={"count": len(new), **(payload or {})}, id=own)

        refused = self._refusals(members, actor, check)
        if len(refused) == len(members):
            return BulkAppended(
                own,
                "refused",
                error=f"every member is refused, the first because: {refused[members[0].id]}",
                members=tuple(Appended(e.id, "refused", error=str(refused[e.id])) for e in members),
            )

        def passes(event: NewEvent) -> None:
            if event.id in refused:
                raise refused[event.id]

        first, *rest = self.append([bulk, *members], actor=actor, check=passes)
        return BulkAppended(first.id, first.status, first.seq, first.error, tuple(rest))

    def undo(self, event_id: str, *, actor: str) -> Appended:
        """Take an event back, by a further event. Undoing that one is a redo. A bulk event takes its members along."""
        event = NewEvent("undo", undoes=event_id, id=new_id())
        return self.append([event], actor=actor)[0]

    def events(
        self,
        *,
        since: int = 0,
        chip_id: str | None = None,
        actor: str | None = None,
        task: str | None = None,
        kind: str | None = None,
        limit: int | None = None,
        chipless: bool = False,
    ) -> Iterator[Event]:
        """Events after ``since`` in order, those undone included, up to ``limit``. Read page by page.

        ``chipless`` takes only those about no chip, such as acts: few, and found by index among millions of others.
        """
        wanted = {"chip_id": chip_id, "actor": actor, "task": task, "kind": kind}
        where = [events.c[name] == value for name, value in wanted.items() if value is not None]
        if chipless:
            where.append(events.c.chip_id.is_(None))
        left = limit
        while left is None or left > 0:
            size = _PAGE if left is None else min(left, _PAGE)
            query = sa.select(events).where(events.c.seq > since, *where).order_by(events.c.seq).limit(size)
            with self._db.read() as connection:
                page = [_event(row) for row in connection.execute(query)]
            yield from page
            if len(page) < size:
                return
            since = page[-1].seq
            left = None if left is None else left - len(page)

    def get(self, event_id: str) -> Event | None:
        """The event of this id, or None."""
        with self._db.read() as connection:
            row = _write.find(connection, [parse_id(event_id)]).get(parse_id(event_id))
        return None if row is None else _event([row[c.name] for c in events.columns])

    def current(
        self,
        task: str | None,
        *,
        kind: str | None = None,
        chip_ids: Sequence[str] | None = None,
        actor: str | None = None,
        as_of: int | None = None,
    ) -> list[Event]:
        """The latest active answer by chip, actor, kind and subject, oldest first.

        The subject of an answer about one class is that class, so "water" and "not forest" are both current. An
        answer that lists all classes supersedes all of the same actor before it. The subject of a mask is its layer:
        masks of one actor in different layers are all current.

        Args:
            task: Task that they answer; None for what is said whatever the task (``kind`` is ``attribute`` then).
            kind: Only ``answer``, ``mask`` or ``shapes`` (default: these three), or one of ``training``, ``attribute``
                and ``work``.
            chip_ids: Only these chips.
            actor: Only this actor.
            as_of: As it was when this was the last event (default: now).
        """
        with self._db.read() as connection:
            old = as_of is not None and as_of < _head(connection)
            table = events if old else current
            about = task or _write.NO_TASK
            where = [_write.of_task(about) if old else current.c.task == about]
            where += [table.c.kind.in_(ANSWER_KINDS if kind is None else (kind,))]
            where += [] if actor is None else [table.c.actor == actor]
            parts = [None] if chip_ids is None else list(_write.chunks(sorted(set(chip_ids))))
            out: list[Event] = []
            for some in parts:
                these = sa.and_(*where, *([] if some is None else [table.c.chip_id.in_(some)]))
                if old and as_of is not None:
                    for seqs in _write.chunks(_write.as_of(connection, as_of, these, few=some is not None)):
                        rows = connection.execute(sa.select(events).where(events.c.seq.in_(seqs)))
                        out += [_event(row) for row in rows]
                else:
                    query = sa.select(events).join(current, current.c.seq == events.c.seq).where(these)
                    out += [_event(row) for row in connection.execute(query)]
        return sorted(out, key=lambda event: event.seq)

    def standing(self, task: str | None, chip_ids: Sequence[str] | None = None) -> list[Standing]:
        """What is current of a task (about these chips) as rows, in no order; :meth:`current` for many chips.

        All of :data:`STANDING_KINDS` are among them. None: what is said whatever the task.
        """
        with self._db.read() as connection:
            return standing(connection, task or _write.NO_TASK, chip_ids)

    def touched(self, since: int) -> set[tuple[str, str]]:
        """(task, chip id) of all that the events after ``since`` said of a chip, took back or brought back.

        The task is empty where none is spoken of.
        """
        with self._db.read() as connection:
            return touched(connection, since)

    def attributes(
        self, chip_ids: Sequence[str] | None = None, *, as_of: int | None = None
    ) -> dict[str, dict[str, bool | float | str]]:
        """What stands of each chip's situation, by chip id and name: the latest wins, whoever said it."""
        out: dict[str, dict[str, Any]] = {}
        for event in self.current(None, kind="attribute", chip_ids=chip_ids, as_of=as_of):
            told = out.setdefault(str(event.chip_id), {})
            told[event.payload["name"]] = event.payload["value"]
        return {chip: kept for chip, told in out.items() if (kept := {n: v for n, v in told.items() if v is not None})}

    def count(self, task: str) -> int:
        """Number of chips of which somebody's current answer says something."""
        query = sa.select(sa.func.count(sa.distinct(current.c.chip_id))).join(events, current.c.seq == events.c.seq)
        query = query.where(current.c.task == task, current.c.kind.in_(ANSWER_KINDS))
        unsaid = events.c.payload.like(f'%"value":"{UNSAID}"%')  # as canonical JSON has it
        query = query.where(sa.not_(sa.and_(events.c.kind == "answer", unsaid)))
        removed = sa.and_(events.c.payload.like(_REMOVED), events.c.payload.not_like(_NO_LAYER))
        query = query.where(sa.or_(events.c.kind != "shapes", sa.not_(removed)))
        with self._db.read() as connection:
            return connection.execute(query).scalar_one()

    def history(self, actor: str, known: History | None = None) -> History:
        """What an actor can take back and bring back now; ``known`` is brought up to date in place."""
        out = History(actor) if known is None else known
        with self._db.read() as connection:
            out.add(read_moves(connection, actor, out.head))
        return out

    def layer(self, task: str, chip_id: str, actor: str, layer: str) -> LayerHistory:
        """What stands of an actor's layer of a chip, and what was taken back of it."""
        with self._db.read() as connection:
            return layer_history(connection, task, chip_id, actor, layer)

    def members(self, bulk_ids: Sequence[str]) -> dict[str, Members]:
        """What the members of bulk acts are, by id of the act."""
        with self._db.read() as connection:
            return read_members(connection, sorted(set(bulk_ids)))

    def find(self, event_ids: Sequence[str]) -> dict[str, Event]:
        """The events of these ids that are there, by id."""
        with self._db.read() as connection:
            rows = _write.find(connection, sorted(set(event_ids)))
        return {own: _event([row[c.name] for c in events.columns]) for own, row in rows.items()}

    def log(self) -> list[Row]:
        """All events as rows, oldest first, each with what became of it."""
        with self._db.read() as connection:
            return read_log(connection)

    def head(self) -> int:
        """Number of the last event; 0 where there is none."""
        with self._db.read() as connection:
            return _head(connection)

    def rebuild(self) -> None:
        """Make the derived tables again from the events alone."""
        with self._db.write() as connection:
            _write.rebuild(connection)

    def _refusals(self, members: Sequence[NewEvent], actor: str, check: Check | None) -> dict[str, GroundsetError]:
        """Why members of a bulk act are not to be taken, by id; events that are known already are not checked."""
        out: dict[str, GroundsetError] = {}
        ids: dict[str, str] = {}
        for event in members:
            try:
                ids[event.id] = row_of(event, actor)["id"]
            except GroundsetError as error:
                out[event.id] = error
        if check is None:
            return out
        with self._db.read() as connection:
            known = _write.find(connection, sorted(set(ids.values())))
        for event in members:
            if event.id in ids and ids[event.id] not in known:
                try:
                    check(event)
                except GroundsetError as error:
                    out[event.id] = error
        return out


def _event(row: Sequence[Any]) -> Event:
    """An event from a row of the table: the columns stand in the order of Event's fields."""
    seq, own, at, actor, kind, task, chip_id, payload, undoes, bulk = row
    return Event(seq, own, parse_time(at), actor, kind, task, chip_id, json.loads(payload), undoes, bulk)


def _fields(event: NewEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in NewEvent.__slots__}


def _head(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(events.c.seq), 0))).scalar_one())
