"""Pixels as pictures: stretched as the quicklooks are, one value in the colours of a scale, no data transparent."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from groundset.chips import Stretch, View, paint
from groundset.chips.expression import BandOf
from groundset.chips.ramps import table
from groundset.chips.render import HIGH, LOW, shrink
from groundset.core import Band
from groundset.imagery import Pixels
from groundset.views.lab import toned
from groundset.views.statistics import Range

RGBA = npt.NDArray[np.uint8]
LOOK = "2"
"""Part of every mark of a picture: raise it when the same pixels begin to look otherwise."""
_RAMP = 1023
_WHOLE = frozenset({"uint8", "int8", "uint16", "int16"})


def draw(pixels: Pixels, view: View, ranges: Sequence[Range] | None, size: int | None = None) -> RGBA:
    """A view of pixels, uint8 (rows, columns, 4).

    Args:
        pixels: The bands of ``view``, in its order.
        view: Which bands are shown, and how.
        ranges: What becomes black and white, for each channel; None: the 2nd and 98th percentile of these pixels.
        size: Longest side of the picture (default: as many pixels as there are); never enlarged.
    """
    plain = _plain(view)
    whole = size is None or max(pixels.shape) <= size
    if plain is not None and ranges is not None and whole and pixels.data.dtype.name in _WHOLE:
        return _looked_up(pixels, plain, ranges)
    physical = shrink(pixels.physical(), size)
    shown = np.stack([channel.at(dict(enumerate(physical))) for channel in view.channels])
    spans = ranges or [_span(plane) for plane in shown]
    if view.lab:
        return toned(shown, spans)
    if view.ramp is not None and len(shown) == 1:
        return _coloured(shown[0], view.ramp, spans[0])
    if len(shown) == 1:
        shown, spans = np.broadcast_to(shown, (3, *shown.shape[1:])), [spans[0]] * 3
    low, high = zip(*spans, strict=True)
    return paint(shown, Stretch((0, 1, 2), low, high))


def _plain(view: View) -> tuple[int, ...] | None:
    """Positions of three bands where nothing is computed of them, else None."""
    if view.ramp is not None or view.lab:
        return None
    at = tuple(c.root.band for c in view.channels if isinstance(c.root, BandOf))
    return None if len(at) != len(view.channels) else at * (3 // len(at))


def _span(plane: npt.NDArray[np.float32]) -> Range:
    known = plane[np.isfinite(plane)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(known, (LOW, HIGH)))
    return low, high


def _looked_up(pixels: Pixels, channels: Sequence[int], ranges: Sequence[Range]) -> RGBA:
    """Whole numbers of at most 16 bits: one look-up a value instead of the arithmetic, the same picture."""
    out = np.zeros((*pixels.shape, 4), np.uint8)
    valid = pixels.valid[sorted(set(channels))].all(axis=0)
    spans = list(ranges) * (3 // len(ranges))
    for channel, at in enumerate(channels):
        band = pixels.bands[at]
        grey = _table(_key(band, pixels.data.dtype.name), spans[channel])
        out[..., channel] = grey[pixels.data[at].view(_unsigned(pixels.data.dtype))]
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


def _coloured(value: npt.NDArray[np.float32], ramp: tuple[str, ...], span: Range) -> RGBA:
    """One value in the colours of ``ramp``."""
    valid = np.isfinite(value)
    width = span[1] - span[0] or 1e-12
    steps = np.where(valid, np.clip((value - span[0]) / width, 0, 1), 0) * _RAMP
    out = table(ramp, _RAMP + 1)[steps.astype(np.uint16)]
    out[~valid] = 0
    return out
