"""The baseline that a trained model must beat: one threshold on one index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, BandSet, InputError
from groundset.segment import indices

Float32 = npt.NDArray[np.float32]


class HasPixels(Protocol):
    """What is needed of ``groundset.imagery.Pixels``."""

    @property
    def bands(self) -> BandSet:
        """Its bands."""
        ...

    def physical(self) -> Float32:
        """(bands, rows, columns), NaN where there is no data."""
        ...


@dataclass(frozen=True, slots=True)
class Baseline:
    """A mask by threshold.

    Args:
        classes: uint8 (rows, columns), 255 where there is no data.
        of: What was thresholded: MNDWI, NDWI, nir or brightness.
        threshold: Otsu's value, in units of ``of``.
        above: Whether water lies above the threshold.
    """

    classes: npt.NDArray[np.uint8]
    of: str
    threshold: float
    above: bool

    def __str__(self) -> str:
        return f"Otsu threshold: water where {self.of} {'>' if self.above else '<'} {self.threshold:.3f}"


def otsu_baseline(pixels: HasPixels, *, water: int = 1, other: int = 0) -> Baseline:
    """Water by Otsu's threshold (1979) on MNDWI, else NDWI, else near infrared, else brightness.

    Args:
        pixels: A chip or a whole scene; the threshold is taken over all its pixels that have data.
        water: Code of the class water.
        other: Code of everything else.

    Raises:
        InputError: No pixel has data, or all have one value.
    """
    from skimage import filters

    plane, of, above = _plane(pixels.physical(), pixels.bands)
    there = np.isfinite(plane)
    values = plane[there]
    if not values.size or values.min() == values.max():
        raise InputError("no threshold can be found", asked=of, found=f"{values.size} pixels of one value at most")
    threshold = float(cast(Any, filters).threshold_otsu(values))
    wet = plane > threshold if above else plane < threshold
    classes = np.where(there, np.where(wet, np.uint8(water), np.uint8(other)), np.uint8(UNLABELLED))
    return Baseline(classes.astype(np.uint8), of, threshold, above)


def _plane(physical: Float32, bands: BandSet) -> tuple[Float32, str, bool]:
    common = [b.common_name for b in bands]
    for name in indices.available(common, ("MNDWI", "NDWI")):
        planes = {symbol: physical[i] for symbol, i in indices.symbols(common).items()}
        return indices.compute((name,), planes)[0], name, True
    for name in ("nir", "nir08"):
        at = bands.find(name)
        if at is not None:
            return physical[at], name, False
    return physical.mean(axis=0), "brightness", False
