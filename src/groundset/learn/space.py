"""The space of the models: wide features as they are, few features lifted, so that a line there is a curve here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.learn._kmeans import kmeans

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]

WIDE = 64
"""Features of this length or more are used as they are."""
LANDMARKS = 512
"""Places that few features are compared with."""
SAMPLE = 20_000
"""Landmarks are looked for among so many rows."""
CLIP = 10.0
"""Standardised features end here, so that a broken value cannot decide alone."""
BLOCK = 16_384


@dataclass(frozen=True)
class Space:
    """How features X (n, d) become what the linear models read, Z (n, D).

    Wide features (d >= 64) stay what they are, without a copy: one matrix-vector product scores all chips. Where
    sensors have weights of their own each is multiplied with its own, in a copy. Few
    features are standardised and stand beside 512 Nystroem features of the Gaussian kernel exp(-|x - y|^2 / d)
    (Williams and Seeger 2001, landmarks by k-means: Zhang, Tsang and Kwok 2008), so that a linear model in Z comes
    close to a kernel machine in X. Each of the two blocks has a mean square length of about 1.

    Args:
        d: Length of a feature vector in X.
        centre: Mean of each feature, float32 (d,); None where X stays as it is.
        scale: What each centred feature is multiplied with, float32 (d,).
        landmarks: Standardised places, float32 (m, d).
        mix: Whitens the likeness to them, float32 (m, m).
        weights: Of wide features, what each is multiplied with, float32 (d,); None where they stay as they are.
    """

    d: int
    centre: Float32 | None = None
    scale: Float32 | None = None
    landmarks: Float32 | None = None
    mix: Float32 | None = None
    weights: Float32 | None = None

    @classmethod
    def fit(cls, X: Float32, *, seed: int = 0) -> Self:
        """Fit to features float32 (n, d); rows with NaN or infinity are left out.

        Raises:
            InputError: X is not a table of numbers, or no row is finite.
        """
        X = _table(X)
        d = X.shape[1]
        if d >= WIDE:
            return cls(d)
        known = X[usable(X)]
        if not len(known):
            raise InputError("no chip has features without NaN", found=f"{len(X)} rows", hint="encode the chips again")
        centre = known.mean(axis=0, dtype=np.float64).astype(np.float32)
        spread = known.std(axis=0, dtype=np.float64)
        steady = spread <= 1e-6 * np.abs(known).max(axis=0)
        scale = np.where(steady, 0.0, 1 / np.where(steady, 1.0, spread)).astype(np.float32)
        rng = np.random.default_rng(seed)
        if len(known) > SAMPLE:
            known = known[np.sort(rng.choice(len(known), SAMPLE, replace=False))]
        _, landmarks = kmeans(_standard(known, centre, scale), LANDMARKS, rng, steps=3)
        values, axes = np.linalg.eigh(_kernel(landmarks, landmarks).astype(np.float64))
        mix = axes / np.sqrt(np.maximum(values, 1e-6 * values[-1]))
        return cls(d, centre, scale, landmarks, mix.astype(np.float32))

    @property
    def identity(self) -> bool:
        """Whether Z is X itself."""
        return self.landmarks is None and self.weights is None

    @property
    def dim(self) -> int:
        """Length of a vector in Z."""
        return self.d if self.landmarks is None else self.d + len(self.landmarks)

    def transform(self, X: Float32) -> Float32:
        """X (n, d) as Z float32 (n, dim); X itself where it stays as it is. A bad row stays bad, and only that row.

        Raises:
            InputError: X has another length than what the space was fitted to.
        """
        X = _table(X)
        if X.shape[1] != self.d:
            raise InputError("features of another length", asked=X.shape[1], found=self.d, hint="fit the space again")
        if self.weights is not None:
            return np.asarray(X * self.weights, np.float32)
        if self.centre is None or self.scale is None or self.landmarks is None or self.mix is None:
            return X
        Z = np.empty((len(X), self.dim), np.float32)
        for start in range(0, len(X), BLOCK):
            part = slice(start, start + BLOCK)
            good = usable(X[part])
            standard = _standard(np.where(good[:, None], X[part], self.centre), self.centre, self.scale)
            np.multiply(standard, np.float32(1 / np.sqrt(self.d)), out=Z[part, : self.d])
            np.matmul(_kernel(standard, self.landmarks), self.mix, out=Z[part, self.d :])
            Z[part][~good] = np.nan
        return Z

    def save(self, path: Path) -> None:
        """Write it as one ``.npy``: float32, the two lengths (d, m), then each array, flat."""
        parts = [a for a in (self.centre, self.scale, self.landmarks, self.mix, self.weights) if a is not None]
        lengths = np.array([self.d, 0 if self.landmarks is None else len(self.landmarks)], np.float32)
        np.save(path, np.concatenate([lengths, *(a.ravel() for a in parts)]), allow_pickle=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """What :meth:`save` wrote.

        Raises:
            InputError: The file is not one of these.
        """
        try:
            flat = np.load(path, allow_pickle=False)
            d, m = int(flat[0]), int(flat[1])
            if not m:
                return cls(d, weights=flat[2:] if len(flat) > 2 else None)
            centre, scale, landmarks, mix = np.split(flat[2:], np.cumsum([d, d, m * d]))
            return cls(d, centre, scale, landmarks.reshape(m, d), mix.reshape(m, m))
        except (ValueError, IndexError, EOFError) as error:
            raise InputError("not a space of features", asked=path, hint="remove the file, it is made again") from error


def usable(X: Float32) -> Bool:
    """Which rows of X (n, d) are finite throughout: bool (n,). The others take no part in learning."""
    good = np.empty(len(X), bool)
    for start in range(0, len(X), BLOCK):
        # A sum is finite only where all its parts are, but for overflow, which is looked at again.
        part = X[start : start + BLOCK]
        with np.errstate(over="ignore", invalid="ignore"):
            good[start : start + BLOCK] = np.isfinite(part.sum(axis=1))
        doubtful = start + np.flatnonzero(~good[start : start + BLOCK])
        good[doubtful] = np.isfinite(X[doubtful]).all(axis=1)
    return good


def _table(X: Float32) -> Float32:
    X = np.asarray(X, np.float32)
    if X.ndim != 2 or not X.shape[1]:
        raise InputError("features must be a table (chips, values)", found=f"shape {X.shape}")
    return X


def _standard(X: Float32, centre: Float32, scale: Float32) -> Float32:
    return np.asarray(np.clip((X - centre) * scale, -CLIP, CLIP), np.float32)


def _kernel(A: Float32, B: Float32) -> Float32:
    """Likeness of rows A (n, d) and B (m, d): exp(-|a - b|^2 / d), float32 (n, m)."""
    squares = A @ B.T
    squares *= -2
    squares += np.einsum("ij,ij->i", A, A)[:, None]
    squares += np.einsum("ij,ij->i", B, B)
    np.maximum(squares, 0, out=squares)
    squares *= np.float32(-1 / A.shape[1])
    return np.asarray(np.exp(squares, out=squares), np.float32)
