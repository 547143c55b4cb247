"""How typical chips are of all chips: what the order ``typical`` goes by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundset.learn._kmeans import kmeans
from groundset.learn.matrix import Features, Matrix

Float32 = npt.NDArray[np.float32]
SAMPLE = 5_000
KINDS = 50


def typicality(features: Features) -> Float32:
    """Typicality, float32 (chips,), 0-1: the most typical chip of each kind first, then the second of each, ...

    Chips without features have NaN.
    Kinds are clusters of a sample; a chip's kind is that of the nearest centre, and the nearer it is, the more typical.
    """
    out = np.full(len(features.chips), np.nan, np.float32)
    for matrix in features.matrices:
        out[matrix.at] = _of(matrix)
    return out


def _of(matrix: Matrix) -> Float32:
    there = np.flatnonzero(np.isfinite(matrix.lengths))
    out = np.full(len(matrix.at), np.nan, np.float32)
    if not len(there):
        return out
    rng = np.random.default_rng(0)
    drawn = np.sort(rng.choice(there, min(SAMPLE, len(there)), replace=False))
    sample = matrix.rows(matrix.at[drawn])
    own, _ = kmeans(sample, min(KINDS, len(sample)), rng)
    centres = np.stack([sample[own == c].mean(axis=0) for c in np.unique(own)])
    kind, away = np.empty(len(out), np.int64), np.empty(len(out), np.float32)
    squares = np.einsum("ij,ij->i", centres, centres)
    for rows, Z, lengths in matrix.each():
        far = squares - 2 * (Z @ centres.T)
        kind[rows] = far.argmin(axis=1)
        away[rows] = far.min(axis=1) + lengths**2
    order = there[np.lexsort((away[there], kind[there]))]
    first = np.r_[True, np.diff(kind[order]) != 0]
    starts = np.flatnonzero(first)
    turn = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    ranked = order[np.lexsort((away[order], turn))]
    out[ranked] = np.linspace(1, 0, len(ranked), dtype=np.float32)
    return out
