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
    """

    def __init__(
        self, chips: Chips, labels: npt.NDArray[Any], pixels: Mapping[int, int], labelled: int, pending: int
    ) -> None:
        self.chips, self.labels = chips, labels
        self.pixels, self.labelled, self.pending = pixels, labelled, pending
        self._columns: dict[str, Coded[Any]] = {}

    @classmethod
    def of(cls, chips: Chips, by_id: Mapping[str, Label]) -> LabelTable:
        """From labels by chip id; those of chips that are not there are left out."""
        places = chips.places
        labels = np.full(len(chips), None, dtype=object)
        there = [(at, label) for chip_id, label in by_id.items() if (at := places.get(chip_id)) is not None]
        for at, label in there:
            labels[at] = label
        pixels, pending = _sum(label for _, label in there)
        return cls(chips, labels, pixels, len(there), pending)

    def patched(self, changes: Mapping[str, Label | None]) -> LabelTable:
        """With other labels of some chips; None takes a label away."""
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
            self.chips, labels, pixels, self.labelled - len(before) + len(after), self.pending - fewer + further
        )
        for name, column in list(self._columns.items()):
            field = FIELDS[name]
            told = {at: None if label is None else field(label) for at, label in there.items()}
            out._columns[name] = column.patched(told)  # another of its own kind
        return out

    def column(self, name: str) -> Coded[Any]:
        """One of :data:`FIELDS`."""
        column = self._columns.get(name)
        if column is None:
            field = FIELDS[name]
            told = (None if label is None else field(label) for label in self.labels.tolist())
            column = self._columns[name] = Coded.of(told, len(self.labels))
        return column

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
