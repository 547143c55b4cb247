"""How far the work on chips is, as each actor says: a snapshot that never changes, and is patched into the next one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from groundset.query.chips import Chips
from groundset.query.coded import Coded

if TYPE_CHECKING:
    from groundset.journal.standing import Standing
    from groundset.query.values import Moment, Property, Value


class Said(NamedTuple):
    """What one actor says of a chip: ``complete`` or ``incomplete``, and 1 (easy) to 5."""

    seq: int
    state: str
    difficulty: int | None


By = Mapping[str, Said]
"""What is said of a chip, by actor."""


class Works:
    """How far the work on the chips is.

    Args:
        chips: The chips.
        by_id: What is said of each, by chip id; chips of which nothing is said are left out.
    """

    def __init__(self, chips: Chips, by_id: Mapping[str, By]) -> None:
        self.chips, self.by_id = chips, by_id
        self._columns: dict[str | None, tuple[Any, Any]] = {}

    def patched(self, chips: Chips, changes: Mapping[str, By]) -> Works:
        """With other chips, and what is said of some; the same object where neither is different."""
        if not changes and chips is self.chips:
            return self
        by_id = {**self.by_id, **changes}
        return Works(chips, {chip_id: said for chip_id, said in by_id.items() if said})

    def column(self, actor: str | None) -> tuple[Any, Any]:
        """State and difficulty as an actor (None: whoever spoke last) says: Arrow columns (chips,), null if unsaid."""
        known = self._columns.get(actor)
        if known is None:
            places, length = self.chips.places, len(self.chips)
            said = {at: one for chip_id, by in self.by_id.items()
                    if (at := places.get(chip_id)) is not None and (one := _of(by, actor)) is not None}  # fmt: skip
            states: Coded[str] = Coded.none(length)
            levels, missing = np.zeros(length, np.float64), np.ones(length, bool)
            for at, one in said.items():
                if one.difficulty is not None:
                    levels[at], missing[at] = one.difficulty, False
            column = states.patched({at: one.state for at, one in said.items()}).strings
            known = self._columns[actor] = column, pa.array(levels, mask=missing)
        return known


def works(rows: Iterable[Standing]) -> dict[str, dict[str, Said]]:
    """What rows of the journal say of the work, by chip id and actor."""
    out: dict[str, dict[str, Said]] = {}
    for row in rows:
        if row.kind == "work":
            told = json.loads(row.payload)
            out.setdefault(row.chip_id, {})[row.actor] = Said(row.seq, told["state"], told.get("difficulty"))
    return out


def _of(by: By, actor: str | None) -> Said | None:
    return max(by.values(), default=None) if actor is None else by.get(actor)


def _state(now: Moment) -> Value:
    from groundset.query.values import Value

    return Value("text", now.work()[0], "work")


def _difficulty(now: Moment) -> Value:
    from groundset.query.values import Value

    return Value("number", now.work()[1], "difficulty")


PROPERTIES: Mapping[str, Property] = {
    "work": ("text", "Your work", _state),
    "difficulty": ("number", "Difficulty, as you said", _difficulty),
}
"""What a filter may ask beside in tasks of pixels and outlines."""
