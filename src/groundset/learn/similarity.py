"""Likeness to examples: what ranks chips from the first labelled chip on.

``logistic`` (default): with examples of both kinds a class-balanced logistic regression on rows of unit length, shrunk
towards Rocchio's direction, which leads while labels are few; with positive examples only, their mean direction.
``rocchio``: 2 x mean of positives - mean of negatives, on rows of unit length (Rocchio 1971).
``mean``: what Uncharted's Distil does: the generalized mean (p = 4) of the dot products of whitened features with the
positive examples, over that with the negative ones. It loses the sign of the dot products and takes a product for each
example; it is here to be compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from groundset.core import InputError
from groundset.learn.linear import STRENGTH, Bools, Float32, Float64, Linear, Rows, fit_linear, lengths_of

Method = Literal["logistic", "rocchio", "mean"]
METHODS: tuple[Method, ...] = ("logistic", "rocchio", "mean")

POWER = 4
PULL = 3.0
"""Length of Rocchio's direction that weights are shrunk towards."""
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
    """

    method: Method
    meaning: Literal["similarity", "score"]
    model: Linear | Pooled

    def decide(self, Z: Rows, lengths: Float32 | None = None) -> Float32:
        """Decisions, float32 (n,), higher is more alike; ``lengths`` as of :meth:`Linear.decide`."""
        return self.model.decide(Z, lengths)

    def scores(self, decisions: Float32) -> Float32:
        """Decisions on a scale from 0 to 1, float32 (n,), in the same order.

        Of ``logistic`` with both kinds: the logistic of the decision, what the classifier says itself. Of one kind only
        and of ``rocchio``: the cosine between chip and direction, -1 to 1, put on 0 to 1. Of ``mean``: the share that
        the positive examples have of both means.
        """
        if self.method == "mean" or self.meaning == "score":
            return _logistic(decisions)
        return np.asarray(np.clip((decisions + 1) / 2, 0, 1), np.float32)


def likeness(
    positive: Rows, negative: Rows | None = None, method: Method = "logistic", *, whitening: Whitening | None = None
) -> Likeness:
    """Learn from examples.

    Args:
        positive: Rows of examples that are wanted (p, D), p at least 1.
        negative: Rows of examples that are not (q, D); None or none of them: positive examples only.
        method: One of :data:`METHODS`.
        whitening: For ``mean``, from a sample of all rows; None leaves features as they are.

    Raises:
        InputError: No positive example, or another method.
    """
    if method not in METHODS:
        raise InputError("no such way to search similar chips", asked=method, found=", ".join(METHODS))
    positive = np.atleast_2d(np.asarray(positive, np.float64))
    if not positive.size:
        raise InputError("similar to what? A positive example is needed", hint="label a chip with the class")
    dim = positive.shape[1]
    negative = np.empty((0, dim)) if negative is None else np.asarray(negative, np.float64).reshape(-1, dim)
    if method == "mean":
        return Likeness(method, "similarity", _pooled(positive, negative, whitening or Whitening.none(dim)))
    if method == "rocchio" or not len(negative):
        weights = unit_rocchio(positive, negative)
        return Likeness(method, "similarity", Linear(weights.astype(np.float32), 0.0, unit=True))
    rows = np.concatenate([positive, negative])
    return Likeness(method, "score", fit_shrunk(rows, np.arange(len(rows)) < len(positive)))


def fit_shrunk(Z: Rows, positive: Bools, *, pull: float = PULL, strength: float = STRENGTH) -> Linear:
    """The few-label classifier: logistic regression on rows of unit length, shrunk towards Rocchio's direction.

    Args:
        Z: Labelled rows (n, D).
        positive: Bool (n,), both answers present.
        pull: Length of the direction that weights are shrunk towards.
        strength: Of the shrinkage; its weight beside the labels falls as they come.
    """
    prior = pull * unit_rocchio(Z[positive], Z[~positive])
    return fit_linear(Z, positive, prior=prior, strength=strength, unit=True)


def rocchio_coefficients(positive: Bools) -> Float64:
    """Coefficients (n,) of unit rows whose sum is Rocchio's direction: 2 x mean of positives - mean of negatives."""
    k = int(positive.sum())
    return np.where(positive, 2 / max(k, 1), -1 / max(len(positive) - k, 1))


def unit_rocchio(positive: Rows, negative: Rows) -> Float64:
    """Rocchio's direction on unit rows, float64 (D,), of length 1; of zeros where examples cancel out."""
    rows = np.concatenate([positive, negative]).astype(np.float64)
    answers = np.arange(len(rows)) < len(positive)
    direction = rocchio_coefficients(answers) @ (rows / lengths_of(rows)[:, None])
    length = float(np.linalg.norm(direction))
    return direction / length if length > 1e-9 else np.zeros_like(direction)


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
