"""What people said of the chips' situation: a snapshot that never changes, and is patched into the next one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from groundset.query.chips import Chips, Positions
from groundset.query.coded import Coded

if TYPE_CHECKING:
    from groundset.journal import Journal
    from groundset.journal.standing import Standing

Value = bool | float | str
Said = Mapping[str, Value]

NOTHING: Said = {}
_ANEW = 20_000


class Attributes:
    """What stands of each chip's situation.

    Args:
        chips: The chips.
        by_id: Value by chip id and name; chips of which nothing is said are left out.
    """

    def __init__(self, chips: Chips, by_id: Mapping[str, Said]) -> None:
        self.chips = chips
        self._by_id = by_id
        self._columns: dict[str, Any] = {}

    def of(self, chip_id: str) -> Said:
        """What is said of a chip, value by name."""
        return self._by_id.get(chip_id, NOTHING)

    def at(self, page: Positions) -> list[Said]:
        """What is said of the chips at these positions."""
        ids = self.chips.ids
        return [self._by_id.get(ids[i], NOTHING) for i in page.tolist()]

    def column(self, name: str) -> Any:
        """One attribute as an Arrow column (chips,): boolean, number or text, null where nothing is said.

        An attribute that was declared anew with another kind: values of the kind most said count, others are null.
        """
        known = self._columns.get(name)
        if known is None:
            places = self.chips.places
            said = [(places[i], told[name]) for i, told in self._by_id.items() if name in told and i in places]
            known = self._columns[name] = _column(said, len(self.chips))
        return known


def _column(said: list[tuple[int, Value]], length: int) -> Any:
    kinds = [_kind(value) for _, value in said]
    kind = max(set(kinds), key=kinds.count) if kinds else bool
    there = [(at, value) for (at, value), own in zip(said, kinds, strict=True) if own is kind]
    if kind is str:
        texts: Coded[str] = Coded.none(length)
        return texts.patched({at: str(value) for at, value in there}).strings
    values: npt.NDArray[Any] = np.zeros(length, np.float64 if kind is float else np.bool_)
    missing = np.ones(length, bool)
    if there:
        at = [at for at, _ in there]
        values[at], missing[at] = [value for _, value in there], False
    return pa.array(values, mask=missing)


def _kind(value: Value) -> type:
    return bool if isinstance(value, bool) else str if isinstance(value, str) else float


class AttributeReader:
    """Keeps the attributes up with the journal. Safe to share between threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.RLock()
        self._head = 0
        self._now = Attributes(Chips({}), {})

    def fresh(self, chips: Chips, head: int) -> Attributes:
        """As event ``head`` (or a later one) left them; the same object while nothing changed."""
        with self._lock:
            before = by_id = self._now._by_id  # noqa: SLF001  # its own snapshot
            if head > self._head:
                by_id = self._follow(before)
                self._head = head
            if by_id is not before or chips is not self._now.chips:
                self._now = Attributes(chips, by_id)
            return self._now

    def _follow(self, before: Mapping[str, Said]) -> Mapping[str, Said]:
        touched: set[str] | None = None
        if self._head:
            touched = {chip_id for task, chip_id in self._journal.touched(self._head) if not task}
            if not touched:
                return before
            touched = touched if len(touched) <= _ANEW else None
        told = _latest(self._journal.standing(None, None if touched is None else sorted(touched)))
        if touched is None:
            return told
        return {chip_id: said for chip_id, said in before.items() if chip_id not in touched} | told


def _latest(rows: Iterable[Standing]) -> dict[str, Said]:
    """Value by chip id and name: the latest wins, whoever said it; null says nothing any more."""
    out: dict[str, dict[str, Value | None]] = {}
    for row in sorted(rows):
        payload = json.loads(row.payload)
        out.setdefault(row.chip_id, {})[payload["name"]] = payload["value"]
    kept = ((chip_id, {n: v for n, v in told.items() if v is not None}) for chip_id, told in out.items())
    return {chip_id: told for chip_id, told in kept if told}
