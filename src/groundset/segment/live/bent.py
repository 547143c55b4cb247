"""``linear`` as the live assistant has it where much is painted: it may change its mind along an index."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from groundset.segment.linear import Linear

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

BENDS = 3
"""Bends along each index, at the quartiles of what is painted."""


class Bent(Linear):
    """Logistic regression with weights of a feature that may change at its quartiles (a linear spline, additive).

    Beside each feature that may bend stand ``max(x, quartile)`` for its three quartiles over the painted pixels.
    With fewer pixels than ``from_`` nothing bends, and this is :class:`Linear`. ``estimator`` is of the features so
    expanded.

    Args:
        at: Positions of the features that may bend.
        from_: Painted pixels from which on they may.
        held: How many times stronger the prior holds bends than the feature itself.
        settings: Of :class:`Linear`.
    """

    def __init__(self, at: Ints, *, from_: int, held: float, **settings: Any) -> None:
        super().__init__(**settings)
        self.at, self.from_, self.held = at, from_, held
        self._knots: Float32 = np.zeros((0, len(at)), np.float32)
        self._painted: Float32 = np.zeros((0, 0), np.float32)

    def fit(self, features: Float32, codes: UInt8) -> Self:
        """Learn from features (n, features) without NaN and codes (n,).

        Raises:
            InputError: Fewer than two classes.
        """
        shares = np.arange(1, BENDS + 1) / (BENDS + 1) if len(codes) >= self.from_ else np.zeros(0)
        self._knots = np.quantile(features[:, self.at], shares, axis=0).astype(np.float32)
        super().fit(features, codes)
        self._painted = features
        return self

    @property
    def coefficients(self) -> Float64:
        """How far each feature moves the decision over the painted pixels (classes, features): a standard deviation.

        Of one that does not bend this is the size of its weight.
        """
        features, plain = self._painted, super().coefficients
        count = features.shape[1]
        out = np.abs(plain[:, :count])
        if not len(self._knots):
            return out
        scale = self._fitted().scale
        for i, at in enumerate(self.at):
            x = features[:, at]
            basis = np.stack([x, *np.maximum(x, self._knots[:, i, None])])
            columns = np.array([at, *(count + k * len(self.at) + i for k in range(BENDS))])
            out[:, at] = ((plain[:, columns] / scale[columns]) @ basis).std(axis=1)
        return out

    def _learnt(self, features: Float32) -> Float32:
        return np.concatenate([features, *(np.maximum(features[:, self.at], knot) for knot in self._knots)], axis=1)

    def _decided(self, weights: Float32, planes: Float32) -> Float32:
        decided = super()._decided(weights[:, : len(planes)], planes)
        if len(self._knots):
            bent = np.maximum(planes[self.at], self._knots[:, :, None])
            decided += weights[:, len(planes) :] @ bent.reshape(self._knots.size, -1)
        return decided

    def _held(self, count: int) -> Float64:
        plain = super()._held(count - self._knots.size)
        return np.concatenate([plain, *(plain[self.at] * self.held for _ in self._knots)])
