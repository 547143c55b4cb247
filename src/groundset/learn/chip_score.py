"""How well a chip classifier does on chips that it did not learn from, with an interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from groundset.learn.calibration import error_of, reliability

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]

DRAWS = 1000
INTERVAL = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class ChipScore:
    """Out-of-fold accuracy.

    Args:
        accuracy: Share of labelled chips that were told right.
        low: Lower end of the 95 % interval, from resampling spatial blocks (chips where folds are stratified).
        high: Upper end.
        chips: Labelled chips.
        folds: Whether folds were whole spatial blocks, or stratified.
        error: Expected calibration error out of fold; None where it is told elsewhere.
    """

    accuracy: float
    low: float
    high: float
    chips: int
    folds: Literal["blocked", "stratified"]
    error: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`."""
        return cls(**told)

    def __str__(self) -> str:
        return f"{self.accuracy:.1%} ({self.low:.1%} to {self.high:.1%})"


def score_of(
    right: Bools,
    groups: Int64 | None,
    confidence: npt.NDArray[np.floating] | None,
    held: Bools | None,
    *,
    seed: int = 0,
    error: float | None = None,
) -> ChipScore:
    """Accuracy with an interval by resampling blocks (or chips), and the calibration error of ``confidence``.

    Args:
        right: Whether each out-of-fold answer was right, bool (n,), n > 0.
        groups: Spatial block of each, int64 (n,); None to resample chips.
        confidence: Out-of-fold confidence of each answer; None for no calibration error.
        held: Whether what the confidence speaks of came true, bool (n,).
        seed: Of the resampling.
        error: Calibration error, where it is known.
    """
    units = np.arange(len(right)) if groups is None else np.unique(groups, return_inverse=True)[1]
    n = int(units.max()) + 1
    hits, sizes = np.bincount(units, right, n), np.bincount(units, minlength=n)
    drawn = np.random.default_rng(seed).integers(0, n, (DRAWS, n))
    shares = hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.percentile(shares, INTERVAL)
    if confidence is not None and held is not None:
        error = error_of(reliability(confidence, held))
    return ChipScore(
        float(right.mean()), float(low), float(high), len(right), "stratified" if groups is None else "blocked", error
    )
