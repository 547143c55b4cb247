"""Current answers, lean: for a hundred thousand chips at once, and what the latest events changed of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from groundset.journal import _write
from groundset.journal.events import STANDING_KINDS
from groundset.journal.schema import current, events


class Standing(NamedTuple):
    """A current answer as the journal's table has it; ``payload`` is JSON text, ``at`` RFC 3339 with six digits."""

    seq: int
    at: str
    actor: str
    kind: str
    chip_id: str
    payload: str


def standing(connection: Connection, task: str, chip_ids: Sequence[str] | None = None) -> list[Standing]:
    """What is current of a task (about these chips), in no order; of :data:`_write.NO_TASK` what has none."""
    e = events.c
    query = sa.select(e.seq, e.at, e.actor, e.kind, e.chip_id, e.payload)
    query = query.join(current, current.c.seq == e.seq).where(current.c.task == task)
    if chip_ids is None:
        return list(map(Standing._make, connection.execute(query)))
    some = _write.chunks(sorted(set(chip_ids)))
    return [Standing(*row) for ids in some for row in connection.execute(query.where(current.c.chip_id.in_(ids)))]


def touched(connection: Connection, since: int) -> set[tuple[str, str]]:
    """(task, chip id) of all that the events after ``since`` said of a chip, took back or brought back."""
    e = events.c
    rows = connection.execute(sa.select(e.kind, e.task, e.chip_id, e.undoes).where(e.seq > since)).all()
    out = {(row.task or _write.NO_TASK, row.chip_id) for row in rows if row.kind in STANDING_KINDS}
    targets = {row.undoes for row in rows if row.undoes}
    seen: set[str] = set()
    while targets:
        seen |= targets
        found = list(_write.find(connection, sorted(targets)).values())
        out |= {(row["task"] or _write.NO_TASK, row["chip_id"]) for row in found if row["kind"] in STANDING_KINDS}
        for some in _write.chunks([row["id"] for row in found if row["kind"] == "bulk"]):
            members = sa.select(e.task, e.chip_id).where(e.bulk.in_(some), e.kind.in_(STANDING_KINDS))
            out |= {(row.task or _write.NO_TASK, row.chip_id) for row in connection.execute(members.distinct())}
        targets = {row["undoes"] for row in found if row["undoes"]} - seen
    return out
