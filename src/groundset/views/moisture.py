"""Dry and wet edge of a scene for the optical trapezoid model (OPTRAM)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundset.chips import Edges

DRY, WET = "STR dry edge", "STR wet edge"
"""Names under which intercept and slope are kept beside the ranges of bands."""
_BINS = 25
_LEAST = 30
"""Pixels that a bin of NDVI needs to count."""
_FEWEST = 5
"""Bins that a line needs."""

Plane = npt.NDArray[np.float32]


def find_edges(nir: Plane, red: Plane, swir: Plane) -> Edges | None:
    """The edges of the cloud of STR over NDVI, from the scene's own pixels.

    STR = (1 - R)^2 / (2 R) of shortwave infrared reflectance R at 2.2 micrometres (Sadeghi, Babaeian, Tuller, Jones
    2017, "The optical trapezoid model", Remote Sensing of Environment 198). NDVI from 0 up (water lies below) is cut
    into 25 bins; the lines of least squares through the 2nd and the 98th percentile of STR of the bins with enough
    pixels, each weighted by the square root of its pixels, are the dry and the wet edge.

    Args:
        nir: Reflectance, any shape, NaN where no data.
        red: Likewise.
        swir: Likewise.

    Returns:
        None where too few bins have pixels, or the edges cross.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ndvi = (nir - red) / (nir + red)
        trapped = (1 - swir) ** 2 / (2 * swir)
    good = np.isfinite(ndvi) & np.isfinite(trapped) & (ndvi >= 0) & (ndvi <= 1) & (swir > 0) & (swir <= 1)
    ndvi, trapped = ndvi[good].astype(np.float64), trapped[good].astype(np.float64)
    bins = np.minimum((ndvi * _BINS).astype(int), _BINS - 1)
    counts = np.bincount(bins, minlength=_BINS)
    used = np.flatnonzero(counts >= _LEAST)
    if len(used) < _FEWEST:
        return None
    ends = np.array([np.percentile(trapped[bins == b], (2, 98)) for b in used])
    weights = np.sqrt(counts[used])
    (dry_slope, dry), (wet_slope, wet) = (
        np.polyfit((used + 0.5) / _BINS, ends[:, side], 1, w=weights) for side in (0, 1)
    )
    reach = (used[[0, -1]] + 0.5) / _BINS
    if np.any(wet + wet_slope * reach <= dry + dry_slope * reach):
        return None
    return Edges(float(dry), float(dry_slope), float(wet), float(wet_slope))
