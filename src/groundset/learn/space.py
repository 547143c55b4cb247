"""The space of the models: wide features as they are, few features lifted, so that a line there is a curve here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from groundset.core import InputError

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]

WIDE = 64
"""Features of this length or more are used as they are."""
WAVES = 512
"""Random waves that few features are lifted to."""
BLOCK = 65_536


@dataclass(frozen=True)
class Space:
    """How features X (n, d) become what the linear models read, Z (n, D).

    Wide features (d >= 64) stay what they are, without a copy: one matrix-vector product scores all chips. Few
    features are standardised and stand beside 512 random Fourier features of a Gaussian kernel (Rahimi, Recht 2007,
    with orthogonal directions: Yu et al. 2016), so that a linear model in Z comes close to a kernel machine in X. Each
    of the two blocks has a mean square norm of 1.

    Args:
        d: Length of a feature vector in X.
        centre: Mean of each feature, float32 (d,); None where X stays as it is.
        scale: What each centred feature is multiplied with, float32 (d,).
        waves: Directions of the random waves, float32 (d, 512).
        phases: Their shifts, float32 (512,).
    """

    d: int
    centre: Float32 | None = None
    scale: Float32 | None = None
    waves: Float32 | None = None
    phases: Float32 | None = None

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
        spread = known.std(axis=0, dtype=np.float64)
        scale = np.divide(1.0, spread, out=np.zeros(d), where=spread > 1e-12 * (1 + np.abs(known).max(axis=0)))
        live = max(int((scale > 0).sum()), 1)
        rng = np.random.default_rng(seed)
        waves = _orthogonal(rng, d, WAVES) / np.sqrt(live / 2)
        return cls(
            d,
            known.mean(axis=0, dtype=np.float64).astype(np.float32),
            scale.astype(np.float32),
            waves.astype(np.float32),
            rng.uniform(0, 2 * np.pi, WAVES).astype(np.float32),
        )

    @property
    def identity(self) -> bool:
        """Whether Z is X itself."""
        return self.waves is None

    @property
    def dim(self) -> int:
        """Length of a vector in Z."""
        return self.d if self.waves is None else self.d + self.waves.shape[1]

    def transform(self, X: Float32) -> Float32:
        """X (n, d) as Z float32 (n, dim); X itself where it stays as it is. A bad row stays bad, and only that row.

        Raises:
            InputError: X has another length than what the space was fitted to.
        """
        X = _table(X)
        if X.shape[1] != self.d:
            raise InputError("features of another length", asked=X.shape[1], found=self.d, hint="fit the space again")
        if self.centre is None or self.scale is None or self.waves is None or self.phases is None:
            return X
        Z = np.empty((len(X), self.dim), np.float32)
        for start in range(0, len(X), BLOCK):
            part = slice(start, start + BLOCK)
            standard = (X[part] - self.centre) * self.scale
            np.multiply(standard, np.float32(1 / np.sqrt(self.d)), out=Z[part, : self.d])
            waves = Z[part, self.d :]
            np.matmul(standard, self.waves, out=waves)
            waves += self.phases
            np.cos(waves, out=waves)
            waves *= np.float32(np.sqrt(2 / len(self.phases)))
            Z[part][~np.isfinite(standard).all(axis=1)] = np.nan
        return Z

    def save(self, path: Path) -> None:
        """Write it as one ``.npy`` of float32 (2 + d, 1 + d + 512), or (1, 1) with d alone where X stays as it is."""
        np.save(path, self._packed(), allow_pickle=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """What :meth:`save` wrote."""
        packed = np.load(path, allow_pickle=False)
        d = int(packed[0, 0])
        if packed.shape == (1, 1):
            return cls(d)
        return cls(d, packed[1, 1 : d + 1], packed[2, 1 : d + 1], packed[1 : d + 1, d + 1 :], packed[0, d + 1 :])

    def _packed(self) -> Float32:
        if self.centre is None or self.scale is None or self.waves is None or self.phases is None:
            return np.array([[self.d]], np.float32)
        packed = np.zeros((max(self.d, 2) + 1, 1 + self.d + len(self.phases)), np.float32)
        packed[0, 0], packed[0, self.d + 1 :] = self.d, self.phases
        packed[1, 1 : self.d + 1], packed[2, 1 : self.d + 1] = self.centre, self.scale
        packed[1 : self.d + 1, self.d + 1 :] = self.waves
        return packed


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


def _orthogonal(rng: np.random.Generator, d: int, count: int) -> npt.NDArray[np.float64]:
    """Directions (d, count) as a Gaussian draws them, but orthogonal within each d of them."""
    blocks = []
    for _ in range(-(-count // d)):
        axes, _ = np.linalg.qr(rng.standard_normal((d, d)))
        blocks.append(axes * np.linalg.norm(rng.standard_normal((d, d)), axis=1))
    return np.concatenate(blocks, axis=1)[:, :count]
