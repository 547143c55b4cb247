"""Open files that several threads share: a GDAL dataset serves one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from odc.geo.geobox import GeoBox
from rasterio.enums import ColorInterp, MaskFlags

from groundset.core import InputError
from groundset.imagery._gdal import gdal_env, open_dataset
from groundset.imagery.fusion import grid_of, offset_in


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file.

    ``shift`` is (column, row) of the scene's first pixel in the file, None where the grids differ; ``masked`` means
    that the file has a mask of its own, ``alpha`` its index if that is a band.
    """

    dataset: Any
    shift: tuple[int, int] | None
    masked: bool
    alpha: int | None


class Pool:
    """Files opened when first needed, lent to one thread at a time, closed together."""

    def __init__(self, geobox: GeoBox, resolve: Callable[[str], str]) -> None:
        self._geobox = geobox
        self._resolve = resolve
        self._free: dict[tuple[str, int | None], list[Opened]] = {}
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lend(self, href: str, level: int | None = None) -> Iterator[Opened]:
        """An open file (or an overview of it) for this thread alone, under the GDAL settings it needs."""
        with self._lock:
            if self._closed:
                raise InputError("this scene is closed", asked=href)
            free = self._free.setdefault((href, level), [])
            opened = free.pop() if free else None
        with gdal_env(href):
            opened = opened or self._open(self._resolve(href), level)
            try:
                yield opened
            finally:
                self._take_back((href, level), opened)

    def close(self) -> None:
        """Close every file that is not lent; a lent one closes when it comes back."""
        with self._lock:
            self._closed = True
            for opened in (o for free in self._free.values() for o in free):
                opened.dataset.close()
            self._free.clear()

    def _open(self, href: str, level: int | None) -> Opened:
        dataset = open_dataset(href, level)
        masked = any(MaskFlags.per_dataset in flags for flags in dataset.mask_flag_enums)
        alpha = dataset.colorinterp.index(ColorInterp.alpha) + 1 if ColorInterp.alpha in dataset.colorinterp else None
        return Opened(dataset, offset_in(grid_of(dataset), self._geobox), masked, alpha)

    def _take_back(self, key: tuple[str, int | None], opened: Opened) -> None:
        with self._lock:
            if self._closed:
                opened.dataset.close()
            else:
                self._free[key].append(opened)
