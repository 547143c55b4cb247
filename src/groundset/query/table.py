"""The labels of a task beside the chips: a snapshot that never changes, and is patched into the next one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from groundset.query.chips import Chips
from groundset.query.coded import Coded
from groundset.query.labels import Label

CANNOT = -1
"""Stands for a class in the columns where a chip cannot be answered and the scheme has no class for that."""


def _classes(label: Label) -> tuple[int, ...] | None:
    if not label.classes and label.value in ("unsure", "not-applicable"):
        return (CANNOT,)
    return label.classes or None


FIELDS: Mapping[str, Callable[[Label], Hashable | None]] = {
    "main": lambda label: next(iter(_classes(label) or ()), None),
    "classes": _classes,
    "value": lambda label: label.value,
    "methods": lambda label: label.methods or None,
    "actor": lambda label: label.actor,
    "actors": lambda label: label.actors,
    "negative": lambda label: label.negative or None,
    "reason": lambda label: label.reason,
    "teaches": lambda label: (label.teaches, label.teaches_not) if label.teaches or label.teaches_not else None,
}
"""Columns of few different values, by name."""


class LabelTable:
    """The labels of all chips in one task.

    Args:
        chips: The chips.
        labels: One a chip, in their order; None where nobody answered.
        pixels: Pixels by class code, of all labels.
        labelled: Chips with a label.
        pending: Those of them whose masks are still to be read.
        training: bool (chips,), False for those that people removed from the task's training.
        several: Whether a chip may have several classes.
    """

    def __init__(
        self,
        chips: Chips,
        labels: npt.NDArray[Any],
        pixels: Mapping[int, int],
        labelled: int,
        pending: int,
        *,
        training: npt.NDArray[np.bool_],
        several: bool,
    ) -> None:
        self.chips, self.labels = chips, labels
        self.pixels, self.labelled, self.pending = pixels, labelled, pending
        self.training, self.several = training, several
        self._columns: dict[str, Coded[Any]] = {}
        self._statements: dict[int, npt.NDArray[np.int8]] = {}

    @classmethod
    def of(
        cls, chips: Chips, by_id: Mapping[str, Label], *, removed: Iterable[str] = (), several: bool = False
    ) -> LabelTable:
        """From labels by chip id and the chips removed from training; chips that are not there are left out."""
        places = chips.places
        labels = np.full(len(chips), None, dtype=object)
        there = [(at, label) for chip_id, label in by_id.items() if (at := places.get(chip_id)) is not None]
        for at, label in there:
            labels[at] = label
        pixels, pending = _sum(label for _, label in there)
        training = np.ones(len(chips), bool)
        training[[places[chip_id] for chip_id in removed if chip_id in places]] = False
        return cls(chips, labels, pixels, len(there), pending, training=training, several=several)

    def patched(self, changes: Mapping[str, Label | None], training: Mapping[str, bool] | None = None) -> LabelTable:
        """With other labels of some chips, and whether some train; None takes a label away."""
        places = self.chips.places
        there = {at: label for chip_id, label in changes.items() if (at := places.get(chip_id)) is not None}
        before = [label for at in there if (label := self.labels[at]) is not None]
        after = [label for label in there.values() if label is not None]
        labels = self.labels.copy()
        for at, label in there.items():
            labels[at] = label
        (less, fewer), (more, further) = _sum(before), _sum(after)
        pixels = Counter(self.pixels)
        pixels.subtract(less)
        pixels.update(more)
        out = LabelTable(
            self.chips, labels, pixels, self.labelled - len(before) + len(after), self.pending - fewer + further,
            training=self._trained(training or {}), several=self.several,
        )  # fmt: skip
        for name, column in list(self._columns.items()):
            field = FIELDS[name]
            told = {at: None if label is None else field(label) for at, label in there.items()}
            out._columns[name] = column.patched(told)  # another of its own kind
        return out

    def among(self, rows: npt.NDArray[np.bool_] | None) -> LabelTable:
        """The labels of some of the chips, bool (chips,), alone; of all where None."""
        if rows is None:
            return self
        labels = self.labels.copy()
        labels[~rows] = None
        said = [label for label in labels.tolist() if label is not None]
        pixels, pending = _sum(said)
        return LabelTable(
            self.chips, labels, pixels, len(said), pending, training=self.training, several=self.several
        )  # fmt: skip

    def column(self, name: str) -> Coded[Any]:
        """One of :data:`FIELDS`."""
        column = self._columns.get(name)
        if column is None:
            field = FIELDS[name]
            said: npt.NDArray[np.bool_] = self.labels != None  # noqa: E711  # one by one; few of very many are labelled
            none: Coded[Any] = Coded.none(len(self.labels))
            column = none.patched({at: field(self.labels[at]) for at in np.flatnonzero(said).tolist()})
            self._columns[name] = column
        return column

    def statement(self, code: int) -> npt.NDArray[np.int8]:
        """What trains a class, int8 (chips,): +1 it is there, -1 it is not, 0 nothing that trains is said.

        In a task with one class a chip, another class there says that this one is not. What a model said, what people
        are unsure of and chips removed from training do not train. Read only: it is kept for the next who asks.
        """
        known = self._statements.get(code)
        if known is None:
            column = self.column("teaches")
            says = np.array([self._says(code, *told) for told in column.values] or [0], np.int8)
            known = np.zeros(len(column.codes), np.int8)
            known[column.said] = says[column.codes[column.said]]
            known *= self.training
            known.flags.writeable = False
            self._statements[code] = known
        return known

    def _says(self, code: int, there: tuple[int, ...], not_there: tuple[int, ...]) -> int:
        if code in there:
            return 1
        return -1 if code in not_there or (there and not self.several) else 0

    def _trained(self, changes: Mapping[str, bool]) -> npt.NDArray[np.bool_]:
        places = self.chips.places
        there = {at: use for chip_id, use in changes.items() if (at := places.get(chip_id)) is not None}
        if not there:
            return self.training
        training = self.training.copy()
        training[list(there)] = list(there.values())
        return training

    @cached_property
    def answered_at(self) -> Any:
        """When the latest answer was given: Arrow timestamps."""
        texts = [None if label is None else label.answered_at for label in self.labels.tolist()]
        return pa.array(texts, pa.string()).cast(pa.timestamp("us", tz="UTC"))


def _sum(labels: Iterable[Label]) -> tuple[Counter[int], int]:
    """Pixels by class, and how many labels are not counted yet."""
    pixels: Counter[int] = Counter()
    pending = 0
    for label in labels:
        pending += not label.counted
        if label.pixels is not None:
            pixels.update(label.pixels)
    return pixels, pending
