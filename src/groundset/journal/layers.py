"""One actor's layer of one chip: its strokes, and what can be taken back and brought back of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from groundset.journal import _write
from groundset.journal.history import History, Move, Moves
from groundset.journal.schema import events


class Drawn(NamedTuple):
    """A stroke, or strokes of one bulk act, which are taken back together.

    Args:
        id: The event to undo, to take it back.
        at: When, RFC 3339.
        tool: What it was drawn with; None of a whole mask that was put.
        seconds: Active seconds spent on it; None where nobody said.
        strokes: How many there are.
    """

    id: str
    at: str
    tool: str | None
    seconds: float | None
    strokes: int = 1


class LayerHistory(NamedTuple):
    """What stands of a layer, and what was taken back: latest first.

    Args:
        undo: What stands.
        redo: What was taken back and can be brought back, with the id of the undo to undo.
        seconds: Active seconds of all strokes, those taken back too, and of what was said of the work on the chip.
    """

    undo: list[Drawn]
    redo: list[tuple[Drawn, str]]
    seconds: float


class _Row(NamedTuple):
    seq: int
    id: str
    at: str
    bulk: str | None
    payload: dict[str, Any]


def layer_history(connection: Connection, task: str, chip_id: str, actor: str, layer: str) -> LayerHistory:
    """The strokes of a layer, from the events alone: two plain stacks, as an editor keeps them."""
    rows = _rows(connection, task, chip_id, actor, layer)
    acts: dict[str, list[_Row]] = {}
    for row in rows:
        acts.setdefault(row.bulk or row.id, []).append(row)
    stands_for = {row.id: own for own, members in acts.items() if len(members) == 1 for row in members}
    moves = [Move(some[0].seq, own, some[0].at, actor, "mask", task, chip_id, None, None) for own, some in acts.items()]
    moves += [
        undo._replace(undoes=stands_for.get(str(undo.undoes), undo.undoes))
        for undo in _undos(connection, {*acts, *stands_for})
    ]
    history = History(actor)
    history.add(Moves(sorted(moves), set(), max((move.seq for move in moves), default=0)))
    stacks = history.stacks()
    told = {own: _drawn(own, some) for own, some in acts.items()}
    return LayerHistory(
        [told[own] for own in reversed(stacks.undo) if own in told],
        [(told[act.id], by) for act, by in reversed(stacks.redo.values()) if act.id in told],
        sum(row.payload.get("seconds") or 0.0 for row in rows) + _worked(connection, task, chip_id, actor),
    )


def _rows(connection: Connection, task: str, chip_id: str, actor: str, layer: str) -> list[_Row]:
    e = events.c
    query = sa.select(e.seq, e.id, e.at, e.bulk, e.payload).order_by(e.seq)
    query = query.where(e.chip_id == chip_id, e.task == task, e.actor == actor, e.kind == "mask")
    read = [_Row(*row[:4], json.loads(row.payload)) for row in connection.execute(query)]
    return [row for row in read if row.payload.get("layer", "") == layer]


def _worked(connection: Connection, task: str, chip_id: str, actor: str) -> float:
    e = events.c
    query = sa.select(e.payload).where(e.chip_id == chip_id, e.task == task, e.actor == actor, e.kind == "work")
    return float(sum(json.loads(payload).get("seconds") or 0.0 for (payload,) in connection.execute(query)))


def _undos(connection: Connection, targets: Iterable[str]) -> list[Move]:
    """All undos of these events, of those undos, and so on."""
    e = events.c
    columns = (e.seq, e.id, e.at, e.actor, e.kind, e.task, e.chip_id, e.undoes, sa.null())
    out: list[Move] = []
    wanted = sorted(targets)
    while wanted:
        found: list[Move] = []
        for some in _write.chunks(wanted):
            found += [Move(*row) for row in connection.execute(sa.select(*columns).where(e.undoes.in_(some)))]
        out += found
        wanted = [move.id for move in found]
    return out


def _drawn(own: str, rows: list[_Row]) -> Drawn:
    seconds = [row.payload["seconds"] for row in rows if row.payload.get("seconds") is not None]
    tool = next((row.payload["tool"] for row in reversed(rows) if row.payload.get("tool")), None)
    return Drawn(own, rows[-1].at, tool, float(sum(seconds)) if seconds else None, len(rows))
