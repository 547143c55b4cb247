"""Natural colour toned in CIE Lab: bright things keep their hue instead of turning white channel by channel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

GAIN = 2.5
"""Reflectance times this is light: 0.4 becomes white."""
GAMMA = 2.2
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = _TO_XYZ.sum(axis=1)
_FROM_XYZ = np.linalg.inv(_TO_XYZ)
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27

Planes = npt.NDArray[np.float32]


def toned(shown: Planes, spans: Sequence[tuple[float, float]]) -> npt.NDArray[np.uint8]:
    """Three planes as a picture, uint8 (rows, columns, 4).

    The planes are light (linear sRGB, D65). In CIE Lab the lightness is held at 100 and the two colour axes shrink with
    it, then light becomes grey by gamma 2.2. Distil's ``natural_colors_2`` names gain 2.5, gamma 2.2 and Lab; this is
    our own wording of it.

    Args:
        shown: Float32 (3, rows, columns), NaN where no data.
        spans: Black and white of each channel.
    """
    low, high = (np.array(v, np.float64)[:, None, None] for v in zip(*spans, strict=True))
    valid = np.isfinite(shown).all(axis=0)
    light = np.where(valid, np.maximum((shown - low) / np.maximum(high - low, 1e-12), 0), 0)
    xyz = np.tensordot(_TO_XYZ, light, 1) / _WHITE[:, None, None]
    f = np.where(xyz > _EPSILON, np.cbrt(xyz), (_KAPPA * xyz + 16) / 116)
    lightness = 116 * f[1] - 16
    held = np.minimum(1, 100 / np.maximum(lightness, 1e-6))
    y = (np.minimum(lightness, 100) + 16) / 116
    f = np.stack([y + (f[0] - f[1]) * held, y, y + (f[2] - f[1]) * held])
    xyz = np.where(f**3 > _EPSILON, f**3, (116 * f - 16) / _KAPPA) * _WHITE[:, None, None]
    rgb = np.clip(np.tensordot(_FROM_XYZ, xyz, 1), 0, 1) ** (1 / GAMMA)
    out = np.zeros((*valid.shape, 4), np.uint8)
    out[..., :3] = np.rint(np.moveaxis(rgb, 0, -1) * 255).astype(np.uint8)
    out[..., 3] = 255
    out[~valid] = 0
    return out
