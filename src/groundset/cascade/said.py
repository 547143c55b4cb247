"""What people said of one class on the chips of a cascade, level by level, and what follows from it up and down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from groundset.cascade.bags import Int8
from groundset.cascade.pyramid import Bool, Pyramid
from groundset.core import ChipId, InputError, Origin
from groundset.journal.payloads import UNSAID

if TYPE_CHECKING:
    from groundset.journal import Journal

VALUES = ("", "positive", "negative", "unsure", "not-applicable")
"""Values of an answer by number; 0 is none."""
POSITIVE, NEGATIVE, UNSURE, NOT_APPLICABLE = 1, 2, 3, 4


@dataclass(frozen=True)
class Said:
    """Answers on one level, and what they mean beside those on the other levels.

    Args:
        value: int8 (cells,), number in :data:`VALUES`.
        trains: bool (cells,), False where people removed the chip from training.
        below: bool (cells,), somebody found the class in a chip below.
        torn: bool (cells,), an answer here contradicts the answers above or below.
    """

    value: Int8
    trains: Bool
    below: Bool
    torn: Bool

    @property
    def positive(self) -> Bool:
        """Cells that have the class, as people said of them or of a chip below."""
        return np.asarray((self.value == POSITIVE) | self.below)

    @property
    def sign(self) -> Int8:
        """What teaches, int8 (cells,): 1 and -1; what is torn teaches nothing until somebody settles it."""
        out = np.zeros(len(self.value), np.int8)
        out[self.positive] = 1
        out[(self.value == NEGATIVE) & ~self.below] = -1
        out[(self.value == UNSURE) | (self.value == NOT_APPLICABLE)] = 0
        return np.where(self.trains & ~self.torn, out, 0).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Answers that cannot all be right.

    Args:
        kind: ``child-of-negative``: a chip has the class, the chip that it lies in has not. ``no-child-left``: a chip
            has the class, and none of the chips in it.
        level: Level of the parent.
        parent: Its cell.
        children: Cells of the level below.
    """

    kind: str
    level: int
    parent: int
    children: tuple[int, ...]


def answers(journal: Journal, task: str, code: int) -> dict[str, tuple[str, bool]]:
    """By chip id: the value of the latest answer of people about one class, "" where none, and whether it trains.

    Answers about other classes say nothing here, also where a chip has one class: a large chip holds several.
    """
    latest: dict[str, tuple[int, str]] = {}
    used: dict[str, tuple[int, bool]] = {}
    for row in journal.standing(task):
        if row.kind not in ("answer", "training"):
            continue
        payload = json.loads(row.payload)
        if row.kind == "training":
            used[row.chip_id] = max(used.get(row.chip_id, (0, True)), (row.seq, payload["use"]))
        elif payload.get("origin", Origin.HUMAN) != Origin.MODEL:
            value = _value(payload, code)
            if value is not None:
                latest[row.chip_id] = max(latest.get(row.chip_id, (0, "")), (row.seq, value))
    chips = latest.keys() | used.keys()
    return {chip: (latest.get(chip, (0, ""))[1], used.get(chip, (0, True))[1]) for chip in chips}


def _value(payload: dict[str, object], code: int) -> str | None:
    if "classes" in payload:
        return "positive" if code in payload["classes"] else "negative"  # type: ignore[operator]  # a list, as checked
    if payload["class"] != code:
        return None
    return "" if payload["value"] == UNSAID else str(payload["value"])


def placed(pyramid: Pyramid, told: dict[str, tuple[str, bool]]) -> dict[int, Said]:
    """Answers by level, with what follows from them."""
    value = {n: np.zeros(len(pyramid.level(n)), np.int8) for n in pyramid.levels}
    trains = {n: np.ones(len(pyramid.level(n)), bool) for n in pyramid.levels}
    for chip_id, (said, use) in told.items():
        try:
            chip = ChipId.parse(chip_id)
        except InputError:
            continue
        cell = pyramid.find(chip)
        if cell is not None:
            value[chip.level][cell] = VALUES.index(said) if said in VALUES else 0
            trains[chip.level][cell] = use
    below = {n: np.zeros(len(value[n]), bool) for n in pyramid.levels}
    for upper, lower in reversed(_steps(pyramid.levels)):
        below[upper] = pyramid.level(lower).up((value[lower] == POSITIVE) | below[lower])
    torn = {n: (value[n] == NEGATIVE) & below[n] for n in pyramid.levels}
    for upper, lower in _steps(pyramid.levels):
        level = pyramid.level(lower)
        torn[lower] |= ((value[lower] == POSITIVE) | below[lower]) & level.down(torn[upper])
        none_left = _none_left(pyramid, value, upper, lower)
        torn[upper] |= none_left
        torn[lower] |= (value[lower] == NEGATIVE) & level.down(none_left)
    return {n: Said(value[n], trains[n], below[n], torn[n]) for n in pyramid.levels}


def conflicts(pyramid: Pyramid, said: dict[int, Said]) -> list[Conflict]:
    """What contradicts itself, coarsest first."""
    out = []
    value = {n: told.value for n, told in said.items()}
    for upper, lower in _steps(pyramid.levels):
        level = pyramid.level(lower)
        for cell in np.flatnonzero((value[upper] == NEGATIVE) & said[upper].below).tolist():
            inside = level.children(cell)
            found = inside[said[lower].positive[inside]]
            out.append(Conflict("child-of-negative", upper, cell, tuple(found.tolist())))
        empty = np.flatnonzero(_none_left(pyramid, value, upper, lower)).tolist()
        out += [Conflict("no-child-left", upper, cell, tuple(level.children(cell).tolist())) for cell in empty]
    return out


def _none_left(pyramid: Pyramid, value: dict[int, Int8], upper: int, lower: int) -> Bool:
    """Positive cells of which every child was answered negative, bool (cells of the upper level,)."""
    return np.asarray((value[upper] == POSITIVE) & pyramid.level(lower).all_up(value[lower] == NEGATIVE))


def _steps(levels: Sequence[int]) -> list[tuple[int, int]]:
    return list(pairwise(levels))
