"""What a pixel segmenter sees of each pixel: bands, indices, the same smoothed, edges, the shape of its spectrum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from groundset.core import Band, BandSet, InputError
from groundset.segment import indices

Float32 = npt.NDArray[np.float32]
_TRUNCATE = 3.0
LATER = "~later"
"""What the names of a later date's bands end with."""
_DARKEST = np.float32(1e-3)


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """A list of pixel features that can be computed again for any scene with these bands.

    Args:
        bands: Keys of the bands (see :func:`band_keys`), in order.
        indices: spyndex short names.
        sigmas: Gaussian standard deviations in pixels; 0 is the pixel itself. Bands and indices are taken at each.
        edge_sigma: Scale in pixels at which gradient magnitudes are taken; None for none.
        edge_of: Indices or band keys whose gradient magnitude is taken.
        shape: Keys of the bands whose logarithm less the mean logarithm of all of these is taken (the centred
            log-ratio of Aitchison 1982): ratios of bands, which one factor on all of them does not change.
        dates: 2 where the bands of a later date stand behind those of the first: all features of the first date, and
            behind them how much each is more at the later one (image differencing, Singh 1989).
    """

    bands: tuple[str, ...]
    indices: tuple[str, ...]
    sigmas: tuple[float, ...]
    edge_sigma: float | None = None
    edge_of: tuple[str, ...] = ()
    shape: tuple[str, ...] = ()
    dates: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """One name a feature, as kept in the model card."""
        channels = (*self.bands, *self.indices)
        plain = [c if s == 0 else f"{c}@{s:g}" for s in self.sigmas for c in channels]
        edges = (f"edge({c})@{self.edge_sigma:g}" for c in self.edge_of)
        names = (*plain, *edges, *(f"shape({b})" for b in self.shape))
        return names if self.dates == 1 else (*names, *(f"change({name})" for name in names))

    @property
    def inputs(self) -> tuple[str, ...]:
        """One name a band that is read, of each date."""
        return self.bands if self.dates == 1 else (*self.bands, *(f"{band}{LATER}" for band in self.bands))

    @property
    def halo(self) -> int:
        """Pixels to read around a chip so that its border features are those of the whole scene."""
        widest = max((*self.sigmas, self.edge_sigma or 0.0))
        return math.ceil(widest * _TRUNCATE) + (1 if self.edge_of else 0)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "bands": list(self.bands),
            "indices": list(self.indices),
            "sigmas": list(self.sigmas),
            "edge_sigma": self.edge_sigma,
            "edge_of": list(self.edge_of),
            "shape": list(self.shape),
            "names": list(self.names),
            **({} if self.dates == 1 else {"dates": self.dates}),
        }

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> FeatureSpec:
        """Read :meth:`to_dict` back."""

        def strings(key: str) -> tuple[str, ...]:
            value = data.get(key, [])
            return tuple(str(v) for v in value) if isinstance(value, list) else ()

        sigmas, edge = data.get("sigmas"), data.get("edge_sigma")
        return cls(
            strings("bands"),
            strings("indices"),
            tuple(float(s) for s in sigmas) if isinstance(sigmas, list) else (0.0,),
            float(edge) if isinstance(edge, int | float) else None,
            strings("edge_of"),
            strings("shape"),
            2 if data.get("dates") == 2 else 1,
        )


def band_keys(bands: BandSet) -> tuple[str, ...]:
    """One key a band: its common name where only one band has it, else its own name."""
    common = [b.common_name for b in bands]
    return tuple(b.common_name if b.common_name and common.count(b.common_name) == 1 else b.name for b in bands)


def default_spec(band_sets: Sequence[BandSet]) -> FeatureSpec:
    """The features for scenes with these bands: every band that all of them have, and the indices those allow.

    Raises:
        InputError: The scenes have no band in common.
    """
    keys = [band_keys(bands) for bands in band_sets]
    shared = tuple(k for k in keys[0] if all(k in other for other in keys[1:])) if keys else ()
    if not shared:
        raise InputError(
            "the scenes have no band in common, so one model cannot serve them all",
            found=" | ".join(sorted({", ".join(k) for k in keys})) or "no scenes",
            hint="ingest them with the same --bands, or make a workspace for each sensor",
        )
    common = [_common_name(band_sets[0], key) for key in shared]
    found = indices.available(common)
    return FeatureSpec(shared, found, SIGMAS, EDGE_SIGMA, found[:EDGES] or shared[:EDGES])


def live_spec(band_sets: Sequence[BandSet]) -> FeatureSpec:
    """The features of the live assistant: bands and indices of the pixel itself, and the shape of its spectrum.

    Fewer than those of :func:`default_spec`, no pixel around a chip to read, and ``linear`` does better with them. With
    fewer than three indices there is no shape: from three bands alone it misled. Chosen on the left half of the
    Sen1Floods11 chip, Boadella and EuroSAT (``benchmarks/assist.py --choose``).

    Raises:
        InputError: The scenes have no band in common.
    """
    full = default_spec(band_sets)
    named = {key: _common_name(band_sets[0], key) for key in full.bands}
    shape = tuple(key for key in full.bands if named[key] in OPTICAL)
    return FeatureSpec(full.bands, full.indices, (0.0,), shape=shape if len(full.indices) >= ENOUGH else ())


OPTICAL = frozenset({
    "coastal", "blue", "green", "green05", "yellow", "red", "rededge", "rededge071", "rededge075", "rededge078", "nir",
    "nir08", "nir09", "cirrus", "swir16", "swir22",
})  # fmt: skip
"""Common names of the eo extension whose values are reflectances or radiances, so that ratios of them mean something;
``pan`` and the thermal bands are left out."""
ENOUGH = 3
"""Indices with which ratios of bands carry from place to place."""

SIGMAS = (0.0, 1.0)
EDGE_SIGMA = 1.0
EDGES = 3


def _common_name(bands: BandSet, key: str) -> str | None:
    return bands[band_keys(bands).index(key)].common_name


def pixel_features(physical: Float32, bands: BandSet, spec: FeatureSpec) -> Float32:
    """The features of every pixel.

    Args:
        physical: (bands, rows, columns) in physical units, NaN where there is no data.
        bands: The bands of ``physical``; the ones that ``spec`` names are picked out by key.
        spec: What to compute; of two dates ``physical`` has the later one's bands behind the first one's.

    Returns:
        float32 (features, rows, columns) in the order of ``spec.names``. A feature is NaN where its own band is NaN
        at that pixel; nodata around a pixel takes no part in its smoothed values.

    Raises:
        InputError: A band that ``spec`` names is not there.
    """
    if spec.dates == 2:
        own, date = BandSet(bands.bands[: len(bands) // 2]), replace(spec, dates=1)
        if not bands.names[-1].endswith(LATER):
            raise InputError("this model sees two dates", found="one", hint="groundset segment proposes with it")
        first, later = (pixel_features(planes, own, date) for planes in (physical[: len(own)], physical[len(own) :]))
        return np.concatenate([first, later - first])
    planes, common = _pick(physical, bands, spec)
    at = indices.symbols(common)
    out = np.empty((len(spec.names), *physical.shape[1:]), np.float32)
    scales: dict[float, dict[str, Float32]] = {}
    row = 0
    for sigma in dict.fromkeys((*spec.sigmas, *((spec.edge_sigma,) if spec.edge_sigma is not None else ()))):
        smooth = planes if sigma == 0 else smoothed(planes, sigma)
        computed = indices.compute(spec.indices, {symbol: smooth[i] for symbol, i in at.items()})
        channels = dict(zip((*spec.bands, *spec.indices), (*smooth, *computed), strict=True))
        scales[sigma] = channels
        if sigma in spec.sigmas:
            for plane in channels.values():
                out[row] = plane
                row += 1
    for name in spec.edge_of:
        out[row] = gradient_magnitude(scales[spec.edge_sigma or 0.0][name])
        row += 1
    if spec.shape:
        out[row:] = spectral_shape(planes[[spec.bands.index(key) for key in spec.shape]])
    return out


def spectral_shape(planes: Float32) -> Float32:
    """Logarithms of bands less the mean logarithm of those that are there; NaN stays NaN.

    Args:
        planes: (bands, rows, columns), physical values; what is below a thousandth counts as that.
    """
    out: Float32 = np.log(np.maximum(planes, _DARKEST))
    there = np.isfinite(out)
    if there.all():
        out -= out.mean(axis=0)
        return out
    count = np.maximum(there.sum(axis=0), 1).astype(np.float32)
    out -= np.where(there, out, np.float32(0)).sum(axis=0) / count
    return out


def _pick(physical: Float32, bands: BandSet, spec: FeatureSpec) -> tuple[Float32, list[str | None]]:
    keys = band_keys(bands)
    missing = [k for k in spec.bands if k not in keys]
    if missing:
        raise InputError(
            "the scene lacks bands that the model was trained on",
            asked=", ".join(missing),
            found=", ".join(keys),
            hint="train a new model for these scenes",
        )
    at = [keys.index(k) for k in spec.bands]
    picked: list[Band] = [bands[i] for i in at]
    return physical[at], [b.common_name for b in picked]


def smoothed(planes: Float32, sigma: float) -> Float32:
    """Gaussian mean over the valid pixels around each pixel; NaN stays NaN (normalised convolution).

    Args:
        planes: (bands, rows, columns), NaN where there is no data.
        sigma: Standard deviation in pixels.
    """
    holes = ~np.isfinite(planes)
    if not holes.any():
        return _gauss(planes, sigma, "nearest")
    top = _gauss(np.where(holes, np.float32(0), planes), sigma, "constant")
    weight = _gauss((~holes).astype(np.float32), sigma, "constant")
    # At the image's own border the mirrored rows would count as data where they are not; constant does not do that.
    with np.errstate(divide="ignore", invalid="ignore"):
        out: Float32 = top / weight
    out[holes] = np.nan
    return out


def _gauss(planes: Float32, sigma: float, mode: str) -> Float32:
    from scipy.ndimage import gaussian_filter1d

    out = planes
    for axis in (1, 2):
        out = gaussian_filter1d(out, sigma, axis=axis, mode=mode, truncate=_TRUNCATE, output=np.float32)
    return out


def gradient_magnitude(plane: Float32) -> Float32:
    """Length of the gradient by central differences, per pixel; 0 beside nodata, NaN on it."""
    rows, cols = plane.shape
    if rows < 2 or cols < 2:
        return np.where(np.isfinite(plane), np.float32(0), np.float32(np.nan))
    down, right = np.gradient(plane)
    out: Float32 = np.hypot(down, right).astype(np.float32)
    out[~np.isfinite(out) & np.isfinite(plane)] = 0
    out[~np.isfinite(plane)] = np.nan
    return out
