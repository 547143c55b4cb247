"""Class-balanced multinomial logistic regression: the one model behind ranking, questions and confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.features._blas import one_thread

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

STRENGTH = 0.005
"""Weight of the prior on features of unit length (see `fit_classifier`). Flat between 0.001 and 0.03 on the tables of
`benchmarks/active_learning.py --on`, from 60 labels to thousands."""
STEPS = 200


@dataclass(frozen=True)
class Classifier:
    """What was learned from the labels.

    Args:
        classes: Codes of the classes, ascending, int64 (K,), at least two.
        weights: Float32 (K, D).
        bias: Float32 (K,).
    """

    classes: Int64
    weights: Float32
    bias: Float32

    def decide(self, Z: Float32) -> Float32:
        """Decision values float32 (n, K) of Z float32 (n, D): log-probabilities but for a constant a row."""
        return np.asarray(Z @ self.weights.T + self.bias, np.float32)

    def proba(self, Z: Float32) -> Float32:
        """Probabilities float32 (n, K); each row adds up to 1."""
        return softmax(self.decide(Z))

    def predict(self, Z: Float32) -> Int64:
        """The likeliest class's code, int64 (n,)."""
        return np.asarray(self.classes[self.decide(Z).argmax(axis=1)], np.int64)


def softmax(decisions: Float32) -> Float32:
    """Decision values (n, K) as probabilities, without overflow."""
    p = np.exp(decisions - decisions.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return np.asarray(p, np.float32)


def fit_classifier(
    Z: Float32, codes: Int64, *, seed: int = 0, start: Classifier | None = None, strength: float = STRENGTH
) -> Classifier:
    """Fit to labelled rows: the most probable weights under a Gaussian prior.

    Each class weighs alike, whatever number of labels it has. The prior is scaled by the mean square length of the
    (centred) features, so that the same strength fits every encoder.

    Args:
        Z: Features of the labelled chips, finite, float32 (n, D).
        codes: Their classes (n,).
        seed: Unused: nothing is drawn.
        start: A classifier of (nearly) the same labels, to begin from: quicker, and near to the answer without it,
            since the search ends early where the log-loss is flat. Never one that has seen rows which are to be judged.
        strength: Weight of the prior.

    Raises:
        InputError: Fewer than two classes, or features that are not finite.
    """
    del seed
    codes = np.asarray(codes, np.int64)
    classes, index, counts = np.unique(codes, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise InputError(
            "a classifier needs labels of two classes at least",
            found=f"{len(codes)} labels of {len(classes)} classes",
            hint="label chips of another class, or negatives; until then rank by likeness",
        )
    X = np.asarray(Z, np.float64)
    if not np.isfinite(X).all():
        bad = int((~np.isfinite(X).all(axis=1)).sum())
        raise InputError("features with NaN cannot be learned from", found=f"{bad} of {len(X)} rows")
    each = len(codes) / (len(classes) * counts[index])
    centre = np.average(X, axis=0, weights=each)
    X = X - centre
    size = float(np.sqrt(np.average((X**2).sum(axis=1), weights=each))) or 1.0
    X /= size
    W, b = _solve(X, index, each, strength, _begin(start, classes, centre, size))
    weights = W / size
    return Classifier(classes, weights.astype(np.float32), (b - weights @ centre).astype(np.float32))


def _begin(start: Classifier | None, classes: Int64, centre: Float64, size: float) -> tuple[Float64, Float64] | None:
    """The weights of ``start`` for the same classes, as the solver sees features."""
    if start is None or start.weights.shape[1] != len(centre):
        return None
    W, b = np.zeros((len(classes), len(centre))), np.zeros(len(classes))
    for i, code in enumerate(classes):
        at = np.flatnonzero(start.classes == code)
        if len(at):
            W[i], b[i] = start.weights[at[0]] * size, start.bias[at[0]] + start.weights[at[0]] @ centre
    return W, b


def _solve(
    X: Float64, index: Int64, each: Float64, strength: float, begin: tuple[Float64, Float64] | None
) -> tuple[Float64, Float64]:
    """Weights (K, D) and bias (K,) with the least weighted log-loss plus ``strength / 2`` times the squared weights."""
    from scipy.optimize import minimize

    n, D = X.shape
    K = int(index.max()) + 1
    own = np.zeros((n, K))
    own[np.arange(n), index] = 1.0

    def loss(flat: Float64) -> tuple[float, Float64]:
        W, b = flat[: K * D].reshape(K, D), flat[K * D :]
        s = X @ W.T + b
        s -= s.max(axis=1, keepdims=True)
        p = np.exp(s)
        total = p.sum(axis=1, keepdims=True)
        p /= total
        value = float(each @ (np.log(total[:, 0]) - s[np.arange(n), index])) + 0.5 * strength * float((W * W).sum())
        p -= own
        p *= each[:, None]
        return value, np.concatenate([(p.T @ X + strength * W).ravel(), p.sum(axis=0)])

    W, b = begin if begin is not None else (np.zeros((K, D)), np.zeros(K))
    first = np.concatenate([W.ravel(), b])
    options = {"maxiter": STEPS, "gtol": 1e-4 * n, "ftol": 1e-9}
    with one_thread():  # many small products: threads would wait for each other longer than they work
        found = minimize(loss, first, jac=True, method="L-BFGS-B", options=options)
    b = found.x[K * D :]
    return found.x[: K * D].reshape(K, D), b - b.mean()
