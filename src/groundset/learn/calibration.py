"""Confidence that holds what it says: out of a hundred chips shown with 0.8, about eighty are the class.

The model is fitted again without each fold of the labelled chips and decides on that fold; a logistic curve through
those decisions (Platt 1999, with his targets short of 0 and 1) turns decisions into confidence. Folds are whole spatial
blocks where places are known, because a chip's neighbours would give its answer away.

Which share of positives is assumed? Labelled chips are never drawn at random, and there are two ways that they come up.
Chosen by what they look like (most doubtful, most alike), they say nothing about how frequent the class is, but among
chips that look alike the share is right as it is: that of the labels is kept. Collected by class (a hundred water, a
hundred not), they overrate a rare class, and the share is estimated for which the decisions on all chips make sense
(Saerens, Latinne and Decaestecker 2002). Which of the two holds shows in the decisions: only labels collected by class,
weighed by that share, have decisions spread as those of all chips (:meth:`Calibration.towards`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundset.learn.linear import Bools, Float32, Float64, Rows, check_finite, fit_gram
from groundset.learn.similarity import Background, as_read, prior_of
from groundset.segment.blocks import Places, folds_of

Ints = npt.NDArray[np.int64]

FEWEST = 20
"""Below this many labels nothing calibrated is said."""
FOLDS = 5
BINS = 10
WANTED_BLOCKS = 10
CHOSEN = 0.3
"""Labels whose decisions are farther than this from those of all chips (largest distance of their distributions) were
not drawn by class. On digits, LetterRecognition, Vowel, Vehicle and Itaipu it is at most 0.17 for those that were, and
at least 0.44 for those picked by margin or likeness."""

SPREAD = 0.4
"""Standard deviation of the share of positives around that of the labels, before the chips themselves are asked."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Out-of-fold predictions of nearly one confidence."""

    low: float
    high: float
    confidence: float
    share: float
    count: int


@dataclass(frozen=True, slots=True, eq=False)
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
        held: Out-of-fold decisions and their answers.
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
    held: tuple[Float64, Bools]

    def apply(self, decisions: npt.NDArray[np.floating]) -> Float32:
        """Confidence 0-1, float32, of decisions of any shape."""
        x = np.float32(self.slope) * np.asarray(decisions, np.float32) + np.float32(self.offset)
        return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))), np.float32)

    def towards(self, decisions: npt.NDArray[np.floating]) -> Calibration:
        """The curve for the chips whose decisions these are, a sample of all; itself where labels were chosen by looks.

        Errors, accuracy and bins stay: they are about the labelled chips as they came.
        """
        found = population_share(self.apply(decisions), self.share)
        share = self.share + self._trust() * (found - self.share)
        if _apart(*self.held, share, decisions) > CHOSEN:
            return self
        return self.assuming(share)

    def _trust(self) -> float:
        """How far an estimated share is believed, 0-1: little where few labels hardly tell the classes apart.

        An estimate inherits the error of the rates (right among positives, wrong among negatives) that it rests on,
        divided by their difference (Rogan and Gladen 1978); it is weighed against a share known to within SPREAD.
        """
        held, positive = self.held
        said = self.slope * held + self.offset + _logit(float(positive.mean())) - _logit(self.share) >= 0
        rates = [((said[kind].sum() + 1) / (kind.sum() + 2), kind.sum()) for kind in (positive, ~positive)]
        variance = sum(rate * (1 - rate) / n for rate, n in rates) / max(rates[0][0] - rates[1][0], 1e-6) ** 2
        return SPREAD**2 / (SPREAD**2 + float(variance))

    def assuming(self, share: float) -> Calibration:
        """The curve for chips of which this share are positive."""
        share = min(max(share, 1e-4), 1 - 1e-4)
        return replace(self, offset=self.offset + _logit(share) - _logit(self.share), share=share)


def calibrate(
    Z: Rows,
    positive: Bools,
    groups: Ints | None = None,
    *,
    seed: int = 0,
    background: Background | None = None,
    share: float | None = None,
) -> Calibration | None:
    """Calibrate what :func:`groundset.learn.similarity.likeness` makes of these labels.

    Args:
        Z: Labelled rows (n, D).
        positive: Bool (n,).
        groups: Number of the spatial block of each row (:func:`blocks_of`), int (n,); None: stratified folds.
        seed: Of the folds.
        background: The one that likeness was given; its chips tell which share of positives to assume.
        share: Share of positives among all labels, where these were drawn from them by class; None: as they are.

    Returns:
        None with fewer than 20 labels, or where no fold leaves both answers on both sides.

    Raises:
        InputError: Features that are not finite.
    """
    positive = np.asarray(positive, bool)
    n = len(positive)
    if n < FEWEST or positive.all() or not positive.any():
        return None
    fold = folds(positive, groups, seed)
    rows = as_read(Z, background)
    check_finite(rows)
    decisions, everyone = _decisions(rows, positive, fold, background)
    known = np.isfinite(decisions)
    kept = positive[known]
    if known.sum() < FEWEST or kept.all() or not kept.any():
        return None
    decisions, fold = decisions[known], fold[known]
    slope, offset = platt(decisions, kept)
    honest = _held_out(decisions, kept, fold, (slope, offset))
    bins = reliability(honest, kept)
    right = (honest >= 0.5) == kept
    made = Calibration(
        slope=slope,
        offset=offset,
        error=error_of(bins),
        error_wide=error_of(reliability(honest, kept, width=True)),
        accuracy=float((right[kept].mean() + right[~kept].mean()) / 2),
        folds="stratified" if groups is None else "blocked",
        share=float(kept.mean()),
        labels=len(kept),
        bins=bins,
        held=(decisions, kept),
    )
    made = made if share is None else made.assuming(share)
    return made if everyone is None else made.towards(everyone)


def _held_out(decisions: Float64, positive: Bools, fold: Ints, whole: tuple[float, float]) -> Float64:
    """Confidence of each row by the curve through the other folds, so that a curve is not judged by what drew it."""
    out = np.empty(len(positive))
    for k in np.unique(fold):
        there = fold == k
        rest = positive[~there]
        a, b = platt(decisions[~there], rest) if rest.any() and not rest.all() else whole
        out[there] = _curve(a * decisions[there] + b)
    return out


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


def out_of_fold(Z: Rows, positive: Bools, fold: Ints, *, background: Background | None = None) -> Float64:
    """Decisions on each fold of the model fitted without it, float64 (n,); NaN where one answer only was left."""
    return _decisions(as_read(Z, background), np.asarray(positive, bool), fold, background)[0]


def _decisions(
    rows: Float64, positive: Bools, fold: Ints, background: Background | None
) -> tuple[Float64, Float32 | None]:
    """Decisions out of fold, and those of the whole model on the background; all fits share one Gram matrix."""
    gram = rows @ rows.T
    prior, strength = prior_of(rows, positive, background)
    whole = fit_gram(gram, positive, offsets=rows @ prior, strength=strength)
    everyone = None
    if background is not None:
        weights = rows.T @ whole.coefficients + prior
        everyone = background.rows @ weights.astype(np.float32) + np.float32(whole.bias)
    out = np.full(len(rows), np.nan)
    for k in np.unique(fold):
        test, train = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
        answers = positive[train]
        if answers.all() or not answers.any():
            continue
        offsets = rows @ prior_of(rows[train], answers, background)[0]
        start = whole.alpha[train]
        fit = fit_gram(gram[np.ix_(train, train)], answers, offsets=offsets[train], strength=strength, start=start)
        out[test] = gram[np.ix_(test, train)] @ fit.coefficients + offsets[test] + fit.bias
    return out, everyone


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


def _apart(held: Float64, positive: Bools, share: float, decisions: npt.NDArray[np.floating]) -> float:
    """Largest distance of two distributions: labelled chips' decisions, weighed to a share of positives, and all's."""
    weight = np.where(positive, share / positive.mean(), (1 - share) / (1 - positive.mean()))
    order = np.argsort(held, kind="stable")
    ours = np.cumsum(weight[order]) / weight.sum()
    theirs = np.searchsorted(np.sort(decisions, axis=None), held[order], side="right") / max(decisions.size, 1)
    return float(np.abs(ours - theirs).max())


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
        place = np.searchsorted(np.sort(confidence), confidence) * bins // n  # what is alike stays together
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
