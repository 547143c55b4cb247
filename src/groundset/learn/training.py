"""Labels that train: for each class the chips that have it, and those that do not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundset.core import Scheme
from groundset.core.layout import TaskConfig

if TYPE_CHECKING:
    from groundset.query.chips import Chips, Positions
    from groundset.query.table import LabelTable

Int8 = npt.NDArray[np.int8]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Training:
    """What the labels of one task teach; never changes.

    Labels of people, imports, regions and a consensus train; answers of models do not. Unsure and not-applicable chips,
    and those that were removed from training, do not train either.

    Args:
        task: The task.
        scheme: Its classes.
        labels: Labels of all chips.
    """

    task: TaskConfig
    scheme: Scheme
    labels: LabelTable

    def sign(self, code: int) -> Int8:
        """Of each chip, int8 (chips,): 1 it has the class, -1 it does not, 0 nothing that trains is known."""
        return self.labels.statement(code)

    def answers(self, code: int) -> tuple[Positions, Int8]:
        """Chips of which anything is said, and of each 1, -1 or 0 as in :meth:`sign`, used for training or not."""
        column = self.labels.column("teaches")
        told = [_sign(there, absent, code, several=self.task.multi) for there, absent in column.values]
        return column.said, np.array([*told, 0], np.int8)[column.codes[column.said]]

    @cached_property
    def codes(self) -> Int64:
        """Class of each chip, int64 (chips,), of a task with one class a chip; -1 where nothing that trains is known.

        Where there are two classes to choose from, not the one is the other.
        """
        column = self.labels.column("teaches")
        both = [c.code for c in self.scheme.answerable]
        told = np.array([_code(there, absent, both) for there, absent in column.values] or [-1], np.int64)
        out = np.full(len(column.codes), -1, np.int64)
        at = column.said[self.labels.training[column.said]]
        out[at] = told[column.codes[at]]
        return out

    def removed(self, code: int) -> int:
        """Labelled chips of a class that were removed from training."""
        at, sign = self.answers(code)
        return int(((sign != 0) & ~self.labels.training[at]).sum())


def blocks(chips: Chips, positions: Positions, labels: npt.NDArray[np.generic]) -> Int64 | None:
    """Spatial blocks of some chips for folds, int64 (k,); None where places are missing: folds are stratified then.

    Chips with a place count in chip sizes on the ground (degrees, narrowed by latitude), the others in chip sizes
    within their scene.
    """
    from groundset.learn.calibration import blocks_of

    bounds = chips.bounds_at(positions)
    placed = np.isfinite(bounds).all(axis=1)
    if not placed.all():
        return None
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    size = float(np.median(bounds[:, 3] - bounds[:, 1])) or 1.0
    ground = np.zeros(len(positions), np.int64)
    return blocks_of(x * np.cos(np.radians(np.median(y))), y, ground, labels, size=size)


def _sign(there: tuple[int, ...], absent: tuple[int, ...], code: int, *, several: bool) -> int:
    if code in there:
        return 1
    return -1 if code in absent or (there and not several) else 0


def _code(there: tuple[int, ...], absent: tuple[int, ...], both: list[int]) -> int:
    if len(there) == 1:
        return there[0]
    left = [code for code in both if code not in absent]
    return left[0] if len(both) == 2 and len(left) == 1 and not there else -1
