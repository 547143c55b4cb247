"""Band statistics that can be made in parts and put together (Chan, Golub and LeVeque 1983)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.release.facts import BandStatistics


@dataclass(frozen=True, slots=True)
class Moments:
    """Of each band, physical units, float64 (bands,): valid pixels, mean, sum of squared distances, extremes.

    ``pixels`` counts all pixels, valid or not.
    """

    pixels: int
    count: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    squares: npt.NDArray[np.float64]
    minimum: npt.NDArray[np.float64]
    maximum: npt.NDArray[np.float64]

    @classmethod
    def of(cls, physical: npt.NDArray[np.float32]) -> Moments:
        """Of one chip: float32 (bands, rows, columns), NaN where there is no data."""
        flat = physical.reshape(len(physical), -1)
        valid = np.isfinite(flat)
        if valid.all():
            return cls._of_whole(flat)
        count = valid.sum(axis=1).astype(np.float64)
        zero = np.where(valid, flat, 0)
        mean = zero.sum(axis=1, dtype=np.float64) / np.maximum(count, 1)
        off = np.where(valid, flat - mean[:, None], 0)
        squares = np.einsum("ij,ij->i", off, off)
        minimum = np.where(valid, flat, np.inf).min(axis=1).astype(np.float64)
        maximum = np.where(valid, flat, -np.inf).max(axis=1).astype(np.float64)
        return cls(flat.shape[1], count, mean, squares, minimum, maximum)

    @classmethod
    def _of_whole(cls, flat: npt.NDArray[np.float32]) -> Moments:
        pixels = flat.shape[1]
        mean = flat.sum(axis=1, dtype=np.float64) / pixels
        off = flat - mean[:, None]
        count = np.full(len(flat), pixels, np.float64)
        low, high = (extreme.astype(np.float64) for extreme in (flat.min(axis=1), flat.max(axis=1)))
        return cls(pixels, count, mean, np.einsum("ij,ij->i", off, off), low, high)

    def __add__(self, other: Moments) -> Moments:
        count = self.count + other.count
        safe = np.maximum(count, 1)
        delta = other.mean - self.mean
        return Moments(
            self.pixels + other.pixels,
            count,
            (self.count * self.mean + other.count * other.mean) / safe,
            self.squares + other.squares + delta**2 * self.count * other.count / safe,
            np.minimum(self.minimum, other.minimum),
            np.maximum(self.maximum, other.maximum),
        )


def statistics(parts: Iterable[Moments], names: tuple[str, ...]) -> tuple[BandStatistics, ...]:
    """The statistics of all parts together, added in the order given."""
    total: Moments | None = None
    for part in parts:
        total = part if total is None else total + part
    if total is None:
        return tuple(BandStatistics(n, None, None, None, None, 0, 0.0) for n in names)
    return tuple(_of_band(total, i, name) for i, name in enumerate(names))


def _of_band(total: Moments, i: int, name: str) -> BandStatistics:
    count = int(total.count[i])
    percent = round(100 * count / max(total.pixels, 1), 4)
    if count == 0:
        return BandStatistics(name, None, None, None, None, 0, percent)
    return BandStatistics(
        name,
        mean=float(total.mean[i]),
        stddev=float(np.sqrt(total.squares[i] / count)),
        minimum=float(total.minimum[i]),
        maximum=float(total.maximum[i]),
        count=count,
        valid_percent=percent,
    )
