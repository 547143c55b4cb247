"""Rasters of class codes, warped onto chips."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import UNLABELLED, InputError
from groundset.imagery.scene import Scene

Codes = npt.NDArray[np.int32]
NOTHING = np.int32(UNLABELLED)
_OUTSIDE = np.int32(-(2**31))


class CodeRaster:
    """An open raster of class codes: one band of whole numbers, or a Groundset mask file (its first band).

    Outside the raster, at its nodata value and where its own mask hides it there is no class (255).
    """

    def __init__(self, dataset: Any, path: Path) -> None:
        self._ds = dataset
        self.path = path
        if dataset.count not in (1, 3):
            raise InputError(
                f"{path.name} is not a raster of class codes",
                found=f"{dataset.count} bands",
                hint="give one band of class codes",
            )
        if dataset.count == 3 and set(dataset.descriptions) != {"class", "origin", "confidence"}:
            raise InputError(
                f"{path.name} looks like a picture, not like class codes",
                found="3 bands that are not named class, origin and confidence",
                hint="give one band of class codes",
            )
        self.crs = dataset.crs

    def meets(self, scene: Scene) -> bool:
        """Whether the raster lies on the scene (without CRS: whether it has its size and file name)."""
        if scene.geobox.crs is None or self.crs is None:
            return scene.geobox.crs is None and self.crs is None and self._same_photo(scene)
        from rasterio.warp import transform_bounds

        west, south, east, north = transform_bounds(str(scene.geobox.crs), self.crs, *scene.geobox.boundingbox.bbox)
        box = self._ds.bounds
        return bool(west < box.right and east > box.left and south < max(box.top, box.bottom) and north > box.bottom)

    def describe(self) -> str:
        """Size, CRS and bounds, for a message."""
        box = ", ".join(f"{v:.4f}" for v in self._ds.bounds)
        return f"{self._ds.width} x {self._ds.height} pixels, CRS {self.crs or 'none'}, bounds {box}"

    def on_chip(self, chip: Chip) -> Codes:
        """Codes at the chip's pixel centres, nearest neighbour: int32 (rows, columns), 255 where there are none."""
        if self.crs is None:
            return self._window(chip)
        from rasterio.warp import Resampling, reproject

        source = self._source(chip)
        out = np.full(chip.window.shape, _OUTSIDE, np.int32)
        if source is None:
            return np.where(out == _OUTSIDE, NOTHING, out)
        data, transform = source
        reproject(
            data,
            out,
            src_transform=transform,
            src_crs=self.crs,
            src_nodata=int(_OUTSIDE),
            dst_transform=chip.geobox.transform,
            dst_crs=str(chip.geobox.crs),
            dst_nodata=int(_OUTSIDE),
            resampling=Resampling.nearest,
            tolerance=0.0,
        )
        return np.where(out == _OUTSIDE, NOTHING, out)

    def _source(self, chip: Chip) -> tuple[Codes, Any] | None:
        from rasterio import windows
        from rasterio.warp import transform_bounds

        bounds = transform_bounds(str(chip.geobox.crs), self.crs, *chip.geobox.boundingbox.bbox)
        back = ~self._ds.transform
        corners = [(x, y) for x in bounds[::2] for y in bounds[1::2]]
        cols = [back.a * x + back.b * y + back.c for x, y in corners]
        rows = [back.d * x + back.e * y + back.f for x, y in corners]
        c0, r0 = max(0, int(min(cols)) - 2), max(0, int(min(rows)) - 2)
        c1, r1 = min(self._ds.width, int(max(cols)) + 3), min(self._ds.height, int(max(rows)) + 3)
        if c1 <= c0 or r1 <= r0:
            return None
        window = windows.Window(c0, r0, c1 - c0, r1 - r0)
        return self._read(window), self._ds.window_transform(window)

    def _read(self, window: Any) -> Codes:
        data = self._ds.read(1, window=window)
        if np.issubdtype(data.dtype, np.floating):
            there = np.isfinite(data)
            if (data[there] % 1).any():
                raise InputError(
                    f"{self.path.name} holds fractions, not class codes", found=data[there][data[there] % 1 != 0][:5]
                )
            data = np.where(there, data, float(_OUTSIDE))
        out: Codes = data.astype(np.int32)
        nodata = self._ds.nodatavals[0]
        if nodata is not None and np.isfinite(nodata):
            out[out == int(nodata)] = _OUTSIDE
        out[self._ds.read_masks(1, window=window) == 0] = _OUTSIDE  # a mask of its own
        return out

    def _window(self, chip: Chip) -> Codes:
        from rasterio.windows import Window

        out = np.full(chip.window.shape, NOTHING, np.int32)
        w = chip.window
        x1, y1 = min(w.right, self._ds.width), min(w.bottom, self._ds.height)
        data = self._read(Window(w.x_off, w.y_off, x1 - w.x_off, y1 - w.y_off))
        out[: y1 - w.y_off, : x1 - w.x_off] = np.where(data == _OUTSIDE, NOTHING, data)
        return out

    def _same_photo(self, scene: Scene) -> bool:
        return (self._ds.width, self._ds.height) == (scene.width, scene.height) and self.path.stem == scene.id


@contextmanager
def open_codes(path: Path) -> Iterator[CodeRaster]:
    """Open a raster of class codes."""
    import rasterio

    with _quiet(), rasterio.open(path) as dataset:
        yield CodeRaster(dataset, path)


def is_raster(path: Path) -> bool:
    """Whether GDAL opens the file as a raster with bands."""
    import rasterio

    try:
        with _quiet(), rasterio.open(path) as dataset:
            return bool(dataset.count)
    except rasterio.errors.RasterioIOError:
        return False


@contextmanager
def _quiet() -> Iterator[None]:
    """A raster without CRS is no news here: photos have none."""
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield
