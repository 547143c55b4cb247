"""Open files that several threads share: a GDAL dataset serves one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling as GdalResampling
from rasterio.vrt import WarpedVRT

from groundset.core import InputError
from groundset.imagery._gdal import explain, gdal_env, open_dataset

_TOLERANCE = 1e-3  # pixels; a shift smaller than this is rounding in the file's transform


@dataclass(frozen=True, slots=True)
class Spec:
    """One file as a scene needs it: read as it lies, or warped to the scene's grid."""

    href: str
    resampling: str
    nodata: float | None


@dataclass(slots=True)
class Opened:
    """An open file.

    ``shift`` is the scene's origin in pixels of ``reader``; ``masked`` means that the file has a mask of its own
    (alpha, internal mask, or the warper's).
    """

    reader: Any
    shift: tuple[int, int]
    masked: bool
    stack: ExitStack = field(repr=False)


class Pool:
    """Files opened when first needed, lent to one thread at a time, closed together."""

    def __init__(self, geobox: GeoBox, resolve: Callable[[str], str]) -> None:
        self._geobox = geobox
        self._resolve = resolve
        self._free: dict[Spec, list[Opened]] = {}
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lend(self, spec: Spec) -> Iterator[Opened]:
        """An open file for this thread alone."""
        with self._lock:
            if self._closed:
                raise InputError("this scene is closed", asked=spec.href)
            free = self._free.setdefault(spec, [])
            opened = free.pop() if free else None
        opened = opened or open_on_grid(self._resolve(spec.href), spec, self._geobox)
        try:
            yield opened
        finally:
            with self._lock:
                if self._closed:
                    opened.stack.close()
                else:
                    self._free[spec].append(opened)

    def close(self) -> None:
        """Close every file that is not lent; a lent one closes when it comes back."""
        with self._lock:
            self._closed = True
            for opened in (o for free in self._free.values() for o in free):
                opened.stack.close()
            self._free.clear()


def open_on_grid(href: str, spec: Spec, geobox: GeoBox) -> Opened:
    """Open a file so that windows of ``geobox`` can be read from it.

    Raises:
        MissingError, InputError, ServiceError: The file cannot be opened, or lies in no CRS while the scene does.
    """
    with gdal_env(href), ExitStack() as stack:
        ds = stack.enter_context(open_dataset(href))
        shift = whole_shift(ds.transform, ds.crs, geobox)
        if shift is not None:
            masked = _has_mask(ds)
            return Opened(ds, shift, masked, stack.pop_all())
        if ds.crs is None or geobox.crs is None:
            raise InputError("this image has no coordinate reference system, but its scene has", asked=href)
        try:
            vrt = stack.enter_context(
                WarpedVRT(
                    ds,
                    crs=geobox.crs.to_wkt(),
                    transform=geobox.affine,
                    width=geobox.shape[1],
                    height=geobox.shape[0],
                    resampling=GdalResampling[spec.resampling],
                    **_warp_nodata(ds, spec.nodata),
                )
            )
        except Exception as error:
            raise explain(href, error) from error
        return Opened(vrt, (0, 0), spec.nodata is None, stack.pop_all())


def whole_shift(transform: Any, crs: Any, geobox: GeoBox) -> tuple[int, int] | None:
    """(columns, rows) from the file's first pixel to the scene's, where the two grids are one; else None."""
    from odc.geo.crs import CRS

    if (crs is None) != (geobox.crs is None) or (crs is not None and CRS(crs.to_wkt()) != geobox.crs):
        return None
    to_file = ~transform @ geobox.affine
    rows, cols = geobox.shape
    for col, row in ((0, 0), (cols, 0), (0, rows)):
        x, y = to_file @ (col, row)
        if abs(x - round(to_file.c) - col) > _TOLERANCE or abs(y - round(to_file.f) - row) > _TOLERANCE:
            return None
    return round(to_file.c), round(to_file.f)


def _has_mask(ds: Any) -> bool:
    from rasterio.enums import MaskFlags

    return any(MaskFlags.per_dataset in flags for flags in ds.mask_flag_enums)


def _warp_nodata(ds: Any, nodata: float | None) -> dict[str, Any]:
    if nodata is None:
        return {} if _has_mask(ds) and ds.colorinterp[-1].name == "alpha" else {"add_alpha": True}
    return {"src_nodata": nodata, "nodata": nodata}
