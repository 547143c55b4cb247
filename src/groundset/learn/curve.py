"""A learning curve: how good the model was with fewer labels, and what more of them would bring.

The model is fitted to growing parts of the labels and asked about the spatial blocks that were held out; the balanced
error is drawn as an inverse power law, error = a + b m^-c (Cortes et al. 1994; Figueroa et al. 2012), and followed to
two and four times as many labels. What is not known is shown by resampling blocks (chips, where there are no places)
and orders of the labels: each resample has a law of its own, and the middle 90 % of them are the interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundset.features._blas import one_thread
from groundset.learn.calibration import folds
from groundset.learn.linear import Bools, Float64, Rows
from groundset.learn.similarity import Background, fit_shrunk

Ints = npt.NDArray[np.int64]

FEWEST = 30
"""Below this many labels no curve is drawn."""
MOST = 1_000
"""Labels that a curve looks at, drawn at random from more."""
JUDGED = 100
"""Below this many labels it is not said that they are enough."""
START = 10
SIZES = 7
DRAWS = 5
RESAMPLES = 400
HARDLY = 0.01
"""Labels are enough when doubling them is forecast to add less than this to balanced accuracy, at the interval's
end."""
POWERS = np.geomspace(0.15, 2.0, 24)
SURE = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Point:
    """Balanced accuracy at a number of labels, with the ends of its 90 % interval."""

    labels: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CurveResult:
    """A curve.

    Args:
        points: Measured, fewest labels first.
        forecast: At the labels there are, twice and four times as many.
        enough: Whether more labels will hardly help; None: not known.
        says: In a sentence, for people.
        folds: Whether what was held out were spatial blocks or chips drawn by class.
    """

    points: tuple[Point, ...]
    forecast: tuple[Point, ...]
    enough: bool | None
    says: str
    folds: Literal["blocked", "stratified"] | None


def learning_curve(
    Z: Rows, codes: npt.NDArray[np.integer], groups: Ints | None = None, *, seed: int = 0,
    background: Background | None = None,
) -> CurveResult:  # fmt: skip
    """Measure and forecast.

    Args:
        Z: Labelled rows (n, D), finite.
        codes: Their classes (n,).
        groups: Spatial block of each row (n,); None: stratified folds.
        seed: Of folds, orders and resampling.
        background: What all rows are like, for the model of two classes (:mod:`~groundset.learn.similarity`).
    """
    known: Ints = np.asarray(codes, np.int64)
    n, kinds = len(known), np.unique(known)
    if n < FEWEST or len(kinds) < 2:
        need = "labels of two kinds" if n >= FEWEST else f"{FEWEST} labels"
        return CurveResult((), (), None, f"A learning curve needs {need} at least.", None)
    rng = np.random.default_rng(seed)
    if n > MOST:
        some = np.sort(rng.permutation(n)[:MOST])
        Z, known, groups = Z[some], known[some], None if groups is None else groups[some]
    how: Literal["blocked", "stratified"] = "stratified" if groups is None else "blocked"
    fold = folds(known, groups, seed)
    with one_thread():
        sizes, right = _measured(np.asarray(Z, np.float32), known, fold, background, rng)
    if len(sizes) < 3:
        return CurveResult((), (), None, "The labels lie in too few places for a learning curve.", how)
    scores = _resampled(right, known, groups, rng)
    step = _step(n)
    ahead = np.array([n, 2 * n, 4 * n, n + step], np.float64)
    whole = _balanced(right, known)
    noise = float(np.var([_balanced(r[None], known) for r in right], axis=0).mean()) / len(right)
    middle, each = _forecast(sizes, whole, scores, ahead, noise, rng)
    forecast = tuple(_point(int(m), middle[i], each[:, i]) for i, m in enumerate(ahead[:3]))
    points = tuple(_point(int(m), whole[i], scores[:, i]) for i, m in enumerate(sizes))
    enough = bool(np.quantile(each[:, 1] - each[:, 0], SURE[1]) < HARDLY) if n >= JUDGED else None
    return CurveResult(
        points, forecast, enough, _says(step, middle[3] - middle[0], each[:, 3] - each[:, 0], enough), how
    )


def _measured(
    Z: npt.NDArray[np.float32], codes: Ints, fold: Ints, background: Background | None, rng: np.random.Generator
) -> tuple[Ints, Bools]:
    """Numbers of labels (s,), and whether each held-out row was answered rightly: bool (draws, s, n)."""
    kinds = np.unique(codes)
    smallest = min(int((fold != k).sum()) for k in np.unique(fold))
    sizes = np.unique(np.geomspace(max(START, 2 * len(kinds)), smallest, SIZES).astype(np.int64))
    right = np.zeros((DRAWS, len(sizes), len(codes)), bool)
    for draw in range(DRAWS):
        for k in np.unique(fold):
            test = np.flatnonzero(fold == k)
            order = _order(codes, np.flatnonzero(fold != k), rng)
            for i, size in enumerate(sizes):
                right[draw, i, test] = _answers(Z, codes, order[:size], test, background) == codes[test]
    return sizes, right


def _order(codes: Ints, rows: Ints, rng: np.random.Generator) -> Ints:
    """Rows in random order, one of each class first, so that the smallest part knows all of them."""
    rows = rng.permutation(rows)
    first = np.unique(codes[rows], return_index=True)[1]
    return np.concatenate([rows[first], np.delete(rows, first)])


def _answers(Z: npt.NDArray[np.float32], codes: Ints, train: Ints, test: Ints, background: Background | None) -> Ints:
    kinds = np.unique(codes[train])
    if len(kinds) == 1:
        return np.full(len(test), kinds[0])
    if len(np.unique(codes)) == 2:
        model = fit_shrunk(Z[train], codes[train] == kinds[1], background=background)
        return np.asarray(kinds[(model.decide(Z[test]) > 0).astype(np.int64)], np.int64)
    from groundset.learn.classifier import fit_classifier

    return fit_classifier(Z[train], codes[train]).predict(Z[test])


def _balanced(right: Bools, codes: Ints) -> Float64:
    """Balanced accuracy at each number of labels, float64 (s,), over all draws of bool (draws, s, n)."""
    return np.asarray(np.mean([right[:, :, codes == c].mean(axis=(0, 2)) for c in np.unique(codes)], axis=0))


def _resampled(right: Bools, codes: Ints, groups: Ints | None, rng: np.random.Generator) -> Float64:
    """Balanced accuracies (resamples, s): blocks (or rows) and draws are drawn anew."""
    members = np.arange(len(codes)) if groups is None else np.unique(groups, return_inverse=True)[1]
    count = int(members.max()) + 1
    weight = rng.multinomial(count, np.full(count, 1 / count), RESAMPLES)[:, members].astype(np.float64)
    drawn = rng.multinomial(len(right), np.full(len(right), 1 / len(right)), RESAMPLES) / len(right)
    out = []
    for c in np.unique(codes):
        of = codes == c
        total = weight[:, of].sum(axis=1)
        hits = np.einsum("dsn,bn->bds", right[:, :, of].astype(np.float64), weight[:, of], optimize=True)
        share = np.einsum("bds,bd->bs", hits, drawn) / np.maximum(total, 1e-12)[:, None]
        out.append(np.where(total[:, None] > 0, share, np.nan))
    return np.asarray(np.nanmean(out, axis=0))


def _laws(sizes: Ints, error: Float64) -> tuple[Float64, Float64]:
    """For each power c the law error = a + b m^-c with the least weighted squares, a and b not below 0.

    Later points count more.

    Args:
        sizes: Numbers of labels (s,).
        error: Balanced errors (s,).

    Returns:
        (a, b) float64 (powers, 2), and the weighted mean squares that are left (powers,).
    """
    m = sizes.astype(np.float64)
    weight = np.sqrt(m) / np.sqrt(m).sum()
    x = m[None, :] ** -POWERS[:, None]
    mx, my = x @ weight, float(weight @ error)
    b = ((x - mx[:, None]) * (error - my)) @ weight / np.maximum((x - mx[:, None]) ** 2 @ weight, 1e-18)
    a = my - b * mx
    through = (x * error) @ weight / ((x * x) @ weight)
    a, b = np.where(b < 0, my, a), np.maximum(b, 0)
    a, b = np.where(a < 0, 0, a), np.where(a < 0, through, b)
    rest = (a[:, None] + b[:, None] * x - error) ** 2 @ weight
    return np.stack([a, b], axis=1), rest


def _ahead(laws: Float64, power: npt.NDArray[np.intp] | int, labels: Float64) -> Float64:
    """Accuracy by the law of a power at numbers of labels (k,)."""
    a, b = laws[power]
    return np.asarray(1 - a - b * labels ** -POWERS[power])


def _forecast(
    sizes: Ints, whole: Float64, each: Float64, labels: Float64, noise: float, rng: np.random.Generator
) -> tuple[Float64, Float64]:
    """Accuracies at numbers of labels (k,): by the best law, and by a law of each resample (resamples, k).

    A curve of few points fits several powers nearly as well. A resample takes one of them by chance, the likelier the
    better it fits, so that the interval knows of slow and of quick laws.

    Args:
        sizes: Numbers of labels that were measured (s,).
        whole: Accuracies there (s,).
        each: The same of each resample (resamples, s).
        labels: Where to look.
        noise: Variance of a measured accuracy that orders of the labels make.
        rng: Takes the powers.
    """
    laws, rest = _laws(sizes, 1 - whole)
    best = int(rest.argmin())
    middle = _ahead(laws, best, labels)
    noise = max(noise, float(rest[best]), 1e-7)
    out = np.empty((len(each), len(labels)))
    for i, scores in enumerate(each):
        laws, rest = _laws(sizes, 1 - scores)
        chance = np.exp(-(rest - rest.min()) * len(sizes) / (2 * noise))
        out[i] = _ahead(laws, int(rng.choice(len(chance), p=chance / chance.sum())), labels)
    return middle, out


def _step(n: int) -> int:
    """A round number of further labels to speak of: about half of what there is, up to 1,000."""
    return max(s for s in (10, 20, 50, 100, 200, 500, 1_000) if s <= max(10, n // 2))


def _point(labels: int, mean: float, each: Float64) -> Point:
    low, high = np.quantile(each, SURE)
    return Point(labels, float(mean), float(min(low, mean)), float(max(high, mean)))


def _says(step: int, gain: float, each: Float64, enough: bool | None) -> str:
    low, high = (max(0.0, float(v)) * 100 for v in np.quantile(each, SURE))
    points = max(0.0, gain) * 100
    low, high = min(low, points), max(high, points)
    said = f"{step:,} more labels would add about {points:.1f} points ({low:.1f} to {high:.1f})."
    return f"{said} More labels will hardly help." if enough else said
