"""Pixels read from a scene: stored values, which of them are data, and their physical values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet


@dataclass(frozen=True, slots=True)
class Pixels:
    """A window of a scene.

    Args:
        data: Stored values (bands, rows, columns), one dtype; a band's nodata (0 where it has none) where not valid.
        valid: Which values are data, bool (bands, rows, columns); do not write into it.
        bands: What the bands are.
    """

    data: npt.NDArray[np.generic]
    valid: npt.NDArray[np.bool_]
    bands: BandSet

    def physical(self) -> npt.NDArray[np.float32]:
        """Physical values, float32 (bands, rows, columns), NaN where there is no data."""
        return self.bands.to_physical(self.data, self.valid)

    @property
    def nodata(self) -> npt.NDArray[np.bool_]:
        """Pixels that no sensor covers wholly, bool (rows, columns)."""
        return self.bands.nodata(self.valid)

    @property
    def valid_fraction(self) -> float:
        """Share of pixels for which every band has data, 0 to 1."""
        return float(self.valid.all(axis=0).mean())

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.data.shape[1], self.data.shape[2]
