"""Features into class arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import UNLABELLED, Window
from groundset.ingest._annotate.features import Geometries

UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Burnt:
    """Features drawn on one chip.

    ``classes`` (rows, columns), 255 where no feature is; ``hit``: features that cover a pixel centre, bool (n,);
    ``overlaps``: pixels that features of different classes cover.
    """

    classes: UInt8
    hit: npt.NDArray[np.bool_]
    overlaps: int


def burn(chip: Chip, geometry: Geometries, codes: UInt8, inside: npt.NDArray[np.bool_]) -> Burnt:
    """Draw features on a chip in order, the later one on top.

    A polygon covers the pixels whose centre it holds, a point the pixel that holds it.

    Args:
        chip: Where.
        geometry: Features in the chip's CRS, (n,).
        codes: Their class codes, (n,), none of them 255.
        inside: Pixels of the chip that lie inside the scene, bool (rows, columns).
    """
    top = _draw(chip, geometry, np.arange(1, len(geometry) + 1))
    top[~inside] = 0
    classes = np.concatenate([[np.uint8(UNLABELLED)], codes])[top].astype(np.uint8)
    hit = np.zeros(len(geometry) + 1, bool)
    hit[np.unique(top)] = True
    hit = hit[1:]
    for i in np.flatnonzero(~hit):
        hit[i] = bool((_draw(chip, geometry[i : i + 1], np.ones(1, int))[inside] > 0).any())
    return Burnt(classes, hit, _overlaps(chip, geometry, codes, inside))


def inside_scene(window: Window, width: int, height: int) -> npt.NDArray[np.bool_]:
    """Pixels of a window that lie inside an image of ``width`` x ``height``: bool (rows, columns)."""
    rows = np.arange(window.y_off, window.bottom)
    cols = np.arange(window.x_off, window.right)
    return np.asarray(((rows >= 0) & (rows < height))[:, None] & ((cols >= 0) & (cols < width))[None, :])


def holds(chip: Chip, point: tuple[float, float], inside: npt.NDArray[np.bool_]) -> bool:
    """Whether a pixel of the chip that lies inside the scene holds the point (x, y); pixels are half open."""
    back = ~chip.geobox.transform
    x, y = point
    r, c = int(np.floor(back.d * x + back.e * y + back.f)), int(np.floor(back.a * x + back.b * y + back.c))
    return 0 <= r < inside.shape[0] and 0 <= c < inside.shape[1] and bool(inside[r, c])


def _draw(chip: Chip, geometry: Geometries, values: npt.NDArray[np.int_]) -> npt.NDArray[np.int32]:
    from rasterio.features import rasterize

    return np.asarray(
        rasterize(
            zip(geometry, values.tolist(), strict=True),
            out_shape=chip.window.shape,
            transform=chip.geobox.transform,
            fill=0,
            dtype="int32",
        )
    )


def _overlaps(chip: Chip, geometry: Geometries, codes: UInt8, inside: npt.NDArray[np.bool_]) -> int:
    several = np.unique(codes)
    if len(several) < 2:
        return 0
    count = np.zeros(chip.window.shape, np.uint8)
    for code in several:
        some = codes == code
        count += _draw(chip, geometry[some], np.ones(int(some.sum()), int)).astype(np.uint8)
    return int((count[inside] > 1).sum())
