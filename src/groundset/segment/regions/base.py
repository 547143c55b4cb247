"""The small pieces that a hierarchy of regions begins with: superpixels of all bands, apart from what has no data."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from groundset.core import InputError

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]
Bool = npt.NDArray[np.bool_]
Base = Literal["slic", "felzenszwalb"]

COMPONENTS = 3
"""Superpixels are found on so many principal components; more cost time and change little."""
_SAMPLE = 20_000
_FARTHEST = 1.5
_DEVIATIONS = 3.0
_COMPACTNESS = (0.06, 0.25, 1.0)
"""Tried one after the other, until there are half as many superpixels as are wanted."""
_ITERATIONS = 5
_SMALLEST = 0.1
_PIECES_OF_LEAST_SIZE = 2.6


def channels(physical: Float32, nodata: Bool) -> Float32:
    """All bands on one robust scale: the median is 0, the range from the 2nd to the 98th percentile is 1.

    Args:
        physical: (bands, rows, columns), NaN where there is no data.
        nodata: Pixels (rows, columns) that are none.

    Returns:
        float32 (bands, rows, columns) within -1.5 and 1.5, so that glints and clouds do not outweigh the rest; 0 where
        there is no data.
    """
    some = _sample(physical, nodata)
    out = np.empty(physical.shape, np.float32)
    for band, plane in enumerate(physical):
        values = some[band][np.isfinite(some[band])]
        if not len(values):
            out[band] = 0
            continue
        low, middle, high = np.percentile(values, (2, 50, 98))
        np.subtract(plane, np.float32(middle), out=out[band])
        out[band] *= np.float32(1 / _spread(values, low, high))
    np.clip(out, -_FARTHEST, _FARTHEST, out=out)
    out[~np.isfinite(out)] = 0
    out[:, nodata] = 0
    return out


def _spread(values: Float32, low: float, high: float) -> float:
    """The range of most values; where most are one and the same, that of all; 1 for a band of one value."""
    return float(high - low) or float(values.max() - values.min()) or 1.0


def components(planes: Float32, nodata: Bool, count: int = COMPONENTS) -> Float32:
    """The first principal components: float32 (at most ``count``, rows, columns), each within 3 standard deviations."""
    some = _sample(planes, nodata)
    if some.shape[1] < 2:
        return planes[:count]
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(some.astype(np.float64))))
    first = vectors[:, ::-1][:, :count].T
    first *= np.where(first.sum(axis=1, keepdims=True) < 0, -1, 1)  # eigenvectors have no sign of their own
    flat = first.astype(np.float32) @ planes.reshape(len(planes), -1)
    middle = (first @ some.mean(axis=1)).astype(np.float32)[:, None]
    farthest = _DEVIATIONS * np.sqrt(np.maximum(values[::-1][:count], 0)).astype(np.float32)[:, None]
    # SLIC weighs colour by the range of all components: a glint must not make the rest look alike
    np.clip(flat, middle - farthest, middle + farthest, out=flat)
    out: Float32 = flat.reshape(-1, *planes.shape[1:])
    return out


def superpixels(planes: Float32, nodata: Bool, base: Base, leaves: int) -> Int32:
    """Cut an image into about so many connected pieces.

    Args:
        planes: Principal components (components, rows, columns) of :func:`channels`.
        nodata: Pixels (rows, columns) that belong to none.
        base: SLIC (Achanta 2012) makes pieces of like size, Felzenszwalb (2004) such as follow weak edges far.
        leaves: How many are wanted where data is; there are more where the image has much detail, and fewer where it
            is small.

    Returns:
        int32 (rows, columns): 0, 1, 2, ... in the order of their first pixels; -1 where there is no data. Every piece
        is connected by its pixels' sides.

    Raises:
        InputError: No such base, or no leaves wanted.
    """
    if leaves < 1:
        raise InputError("a hierarchy begins with at least one region", asked=f"leaves = {leaves}")
    area, data = nodata.size, int(nodata.size - nodata.sum())
    if data <= leaves:
        labels = np.arange(area, dtype=np.int32).reshape(nodata.shape)
    elif base == "slic":
        labels = _slic(planes, leaves * area // data)
    elif base == "felzenszwalb":
        labels = _felzenszwalb(planes, leaves * area // data)
    else:
        raise InputError("there is no such base of regions", asked=str(base), found="slic, felzenszwalb")
    return _apart(labels, nodata)


def _slic(planes: Float32, leaves: int) -> Int32:
    from skimage.segmentation import slic

    image = np.ascontiguousarray(planes.transpose(1, 2, 0))
    for compactness in _COMPACTNESS:
        found = slic(
            image,
            n_segments=leaves,
            compactness=compactness,
            max_num_iter=_ITERATIONS,
            min_size_factor=_SMALLEST,
            convert2lab=False,
            start_label=0,
            channel_axis=-1,
        ).astype(np.int32)
        if 2 * (int(found.max()) + 1) >= leaves:  # noise falls to dust, which SLIC joins into a few pieces
            break
    out: Int32 = found
    return out


def _felzenszwalb(planes: Float32, leaves: int) -> Int32:
    from skimage.segmentation import felzenszwalb

    least = max(2, round(planes[0].size / leaves / _PIECES_OF_LEAST_SIZE))
    out: Int32 = felzenszwalb(
        np.ascontiguousarray(planes.transpose(1, 2, 0)), scale=0.1, sigma=0, min_size=least, channel_axis=-1
    ).astype(np.int32)
    return out


def _apart(labels: Int32, nodata: Bool) -> Int32:
    """The connected pieces of each label, numbered from 0; -1 where there is no data."""
    import cc3d

    pieces = labels.astype(np.uint32) + 1
    pieces[nodata] = 0
    found: Int32 = cc3d.connected_components(pieces, connectivity=4).astype(np.int32) - 1
    return found


def _sample(planes: Float32, nodata: Bool) -> Float32:
    """Some thousand pixels with data, evenly spread: (bands, n)."""
    there = np.flatnonzero(~nodata.ravel())
    step = max(1, len(there) // _SAMPLE)
    out: Float32 = planes.reshape(len(planes), -1)[:, there[::step]]
    return out
