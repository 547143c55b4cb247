"""Lloyd's k-means for a moment's use: few steps, float32, repeatable."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]

SEEDED = 2_000
"""The first centres are chosen among at most this many points."""


def kmeans(
    Z: Float32, k: int, rng: np.random.Generator, *, weights: Float32 | None = None, steps: int = 10
) -> tuple[Int64, Float32]:
    """Cluster of each row, int64 (n,), and the centres, float32 (k, D); k is at most the number of rows.

    Centres begin far apart (k-means++, Arthur and Vassilvitskii 2007, on a sample); a cluster that lost all its rows
    keeps its centre. ``weights`` pull the centres.
    """
    n, k = len(Z), min(k, len(Z))
    weights = np.ones(n, np.float32) if weights is None else weights
    centres = _spread(Z, k, rng)
    own = np.zeros(n, np.int64)
    for step in range(steps):
        nearest = (np.einsum("ij,ij->i", centres, centres) - 2 * (Z @ centres.T)).argmin(axis=1)
        if step and np.array_equal(nearest, own):
            break
        own = nearest
        centres = _means(Z, own, weights, centres)
    return own, centres


def _means(Z: Float32, own: Int64, weights: Float32, centres: Float32) -> Float32:
    order = np.argsort(own, kind="stable")
    kinds, starts = np.unique(own[order], return_index=True)
    totals = np.add.reduceat(weights[order], starts)
    sums = np.add.reduceat(Z[order] * weights[order, None], starts, axis=0)
    out = centres.copy()
    out[kinds] = sums / np.maximum(totals, 1e-12)[:, None]
    return out


def _spread(Z: Float32, k: int, rng: np.random.Generator) -> Float32:
    """Rows far apart, k of them: each drawn with a chance that grows with its squared distance to those before it."""
    size = min(len(Z), max(SEEDED, 4 * k))
    sample = Z if size == len(Z) else Z[np.sort(rng.choice(len(Z), size, replace=False))]
    squares = np.einsum("ij,ij->i", sample, sample)
    rows = [int(rng.integers(len(sample)))]
    away = np.full(len(sample), np.inf, np.float32)
    while len(rows) < k:
        last = sample[rows[-1]]
        away = np.minimum(away, np.maximum(squares - 2 * (sample @ last) + last @ last, 0))
        away[rows[-1]] = 0
        total = np.cumsum(away, dtype=np.float64)
        if total[-1] <= 0:
            rest = np.setdiff1d(np.arange(len(sample)), rows)
            rows.extend(rest[: k - len(rows)].tolist())
            break
        rows.append(min(int(np.searchsorted(total, rng.random() * total[-1], side="right")), len(sample) - 1))
    return sample[rows].copy()
