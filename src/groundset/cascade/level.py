"""One level learned: its candidates ranked by the product's learner, from answers and from the bags of the level above.

Nothing here knows of files or journals: rows are candidates of the level with features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundset.cascade.bags import Bool, Float32, Int8, Int64, Rows, fit_bags
from groundset.cascade.threshold import Threshold, threshold
from groundset.features._blas import one_thread
from groundset.learn.calibration import folds
from groundset.learn.linear import Linear
from groundset.learn.similarity import Background, Likeness, as_read, fit_read, likeness, likeness_read

SAMPLE = 4_000
"""Candidates that tell what the level is like on the whole."""
MOST = 2_000
"""Children of positive bags that learn, at most."""
FOLDS = 5


@dataclass(frozen=True)
class Pool:
    """The candidates of a level that have features.

    Args:
        Z: Features, finite, float32 (n, D).
        sign: What people said, int8 (n,): 1, -1, 0.
        parent: int64 (n,), a number for each parent: children of one parent are judged by a model that knows none.
        bags: Rows of each positive bag.
        negative: Features of chips of the level above that have not the class, float32 (m, D): all their children have
            not, and are never made, so that their mean (which a chip's features are, nearly) stands for them.
    """

    Z: Float32
    sign: Int8
    parent: Int64
    bags: Sequence[Int64]
    negative: Float32
    inherit: bool = False


@dataclass(frozen=True)
class Learned:
    """What is known of a level.

    Args:
        decisions: float32 (n,), higher is likelier; NaN where nothing could be learned.
        scores: float32 (n,), the same on 0 to 1, in the same order.
        meaning: ``none``, ``similarity`` (positive chips alone are known) or ``score``.
        held: float64 (positives,), rank among all candidates, 0 to 1, of each known positive chip by a model that did
            not learn from it or its siblings.
        steps: Fits that the bags took.
        order: int64 (n,), candidates from the lowest decision.
        background: What the candidates are like on the whole.
    """

    decisions: Float32
    scores: Float32
    meaning: Literal["none", "similarity", "score"]
    held: npt.NDArray[np.float64]
    steps: int = 0
    order: Int64 = field(default_factory=lambda: np.empty(0, np.int64))
    background: Background | None = None

    def threshold(self, recall: float) -> Threshold:
        """Where to cut so that this share of the positive chips is kept."""
        return threshold(self.held, recall)

    def cut(self, drawn: Threshold) -> tuple[Bool, float | None]:
        """Rows below a threshold, bool (n,), and the score at which it lies; None where nothing is rejected."""
        out = np.zeros(len(self.decisions), bool)
        if drawn.at is None or not len(self.order):
            return out, None
        below = int(np.floor(drawn.at * len(self.order)))
        if not below:
            return out, 0.0
        out[self.order[:below]] = True
        return out, float(self.scores[self.order[min(below, len(self.order) - 1)]])


def learn(pool: Pool, *, seed: int = 0, background: Background | None = None) -> Learned:
    """Rank the candidates of a level.

    Args:
        pool: The candidates.
        seed: Of the folds.
        background: What these candidates are like on the whole, where that was found before.
    """
    n = len(pool.Z)
    nothing = np.full(n, np.nan, np.float32)
    if not n:
        return Learned(nothing, nothing, "none", np.empty(0))
    with one_thread():
        background = background or Background.fit(pool.Z[:: max(1, n // SAMPLE)])
        found = _Taught(pool, background).fit(seed)
        if found is None:
            return Learned(nothing, nothing, "none", np.empty(0), background=background)
        model, steps, held = found
        decisions = model.decide(pool.Z)
    order = np.argsort(decisions, kind="stable")
    return Learned(decisions, model.scores(decisions), model.meaning, held, steps, order, background)


class _Taught:
    """The rows of a pool that teach, read once for all fits; each fit begins where the one before it ended."""

    def __init__(self, pool: Pool, background: Background) -> None:
        self.pool, self.background = pool, background
        self.bags = _some(pool.bags)
        self.at = np.unique(np.concatenate([np.flatnonzero(pool.sign), *self.bags]))
        self.Z = np.concatenate([pool.Z[self.at], pool.negative.reshape(-1, pool.Z.shape[1])])
        self.known = np.concatenate([pool.sign[self.at], np.full(len(self.Z) - len(self.at), -1, np.int8)])
        self.rows = as_read(self.Z, background)
        self.last: Linear | None = None

    def fit(self, seed: int) -> tuple[Likeness, int, npt.NDArray[np.float64]] | None:
        """What ranks the candidates, the steps that the bags took, and the ranks held out; None without a positive."""
        if not (self.known < 0).any():
            known = self.known > 0
            known[np.searchsorted(self.at, np.concatenate([self.at[:0], *self.bags]))] = True
            alike = likeness(self.Z[known], background=self.background) if known.any() else None
            return None if alike is None else (alike, 1, np.empty(0))
        bags = [np.searchsorted(self.at, bag) for bag in self.bags]
        found = fit_bags(self.rows, self.known, bags, self._fit, inherit=self.pool.inherit)
        if found is None:
            return None
        assert isinstance(found.model, Linear)
        model = likeness_read(found.model, self.rows, self.background)
        return model, found.steps, self._held(found.sign, found.model, seed)

    def _fit(self, rows: Rows, there: Bool) -> Linear:
        self.last = fit_read(np.asarray(rows, np.float64), there, self.background, start=self.last)
        return self.last

    def _held(self, sign: Int8, whole: Linear, seed: int) -> npt.NDArray[np.float64]:
        """Rank of each positive chip that people know, by a model without its fold."""
        m = len(self.at)
        positive = np.flatnonzero(self.known[:m] > 0)
        if len(positive) < 2:
            return np.empty(0)
        fold = np.full(len(sign), -1, np.int64)
        fold[:m] = folds(sign[:m] > 0, self.pool.parent[self.at], seed, FOLDS)
        out = np.full(len(sign), np.nan)
        for k in np.unique(fold[positive]):
            train = np.flatnonzero(fold != k)
            there = sign[train] > 0
            if there.all() or not there.any():
                continue
            model = fit_read(self.rows[train], there, self.background, start=whole)
            decisions = self.background.back(model).decide(self.pool.Z)
            test = positive[fold[positive] == k]
            out[test] = np.searchsorted(np.sort(decisions), decisions[self.at[test]]) / len(decisions)
        return np.asarray(out[np.isfinite(out)])


def _some(bags: Sequence[Int64]) -> list[Int64]:
    """Bags, at most so many children of them in all."""
    out, left = [], MOST
    for bag in bags:
        if len(bag) > left:
            break
        out.append(bag)
        left -= len(bag)
    return out
