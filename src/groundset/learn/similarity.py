"""Likeness to examples: what ranks chips from the first labelled chip on.

``logistic`` (default): with examples of both kinds a class-balanced logistic regression on rows of unit length, shrunk
towards Rocchio's direction, which leads while labels are few; with positive examples only, their mean direction. Where
it is known what chips are like on the whole (:class:`Background`), both look away from what most of them vary in.
``rocchio``: 2 x mean of positives - mean of negatives, on rows of unit length (Rocchio 1971).
``mean``: what Uncharted's Distil does: the generalized mean (p = 4) of the dot products of whitened features with the
positive examples, over that with the negative ones. It loses the sign of the dot products and takes a product for each
example; it is here to be compared with.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from groundset.core import InputError
from groundset.learn.linear import STRENGTH, Bools, Float32, Float64, Linear, Rows, check_finite, fit_linear, lengths_of

Method = Literal["logistic", "rocchio", "mean"]
METHODS: tuple[Method, ...] = ("logistic", "rocchio", "mean")

POWER = 4
PULL = 20.0
"""Length of the direction that weights are shrunk towards, where nothing is known of other chips."""
SURE = 3.0
"""How far, in decisions, chips lie apart (standard deviation) by the direction that weights are shrunk towards."""
FIRM = 0.3
"""Strength of that shrinkage. This and the numbers beside it were chosen on EuroSAT chips and pixels, Wake, Itaipu,
digits, LetterRecognition, Vowel and Vehicle."""
SOFT = 5.0
"""Where soft whitening sets in, as a multiple of the mean variance along an axis."""
FAR = 2.0
"""Standard deviations from the mean of all chips that show as a similarity of 0.85."""
TYPICAL = 2.0
"""Decision at which a typical labelled chip is shown while nothing is calibrated."""
MOST = 64
"""Examples of a kind that the generalized mean looks at, the latest of them."""
BLOCK = 65_536
RIDGE = 1e-3
"""Added to the covariance's eigenvalues when whitening, as a share of their mean."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """Makes features uncorrelated and of unit variance.

    Args:
        middle: Float32 (D,), the sample's mean.
        matrix: Float32 (D, D), symmetric (ZCA).
    """

    middle: Float32
    matrix: Float32

    @classmethod
    def fit(cls, sample: Rows) -> Whitening:
        """From a sample of rows (m, D), some thousands of them."""
        rows = np.asarray(sample, np.float64)
        middle = rows.mean(axis=0)
        centred = rows - middle
        values, vectors = np.linalg.eigh(centred.T @ centred / max(len(rows), 1))
        values = np.maximum(values, 0)
        matrix = (vectors / np.sqrt(values + RIDGE * max(float(values.mean()), 1e-12))) @ vectors.T
        return cls(middle.astype(np.float32), matrix.astype(np.float32))

    @classmethod
    def none(cls, dim: int) -> Whitening:
        """Leaves features as they are."""
        return cls(np.zeros(dim, np.float32), np.eye(dim, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Background:
    """What chips are like on the whole: how rows of unit length vary in a sample of all.

    What most chips vary in tells little about one class, so that the axes of largest variance are made shorter: a
    variance v along an axis becomes v / (1 + v / (SOFT x mean variance)). With few labels this is worth more than the
    labels (as in linear discriminants with one background for all classes: Hariharan, Malik and Ramanan 2012).

    Args:
        middle: Float32 (D,), mean of the rows of unit length.
        turn: Float32 (D, D), symmetric: what rows less the middle are multiplied with.
        loose: Float64 (D, D), undoes ``turn`` twice.
        home: Float64 (D,), ``middle`` with ``turn`` undone once.
        spread: Float64 (D, D), covariance of turned rows.
        rows: Float32 (m, D), the sample, turned.
    """

    middle: Float32
    turn: Float32
    loose: Float64
    home: Float64
    spread: Float64
    rows: Float32

    @classmethod
    def fit(cls, sample: Rows) -> Background:
        """From a sample of rows (m, D), some thousands of them; rows that are not finite are left out."""
        rows = np.asarray(sample, np.float32)
        rows = rows[np.isfinite(rows).all(axis=1)]
        rows = rows / lengths_of(rows)[:, None]
        middle = rows.mean(axis=0, dtype=np.float64)
        centred = rows - middle.astype(np.float32)
        values, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64) / max(len(rows), 1))
        values = np.maximum(values, 0)
        mean = float(values.mean())
        scale = 1 / np.sqrt(1 + values / (SOFT * mean)) if mean > 0 else np.ones_like(values)
        turn = ((axes * scale) @ axes.T).astype(np.float32)
        home = (axes / scale) @ (axes.T @ middle)
        spread = (axes * (values * scale**2)) @ axes.T
        return cls(middle.astype(np.float32), turn, (axes / scale**2) @ axes.T, home, spread, centred @ turn)

    def turned(self, Z: Rows) -> Float64:
        """Rows (n, D) as the classifier reads them, float64."""
        rows = np.asarray(Z, np.float32)
        return np.asarray((rows / lengths_of(rows)[:, None] - self.middle) @ self.turn, np.float64)

    def back(self, model: Linear) -> Linear:
        """A model of turned rows as a model of rows."""
        weights = self.turn @ model.weights
        return Linear(weights, model.bias - float(self.middle @ weights), unit=True)

    def direction(self, rows: Float64, positive: Bools) -> Float64:
        """Where positives lie, float64 (D,), by which all chips' decisions have a standard deviation of 1.

        The mean of two opinions, which err in different places: Rocchio's direction among turned rows, and the one
        among rows as they are.
        """
        turned = _rocchio(rows, positive, 0.5)
        share = 2.0 if positive.all() else 1.0
        plain = self.loose @ _rocchio(rows, positive, 1.0) + share * self.home
        return self._even(self._even(turned) + self._even(plain))

    def _even(self, direction: Float64) -> Float64:
        deviation = float(np.sqrt(max(float(direction @ self.spread @ direction), 0.0)))
        return direction / deviation if deviation > 1e-9 else np.zeros_like(direction)


@dataclass(frozen=True, slots=True)
class Pooled:
    """Generalized mean of dot products with positive over that with negative examples.

    Args:
        positive: Float32 (D, p): what rows are multiplied with.
        negative: Float32 (D, q), q may be 0.
        shift: Float32 (p + q,), taken off the products.
    """

    positive: Float32
    negative: Float32
    shift: Float32

    def decide(self, Z: Rows, lengths: Float32 | None = None) -> Float32:  # noqa: ARG002 one face with Linear
        """Log of the ratio of the two means, float32 (n,), of rows (n, D): a product for each example."""
        both = np.concatenate([self.positive, self.negative], axis=1)
        split = self.positive.shape[1]
        out = np.empty(len(Z), np.float32)
        for start in range(0, len(Z), BLOCK):
            products = np.asarray(Z[start : start + BLOCK] @ both, np.float32) - self.shift
            near = _pool(products[:, :split])
            # the typical product of two unlike whitened rows stands in where there is no negative example
            far = _pool(products[:, split:]) if products.shape[1] > split else np.float32(len(both) ** 0.5)
            out[start : start + BLOCK] = np.log(near / far)
        return out


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike chips are to examples.

    Args:
        method: How it was made.
        meaning: ``similarity`` (to positive examples, or of a method that knows no probability) or ``score`` (of a
            classifier that nobody calibrated). Never a confidence.
        model: Decides.
        spread: What decisions are divided by before they are put on 0 to 1.
    """

    method: Method
    meaning: Literal["similarity", "score"]
    model: Linear | Pooled
    spread: float = 1.0

    def decide(self, Z: Rows, lengths: Float32 | None = None) -> Float32:
        """Decisions, float32 (n,), higher is more alike; ``lengths`` as of :meth:`Linear.decide`."""
        return self.model.decide(Z, lengths)

    def scores(self, decisions: Float32) -> Float32:
        """Decisions on a scale from 0 to 1, float32 (n,), in the same order.

        Of ``logistic`` with both kinds: the logistic of the decision, stretched so that the labelled chips themselves
        typically lie at 0.12 and 0.88, since few labels separate with ease and nothing would be seen between. Of
        ``rocchio`` and of positive examples only: the cosine between chip and direction, -1 to 1, put on 0 to 1; with a
        background what stands for the cosine is t / sqrt(1 + t^2), t how many times two standard deviations a chip lies
        from the mean of all. Of ``mean``: the share that the positive examples have of both means.
        """
        eased = np.asarray(decisions, np.float32) / np.float32(self.spread)
        if self.method == "mean" or self.meaning == "score":
            return _logistic(eased)
        if self.spread != 1:
            eased = eased / np.sqrt(1 + eased * eased)
        return np.asarray(np.clip((eased + 1) / 2, 0, 1), np.float32)


def likeness(
    positive: Rows,
    negative: Rows | None = None,
    method: Method = "logistic",
    *,
    background: Background | None = None,
    whitening: Whitening | None = None,
) -> Likeness:
    """Learn from examples.

    Args:
        positive: Rows of examples that are wanted (p, D), p at least 1.
        negative: Rows of examples that are not (q, D); None or none of them: positive examples only.
        method: One of :data:`METHODS`.
        background: For ``logistic``: what all rows are like. Much is gained by it.
        whitening: For ``mean``, from a sample of all rows; None leaves features as they are.

    Raises:
        InputError: No positive example, another method, or features that are not finite.
    """
    if method not in METHODS:
        raise InputError("no such way to search similar chips", asked=method, found=", ".join(METHODS))
    positive = np.atleast_2d(np.asarray(positive, np.float32))
    if not positive.size:
        raise InputError("similar to what? A positive example is needed", hint="label a chip with the class")
    dim = positive.shape[1]
    negative = np.empty((0, dim), np.float32) if negative is None else np.asarray(negative, np.float32).reshape(-1, dim)
    rows = np.concatenate([positive, negative])
    answers = np.arange(len(rows)) < len(positive)
    check_finite(rows)
    if method == "mean":
        return Likeness(method, "similarity", _pooled(positive, negative, whitening or Whitening.none(dim)))
    if method == "logistic" and len(negative):
        read = as_read(rows, background)
        return likeness_read(fit_read(read, answers, background), read, background)
    if method == "rocchio" or background is None:
        direction = direction_of(as_read(rows, None), answers)
        return Likeness(method, "similarity", Linear(direction.astype(np.float32), 0.0, unit=True))
    direction = background.direction(as_read(rows, background), answers)
    return Likeness(method, "similarity", background.back(Linear(direction.astype(np.float32), 0.0)), FAR)


def fit_shrunk(Z: Rows, positive: Bools, *, background: Background | None = None) -> Linear:
    """The few-label classifier: logistic regression on rows of unit length, shrunk towards Rocchio's direction.

    Args:
        Z: Labelled rows (n, D).
        positive: Bool (n,), both answers present.
        background: What all rows are like.
    """
    return _of_rows(fit_read(as_read(Z, background), np.asarray(positive, bool), background), background)


def fit_read(rows: Float64, positive: Bools, background: Background | None, *, start: Linear | None = None) -> Linear:
    """The few-label classifier as a model of rows as read (:func:`as_read`), for whoever fits the same rows often.

    Args:
        rows: As read (n, D).
        positive: Bool (n,), both answers present.
        background: The one that they were read with.
        start: Of an earlier fit to nearly these rows and answers.
    """
    prior, strength = prior_of(rows, positive, background)
    return fit_linear(rows, positive, prior=prior, strength=strength, start=start)


def likeness_read(model: Linear, rows: Float64, background: Background | None) -> Likeness:
    """What :func:`likeness` makes of a model of rows as read, and of the rows that it was fitted to."""
    return Likeness("logistic", "score", _of_rows(model, background), max(1.0, _typical(model, rows) / TYPICAL))


def as_read(Z: Rows, background: Background | None) -> Float64:
    """Rows (n, D) as the few-label classifier reads them: of unit length, turned where there is a background."""
    if background is not None:
        return background.turned(Z)
    rows = np.asarray(Z, np.float64)
    return np.asarray(rows / lengths_of(rows)[:, None], np.float64)


def direction_of(rows: Float64, positive: Bools) -> Float64:
    """Rocchio's direction of rows as read (n, D), float64 (D,), of length 1; zeros where examples cancel out."""
    direction = _rocchio(rows, positive, 1.0)
    length = float(np.linalg.norm(direction))
    return direction / length if length > 1e-9 else np.zeros_like(direction)


def prior_of(rows: Float64, positive: Bools, background: Background | None) -> tuple[Float64, float]:
    """What weights of rows as read are shrunk towards, float64 (D,), and how strongly."""
    if background is None:
        return PULL * direction_of(rows, positive), STRENGTH
    return SURE * background.direction(rows, positive), FIRM


def _rocchio(rows: Float64, positive: Bools, against: float) -> Float64:
    """Twice the mean of the positives less ``against`` times that of the negatives.

    Among turned rows half of it is right: their middle says already what chips are like that are not wanted.
    """
    k = int(positive.sum())
    share = np.where(positive, 2 / max(k, 1), -against / max(len(positive) - k, 1))
    return np.asarray(share @ rows, np.float64)


def _of_rows(model: Linear, background: Background | None) -> Linear:
    """A model of rows as read as a model of rows."""
    return replace(model, unit=True) if background is None else background.back(model)


def _typical(model: Linear, rows: Float64) -> float:
    return float(np.median(np.abs(model.decide(rows))))


def _pooled(positive: Rows, negative: Rows, whitening: Whitening) -> Pooled:
    examples = np.concatenate([positive[-MOST:], negative[-MOST:]]).astype(np.float32)
    # x' W W e = whitened x . whitened e, so that rows need not be whitened one by one
    columns = whitening.matrix @ (whitening.matrix @ (examples - whitening.middle).T)
    split = len(positive[-MOST:])
    return Pooled(columns[:, :split], columns[:, split:], whitening.middle @ columns)


def _pool(products: Float32) -> Float32:
    """Generalized mean of each row's values (n, k) -> (n,), a little above 0."""
    squares = products * products
    out = np.einsum("ij,ij->i", squares, squares) / np.float32(products.shape[1])
    return np.asarray(np.maximum(np.sqrt(np.sqrt(out)), 1e-12), np.float32)


def _logistic(x: Float32) -> Float32:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -60, 60))), np.float32)
