"""Answers that contradict each other, in words, and what would settle them. People choose; nothing is settled here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundset.cascade.said import NEGATIVE, POSITIVE, Conflict
from groundset.cascade.view import View
from groundset.journal import answer


@dataclass(frozen=True, slots=True)
class Choice:
    """One way out: what is said then, and the answers that say it, as annotations without an id."""

    says: str
    events: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A conflict for people.

    Args:
        kind: ``child-of-negative`` or ``no-child-left``.
        level: Level of the parent.
        parent: Chip id.
        children: Chip ids of the level below.
        says: What contradicts what.
        choices: Ways out.
    """

    kind: str
    level: int
    parent: str
    children: tuple[str, ...]
    says: str
    choices: tuple[Choice, ...]


def told(view: View, title: str) -> list[Told]:
    """All conflicts of a cascade, coarsest first; ``title`` is that of the class."""
    return [_told(view, title, conflict) for conflict in view.conflicts()]


def _told(view: View, title: str, conflict: Conflict) -> Told:
    levels = view.record.levels
    lower = levels[levels.index(conflict.level) + 1]
    parent = view.pyramid.chip_id(conflict.level, conflict.parent)
    children = tuple(view.pyramid.chip_id(lower, cell) for cell in conflict.children)
    n = len(children)
    if conflict.kind == "child-of-negative":
        below = _positive_below(view, lower, conflict.children)
        says = f"{parent} was answered as without {title}, and {_chips(len(below))} in it as with it."
        choices = (
            Choice(f"{parent} has {title}", (_event(view, parent, "positive"),)),
            Choice(f"{_chips(len(below))} in it: no {title}", tuple(_event(view, c, "negative") for c in below)),
        )
    else:
        says = f"{parent} was answered as with {title}, and every one of its {n} chips as without it."
        choices = (
            Choice(f"{parent} has no {title}", (_event(view, parent, "negative"),)),
            Choice(f"Ask about its {n} chips again", tuple(_event(view, c, "unlabelled") for c in children)),
        )
    return Told(conflict.kind, conflict.level, parent, children, says, choices)


def _positive_below(view: View, level: int, cells: tuple[int, ...]) -> list[str]:
    """Chips below that were answered positive, whatever lies between."""
    out: list[str] = []
    at = np.array(cells, np.int64)
    for number in view.record.levels[view.record.levels.index(level) :]:
        if number != level:
            tree = view.pyramid.level(number)
            at = np.unique(tree.child[np.isin(tree.parent, at)])
        found = at[view.said[number].value[at] == POSITIVE]
        out += [view.pyramid.chip_id(number, int(cell)) for cell in found]
        at = at[view.said[number].value[at] != NEGATIVE]
    return out


def _event(view: View, chip_id: str, value: str) -> dict[str, Any]:
    payload = answer(view.record.code, value)
    return {"kind": "answer", "task": view.record.task, "chip_id": chip_id, "payload": payload}


def _chips(n: int) -> str:
    return f"{n:,} chip{'' if n == 1 else 's'}"
