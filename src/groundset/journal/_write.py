"""The one way in: checked events become rows, and the derived tables follow in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from groundset.journal.derive import Group, Said, current_answers, undone_counts
from groundset.journal.events import STANDING_KINDS, Appended
from groundset.journal.payloads import ALL_SUBJECTS, subject
from groundset.journal.schema import current, events, undone

T = TypeVar("T")
Row = dict[str, Any]
"""One event as the table has it; ``payload`` is JSON text."""

CHUNK = 500
"""Values in one ``IN (...)``."""

NO_TASK = ""
"""Task of what is current whatever the task, such as attributes, in the derived table."""

_LAYER = '"layer":'
_LAYERED = ("mask", "shapes")
MOVED = "something else was said here meanwhile"
"""Why a row is refused that names what it must follow, where that is not the latest any more."""

_SAME = ("actor", "kind", "task", "chip_id", "payload", "undoes", "bulk")


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """``items`` in pieces of at most ``size``."""
    for i in range(0, len(items), size):
        yield items[i : i + size]


def find(connection: Connection, ids: Sequence[str]) -> dict[str, Row]:
    """The events of these ids that are there, by id."""
    out: dict[str, Row] = {}
    for some in chunks(ids):
        for row in connection.execute(sa.select(events).where(events.c.id.in_(some))).mappings():
            out[row["id"]] = dict(row)
    return out


def compare(row: Row, there: Row) -> Appended:
    """What to answer to an id that is there: known if it says the same, else refused."""
    other = [name for name in _SAME if row[name] != there[name]]
    if not other:
        return Appended(row["id"], "known", there["seq"])
    return Appended(
        row["id"], "refused", error=f"this id is there with another {', '.join(other)} (event {there['seq']})"
    )


class Writer:
    """Appends rows inside one write transaction.

    Args:
        connection: Of the transaction.
        on: By id of a row, the id of what must be current where it is going to be (None: nothing), else it is refused
            with :data:`MOVED`.
    """

    def __init__(self, connection: Connection, on: Mapping[str, str | None] | None = None) -> None:
        self.connection = connection
        self._on = on or {}
        self.seq: int = connection.execute(sa.select(sa.func.coalesce(sa.func.max(events.c.seq), 0))).scalar_one()
        self._pending: list[Row] = []
        self._there: dict[str, Row] = {}

    def add(self, rows: Sequence[Row]) -> list[Appended]:
        """Append what is new; refused rows do not keep the others from landing. Results in order."""
        named = {value for row in rows for value in (row["id"], row["undoes"], row["bulk"]) if value}
        self._there = find(self.connection, sorted(named))
        out = [self._add(row) for row in rows]
        self._flush()
        return out

    def _add(self, row: Row) -> Appended:
        there = self._there.get(row["id"])
        if there is not None:
            return compare(row, there)
        if row["undoes"] or row["bulk"]:
            reason = self._refuse_undo(row["undoes"]) if row["undoes"] else self._refuse_member(row)
            if reason:
                return Appended(row["id"], "refused", error=reason)
        if row["id"] in self._on and self._current(row) != self._on[row["id"]]:
            return Appended(row["id"], "refused", error=MOVED)
        self.seq += 1
        row = {**row, "seq": self.seq}
        self._there[row["id"]] = row
        self._pending.append(row)
        if row["undoes"]:
            self._flush()
            undo(self.connection, row["undoes"])
        return Appended(row["id"], "created", self.seq)

    def _refuse_undo(self, target: str) -> str | None:
        there = self._there.get(target)
        if there is None:
            return f"there is no event {target} to undo"
        if _times(self.connection, target):
            return f"event {there['seq']} is undone already; to redo it, undo its undo"
        return None

    def _refuse_member(self, row: Row) -> str | None:
        there = self._there.get(row["bulk"])
        if there is None or there["kind"] != "bulk" or there["actor"] != row["actor"]:
            return f"there is no bulk event {row['bulk']} of this actor"
        if _times(self.connection, row["bulk"]):
            return "the bulk act is undone"
        return None

    def _current(self, row: Row) -> str | None:
        """Id of what is current where this row is going to be."""
        self._flush()
        c, (task, chip_id, actor, kind) = current.c, _group(row)
        query = sa.select(events.c.id).join(current, c.seq == events.c.seq)
        query = query.where(c.task == task, c.chip_id == chip_id, c.actor == actor, c.kind == kind)
        found: str | None = self.connection.execute(query.where(c.subject == _subject(kind, row["payload"]))).scalar()
        return found

    def _flush(self) -> None:
        if self._pending:
            self.connection.execute(sa.insert(events), self._pending)
            _make_current(self.connection, self._pending)
            self._pending = []


def undo(connection: Connection, target: str) -> None:
    """Count one more active undo of ``target`` and follow what that changes, down the chain of undone undos."""
    change = 1
    while True:
        before = _times(connection, target)
        after = before + change
        _upsert(connection, undone, ["id"], [{"id": target, "times": after}])
        if (before > 0) == (after > 0):
            return
        row = find(connection, [target])[target]
        if row["kind"] != "undo":
            _follow(connection, row)
            return
        target, change = row["undoes"], -1 if after > 0 else 1


def rebuild(connection: Connection) -> None:
    """Make the derived tables again from the events alone."""
    connection.execute(sa.delete(undone))
    connection.execute(sa.delete(current))
    counts = undone_counts(_undos(connection, None))
    if counts:
        connection.execute(sa.insert(undone), [{"id": i, "times": n} for i, n in counts.items()])
    said = active(connection, counts, sa.true())
    for some in chunks(_current_rows(current_answers(said)), 10_000):
        connection.execute(sa.insert(current), list(some))


def as_of(connection: Connection, seq: int, where: sa.ColumnElement[bool], *, few: bool) -> list[int]:
    """Sequence numbers of the answers that were current when event ``seq`` was the last one, rising."""
    counts = undone_counts(_undos(connection, seq))
    said = active(connection, counts, sa.and_(events.c.seq <= seq, where), few=few)
    return sorted(seq for subjects in current_answers(said).values() for seq in subjects.values())


def active(
    connection: Connection, counts: dict[str, int], where: sa.ColumnElement[bool], *, few: bool = False
) -> Iterable[Said]:
    """Answers that are not undone, themselves or with their bulk act, oldest first.

    ``few``: sort here, not in the database, which would walk all events in order to find the few that are wanted.
    """
    e = events.c
    query = sa.select(e.seq, e.id, e.bulk, e.task, e.chip_id, e.actor, e.kind, e.payload)
    query = query.where(e.kind.in_(STANDING_KINDS), where)
    said = _active(connection, query if few else query.order_by(e.seq), counts)
    return sorted(said) if few else said


def _active(connection: Connection, query: sa.Select[Any], counts: dict[str, int]) -> Iterator[Said]:
    for row in connection.execute(query, execution_options={"yield_per": 10_000}):
        if row.id not in counts and row.bulk not in counts:
            group = row.task or NO_TASK, row.chip_id, row.actor, row.kind
            yield Said(row.seq, group, _subject(row.kind, row.payload))


def _subject(kind: str, payload: str) -> str:
    # Shapes may be megabytes of text: those that name no layer are not read.
    return "" if kind == "shapes" and _LAYER not in payload else subject(kind, json.loads(payload))


def _times(connection: Connection, target: str) -> int:
    return connection.execute(sa.select(undone.c.times).where(undone.c.id == target)).scalar() or 0


def taken_back(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those of these events that an active undo names."""
    out: set[str] = set()
    for some in chunks(ids):
        query = sa.select(undone.c.id).where(undone.c.times > 0, undone.c.id.in_(some))
        out |= set(connection.execute(query).scalars())
    return out


def _undos(connection: Connection, until: int | None) -> list[tuple[str, str]]:
    query = sa.select(events.c.id, events.c.undoes).where(events.c.undoes.is_not(None)).order_by(events.c.seq)
    if until is not None:
        query = query.where(events.c.seq <= until)
    return [(row.id, row.undoes) for row in connection.execute(query)]


def _make_current(connection: Connection, rows: Iterable[Row]) -> None:
    """Let new answers, the latest by nature, take the place of those before them."""
    groups: dict[Group, dict[str, int]] = {}
    resets: set[Group] = set()
    for row in rows:
        if row["kind"] not in STANDING_KINDS:
            continue
        group = _group(row)
        about = _subject(row["kind"], row["payload"])
        if about == ALL_SUBJECTS:
            resets.add(group)
            groups[group] = {}
        groups.setdefault(group, {})[about] = row["seq"]
    if resets:
        _clear(connection, resets)
    _upsert(connection, current, ["task", "chip_id", "actor", "kind", "subject"], _current_rows(groups))


def _follow(connection: Connection, row: Row) -> None:
    """Derive anew what an answer, or all members of a bulk act, stood for."""
    e = events.c
    if row["kind"] in _LAYERED:
        _follow_layer(connection, row)
        return
    if row["kind"] == "bulk":
        query = sa.select(e.task, e.chip_id, e.actor, e.kind).where(e.bulk == row["id"], e.kind.in_(STANDING_KINDS))
        groups = {_group(r) for r in connection.execute(query.distinct()).mappings()}
    elif row["kind"] in STANDING_KINDS:
        groups = {_group(row)}
    else:
        return
    _clear(connection, groups)
    alike: dict[tuple[str, str, str], list[str]] = {}
    for task, chip_id, actor, kind in sorted(groups):
        alike.setdefault((task, actor, kind), []).append(chip_id)
    for (task, actor, kind), chip_ids in alike.items():
        for some in chunks(chip_ids):
            where = sa.and_(e.chip_id.in_(some), of_task(task), e.actor == actor, e.kind == kind)
            said = active(connection, _undone_among(connection, where), where, few=True)
            rows = _current_rows(current_answers(said))
            if rows:
                connection.execute(sa.insert(current), rows)


def _follow_layer(connection: Connection, row: Row) -> None:
    """Of one layer alone: a chip may have thousands of outlines, each in a layer of its own."""
    task, chip_id, actor, kind = _group(row)
    about, e, c = _subject(kind, row["payload"]), events.c, current.c
    connection.execute(
        sa.delete(current).where(
            c.task == task, c.chip_id == chip_id, c.actor == actor, c.kind == kind, c.subject == about
        )
    )
    where = sa.and_(e.chip_id == chip_id, of_task(task), e.actor == actor, e.kind == kind)
    if about:
        where &= e.payload.contains(f'{_LAYER}"{about}"', autoescape=True)
    said = active(connection, _undone_among(connection, where), where, few=True)
    rows = _current_rows(current_answers(one for one in said if one.subject == about))
    if rows:
        connection.execute(sa.insert(current), rows)


def of_task(task: str) -> sa.ColumnElement[bool]:
    """Events about this task; :data:`NO_TASK`: about none."""
    return events.c.task.is_(None) if task == NO_TASK else events.c.task == task


def _group(row: Row | sa.RowMapping) -> Group:
    return row["task"] or NO_TASK, row["chip_id"], row["actor"], row["kind"]


def _undone_among(connection: Connection, where: sa.ColumnElement[bool]) -> dict[str, int]:
    ids = sa.select(events.c.id).where(where).union(sa.select(events.c.bulk).where(where))
    query = sa.select(undone.c.id, undone.c.times).where(undone.c.times > 0, undone.c.id.in_(ids))
    return {row.id: row.times for row in connection.execute(query)}


def _clear(connection: Connection, groups: Iterable[Group]) -> None:
    c = current.c
    statement = sa.delete(current).where(
        c.task == sa.bindparam("t"),
        c.chip_id == sa.bindparam("c"),
        c.actor == sa.bindparam("a"),
        c.kind == sa.bindparam("k"),
    )
    for some in chunks(sorted(groups), 10_000):
        connection.execute(statement, [dict(zip("tcak", group, strict=True)) for group in some])


def _current_rows(groups: dict[Group, dict[str, int]]) -> list[Row]:
    return [
        {"task": task, "chip_id": chip_id, "actor": actor, "kind": kind, "subject": about, "seq": seq}
        for (task, chip_id, actor, kind), subjects in groups.items()
        for about, seq in subjects.items()
    ]


def _upsert(connection: Connection, table: sa.Table, key: list[str], rows: list[Row]) -> None:
    if not rows:
        return
    insert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table)
    others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=others), rows)
