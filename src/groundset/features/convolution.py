"""Empirical random convolutional features: patches of the data itself, whitened, are the filters.

Method: MOSAIKS (Rolf et al. 2021, "A generalizable and accessible approach to machine learning with global satellite
imagery", Nature Communications 12, 4392), with filters ZCA-whitened as in Coates and Ng (2012). A chip's features are
the means of relu(x . f + b) and of relu(-x . f + b) over its patches x. Plain numpy: no weights, no torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Physical = npt.NDArray[np.float32]

PATCH = 3
FILTERS = 256
BIAS = -0.5
RIDGE = 1e-3
"""Added to the patch covariance's eigenvalues, as a share of their mean."""
FIT_PATCHES = 20_000
POSITIONS = 96
"""Patches are taken at up to about this many positions along each side: a 256-pixel chip is visited every 3 pixels."""
_CHUNK = 256


@dataclass(frozen=True)
class Filters:
    """Whitened filters.

    Args:
        weights: Float32 (bands * 9, filters), applied to patches flattened as (band, row, column).
        shift: Float32 (filters,), the filters' answer to the mean patch, taken off.
    """

    weights: Physical
    shift: Physical

    @property
    def dim(self) -> int:
        """Number of features: two for each filter."""
        return 2 * int(self.weights.shape[1])

    def __call__(self, normalised: Physical) -> Physical:
        """Features of one chip, float32 (dim,).

        Args:
            normalised: Float32 (bands, rows, columns), mean 0 and spread 1, NaN nodata. A patch counts where each of
                its pixels has data in at least one band; missing bands stand at their mean. Without patches all are 0.
        """
        step = max(1, -(-max(normalised.shape[1:]) // POSITIONS))
        x = patches(normalised, step)
        out = np.zeros((2, self.weights.shape[1]), np.float32)
        if not len(x):
            return out.ravel()
        room = np.empty((2, _CHUNK, out.shape[1]), np.float32)
        ones = np.ones(_CHUNK, np.float32)
        for start in range(0, len(x), _CHUNK):
            some = x[start : start + _CHUNK]
            answer, half, one = room[0, : len(some)], room[1, : len(some)], ones[: len(some)]
            np.matmul(some, self.weights, out=answer)
            answer -= self.shift
            # mean relu(t + b) = mean max(t, -b) + b, and mean relu(-t + b) = b - mean min(t, b)
            out[0] += one @ np.maximum(answer, -np.float32(BIAS), out=half)
            out[1] -= one @ np.minimum(answer, np.float32(BIAS), out=half)
        out /= len(x)
        return (out + np.float32(BIAS)).ravel()


def patches(normalised: Physical, step: int = 1) -> Physical:
    """Patches of a chip with data, float32 (patches, bands * 9), every ``step`` pixels."""
    bands, rows, cols = normalised.shape
    if min(rows, cols) < PATCH:
        pad = [(0, 0), (0, max(0, PATCH - rows)), (0, max(0, PATCH - cols))]
        normalised = np.pad(normalised, pad, mode="edge")
    present = np.isfinite(normalised)
    view = np.lib.stride_tricks.sliding_window_view(normalised, (PATCH, PATCH), axis=(1, 2))[:, ::step, ::step]
    flat = view.transpose(1, 2, 0, 3, 4).reshape(-1, bands * PATCH * PATCH)
    if present.all():
        return np.ascontiguousarray(flat)
    some = np.lib.stride_tricks.sliding_window_view(present.any(axis=0), (PATCH, PATCH))[::step, ::step]
    kept = flat[some.all(axis=(2, 3)).ravel()]
    return np.nan_to_num(kept, nan=0.0)


def fit_filters(samples: Sequence[Physical], *, seed: int, count: int = FILTERS) -> Filters:
    """Draw and whiten filters from normalised sample chips, float32 (bands, rows, columns) each, NaN nodata.

    The same samples and seed give the same filters. Chips without data give none; with no patch at all the filters
    are drawn from a normal distribution.
    """
    rng = np.random.default_rng(seed)
    drawn = _draw(samples, rng)
    size = samples[0].shape[0] * PATCH * PATCH
    if len(drawn) < 2:
        drawn = rng.standard_normal((FIT_PATCHES, size))
    mean = drawn.mean(axis=0)
    centred = drawn - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(drawn))
    # fix what LAPACK leaves open; the product V f(S) V' does not depend on the vectors' signs
    values = np.maximum(values, 0)
    whiten = (vectors / np.sqrt(values + RIDGE * max(float(values.mean()), 1e-12))) @ vectors.T
    chosen = centred[rng.choice(len(drawn), count, replace=len(drawn) < count)] @ whiten
    chosen /= np.maximum(np.linalg.norm(chosen, axis=1, keepdims=True), 1e-12)
    weights = whiten @ chosen.T
    return Filters(weights.astype(np.float32), (mean @ weights).astype(np.float32))


def _draw(samples: Sequence[Physical], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    each = -(-FIT_PATCHES // len(samples))
    drawn = []
    for sample in samples:
        there = patches(sample, max(1, -(-max(sample.shape[1:]) // POSITIONS)))
        if len(there):
            drawn.append(there[rng.choice(len(there), min(each, len(there)), replace=False)])
    if not drawn:
        return np.empty((0, samples[0].shape[0] * PATCH * PATCH))
    return np.concatenate(drawn).astype(np.float64)
