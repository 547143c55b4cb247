"""Mean, standard deviation, smallest and largest value of each band and index: the features that never lie."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet

Physical = npt.NDArray[np.float32]

INDICES: Mapping[str, tuple[str, str]] = {
    "NDVI": ("nir", "red"),
    "NDWI": ("green", "nir"),
    "MNDWI": ("green", "swir16"),
    "NDMI": ("nir", "swir16"),
    "NBR": ("nir", "swir22"),
    "NDGlaI": ("green", "red"),
    "BNDVI": ("nir", "blue"),
}
"""Normalised differences (a - b) / (a + b) by common name; formulas as in spyndex (awesome-spectral-indices)."""

STATISTICS = ("mean", "std", "min", "max")


def indices_for(bands: BandSet) -> tuple[str, ...]:
    """The indices whose bands are there, in the order of :data:`INDICES`."""
    return tuple(n for n, pair in INDICES.items() if all(bands.find(c) is not None for c in pair))


def index_planes(physical: Physical, bands: BandSet, names: tuple[str, ...]) -> Physical:
    """Indices of a chip: (bands, rows, columns) -> float32 (indices, rows, columns), -1 to 1, NaN where undefined."""
    out = np.full((len(names), *physical.shape[1:]), np.nan, np.float32)
    for i, name in enumerate(names):
        a, b = (physical[bands.find(c)] for c in INDICES[name])
        total = a + b
        np.divide(a - b, total, out=out[i], where=total > 0)
    return np.clip(out, -1, 1, out=out)


def statistics(planes: Physical) -> Physical:
    """(planes, rows, columns) -> float32 (4 * planes,): all means, then stds, minima, maxima; NaN where no data."""
    flat = planes.reshape(len(planes), planes.shape[1] * planes.shape[2])
    if flat.size and np.isfinite(flat.min(axis=1)).all() and np.isfinite(flat.max(axis=1)).all():
        return np.concatenate(_moments(flat))
    out = np.full((4, len(planes)), np.nan, np.float32)
    for i, values in enumerate(flat):
        kept = values[np.isfinite(values)]
        if kept.size:
            out[:, i] = np.concatenate(_moments(kept[None]))
    return out.ravel()


def _moments(flat: Physical) -> tuple[Physical, ...]:
    mean = flat.mean(axis=1)
    apart = flat - mean[:, None]
    variance = np.einsum("ij,ij->i", apart, apart) / np.float32(flat.shape[1])
    return mean, np.sqrt(variance), flat.min(axis=1), flat.max(axis=1)
