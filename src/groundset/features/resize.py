"""Chips to the size that a network takes: bicubic, and an average over what falls together where they shrink."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Physical = npt.NDArray[np.float32]


def resized(planes: Physical, side: int | None) -> Physical:
    """(bands, rows, columns) without NaN -> float32 (bands, side, side); as they are where ``side`` is None.

    Pillow's bicubic filter (a = -0.5) in float32, whose support grows as the image shrinks, so that nothing aliases.
    """
    if side is None or planes.shape[1:] == (side, side):
        return np.ascontiguousarray(planes, np.float32)
    from PIL import Image

    drawn = [Image.fromarray(np.ascontiguousarray(p, np.float32)) for p in planes]
    return np.stack([np.asarray(i.resize((side, side), Image.Resampling.BICUBIC), np.float32) for i in drawn])


def filled(planes: Physical, neutral: Physical) -> Physical:
    """Planes (bands, rows, columns) with NaN replaced by the band's mean in this chip, or by ``neutral`` (bands,)."""
    good = np.isfinite(planes)
    if good.all():
        return planes
    count = good.sum(axis=(1, 2))
    total = np.where(good, planes, 0).sum(axis=(1, 2), dtype=np.float64)
    mean = np.where(count > 0, total / np.maximum(count, 1), neutral).astype(np.float32)
    return np.where(good, planes, mean[:, None, None])
