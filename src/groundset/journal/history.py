"""What one actor can take back and bring back: the stacks of undo and redo, derived from the journal and kept up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from groundset.journal import _write
from groundset.journal.events import STANDING_KINDS
from groundset.journal.schema import events

ACT_KINDS = (*STANDING_KINDS, "cascade", "bulk")
"""Kinds that a person takes back; a member of a bulk act goes with its act."""


class Move(NamedTuple):
    """The part of an event that decides what can be taken back; ``about``: the task of what it undoes."""

    seq: int
    id: str
    at: str
    actor: str
    kind: str
    task: str | None
    chip_id: str | None
    undoes: str | None
    about: str | None


class Moves(NamedTuple):
    """What happened after an event: moves in order, bulk acts that have new members, the last event's number."""

    moves: list[Move]
    grown: set[str]
    head: int


class Members(NamedTuple):
    """What the members of a bulk act are: one of them stands for all where all say the same.

    Args:
        events: How many there are.
        chips: Chips that they are about.
        chip_id: The one chip; None where there are several.
        kind: Their kind; None where there are several.
        payload: JSON text of the one payload; None where there are several.
    """

    events: int
    chips: int
    chip_id: str | None
    kind: str | None
    payload: str | None


@dataclass(frozen=True, slots=True)
class Act:
    """Something that the actor did.

    Args:
        id: The event to undo, to take it back.
        kind: One of :data:`ACT_KINDS`; ``undo`` where it took back what somebody else did.
        task: Task that it is about.
        chip_id: Chip that it is about.
        at: When, RFC 3339.
        target: What an ``undo`` took back.
    """

    id: str
    kind: str
    task: str | None
    chip_id: str | None
    at: str
    target: str | None = None


_Step = tuple[Literal["done", "back", "again"], Act, str | None]


@dataclass(slots=True)
class Stacks:
    """What can be taken back, and what can be brought back by which undo; oldest first."""

    undo: dict[str, Act] = field(default_factory=dict)
    redo: dict[str, tuple[Act, str]] = field(default_factory=dict)
    read: int = 0

    def follow(self, steps: Sequence[_Step], task: str | None) -> None:
        """Take in the steps that were not read yet and are about this task, or about none."""
        for what, act, by in steps[self.read :]:
            if task is not None and act.task not in (None, task):
                continue
            if what == "back":
                self.undo.pop(act.id, None)
                if by is not None:
                    self.redo[act.id] = act, by
                continue
            self.undo[act.id] = act
            if what == "done":
                self.redo.clear()
            else:
                self.redo.pop(act.id, None)
        self.read = len(steps)


class History:
    """The acts of one actor, in the order in which they were done, taken back and brought back.

    A new act empties the redo stack. What somebody else took back leaves the undo stack, and cannot be brought back
    by the actor. Not safe to share between threads.
    """

    def __init__(self, actor: str) -> None:
        self.actor = actor
        self.head = 0
        self.members: dict[str, Members] = {}
        """For whoever reads them, to keep: those of acts that grow are dropped."""
        self._acts: dict[str, Act] = {}
        self._undos: dict[str, tuple[Act, bool]] = {}
        self._steps: list[_Step] = []
        self._stacks: dict[str | None, Stacks] = {}

    def add(self, moves: Moves) -> None:
        """Take in what happened since ``head``."""
        for move in moves.moves:
            self._add(move)
        for grown in moves.grown:
            self.members.pop(grown, None)
        self.head = moves.head

    def stacks(self, task: str | None = None) -> Stacks:
        """The stacks of a task; of all where none is named."""
        stacks = self._stacks.setdefault(task, Stacks())
        stacks.follow(self._steps, task)
        return stacks

    def _add(self, move: Move) -> None:
        own = move.actor == self.actor
        if move.undoes is None:
            self._do(Act(move.id, move.kind, move.task, move.chip_id, move.at))
        elif move.undoes in self._acts:
            self._take_back(self._acts[move.undoes], move, own=own)
        elif move.undoes in self._undos:
            act, taken = self._undos[move.undoes]
            if taken:
                self._undos[move.id] = act, False
                self._steps.append(("again", act, None))
            else:
                self._take_back(act, move, own=own)
        elif own:
            self._do(Act(move.id, "undo", move.task or move.about, move.chip_id, move.at, move.undoes))

    def _do(self, act: Act) -> None:
        self._acts[act.id] = act
        self._steps.append(("done", act, None))

    def _take_back(self, act: Act, move: Move, *, own: bool) -> None:
        self._undos[move.id] = act, True
        self._steps.append(("back", act, move.id if own else None))


def read_moves(connection: Connection, actor: str, since: int) -> Moves:
    """What an actor did after event ``since``, and what anybody took back."""
    e, target = events.c, events.alias("target")
    head = connection.execute(sa.select(sa.func.coalesce(sa.func.max(e.seq), 0))).scalar_one()
    columns = (e.seq, e.id, e.at, e.actor, e.kind, e.task, e.chip_id, e.undoes)
    done = sa.select(*columns, sa.null().label("about")).where(
        e.seq > since, e.seq <= head, e.actor == actor, e.bulk.is_(None), e.kind.in_(ACT_KINDS)
    )
    back = sa.select(*columns, target.c.task.label("about")).outerjoin(target, target.c.id == e.undoes)
    back = back.where(e.undoes.is_not(None), e.seq > since, e.seq <= head)
    moves = [Move(*row) for query in (done, back) for row in connection.execute(query)]
    grown: set[str] = set()
    if since:
        members = sa.select(e.bulk).where(e.seq > since, e.actor == actor, e.bulk.is_not(None)).distinct()
        grown = set(connection.execute(members).scalars())
    return Moves(sorted(moves, key=lambda move: move.seq), grown, int(head))


def read_members(connection: Connection, ids: Sequence[str]) -> dict[str, Members]:
    """What the members of these bulk acts are, by id; those without one are left out."""
    e = events.c
    out: dict[str, Members] = {}
    for some in _write.chunks(ids):
        query = sa.select(
            e.bulk,
            sa.func.count(),
            sa.func.count(sa.distinct(e.chip_id)),
            sa.func.min(e.chip_id),
            sa.func.min(e.kind),
            sa.func.max(e.kind),
            sa.func.min(e.payload),
            sa.func.max(e.payload),
        )
        for row in connection.execute(query.where(e.bulk.in_(some)).group_by(e.bulk)):
            bulk, count, chips, chip_id, kind, other_kind, payload, other = row
            out[bulk] = Members(
                count,
                chips,
                chip_id if chips == 1 else None,
                kind if kind == other_kind else None,
                payload if payload == other else None,
            )
    return out
