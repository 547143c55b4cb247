"""Down the levels: which cells are looked at, which go on, which are rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from groundset.cascade.pyramid import Bool, Pyramid
from groundset.cascade.said import NEGATIVE, Said
from groundset.cascade.steps import Advance, Record, from_runs

KEPT, REJECTED, UNDECIDED = 0, 1, 2
Decision = Literal["kept", "rejected", "undecided"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)


@dataclass(frozen=True)
class Walked:
    """One level of a cascade.

    Args:
        candidate: bool (cells,), cells that are looked at: their parent went on, or somebody found the class there.
        rejected: bool (cells,), candidates that do not go on: answered negative, or below the threshold.
        sure: bool (cells,), candidates that go on because of an answer or the threshold, not for want of one.
    """

    candidate: Bool
    rejected: Bool
    sure: Bool

    @property
    def on(self) -> Bool:
        """Candidates that go on."""
        return self.candidate & ~self.rejected

    @property
    def decision(self) -> npt.NDArray[np.int8]:
        """Number in :data:`DECISIONS` of each cell; it says something of candidates alone."""
        return np.where(self.rejected, REJECTED, np.where(self.sure, KEPT, UNDECIDED)).astype(np.int8)


def candidates(pyramid: Pyramid, said: dict[int, Said], level: int, above: Walked | None) -> Bool:
    """Cells of a level that are looked at; ``above`` is the level before, None for the first."""
    if above is None:
        return np.ones(len(pyramid.level(level)), bool)
    return pyramid.level(level).down(above.on) | said[level].positive


def decide(candidate: Bool, said: Said, cut: Bool | None, empty: Bool | None = None) -> Walked:
    """What becomes of the candidates of a level.

    Args:
        candidate: bool (cells,).
        said: Answers. They stand above any threshold; a chip that is torn between answers goes on.
        cut: bool (cells,), cells below the threshold; None where none was drawn.
        empty: bool (cells,), cells without any data, which go no further; None where that is not known.
    """
    no = (said.value == NEGATIVE) & ~said.below
    if empty is not None:
        no = no | (empty & ~said.positive)
    machine = np.zeros(len(candidate), bool) if cut is None else cut & ~said.positive
    rejected = candidate & (no | machine)
    sure = candidate & ~rejected & (said.positive if cut is None else np.ones(len(candidate), bool))
    return Walked(candidate, rejected, sure)


def frozen(pyramid: Pyramid, left: Advance) -> Bool | None:
    """Cells that a level's threshold rejected when it was left; None where none was drawn."""
    return None if left.score is None else _cells(pyramid, left.level, left.rejected)


def _cells(pyramid: Pyramid, level: int, by_scene: Mapping[str, Sequence[int]]) -> Bool:
    runs = [by_scene.get(extent.scene, ()) for extent in pyramid.extents]
    cells = [pyramid.cells_of(level, i) for i in range(len(runs))]
    return np.concatenate([from_runs(r, c.stop - c.start) for r, c in zip(runs, cells, strict=True)])


def walk(pyramid: Pyramid, record: Record, said: dict[int, Said]) -> dict[int, Walked]:
    """The levels that were left, as they stand now: answers given since count."""
    out: dict[int, Walked] = {}
    above: Walked | None = None
    for left in record.advances:
        candidate = candidates(pyramid, said, left.level, above)
        above = out[left.level] = decide(
            candidate, said[left.level], frozen(pyramid, left), _cells(pyramid, left.level, left.empty)
        )
    return out
