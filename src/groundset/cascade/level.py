"""One level learned: its candidates ranked by the product's learner, from answers and from the bags of the level above.

Nothing here knows of files or journals: rows are candidates of the level with features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundset.cascade.bags import Bool, Fitted, Float32, Int8, Int64, fit_bags
from groundset.cascade.threshold import Threshold, threshold
from groundset.features._blas import one_thread
from groundset.learn.calibration import folds
from groundset.learn.similarity import Background, Likeness, likeness

SAMPLE = 4_000
"""Candidates that tell what the level is like on the whole."""
MOST = 2_000
"""Children of positive bags that learn, at most."""
FOLDS = 10


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
    """

    decisions: Float32
    scores: Float32
    meaning: Literal["none", "similarity", "score"]
    held: npt.NDArray[np.float64]
    steps: int = 0
    order: Int64 = field(default_factory=lambda: np.empty(0, np.int64))

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


def learn(pool: Pool, *, seed: int = 0) -> Learned:
    """Rank the candidates of a level.

    Args:
        pool: The candidates.
        seed: Of the folds.
    """
    n = len(pool.Z)
    nothing = np.full(n, np.nan, np.float32)
    if not n:
        return Learned(nothing, nothing, "none", np.empty(0))
    with one_thread():
        background = Background.fit(pool.Z[:: max(1, n // SAMPLE)])
        fitted = _fitted(pool, background)
        if fitted is None:
            return Learned(nothing, nothing, "none", np.empty(0))
        model = fitted.model
        assert isinstance(model, Likeness)
        decisions = model.decide(pool.Z)
        held = _held(pool, fitted.sign, background, seed) if model.meaning == "score" else np.empty(0)
    order = np.argsort(decisions, kind="stable")
    return Learned(decisions, model.scores(decisions), model.meaning, held, fitted.steps, order)


def _fitted(pool: Pool, background: Background) -> Fitted | None:
    n, m = len(pool.Z), len(pool.negative)
    Z = np.concatenate([pool.Z, pool.negative]) if m else pool.Z
    known = np.concatenate([pool.sign, np.full(m, -1, np.int8)])
    found = fit_bags(Z, known, _some(pool.bags), lambda rows, there: _like(rows, there, background),
                     inherit=pool.inherit)  # fmt: skip
    return None if found is None else Fitted(found.model, found.sign[:n], found.steps)


def _like(rows: Float32, there: Bool, background: Background) -> Likeness:
    return likeness(rows[there], rows[~there], background=background)


def _held(pool: Pool, sign: Int8, background: Background, seed: int) -> npt.NDArray[np.float64]:
    """Rank of each positive chip that people know, by a model without its fold."""
    positive = np.flatnonzero(pool.sign > 0)
    rows = np.flatnonzero(sign)
    if len(positive) < 2:
        return np.empty(0)
    fold = np.full(len(sign), -1, np.int64)
    fold[rows] = folds(sign[rows] > 0, pool.parent[rows], seed, FOLDS)
    out = np.full(len(sign), np.nan)
    for k in np.unique(fold[positive]):
        train = rows[fold[rows] != k]
        there = sign[train] > 0
        if not there.any():
            continue
        P, N = pool.Z[train[there]], np.concatenate([pool.Z[train[~there]], pool.negative])
        if not len(N):
            continue
        decisions = likeness(P, N, background=background).decide(pool.Z)
        test = positive[fold[positive] == k]
        out[test] = np.searchsorted(np.sort(decisions), decisions[test]) / len(decisions)
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
