"""The whole journal as rows, each with what became of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import sqlalchemy as sa

from groundset.journal.schema import current, events, undone

State = Literal["current", "superseded", "undone"]
"""What stands now, what something later took the place of, what was taken back."""


class Row(NamedTuple):
    """One event; ``payload`` is its JSON text, ``state`` None where it is no statement about a chip (a comment ...)."""

    seq: int
    id: str
    at: str
    actor: str
    kind: str
    task: str | None
    chip_id: str | None
    payload: str
    undoes: str | None
    bulk: str | None
    state: State | None


def read_log(connection: sa.Connection) -> list[Row]:
    """All events, oldest first."""
    query = (
        sa.select(events, current.c.seq.label("stands"), undone.c.times)
        .outerjoin(current, current.c.seq == events.c.seq)
        .outerjoin(undone, undone.c.id == events.c.id)
        .order_by(events.c.seq)
    )
    return [Row._make((*row[:10], _state(row.chip_id, row.stands, row.times))) for row in connection.execute(query)]


def _state(chip_id: str | None, stands: int | None, times: int | None) -> State | None:
    if times:
        return "undone"
    if stands is not None:
        return "current"
    return None if chip_id is None else "superseded"
