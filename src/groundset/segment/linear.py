"""``linear``: multinomial logistic regression on standardised pixel features, quick enough to follow each stroke."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.features._blas import one_thread
from groundset.segment.forest import cores

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

STRENGTH = 1e-3
"""Weight of the prior for each labelled pixel of mean weight; see ``benchmarks/assist.py --choose``."""
STEPS = 300
PIECE = 16_384
"""Pixels that a thread takes at once: their products stay in its cache."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A fitted model.

    Args:
        classes: Codes, ascending.
        mean: Of each feature.
        scale: Standard deviation of each feature.
        coef: (classes, features) of standardised features; of two classes (1, features), the second's.
        intercept: (classes,) or (1,).
        rows: Pixels that it was fitted to.
        steps: Of the search.
    """

    classes: UInt8
    mean: Float64
    scale: Float64
    coef: Float64
    intercept: Float64
    rows: int = 0
    steps: int = 0


class Linear:
    """Logistic regression, one weight for each class and standardised feature, each class weighing alike.

    The fit minimises ``mean_i s_i loss_i + strength / 2 * |W|^2`` with s_i the inverse share of pixel i's class. L-BFGS
    searches in features that are made uncorrelated first, where it needs tens of steps instead of thousands; it starts
    from zero each time, so that the same pixels give the same model to the last bit, whatever was learned before.
    What is saved is scikit-learn's own pipeline of a scaler and a LogisticRegression.

    Args:
        seed: Unused: nothing is drawn.
        strength: Weight of the prior.
        prior: How many times stronger it holds each feature's weights, float64 (features,); None: all alike.
        enough: With more pixels than this the prior weighs as much as with so many, and they outweigh it.
        threads: Threads for predicting; 0 is one a core.
    """

    name = "linear"

    def __init__(
        self,
        seed: int = 0,
        *,
        strength: float = STRENGTH,
        prior: Float64 | None = None,
        enough: float = math.inf,
        threads: int = 0,
    ) -> None:
        del seed
        self.settings: dict[str, Any] = {"strength": strength, "class_weight": "balanced", "max_iter": STEPS}
        self.prior, self.enough = prior, enough
        self.threads = threads or cores()
        self.weights: Weights | None = None
        self._pipeline: Any = None

    @property
    def estimator(self) -> Any:
        """scikit-learn's own pipeline, made when it is asked for: importing scikit-learn takes longer than a fit."""
        if self._pipeline is None and self.weights is not None:
            self._pipeline = _pipeline(self.weights)
        return self._pipeline

    @estimator.setter
    def estimator(self, pipeline: Any) -> None:
        """A pipeline that was saved."""
        scaler, model = pipeline
        self._pipeline = pipeline
        self.weights = Weights(model.classes_, scaler.mean_, scaler.scale_, model.coef_, model.intercept_)

    @classmethod
    def make(cls, seed: int) -> Self:
        """The entry point: not fitted."""
        return cls(seed)

    @property
    def classes(self) -> UInt8:
        """Class codes seen in training, ascending; none before it."""
        return np.asarray(() if self.weights is None else self.weights.classes, np.uint8)

    @property
    def coefficients(self) -> Float64:
        """Weights of standardised features (classes, features); of two classes the second's minus the first's, both."""
        weights = np.asarray(self._fitted().coef, np.float64)
        return np.concatenate([-weights, weights]) if len(weights) == 1 else weights

    def fit(self, features: Float32, codes: UInt8) -> Self:
        """Learn from features (n, features) without NaN and codes (n,).

        Raises:
            InputError: Fewer than two classes.
        """
        classes, index, counts = np.unique(codes, return_inverse=True, return_counts=True)
        if len(classes) < 2:
            raise InputError("a model needs labelled pixels of two classes at least", found=f"{len(classes)} class")
        each = len(codes) / (len(classes) * counts[index])
        features = self._learnt(features)
        X, mean, scale = _standard(features)
        strength = self.settings["strength"] * min(1.0, self.enough / len(codes))
        strength = strength * self._held(X.shape[1])
        with one_thread():  # many small products: threads would wait for each other longer than they work
            W, b, steps = _solve(X, index.astype(np.int64), each, strength)
        self._pipeline = None
        self.weights = Weights(np.asarray(classes, np.uint8), mean, scale, W, b, len(codes), steps)
        return self

    def predict_proba(self, features: Float32) -> Float32:
        """Probabilities float32 (n, classes) for features (n, features) of any memory order."""
        return np.ascontiguousarray(self.predict_planes(np.asarray(features, np.float32).T).T)

    def predict_planes(self, planes: Float32) -> Float32:
        """Probabilities float32 (classes, n) of feature planes (features, n), as chips have them.

        Scaling is folded into the weights, and each thread takes slices of all planes that stay in its cache.
        """
        fitted = self._fitted()
        exact = fitted.coef / fitted.scale
        b = (fitted.intercept - exact @ fitted.mean).astype(np.float32)[:, None]
        W = exact.astype(np.float32)
        count, n = len(self.classes), planes.shape[1]
        out = np.empty((count, n), np.float32)

        def some(start: int) -> None:
            end = min(n, start + PIECE)
            decided = self._decided(W, planes[:, start:end])
            decided += b
            _shares(decided, out[:, start:end])

        starts = range(0, n, PIECE)
        with one_thread():
            if self.threads == 1 or n <= PIECE:
                for start in starts:
                    some(start)
            else:
                with ThreadPoolExecutor(self.threads) as pool:
                    list(pool.map(some, starts))
        return out

    def _learnt(self, features: Float32) -> Float32:
        """What is fitted of features (n, features)."""
        return features

    def _decided(self, weights: Float32, planes: Float32) -> Float32:
        """Weights (classes or 1, learnt) times what is learnt of feature planes (features, n)."""
        return weights @ planes

    def _held(self, count: int) -> Float64:
        """How strongly the prior holds each of so many weights."""
        return np.ones(count) if self.prior is None else self.prior

    def _fitted(self) -> Weights:
        if self.weights is None:
            raise InputError("this model is not fitted yet")
        return self.weights


def _shares(decided: Float32, out: Float32) -> None:
    """Decisions (classes or 1, n) as probabilities (classes, n)."""
    if len(decided) == 1:
        np.negative(decided[0], out=out[0])
        np.clip(out[0], -80, 80, out=out[0])
        np.exp(out[0], out=out[0])
        out[0] += 1
        np.reciprocal(out[0], out=out[1])
        np.subtract(1, out[1], out=out[0])
        return
    decided -= decided.max(axis=0)
    np.exp(decided, out=out)
    out /= out.sum(axis=0)


def _standard(features: Float32) -> tuple[Float32, Float64, Float64]:
    """Standardised features with their mean and standard deviation; 1 for one that never changes."""
    mean = features.mean(axis=0, dtype=np.float64)
    X = np.subtract(features, mean, dtype=np.float32)
    scale = np.sqrt(np.square(X).mean(axis=0, dtype=np.float64))
    scale = np.where(scale > 1e-7 * np.maximum(1e-5, np.abs(mean)), scale, 1.0)
    X /= scale.astype(np.float32)
    return X, mean, scale


def _solve(X: Float32, index: Ints, each: Float64, strength: Float64) -> tuple[Float64, Float64, int]:
    """Weights (K, D) and bias (K,), K being 1 for two classes, and the steps that the search took."""
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import minimize

    n, D = X.shape
    kinds = int(index.max()) + 1
    K = 1 if kinds == 2 else kinds
    share = (each / n).astype(np.float32)
    # About the curvature of the loss where the search begins: in these features every direction is alike.
    curve = np.asarray((X * share[:, None]).T @ X, np.float64) / 4 + np.diag(strength)
    root = cholesky(curve, lower=True)
    back = solve_triangular(root, np.eye(D), lower=True).T  # W = u @ back.T
    Z = X @ back.astype(np.float32)
    prior = (back.T * strength) @ back
    own = np.zeros((kinds, n), np.float32)
    own[index, np.arange(n)] = 1

    def loss(flat: Float64) -> tuple[float, Float64]:
        u, b = flat[: K * D].reshape(K, D), flat[K * D :]
        s = u.astype(np.float32) @ Z.T
        s += b.astype(np.float32)[:, None]
        value, slope = _log_loss(s, own, share)
        pulled = u @ prior
        gradient = np.concatenate([(slope @ Z + pulled).ravel(), slope.sum(axis=1, dtype=np.float64)])
        return value + 0.5 * float((u * pulled).sum()), gradient

    options = {"maxiter": STEPS, "gtol": 1e-5, "ftol": 1e-7}
    start = np.zeros(K * (D + 1))
    start[: K * D] = -loss(start)[1][: K * D]  # Newton's first step, where every direction is alike
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    u, b = found.x[: K * D].reshape(K, D), found.x[K * D :]
    return u @ back.T, b - (0 if K == 1 else b.mean()), int(found.nit)


def _log_loss(s: Float32, own: Float32, share: Float32) -> tuple[float, Float32]:
    """Weighted log-loss of decisions (K, n), and its slope by decision (K, n)."""
    if len(s) == 1:
        sign = 2 * own[1] - 1
        margin = sign * s[0]
        small = np.exp(-np.abs(margin))
        value = float(share @ (np.log1p(small) - np.minimum(margin, 0)))
        slope = -sign * share * np.where(margin > 0, small, 1) / (1 + small)
        return value, slope[None]
    s -= s.max(axis=0)
    p = np.exp(s)
    total = p.sum(axis=0)
    value = float(share @ (np.log(total) - np.einsum("kn,kn->n", s, own)))
    p /= total
    p -= own
    p *= share
    return value, p


def _pipeline(fitted: Weights) -> Any:
    """The fitted model as scikit-learn's own, which whoever has skops can read."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    scaler, model = StandardScaler(), LogisticRegression()
    scaler.mean_, scaler.scale_, scaler.var_ = fitted.mean, fitted.scale, fitted.scale**2
    scaler.n_features_in_ = model.n_features_in_ = len(fitted.mean)
    scaler.n_samples_seen_ = fitted.rows
    model.classes_, model.coef_, model.intercept_ = fitted.classes, fitted.coef, fitted.intercept
    model.n_iter_ = np.array([fitted.steps], np.int32)
    return Pipeline([("scale", scaler), ("model", model)])
