"""Bands: what each one is, and how stored numbers become physical values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from groundset.core.errors import InputError, MissingError


@dataclass(frozen=True, slots=True)
class Band:
    """One band of a scene.

    ``physical = stored * scale + offset``. ``common_name`` is STAC's (``blue``, ``nir``, ``swir16`` ...), with ``vv``,
    ``vh``, ``hh``, ``hv`` for radar. Wavelengths are in micrometres. ``sensor`` is the Groundset sensor name that the
    band came from, so that a fused scene knows which bands belong together. ``nodata`` is in stored units,
    may be NaN.
    """

    name: str
    common_name: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    nodata: float | None = None
    dtype: str = "float32"
    unit: str | None = None
    center_wavelength: float | None = None
    full_width_half_max: float | None = None
    gsd: float | None = None
    sensor: str | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        # One NaN object, so that two equal bands compare as equal.
        if self.nodata is not None and math.isnan(self.nodata):
            object.__setattr__(self, "nodata", math.nan)


@dataclass(frozen=True, slots=True)
class BandSet:
    """The bands of a scene in stored order."""

    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        names = [b.name for b in self.bands]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise InputError("band names must differ", found=", ".join(twice), hint="name each band once")

    def __len__(self) -> int:
        return len(self.bands)

    def __iter__(self) -> Iterator[Band]:
        return iter(self.bands)

    def __getitem__(self, i: int) -> Band:
        return self.bands[i]

    @property
    def names(self) -> tuple[str, ...]:
        """Band names in order."""
        return tuple(b.name for b in self.bands)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The one dtype that holds every band's stored values without loss."""
        return np.result_type(*(np.dtype(b.dtype) for b in self.bands))

    def index(self, name: str) -> int:
        """Position of the band of this name, or of this common name where only one band has it.

        Raises:
            MissingError: No such band; names the bands that there are.
        """
        if name in self.names:
            return self.names.index(name)
        common = [i for i, b in enumerate(self.bands) if b.common_name == name]
        if len(common) == 1:
            return common[0]
        near = get_close_matches(name, self.names, 1)
        raise MissingError(
            "unknown band",
            asked=name,
            found=", ".join(self.names),
            hint=f"did you mean {near[0]}?" if near else "take one of these",
        )

    def find(self, common_name: str) -> int | None:
        """Position of the first band with this common name, or None."""
        return next((i for i, b in enumerate(self.bands) if b.common_name == common_name), None)

    def select(self, names: Sequence[str]) -> BandSet:
        """The named bands, in the order asked for."""
        return BandSet(tuple(self.bands[self.index(n)] for n in names))

    def valid(self, stored: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
        """Which stored values are data: bool (bands, rows, columns), false at nodata and NaN."""
        out = np.ones(stored.shape, bool)
        for i, band in enumerate(self.bands):
            plane = stored[i]
            if np.issubdtype(plane.dtype, np.floating):
                out[i] = np.isfinite(plane)
            if band.nodata is not None and not np.isnan(band.nodata):
                out[i] &= plane != band.nodata
        return out

    def to_physical(
        self, stored: npt.NDArray[np.generic], valid: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[np.float32]:
        """Stored values (bands, rows, columns) as float32 physical values, NaN where not ``valid``."""
        out = stored.astype(np.float32)
        if any(b.scale != 1 for b in self.bands):
            out *= np.array([b.scale for b in self.bands], np.float32)[:, None, None]
        if any(b.offset != 0 for b in self.bands):
            out += np.array([b.offset for b in self.bands], np.float32)[:, None, None]
        good = self.valid(stored) if valid is None else valid
        if not good.all():
            out[~good] = np.nan
        return out

    def nodata(self, valid: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Pixels that no sensor covers wholly: bool (rows, columns) from bool (bands, rows, columns)."""
        covered = np.zeros(valid.shape[1:], bool)
        for sensor in {b.sensor for b in self.bands}:
            covered |= valid[[i for i, b in enumerate(self.bands) if b.sensor == sensor]].all(axis=0)
        return ~covered
