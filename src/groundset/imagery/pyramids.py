"""Overviews of files that have none, made once and kept beside the workspace's other caches.

Without them every tile of a whole scene would read the whole file.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset._files import atomic
from groundset.core import ServiceError
from groundset.imagery._pool import Opened
from groundset.imagery.whereabouts import mark_of

_SMALL = 1 << 20
"""Files of fewer pixels are read as they are."""
_LARGE = 1 << 25
_BLOCK = 256
_ROWS = 2048
_LOCKS: dict[Path, threading.Lock] = {}
_GUARD = threading.Lock()


class Pyramids:
    """Gives the coarser copy of a file, where it needs one.

    Args:
        cache: Folder of the copies; None makes none.
    """

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache

    def path(self, href: str, opened: Opened, nodata: Sequence[float | None], factor: float) -> Path | None:
        """The file to read in place of ``href`` for a target whose pixels are ``factor`` times as large.

        Args:
            href: Address of the file.
            opened: The file.
            nodata: Of each of its bands, as the scene has it.
            factor: Side of a target pixel in pixels of the file.

        Returns:
            None where the file itself is to be read: it is small, has overviews or a mask, or is not that coarse.
        """
        dataset = opened.dataset
        size = dataset.width * dataset.height
        base = 2 if size < _LARGE else 4
        if self._cache is None or size < _SMALL or factor < base or opened.masked or opened.alpha is not None:
            return None
        if dataset.overviews(1) or len(set(dataset.dtypes)) > 1 or dataset.dtypes[0].startswith("complex"):
            return None
        said = f"{href.split('?', 1)[0]} {mark_of(href)} {list(nodata)} {base}"
        path = self._cache / "overviews" / f"{hashlib.sha256(said.encode()).hexdigest()[:32]}.tif"
        with _GUARD:
            lock = _LOCKS.setdefault(path, threading.Lock())
        with lock:
            there = path.exists() or _try(dataset, path, nodata, base)
        return path if there else None


def _try(dataset: Any, path: Path, nodata: Sequence[float | None], base: int) -> bool:
    """Make the copy; False where the disk has no room or the file is damaged, so that the file itself is read."""
    most = dataset.width * dataset.height * dataset.count * np.dtype(dataset.dtypes[0]).itemsize // base**2 * 3 // 2
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(path.parent).free < most:
            return False
        _make(dataset, path, nodata, base)
    except (ServiceError, OSError):  # rasterio's are OSErrors too
        return False
    return True


def _make(dataset: Any, path: Path, nodata: Sequence[float | None], base: int) -> None:
    """Write the mean of each ``base`` x ``base`` pixels that are data, and overviews of that."""
    import rasterio
    from affine import Affine
    from rasterio.enums import Resampling
    from rasterio.windows import Window

    rows, cols = math.ceil(dataset.height / base), math.ceil(dataset.width / base)
    profile = {
        "driver": "GTiff", "height": rows, "width": cols, "count": dataset.count, "dtype": dataset.dtypes[0],
        "crs": dataset.crs, "transform": dataset.transform * Affine.scale(base), "nodata": nodata[0],
        "tiled": True, "blockxsize": _BLOCK, "blockysize": _BLOCK, "compress": "deflate", "zlevel": 1,
        "bigtiff": "if_safer",
    }  # fmt: skip
    with atomic(path) as beside, rasterio.open(beside, "w", **profile) as out:
        for band in range(1, dataset.count + 1):
            for top in range(0, dataset.height, _ROWS):
                window = Window(0, top, dataset.width, min(_ROWS, dataset.height - top))
                coarse = _means(dataset.read(band, window=window), nodata[band - 1], nodata[0], base)
                out.write(coarse, band, window=Window(0, top // base, coarse.shape[1], coarse.shape[0]))
        levels = [2**i for i in range(1, 12) if max(rows, cols) / 2**i > _BLOCK / 2]
        if levels:
            out.build_overviews(levels, Resampling.average)


def _means(values: npt.NDArray[Any], nodata: float | None, empty: float | None, base: int) -> npt.NDArray[Any]:
    """Means over whole cells, of the values that are data; ``empty`` where a cell has none."""
    valid = np.ones(values.shape, bool)
    if np.issubdtype(values.dtype, np.floating):
        valid &= np.isfinite(values)
    if nodata is not None and not math.isnan(nodata):
        valid &= values != nodata
    pad = ((0, -values.shape[0] % base), (0, -values.shape[1] % base))
    total = np.zeros([(n + p[1]) // base for n, p in zip(values.shape, pad, strict=True)], np.float64)
    count = np.zeros(total.shape, np.uint8)
    padded = np.pad(np.where(valid, values, 0), pad)
    there = np.pad(valid, pad)
    for row in range(base):
        for col in range(base):
            total += padded[row::base, col::base]
            count += there[row::base, col::base]
    mean = total / np.maximum(count, 1)
    if np.issubdtype(values.dtype, np.integer):
        mean = np.rint(mean)
        if nodata is not None:
            mean[(count > 0) & (mean == nodata)] += 1  # a mean is data, whatever it comes to
    mean[count == 0] = 0 if empty is None else empty
    return mean.astype(values.dtype)
