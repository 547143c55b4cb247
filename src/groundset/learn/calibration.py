"""Confidence that holds what it says: out of a hundred chips shown with 0.8, about eighty are the class.

The model is fitted again without each fold of the labelled chips and decides on that fold; a logistic curve through
those decisions (Platt 1999, with his targets short of 0 and 1) turns decisions into confidence. Folds are whole spatial
blocks where places are known, because a chip's neighbours would give its answer away.

Which share of positives is assumed: that among the labels. It is right for chips that came up as the labelled ones
did, and labels that a person or `suggest` picked by what chips look like keep it right, however many of each there are.
Where each class was collected by itself (a hundred water, a hundred not), a rare class would be overrated:
:meth:`Calibration.towards` moves the curve to the share that the decisions on all chips speak for (Saerens et al.
2002).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundset.learn.linear import STRENGTH, Bools, Float32, Float64, Rows, fit_gram, lengths_of
from groundset.learn.similarity import PULL, rocchio_coefficients
from groundset.segment.blocks import Places, folds_of

Ints = npt.NDArray[np.int64]

FEWEST = 20
"""Below this many labels nothing calibrated is said."""
FOLDS = 5
BINS = 10
WANTED_BLOCKS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Out-of-fold predictions of nearly one confidence."""

    low: float
    high: float
    confidence: float
    share: float
    count: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic curve over decisions, and how well it holds out of fold.

    Args:
        slope: Confidence = logistic(slope * decision + offset).
        offset: See there.
        error: Expected calibration error out of fold, in bins of equal mass.
        error_wide: The same in ten bins of equal width.
        accuracy: Balanced accuracy out of fold, at confidence 0.5.
        folds: Whether folds were spatial blocks or stratified.
        share: Share of positives that the confidence assumes.
        labels: Number of labels that spoke.
        bins: Of equal mass, lowest first.
    """

    slope: float
    offset: float
    error: float
    error_wide: float
    accuracy: float
    folds: Literal["blocked", "stratified"]
    share: float
    labels: int
    bins: tuple[Bin, ...]

    def apply(self, decisions: npt.NDArray[np.floating]) -> Float32:
        """Confidence 0-1, float32, of decisions of any shape."""
        x = np.float32(self.slope) * np.asarray(decisions, np.float32) + np.float32(self.offset)
        return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))), np.float32)

    def towards(self, decisions: npt.NDArray[np.floating]) -> Calibration:
        """The curve for the chips whose decisions these are: see the module's text. Errors stay as they are."""
        share = population_share(self.apply(decisions), self.share)
        move = _logit(share) - _logit(self.share)
        return replace(self, offset=self.offset + move, share=share)


def calibrate(
    Z: Rows, positive: Bools, groups: Ints | None = None, *, seed: int = 0, strength: float = STRENGTH
) -> Calibration | None:
    """Calibrate what :func:`groundset.learn.similarity.likeness` makes of these labels.

    Args:
        Z: Labelled rows (n, D).
        positive: Bool (n,).
        groups: Number of the spatial block of each row (:func:`blocks_of`), int (n,); None: stratified folds.
        seed: Of the folds.
        strength: Of the classifier's shrinkage.

    Returns:
        None with fewer than 20 labels, or where no fold leaves both answers on both sides.
    """
    positive = np.asarray(positive, bool)
    n = len(positive)
    if n < FEWEST or positive.all() or not positive.any():
        return None
    fold = folds(positive, groups, seed)
    decisions = out_of_fold(Z, positive, fold, strength=strength)
    known = np.isfinite(decisions)
    kept = positive[known]
    if known.sum() < FEWEST or kept.all() or not kept.any():
        return None
    decisions, fold = decisions[known], fold[known]
    slope, offset = platt(decisions, kept)
    honest = np.empty(len(kept))
    for k in np.unique(fold):
        there = fold == k
        rest = kept[~there]
        a, b = platt(decisions[~there], rest) if rest.any() and not rest.all() else (slope, offset)
        honest[there] = _curve(a * decisions[there] + b)
    bins = reliability(honest, kept)
    right = (honest >= 0.5) == kept
    return Calibration(
        slope=slope,
        offset=offset,
        error=error_of(bins),
        error_wide=error_of(reliability(honest, kept, width=True)),
        accuracy=float((right[kept].mean() + right[~kept].mean()) / 2),
        folds="stratified" if groups is None else "blocked",
        share=float(kept.mean()),
        labels=len(kept),
        bins=bins,
    )


def folds(positive: npt.NDArray[np.generic], groups: Ints | None, seed: int, count: int = FOLDS) -> Ints:
    """Fold of each row, int (n,): whole groups where given, each class spread evenly."""
    kinds, codes = np.unique(np.asarray(positive), return_inverse=True)
    if groups is not None:
        blocks = np.unique(groups, return_inverse=True)[1].astype(np.int64)
        return folds_of(blocks, codes.astype(np.uint8), seed, count)[blocks]
    out = np.empty(len(codes), np.int64)
    rng = np.random.default_rng(seed)
    start = 0
    for k in range(len(kinds)):
        rows = rng.permutation(np.flatnonzero(codes == k))
        out[rows] = (np.arange(len(rows)) + start) % count
        start += len(rows)
    return out


def out_of_fold(Z: Rows, positive: Bools, fold: Ints, *, strength: float = STRENGTH, pull: float = PULL) -> Float64:
    """Decisions on each fold of the model fitted without it, float64 (n,); NaN where one answer only was left.

    All folds are fitted from one Gram matrix of unit rows.
    """
    rows = np.asarray(Z, np.float64)
    rows = rows / lengths_of(rows)[:, None]
    gram = rows @ rows.T
    out = np.full(len(rows), np.nan)
    for k in np.unique(fold):
        test, train = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        answers = positive[train]
        if answers.all() or not answers.any():
            continue
        inner, across = gram[np.ix_(train, train)], gram[np.ix_(test, train)]
        prior = rocchio_coefficients(answers)
        length = float(np.sqrt(max(float(prior @ inner @ prior), 0.0)))
        prior = prior * (pull / length) if length > 1e-9 else prior * 0
        fit = fit_gram(inner, answers, offsets=inner @ prior, strength=strength)
        out[test] = across @ (fit.coefficients + prior) + fit.bias
    return out


def platt(decisions: npt.NDArray[np.floating], positive: Bools) -> tuple[float, float]:
    """Slope and offset of the logistic curve through decisions; the slope is never negative.

    Targets are (n+ + 1) / (n+ + 2) and 1 / (n- + 2), as Platt has them, so that separable labels end with a finite
    slope.
    """
    x = np.asarray(decisions, np.float64)
    n, k = len(x), int(positive.sum())
    target = np.where(positive, (k + 1) / (k + 2), 1 / (n - k + 2))
    middle, spread = float(x.mean()), float(x.std()) or 1.0
    design = np.stack([(x - middle) / spread, np.ones(n)], axis=1)
    theta = np.array([0.0, _logit(float(target.mean()))])
    for _ in range(50):
        p = _curve(design @ theta)
        slope = design.T @ (target - p)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, slope)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        theta += step
        if np.abs(step).max() < 1e-6:
            break
    if theta[0] < 0:
        theta = np.array([0.0, _logit(float(target.mean()))])
    return float(theta[0] / spread), float(theta[1] - theta[0] * middle / spread)


def population_share(confidence: npt.NDArray[np.floating], share: float) -> float:
    """Share of positives among chips, from confidences that assume ``share`` (Saerens et al. 2002, by EM)."""
    counts, edges = np.histogram(np.asarray(confidence, np.float64).ravel(), bins=512, range=(0, 1))
    p, weight = (edges[:-1] + edges[1:]) / 2, counts / max(counts.sum(), 1)
    now = share
    for _ in range(200):
        up, down = p * now / share, (1 - p) * (1 - now) / (1 - share)
        new = float(weight @ (up / (up + down)))
        new = min(max(new, 1e-4), 1 - 1e-4)
        if abs(new - now) < 1e-6:
            return new
        now = new
    return now


def reliability(
    confidence: npt.NDArray[np.floating], positive: Bools, *, bins: int | None = None, width: bool = False
) -> tuple[Bin, ...]:
    """Reliability bins, lowest confidence first.

    Args:
        confidence: (n,), 0-1.
        positive: Bool (n,).
        bins: How many; None: ten, and with few rows as many as leave twenty rows in each.
        width: Bins of equal width in place of equal mass.
    """
    confidence = np.asarray(confidence, np.float64)
    n = len(confidence)
    bins = bins or (BINS if width else max(2, min(BINS, n // 20)))
    if width:
        place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    else:
        place = np.empty(n, np.int64)
        place[np.argsort(confidence, kind="stable")] = np.arange(n) * bins // n
    out = []
    for b in range(bins):
        there = place == b
        if there.any():
            c = confidence[there]
            low, high = (b / bins, (b + 1) / bins) if width else (c.min(), c.max())
            out.append(Bin(float(low), float(high), float(c.mean()), float(positive[there].mean()), int(there.sum())))
    return tuple(out)


def error_of(bins: tuple[Bin, ...]) -> float:
    """Expected calibration error: mean distance of confidence from share, weighed by the bins' counts."""
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.confidence - b.share) for b in bins) / max(total, 1)


def blocks_of(
    x: npt.NDArray[np.floating],
    y: npt.NDArray[np.floating],
    ground: npt.NDArray[np.integer],
    labels: npt.NDArray[np.generic],
    *,
    size: float,
) -> Ints | None:
    """Spatial blocks for folds: the largest that give ten of them, with each class in at least two.

    Args:
        x: Chip centres, any unit, the same for all of one ground; NaN where a chip has no place.
        y: See there.
        ground: Names what x and y count in (a CRS, or a scene without one), int (n,).
        labels: Classes (n,), of any type.
        size: Side of a chip in that unit.

    Returns:
        Number of each row's block, int64 (n,); None where places are missing or no blocks do.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if not len(x) or not (np.isfinite(x) & np.isfinite(y)).all() or not size > 0:
        return None
    places = Places(
        np.asarray(ground, np.int64), np.floor(x / size).astype(np.int64), np.floor(y / size).astype(np.int64)
    )
    kinds = np.unique(labels)
    best: Ints | None = None
    for side in (64, 32, 16, 8, 4, 2, 1):
        block = places.block(side)
        if min(len(np.unique(block[labels == c])) for c in kinds) < 2:
            continue
        best = block
        if block.max() + 1 >= WANTED_BLOCKS:
            return block
    return best


def _curve(x: Float64) -> Float64:
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))
