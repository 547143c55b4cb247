"""Pictures of chips for people: three bands, stretched alike over a whole scene."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, InputError

LAYERS: Mapping[str, tuple[str, str, str]] = {
    "natural": ("red", "green", "blue"),
    "natural-lab": ("red", "green", "blue"),
    "infrared": ("nir", "red", "green"),
    "urban": ("swir22", "swir16", "red"),
    "agriculture": ("swir16", "nir", "blue"),
    "atmospheric-penetration": ("swir22", "swir16", "nir08"),
    "healthy-vegetation": ("nir", "swir16", "blue"),
    "land-water": ("nir", "swir16", "red"),
    "atmospheric-removal": ("swir22", "nir", "green"),
    "shortwave-infrared": ("swir22", "nir", "red"),
    "vegetation-analysis": ("swir16", "nir", "red"),
}
"""Named layers: the common names of the bands shown as red, green and blue; Distil's eleven."""
ALIASES: Mapping[str, str] = {"shortwave": "vegetation-analysis"}
"""Former names of layers, which stay valid."""

_STAND_INS = {"nir": "nir08", "nir08": "nir"}

LOW, HIGH = 2.0, 98.0
GAMMA = 1.3
_STEPS = 65535
_CURVE = np.rint((np.arange(_STEPS + 1) / _STEPS) ** (1 / GAMMA) * 255).astype(np.uint8)  # a power a pixel is slow
RGB = npt.NDArray[np.uint8]
Planes = npt.NDArray[np.float32]


class PixelsLike(Protocol):
    """What is needed of :class:`groundset.imagery.Pixels`."""

    @property
    def bands(self) -> BandSet:
        """The bands in order."""

    def physical(self) -> npt.NDArray[np.float32]:
        """Float32 (bands, rows, columns), NaN where there is no data."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Physical values that become black and white, one pair for each of the three channels shown."""

    bands: tuple[int, int, int]
    low: tuple[float, float, float]
    high: tuple[float, float, float]

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Stretch:
        """Read the JSON form back."""
        return cls(tuple(data["bands"]), tuple(data["low"]), tuple(data["high"]))


def layer_bands(bands: BandSet, layer: str = "natural") -> tuple[int, int, int]:
    """Positions of the bands that a layer shows as red, green and blue.

    ``natural`` falls back to VV, VH, VV for radar, then to the first three bands, or to one band in grey. A layer may
    also be three band names (or one) joined by commas.

    Raises:
        InputError: The layer is unknown, or the scene lacks a band of it.
    """
    layer = ALIASES.get(layer, layer)
    if layer == "natural":
        return _natural(bands)
    if layer in LAYERS:
        found = [_find(bands, name) for name in LAYERS[layer]]
        if None in found:
            raise InputError(
                f"the layer {layer} needs bands that the scene lacks",
                asked=", ".join(LAYERS[layer]),
                found=", ".join(b.common_name or b.name for b in bands),
            )
        return tuple(found)  # type: ignore[return-value]  # three, none of them None
    names = layer.split(",")
    known = set(bands.names) | {b.common_name for b in bands}
    if len(names) not in (1, 3) or not known.issuperset(names):
        raise InputError(
            "unknown layer",
            asked=layer,
            found=f"bands {', '.join(bands.names)}",
            hint=f"take one of {', '.join(LAYERS)}, or one or three band names joined by commas",
        )
    at = [bands.index(n) for n in names]
    return (at[0], at[0], at[0]) if len(at) == 1 else (at[0], at[1], at[2])


def _find(bands: BandSet, common_name: str) -> int | None:
    """The two near-infrared names stand in for each other: Landsat 8 and 9 only have nir08, 5 and 7 only nir."""
    found = bands.find(common_name)
    other = _STAND_INS.get(common_name)
    return bands.find(other) if found is None and other is not None else found


def _natural(bands: BandSet) -> tuple[int, int, int]:
    colour = [bands.find(name) for name in LAYERS["natural"]]
    if all(i is not None for i in colour):
        return tuple(colour)  # type: ignore[return-value]  # none of them None
    co = next((i for n in ("vv", "hh") if (i := bands.find(n)) is not None), None)
    cross = next((i for n in ("vh", "hv") if (i := bands.find(n)) is not None), None)
    if co is not None and cross is not None:
        return co, cross, co
    return (0, 1, 2) if len(bands) >= 3 else (0, 0, 0)


def stretch_of(samples: Iterable[PixelsLike], layer: str = "natural") -> Stretch | None:
    """The 2nd to 98th percentile of each channel shown, over samples of a scene; None where no sample has data."""
    bands: tuple[int, int, int] | None = None
    shown = []
    for pixels in samples:
        bands = layer_bands(pixels.bands, layer)
        shown.append(pixels.physical()[list(bands)])
    return None if bands is None else stretch_from(shown, bands)


def stretch_from(shown: Iterable[Planes], bands: tuple[int, int, int], *, per_sample: int = 20_000) -> Stretch | None:
    """Like :func:`stretch_of`, from planes that :func:`planes` gave; at most ``per_sample`` pixels of each count."""
    seen: list[list[Planes]] = [[], [], []]
    for sample in shown:
        for channel, plane in enumerate(sample.reshape(3, -1)):
            some = plane[:: max(1, plane.size // per_sample)]
            seen[channel].append(some[np.isfinite(some)])
    values = [np.concatenate(s) if s else np.empty(0, np.float32) for s in seen]
    if not any(v.size for v in values):
        return None
    low, high = zip(*(np.percentile(v, (LOW, HIGH)) if v.size else (0.0, 1.0) for v in values), strict=True)
    return Stretch(bands, tuple(map(float, low)), tuple(map(float, high)))  # type: ignore[arg-type]  # three each


def render(
    pixels: PixelsLike, layer: str = "natural", size: int | None = None, *, stretch: Stretch | None = None
) -> RGB:
    """Draw a chip: uint8 (rows, columns, 3), nodata black.

    Args:
        pixels: The chip's pixels.
        layer: A name out of :data:`LAYERS`, or band names joined by commas.
        size: Longest side of the picture in pixels (default: the chip's own); never enlarged.
        stretch: The scene's stretch (default: this chip's own).
    """
    return render_rgba(pixels, layer, size, stretch=stretch)[..., :3].copy()


def render_rgba(
    pixels: PixelsLike, layer: str = "natural", size: int | None = None, *, stretch: Stretch | None = None
) -> RGB:
    """Like :func:`render` with a fourth channel: 0 where there is no data, else 255."""
    bands = layer_bands(pixels.bands, layer) if stretch is None else stretch.bands
    shown = planes(pixels, bands, size)
    return paint(shown, stretch or stretch_from([shown], bands))


def planes(pixels: PixelsLike, bands: tuple[int, int, int], size: int | None = None) -> Planes:
    """The three bands to show, physical, float32 (3, rows, columns), averaged down to ``size``; NaN nodata."""
    return shrink(pixels.physical()[list(bands)], size)


def paint(shown: Planes, stretch: Stretch | None) -> RGB:
    """Planes as a picture, uint8 (rows, columns, 4); a pixel without data in one of the three is transparent black."""
    out = np.zeros((*shown.shape[1:], 4), np.uint8)
    valid = np.isfinite(shown).all(axis=0)
    np.multiply(valid, 255, out=out[..., 3], casting="unsafe")
    if stretch is not None:
        for channel in range(3):
            low, high = stretch.low[channel], stretch.high[channel]
            unit = np.clip((shown[channel] - low) / max(high - low, 1e-12), 0, 1)
            if not valid.all():
                unit = np.where(valid, unit, 0)
            out[..., channel] = _CURVE[(unit * _STEPS).astype(np.uint16)]
    return out


def shrink(shown: Planes, size: int | None) -> Planes:
    """Average (bands, rows, columns) by a whole factor so that no side is longer than ``size``; NaN stays out."""
    rows, cols = shown.shape[1:]
    factor = 1 if size is None else -(-max(rows, cols) // size)
    if factor == 1:
        return shown
    pad = [(0, 0), (0, -rows % factor), (0, -cols % factor)]
    cells = np.pad(shown, pad, constant_values=np.nan)
    cells = cells.reshape(len(shown), cells.shape[1] // factor, factor, -1, factor)
    valid = np.isfinite(cells)
    count = valid.sum(axis=(2, 4))
    total = np.where(valid, cells, 0).sum(axis=(2, 4))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
