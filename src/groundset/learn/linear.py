"""Class-balanced logistic regression, fast enough to be fitted again after each answer.

The fit minimises ``sum_i s_i log(1 + exp(-y_i f_i)) + strength / 2 * scale * |w - prior|^2`` over weights w and bias b,
with ``f = Zw + b``, s_i = n / (2 n_class), so that both classes count alike, and scale the mean squared distance of the
labelled rows from the middle of the two classes, so that one strength fits features of any unit. The bias is drawn
gently to the middle. Newton's method in the form that stays stable whatever the weights of rows (Rasmussen and Williams
2006, "Gaussian Processes for Machine Learning", algorithm 3.1): in the span of the rows while they are fewer than the
features, where only their Gram matrix is needed and folds can share it, else in the features.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.core import InputError

Rows = npt.NDArray[np.floating]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STRENGTH = 0.1
"""Flat between 0.03 and 0.3 on EuroSAT, digits, LetterRecognition and Vehicle."""
BIAS = 4.0
"""Prior variance of the bias, as a multiple of what the features' weights get."""
STEPS = 30
CLOSE = 1e-4
"""A fit is done when the gain that the next step promises is below this, per unit of the rows' weight."""


@dataclass(frozen=True, slots=True)
class Linear:
    """A direction in feature space.

    Args:
        weights: Float32 (D,).
        bias: Added to every decision.
        unit: Whether it reads rows divided by their length.
    """

    weights: Float32
    bias: float
    unit: bool = False

    def decide(self, Z: Rows, lengths: Float32 | None = None) -> Float32:
        """Decisions, float32 (n,), of rows (n, D), above 0 for the class: one matrix-vector product.

        Args:
            Z: Rows.
            lengths: Their lengths, float32 (n,), which whoever asks again and again keeps; None computes them.
        """
        out: Float32 = np.asarray(Z @ self.weights, np.float32)
        if self.unit:
            out /= lengths_of(Z) if lengths is None else lengths
        out += np.float32(self.bias)
        return out


def lengths_of(Z: Rows) -> Float32:
    """Euclidean length of each row, float32 (n,); 1 for rows of zeros, so that one can divide by it."""
    out: Float32 = np.sqrt(np.einsum("ij,ij->i", Z, Z)).astype(np.float32)
    out[out == 0] = 1
    return out


@dataclass(frozen=True, slots=True)
class Fit:
    """A solution in the span of the rows: ``w = prior + rows.T @ coefficients``.

    Args:
        coefficients: Float64 (n,), of the rows about the origin.
        bias: Of decisions of rows about the origin.
        alpha: Float64 (n,), what a fit to nearly the same rows may start from.
    """

    coefficients: Float64
    bias: float
    alpha: Float64


def fit_linear(
    Z: Rows,
    positive: Bools,
    *,
    prior: Rows | None = None,
    strength: float = STRENGTH,
    unit: bool = False,
    start: Linear | None = None,
) -> Linear:
    """Fit to labelled rows.

    Rows that contradict each other (the same features, both answers) pull to a decision of 0 between them; where no row
    says anything else the weights stay at the prior.

    Args:
        Z: Labelled rows (n, D), finite.
        positive: Bool (n,).
        prior: Weights (D,) to shrink towards; None: towards zero.
        strength: Of the shrinkage.
        unit: Divide rows by their length first.
        start: A fit to nearly the same rows, from which fewer steps are needed where rows are more than features.

    Raises:
        InputError: Labels of one kind only, features that are not finite, rows and answers of different number.
    """
    rows = np.asarray(Z, np.float64)
    positive = np.asarray(positive, bool)
    _check(rows, positive)
    if unit:
        rows = rows / lengths_of(rows)[:, None]
    n, dim = rows.shape
    towards = None if prior is None else np.asarray(prior, np.float64)
    offsets = np.zeros(n) if towards is None else rows @ towards
    if n <= dim:
        fit = fit_gram(rows @ rows.T, positive, offsets=offsets, strength=strength)
        weights = rows.T @ fit.coefficients
        bias = fit.bias
    else:
        if start is not None and towards is not None:
            start = Linear(np.asarray(start.weights - towards, np.float32), start.bias)
        weights, bias = _fit_wide(rows, positive, offsets, strength, start)
    if towards is not None:
        weights = weights + towards
    return Linear(weights.astype(np.float32), float(bias), unit)


def fit_gram(
    gram: Float64,
    positive: Bools,
    *,
    offsets: Float64 | None = None,
    strength: float = STRENGTH,
    start: Float64 | None = None,
) -> Fit:
    """Fit in the span of the rows, from their Gram matrix alone.

    Args:
        gram: Float64 (n, n), the rows' dot products.
        positive: Bool (n,), both answers present.
        offsets: Float64 (n,), decisions of the prior weights; None: zero.
        strength: Of the shrinkage.
        start: ``alpha`` of an earlier fit, of these rows.
    """
    n = len(positive)
    share = _middle(positive)
    to_middle = gram @ share
    scale = float(np.trace(gram) / n - 2 * to_middle.mean() + share @ to_middle)
    scale = scale if scale > 1e-12 * max(1.0, float(np.trace(gram) / n)) else 1.0
    centred = gram - to_middle[:, None] - to_middle[None, :] + share @ to_middle
    base = np.zeros(n) if offsets is None else offsets - share @ offsets
    kernel = centred / scale + BIAS
    alpha = _newton(kernel, positive, base, strength, start)
    coefficients = (alpha - share * alpha.sum()) / scale
    mid = share @ offsets if offsets is not None else 0.0
    bias = BIAS * alpha.sum() - mid - float(to_middle @ coefficients)
    return Fit(coefficients, float(bias), alpha)


def _newton(kernel: Float64, positive: Bools, base: Float64, strength: float, start: Float64 | None) -> Float64:
    """Coefficients alpha (n,); margins are ``base + kernel @ alpha``.

    At the optimum alpha is the pull of the rows' answers. Steps are solved in single precision and need not be exact:
    where they lead to is measured in double precision.
    """
    from scipy.linalg import cho_factor, cho_solve

    n = len(positive)
    weight, target = balance(positive), positive.astype(np.float64)
    small = kernel.astype(np.float32)
    alpha = np.zeros(n) if start is None else start
    f = kernel @ alpha
    value = _objective(base + f, alpha @ f, target, weight, strength)
    for _ in range(STEPS):
        p = _sigmoid(base + f)
        rest = weight * (target - p) / strength - alpha
        w = np.sqrt(weight * p * (1 - p) / strength).astype(np.float32)
        system = small * w
        system *= w[:, None]
        system.flat[:: n + 1] += 1
        factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
        step = rest - w * cho_solve(factor, w * (kernel @ rest).astype(np.float32), check_finite=False)
        df = kernel @ step
        length = 1.0
        while True:
            a, g = alpha + length * step, f + length * df
            new = _objective(base + g, a @ g, target, weight, strength)
            if new <= value or length < 1e-3:
                break
            length /= 2
        gain, alpha, f, value = value - new, a, g, new
        if gain < CLOSE * n:
            break
    return alpha


def _fit_wide(
    rows: Float64, positive: Bools, offsets: Float64, strength: float, start: Linear | None
) -> tuple[Float64, float]:
    """The same in the features: weights (D,) beyond the prior's, and the bias; ``start`` has them alike."""
    from scipy.linalg import cho_factor, cho_solve

    n, dim = rows.shape
    share = _middle(positive)
    middle = share @ rows
    x = rows - middle
    scale = float(np.einsum("ij,ij->", x, x) / n)
    scale = scale if scale > 1e-12 * max(1.0, float(middle @ middle)) else 1.0
    x = np.concatenate([x / np.sqrt(scale), np.full((n, 1), np.sqrt(BIAS))], axis=1)
    base = offsets - share @ offsets
    weight, target = balance(positive), positive.astype(np.float64)
    u = np.zeros(dim + 1)
    if start is not None:
        u[:-1] = start.weights * np.sqrt(scale)
        u[-1] = (start.bias + share @ offsets + middle @ start.weights) / np.sqrt(BIAS)
    f = x @ u
    value = _objective(base + f, u @ u, target, weight, strength)
    for _ in range(STEPS):
        p = _sigmoid(base + f)
        slope = x.T @ (weight * (target - p)) - strength * u
        hessian = _weighted_gram(x, weight * p * (1 - p))
        hessian[np.diag_indices(dim + 1)] += strength
        step = cho_solve(cho_factor(hessian, lower=True, overwrite_a=True, check_finite=False), slope)
        df = x @ step
        length = 1.0
        while True:
            v, g = u + length * step, f + length * df
            new = _objective(base + g, v @ v, target, weight, strength)
            if new <= value or length < 1e-3:
                break
            length /= 2
        gain, u, f, value = value - new, v, g, new
        if gain < CLOSE * n:
            break
    weights = u[:-1] / np.sqrt(scale)
    bias = np.sqrt(BIAS) * u[-1] - share @ offsets - middle @ weights
    return weights, float(bias)


def _weighted_gram(x: Float64, weight: Float64) -> Float64:
    """``x.T @ diag(weight) @ x`` in single precision: a step may be off by that much, where it leads to may not."""
    half = (np.sqrt(weight)[:, None] * x).astype(np.float32)
    return (half.T @ half).astype(np.float64)


def balance(positive: Bools) -> Float64:
    """Weight of each row, float64 (n,), so that both answers sum to n / 2."""
    n, k = len(positive), int(positive.sum())
    return np.where(positive, n / (2 * max(k, 1)), n / (2 * max(n - k, 1)))


def _middle(positive: Bools) -> Float64:
    """Coefficients of the point midway between the two means."""
    return balance(positive) / len(positive)


def _objective(margins: Float64, penalty: Float64 | float, target: Float64, weight: Float64, strength: float) -> float:
    return float(weight @ np.logaddexp(0, np.where(target > 0, -margins, margins)) + strength / 2 * penalty)


def _sigmoid(x: Float64) -> Float64:
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


def _check(rows: Float64, positive: Bools) -> None:
    if rows.ndim != 2 or len(rows) != len(positive):
        raise InputError("one answer is needed for each labelled row", asked=rows.shape, found=positive.shape)
    check_finite(rows)
    if positive.all() or not positive.any():
        kind = "none" if not len(positive) else "positive only" if positive.any() else "negative only"
        raise InputError(
            "a classifier needs positive and negative labels", found=kind, hint="label at least one chip of each kind"
        )


def check_finite(rows: Rows) -> None:
    """Refuse rows with NaN or infinity.

    Raises:
        InputError: There are some.
    """
    if not np.isfinite(rows).all():
        bad = int((~np.isfinite(rows).all(axis=1)).sum())
        raise InputError("features with NaN cannot be learned from", found=f"{bad} of {len(rows)} rows")
