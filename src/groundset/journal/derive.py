"""What follows from events: which are active, and which answers are current. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from groundset.journal.payloads import ALL_SUBJECTS

Group = tuple[str, str, str, str]
"""(task, chip_id, actor, kind)."""


class Said(NamedTuple):
    """The part of an answer that decides what is current."""

    seq: int
    group: Group
    subject: str


def undone_counts(undos: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Number of active undos by target id.

    Args:
        undos: (id, undoes) of every undo, oldest first. An undo can only name an earlier event, so going backwards
            each one's own fate is known when it is reached.
    """
    counts: dict[str, int] = {}
    for own, target in reversed(list(undos)):
        if own not in counts:
            counts[target] = counts.get(target, 0) + 1
    return counts


def current_answers(said: Iterable[Said]) -> dict[Group, dict[str, int]]:
    """Sequence number of the current answer by group and subject, from active answers, oldest first."""
    out: dict[Group, dict[str, int]] = {}
    for one in said:
        if one.subject == ALL_SUBJECTS:
            out[one.group] = {ALL_SUBJECTS: one.seq}
        else:
            out.setdefault(one.group, {})[one.subject] = one.seq
    return out
