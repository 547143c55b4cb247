"""A cascade at one moment: what is looked at on each level, what is there on disk, what was learned; never changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from groundset.cascade.bags import Float32, Int64
from groundset.cascade.level import Learned, Pool, learn
from groundset.cascade.panel import Asked, panel
from groundset.cascade.pyramid import Bool, Level, Pyramid
from groundset.cascade.said import Conflict, Said, conflicts
from groundset.cascade.steps import Record
from groundset.cascade.threshold import Threshold
from groundset.cascade.walk import Walked, candidates, decide, walk
from groundset.chips import part_name
from groundset.core import MissingError

if TYPE_CHECKING:
    from groundset.learn.matrix import Features, Matrix
    from groundset.learn.similarity import Background

Backgrounds = dict[int, tuple[Int64, "Background | None"]]

FROM_ABOVE = 500
"""Chips without the class of coarser levels that teach, at most."""


class View:
    """One cascade at one moment. Safe to share between threads.

    Args:
        record: Its steps.
        pyramid: The quadtree of its scenes.
        said: Answers by level.
        features: Features of all chips.
        inherit: Labels are inherited plainly, not as bags; for comparison.
        backgrounds: By level: cells, and what they are like on the whole; of an earlier view of these features.
    """

    def __init__(
        self,
        record: Record,
        pyramid: Pyramid,
        said: dict[int, Said],
        features: Features,
        *,
        inherit: bool = False,
        backgrounds: Backgrounds | None = None,
    ) -> None:
        self.record, self.pyramid, self.said, self.features = record, pyramid, said, features
        self.backgrounds: Backgrounds = dict(backgrounds or {})
        self._inherit = inherit
        self._lock = threading.RLock()
        self._positions: dict[int, Int64] = {}
        self._learned: dict[int, tuple[Learned, Int64, Float32]] = {}
        self._walked = walk(pyramid, record, said)

    @property
    def begun(self) -> tuple[int, ...]:
        """Levels that were left, and the one that is worked on."""
        return self.record.levels[: len(self.record.advances) + 1]

    def begun_level(self, level: int) -> int:
        """A level that is begun.

        Raises:
            MissingError: The cascade has no such level, or has not come to it.
        """
        if level not in self.begun:
            raise MissingError(
                "the cascade has not come to this level", asked=f"level {level}",
                found=f"levels {', '.join(map(str, self.begun))}",
            )  # fmt: skip
        return level

    def candidate(self, level: int) -> Bool:
        """Cells of a level that is begun that are looked at, bool (cells,)."""
        if level in self._walked:
            return self._walked[level].candidate
        before = self.record.levels.index(level) - 1
        above = self._walked[self.record.levels[before]] if before >= 0 else None
        return candidates(self.pyramid, self.said, level, above)

    def position(self, level: int) -> Int64:
        """Where each cell's chip stands in the chip table, int64 (cells,); -1 where none was made."""
        with self._lock:
            if level not in self._positions:
                self._positions[level] = self._find(level)
            return self._positions[level]

    def missing(self, level: int) -> Bool:
        """Candidates of which there is no chip."""
        return self.candidate(level) & (self.position(level) < 0)

    def empty(self, level: int) -> Bool:
        """Cells whose chip has no data, bool (cells,): nothing is asked of them, and they go no further."""
        at = self.position(level)
        there = np.flatnonzero(at >= 0)
        share = self.features.chips.column("valid_fraction").to_numpy(zero_copy_only=False)[at[there]]
        out = np.zeros(len(at), bool)
        out[there[share == 0]] = True
        return out

    def bare(self, level: int) -> int:
        """Candidates of a level whose chips are there and have data, where not one of them has features; else 0."""
        at = self.position(level)
        there = at[(at >= 0) & self.candidate(level) & ~self.empty(level)]
        matrix = self._matrix(level)
        return 0 if matrix is not None and (matrix.row_of[there] >= 0).any() else len(there)

    def walked(self, level: int, recall: float | None = None) -> Walked:
        """What becomes of the cells of a level: as it was left, or as it would be left now."""
        if level in self._walked and recall is None:
            return self._walked[level]
        return decide(self.candidate(level), self.said[level], self.cut(level, recall), self.empty(level))

    def cut(self, level: int, recall: float | None = None) -> Bool | None:
        """Cells below the threshold as it would be drawn now, bool (cells,); None where too few positives are known."""
        learned, cells, _ = self.learned(level)
        drawn = learned.threshold(self.record.recall if recall is None else recall)
        if not drawn.enough:
            return None
        out = np.zeros(len(self.pyramid.level(level)), bool)
        out[cells] = learned.cut(drawn)[0]
        return out

    def threshold(self, level: int, recall: float | None = None) -> tuple[Threshold, float | None]:
        """The threshold of a level and the score at which it lies: as it was left, or as it would be drawn now."""
        left = self.record.advance(level)
        if left is not None and recall is None:
            return left.threshold, left.score
        learned, _, _ = self.learned(level)
        drawn = learned.threshold(self.record.recall if recall is None else recall)
        return drawn, learned.cut(drawn)[1]

    def scores(self, level: int) -> Float32:
        """Likeness 0-1 of each cell, float32 (cells,); NaN where none is known."""
        learned, cells, _ = self.learned(level)
        out = np.full(len(self.pyramid.level(level)), np.nan, np.float32)
        out[cells] = learned.scores
        return out

    def learned(self, level: int) -> tuple[Learned, Int64, Float32]:
        """What is known of a level, the cells that it is known of, and their features."""
        with self._lock:
            if level not in self._learned:
                pool, cells = self._pool(level)
                of, known = self.backgrounds.get(level, (None, None))
                learned = learn(pool, background=known if of is not None and np.array_equal(of, cells) else None)
                self._learned[level] = learned, cells, pool.Z
                self.backgrounds[level] = cells, learned.background
            return self._learned[level]

    def ask(self, n: int, seed: int = 0) -> list[tuple[int, Asked]]:
        """Cells of the level that is worked on to answer next, with the reason."""
        level = self.record.level
        learned, cells, Z = self.learned(level)
        drawn = learned.threshold(self.record.recall)
        cut = learned.cut(drawn)[0] if drawn.enough else None
        open_ = self.said[level].value[cells] == 0
        return [(int(cells[asked.row]), asked) for asked in panel(Z, open_, learned, cut, n, seed=seed)]

    def conflicts(self) -> list[Conflict]:
        """Answers that contradict each other."""
        return conflicts(self.pyramid, self.said)

    def _find(self, level: int) -> Int64:
        chips = self.features.chips
        out = np.full(len(self.pyramid.level(level)), -1, np.int64)
        for i, extent in enumerate(self.pyramid.extents):
            name = part_name(extent.scene, level)
            for part in chips.parts:
                if part == name or part.startswith(f"{name}~"):
                    at = chips.positions(part)
                    rows, cols = (chips.column(c).to_numpy()[at].astype(np.int64) for c in ("row", "col"))
                    out[self.pyramid.cell(level, i, rows, cols)] = at
        return out

    def _matrix(self, level: int) -> Matrix | None:
        """The features of most chips of a level: those of other bands are other numbers."""
        at = self.position(level)
        there = at[at >= 0]
        return max(self.features.matrices, key=lambda m: int((m.row_of[there] >= 0).sum()), default=None)

    def _pool(self, level: int) -> tuple[Pool, Int64]:
        matrix = self._matrix(level)
        tree, said = self.pyramid.level(level), self.said[level]
        first = level == self.record.levels[0]
        parent = tree.row // 2 * (tree.col.max(initial=0) + 1) + tree.col // 2 if first else _parents(tree)
        if matrix is None:
            none = np.empty((0, 1), np.float32)
            return Pool(none, np.empty(0, np.int8), np.empty(0, np.int64), [], none), np.empty(0, np.int64)
        at = self.position(level)
        usable = (at >= 0) & self.candidate(level) & ~self.empty(level)
        usable[usable] = matrix.row_of[at[usable]] >= 0
        cells = np.flatnonzero(usable)
        row_of = np.full(len(tree), -1, np.int64)
        row_of[cells] = np.arange(len(cells))
        bags, negative = ([], matrix.rows(cells[:0])) if first else self._from_above(level, matrix, row_of)
        pool = Pool(matrix.rows(at[cells]), said.sign[cells], parent[cells], bags, negative, self._inherit)
        return pool, cells

    def _from_above(self, level: int, matrix: Matrix, row_of: Int64) -> tuple[list[Int64], Float32]:
        """Bags of the positive chips above, and features of the coarser chips without the class."""
        tree = self.pyramid.level(level)
        levels = self.record.levels
        coarser = levels[: levels.index(level)][::-1]
        positive = self.said[coarser[0]].sign > 0
        here = positive[tree.parent] & (row_of[tree.child] >= 0)
        order = np.argsort(tree.parent[here], kind="stable")
        child, parent = row_of[tree.child[here]][order], tree.parent[here][order]
        bags = np.split(child, np.flatnonzero(np.diff(parent)) + 1) if len(child) else []
        rows = []
        for number in coarser:
            at = self.position(number)
            at = at[(self.said[number].sign < 0) & (at >= 0)]
            rows.append(at[matrix.row_of[at] >= 0])
        return bags, matrix.rows(np.concatenate(rows)[:FROM_ABOVE])


def _parents(tree: Level) -> Int64:
    """A parent of each cell, int64 (cells,); -1 of cells without one."""
    out = np.full(len(tree), -1, np.int64)
    out[tree.child] = tree.parent
    return out
