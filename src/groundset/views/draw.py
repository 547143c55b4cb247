"""Pixels as pictures: stretched as the quicklooks are, an index in its colours, no data transparent."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from groundset.chips import Stretch, View, paint, stretch_from
from groundset.chips.render import shrink
from groundset.core import Band
from groundset.imagery import Pixels
from groundset.views.statistics import Range

RGBA = npt.NDArray[np.uint8]
LOOK = "1"
"""Part of every mark of a picture: raise it when the same pixels begin to look otherwise."""
_RAMP = 1023
_WHOLE = frozenset({"uint8", "int8", "uint16", "int16"})


def draw(pixels: Pixels, view: View, ranges: Mapping[str, Range], size: int | None = None) -> RGBA:
    """A view of pixels, uint8 (rows, columns, 4).

    Args:
        pixels: The bands of ``view``, in its order.
        view: Which bands are shown, and how.
        ranges: The scene's statistics by name of a band or index.
        size: Longest side of the picture (default: as many pixels as there are); never enlarged.
    """
    if view.index is not None:
        return _index(shrink(pixels.physical(), size), view.index.ramp, ranges.get(view.index.name, (-1.0, 1.0)))
    if pixels.data.dtype.name in _WHOLE and (size is None or max(pixels.shape) <= size):
        return _looked_up(pixels, view, ranges)
    shown = shrink(pixels.physical(), size)[list(view.channels)]
    return paint(shown, _stretch(view, ranges) or stretch_from([shown], (0, 1, 2)))


def _stretch(view: View, ranges: Mapping[str, Range]) -> Stretch | None:
    pairs = [ranges.get(view.bands[channel]) for channel in view.channels]
    if any(p is None for p in pairs):
        return None
    low, high = zip(*(p for p in pairs if p is not None), strict=True)
    return Stretch((0, 1, 2), low, high)


def _looked_up(pixels: Pixels, view: View, ranges: Mapping[str, Range]) -> RGBA:
    """Whole numbers of at most 16 bits: one look-up a value instead of the arithmetic, the same picture."""
    out = np.zeros((*pixels.shape, 4), np.uint8)
    valid = pixels.valid[sorted(set(view.channels))].all(axis=0)
    for channel, at in enumerate(view.channels):
        band = pixels.bands[at]
        table = _table(_key(band, pixels.data.dtype.name), ranges.get(band.name, (0.0, 1.0)))
        out[..., channel] = table[pixels.data[at].view(_unsigned(pixels.data.dtype))]
    out[..., 3] = np.where(valid, np.uint8(255), np.uint8(0))
    if not valid.all():
        out[~valid] = 0
    return out


def _key(band: Band, dtype: str) -> tuple[str, float, float]:
    return dtype, band.scale, band.offset


def _unsigned(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    return np.dtype(f"u{dtype.itemsize}")


@lru_cache(maxsize=256)
def _table(how: tuple[str, float, float], span: Range) -> npt.NDArray[np.uint8]:
    """The grey of every stored value, in the order of its bits."""
    dtype, scale, offset = how
    bits = np.dtype(dtype)
    stored = np.arange(1 << (8 * bits.itemsize), dtype=_unsigned(bits)).view(bits)
    physical = stored.astype(np.float32) * np.float32(scale) + np.float32(offset)
    shown = np.broadcast_to(physical, (3, 1, physical.size))
    return paint(shown, Stretch((0, 1, 2), (span[0],) * 3, (span[1],) * 3))[0, :, 0].copy()


def _index(planes: npt.NDArray[np.float32], ramp: tuple[str, ...], span: Range) -> RGBA:
    """(a - b) / (a + b) in the colours of ``ramp``."""
    a, b = planes
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (a - b) / (a + b)
    valid = np.isfinite(value)
    steps = np.where(valid, np.clip((value - span[0]) / (span[1] - span[0]), 0, 1), 0) * _RAMP
    out = _colours(ramp)[steps.astype(np.uint16)]
    out[~valid] = 0
    return out


@lru_cache(maxsize=16)
def _colours(ramp: tuple[str, ...]) -> RGBA:
    """``ramp`` as a table of 1,024 colours, straight between its stops."""
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in ramp], np.float64)
    at = np.linspace(0, len(ramp) - 1, _RAMP + 1)
    table = np.full((_RAMP + 1, 4), 255, np.uint8)
    for i in range(3):
        table[:, i] = np.rint(np.interp(at, np.arange(len(ramp)), stops[:, i])).astype(np.uint8)
    return table
