"""The pixels of one shape on its own, as detectors want them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def covers(geometry: Any, shape: tuple[int, int]) -> Any:
    """The area that a geometry covers on a chip (rows, columns): a line one pixel wide, a point the pixel it is in.

    Args:
        geometry: Shapely geometry in pixels of the chip, that lies on it.
        shape: Rows and columns of the chip.
    """
    import shapely

    dimension = shapely.get_dimensions(geometry)
    if dimension == 2:
        return geometry
    if dimension == 1:
        thick = shapely.buffer(geometry, 0.5, cap_style="square", join_style="mitre", mitre_limit=2.0)
        return shapely.intersection(thick, shapely.box(0, 0, shape[1], shape[0]))
    x, y = np.floor(shapely.get_coordinates(geometry)).T
    return shapely.union_all(shapely.box(x, y, x + 1, y + 1))


def instance(geometry: Any, shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """The mask of one shape, uint8 (rows, columns) of 0 and 1: the pixels whose centre a polygon covers.

    A line has the pixels along it, a point the one that it is in. A polygon that covers no centre has all the pixels
    that it touches, so that no mask is empty.

    Args:
        geometry: Shapely geometry in pixels of the chip.
        shape: Rows and columns of the chip.
    """
    from rasterio.features import rasterize

    for touched in (False, True):
        out = rasterize([(geometry, 1)], out_shape=shape, fill=0, dtype="uint8", all_touched=touched)
        if out.any():
            break
    return np.asarray(out, np.uint8)
