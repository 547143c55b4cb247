"""Fusion: pixels of any grid read on a scene's grid, and scenes of several sensors joined into one.

Pixels are areas: resampling maps pixel centres to pixel centres through the two affine transforms and PROJ, so that
nothing moves by half a pixel between resolutions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox

from groundset.core import BandSet, Bbox, InputError, safe_name
from groundset.imagery.opening import open_raster, read_failed
from groundset.imagery.scene import BandSource, Resampling, Scene

if TYPE_CHECKING:
    from rasterio.io import DatasetReader

_ALIGNED = 1e-3
"""Grids whose pixels differ by less than this share of a pixel are the same grid."""


def grid_of(dataset: DatasetReader) -> GeoBox:
    """The grid of an open raster: shape (rows, columns), affine, CRS or None."""
    return GeoBox.from_rio(dataset)


def offset_in(grid: GeoBox, other: GeoBox) -> tuple[int, int] | None:
    """Column and row of ``other``'s upper left pixel in ``grid`` where both share CRS, pixel size and alignment."""
    if grid.crs != other.crs:
        return None
    there = ~grid.affine * other.affine
    # Over the whole of `other`, not only at its corner: small differences of pixel size add up.
    far = np.array(there * (other.shape[1], other.shape[0])) - np.array(there * (0, 0))
    if np.abs(far - (other.shape[1], other.shape[0])).max() > _ALIGNED * 10 or abs(there.b) + abs(there.d) > 1e-9:
        return None
    col, row = there.c, there.f
    if max(abs(col - round(col)), abs(row - round(row))) > _ALIGNED * 10:
        return None
    return round(col), round(row)


def same_grid(a: GeoBox, b: GeoBox) -> bool:
    """Whether two grids have the same shape, CRS and pixels (to a hundredth of a pixel)."""
    return tuple(a.shape) == tuple(b.shape) and offset_in(a, b) == (0, 0)


def read_on_grid(
    source: BandSource,
    geobox: GeoBox,
    *,
    dtype: str | np.dtype[Any],
    nodata: float | None,
    dataset: DatasetReader | None = None,
    masked: bool = True,
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Read one band on the pixels of ``geobox`` (a window of the scene's grid).

    Args:
        source: The band's file and its resampling, which is not used where the pixels coincide.
        geobox: Grid to fill, shape (rows, columns); it may reach beyond the file.
        dtype: Of the result; values are rounded into integer types.
        nodata: Stored value that is no data (NaN allowed); the file's own where None.
        dataset: The file, open already.
        masked: Whether the file's own mask counts beside ``nodata``; not where its alpha channel is a band.

    Returns:
        Stored values (rows, columns), ``nodata`` or 0 where nothing is there, and bool (rows, columns): true where
        there is data. Outside the file it is false.

    Raises:
        GroundsetError: The file cannot be read; names it. Never zeros in place of pixels.
    """
    if dataset is None:
        with open_raster(source.href) as opened:
            return read_on_grid(source, geobox, dtype=dtype, nodata=nodata, dataset=opened, masked=masked)
    if nodata is None:
        nodata = dataset.nodatavals[source.index - 1]
    offset = offset_in(grid_of(dataset), geobox)
    out, valid = (
        _copy(dataset, source, geobox, offset, dtype, nodata, masked=masked)
        if offset is not None
        else _warp(dataset, source, geobox, dtype, nodata, masked=masked)
    )
    if np.issubdtype(out.dtype, np.floating):
        valid &= np.isfinite(out)
    return out, valid


def fuse(
    scenes: Sequence[Scene],
    *,
    reference: GeoBox | None = None,
    resampling: Resampling | None = None,
    scene_id: str | None = None,
) -> Scene:
    """Join scenes of several sensors or resolutions into one on a reference grid.

    Args:
        scenes: The first gives time, cloud cover, flags and, where no ``reference`` is given, the grid.
        reference: The grid of the result.
        resampling: Of every band whose grid differs; None keeps what each band's source states.
        scene_id: Name of the result; made of the scenes' names where None.

    Raises:
        InputError: A scene has no CRS, or does not overlap the reference; prints both extents.
    """
    if not scenes:
        raise InputError("nothing to fuse", found="no scenes", hint="give at least one")
    grid = reference or scenes[0].geobox
    for scene in scenes:
        check_overlap(scene.id, scene.geobox, "the reference grid", grid)
    bands = [replace(b, sensor=b.sensor or s.sensor or s.id) for s in scenes for b in s.bands]
    names = [b.name for b in bands]
    twice = {n for n in names if names.count(n) > 1}
    bands = [replace(b, name=f"{b.sensor}_{b.name}") if b.name in twice else b for b in bands]
    sensors = list(dict.fromkeys(s.sensor for s in scenes if s.sensor))
    first = scenes[0]
    flags = first.flags or next((s.flags for s in scenes if s.flags), None)
    return replace(
        first,
        id=scene_id or safe_name("_".join(dict.fromkeys(s.id for s in scenes))),
        geobox=grid,
        bands=BandSet(tuple(bands)),
        sources=tuple(tuple(_resampled(x, resampling) for x in band) for s in scenes for band in s.sources),
        sensor="+".join(sensors) or None,
        flags=flags,
        source_items=tuple(dict.fromkeys(h for s in scenes for h in s.source_items)),
    )


def corners_in(grid: GeoBox, other: GeoBox) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Columns and rows, in pixels of ``grid``, of points along the border of ``other``."""
    from pyproj import Transformer

    rows, cols = other.shape
    along = np.linspace(0, 1, 33)
    x = np.concatenate([along, along, 0 * along, 0 * along + 1]) * cols
    y = np.concatenate([0 * along, 0 * along + 1, along, along]) * rows
    transformer = Transformer.from_crs(str(other.crs), str(grid.crs), always_xy=True)
    return _apply(~grid.affine, *transformer.transform(*_apply(other.affine, x, y)))


def crop(scene: Scene, bbox: Bbox) -> Scene:
    """Cut a scene's grid to a box in degrees, to the whole pixels that it touches; sources stay as they are.

    Raises:
        InputError: The box does not meet the scene; prints both extents.
    """
    width, height = bbox.east - bbox.west, bbox.north - bbox.south
    box = GeoBox((1, 1), Affine(width, 0, bbox.west, 0, -height, bbox.north), "EPSG:4326")
    check_overlap(scene.id, scene.geobox, "the box", box)
    x, y = corners_in(scene.geobox, box)
    left, top = max(int(np.floor(x.min() + _ALIGNED)), 0), max(int(np.floor(y.min() + _ALIGNED)), 0)
    right = min(int(np.ceil(x.max() - _ALIGNED)), scene.width)
    bottom = min(int(np.ceil(y.max() - _ALIGNED)), scene.height)
    if right <= left or bottom <= top:
        raise InputError("the box holds no pixel of the scene", asked=list(bbox), found=extent_text(scene.geobox))
    return replace(scene, geobox=scene.geobox[top:bottom, left:right])


def check_overlap(a_name: str, a: GeoBox, b_name: str, b: GeoBox) -> None:
    """Refuse two grids that do not meet.

    Raises:
        InputError: No common pixel, or one has no CRS and the other has; prints both extents.
    """
    if (a.crs is None) != (b.crs is None):
        raise InputError(
            "imagery without a CRS cannot be put on a map grid",
            found=f"{a_name}: {a.crs or 'no CRS'}; {b_name}: {b.crs or 'no CRS'}",
            hint="give the file its CRS (gdal_edit.py -a_srs) first",
        )
    if a.crs is None:
        return
    common = a.extent.to_crs("EPSG:4326", resolution="auto") & b.extent.to_crs("EPSG:4326", resolution="auto")
    if common.is_empty or common.area <= 0:
        raise InputError(
            f"{a_name} and {b_name} do not overlap",
            found=f"{a_name}: {extent_text(a)}; {b_name}: {extent_text(b)} (west, south, east, north in degrees)",
            hint="ingest them apart, or give items of one place",
        )


def extent_text(geobox: GeoBox) -> str:
    """West, south, east, north in degrees, for messages."""
    box = geobox.extent.to_crs("EPSG:4326", resolution="auto").boundingbox
    return f"{box.left:.4f}, {box.bottom:.4f}, {box.right:.4f}, {box.top:.4f}"


def _resampled(source: BandSource, resampling: Resampling | None) -> BandSource:
    return source if resampling is None else replace(source, resampling=resampling)


def _fill(nodata: float | None) -> float:
    return 0.0 if nodata is None else nodata


def _copy(
    dataset: DatasetReader,
    source: BandSource,
    geobox: GeoBox,
    offset: tuple[int, int],
    dtype: str | np.dtype[Any],
    nodata: float | None,
    *,
    masked: bool,
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """The pixels coincide: no resampling, only a window that may reach out of the file."""
    from rasterio.errors import RasterioIOError
    from rasterio.windows import Window

    rows, cols = geobox.shape
    out = np.full((rows, cols), _fill(nodata), dtype)
    valid = np.zeros((rows, cols), bool)
    left, top = max(offset[0], 0), max(offset[1], 0)
    right, bottom = min(offset[0] + cols, dataset.width), min(offset[1] + rows, dataset.height)
    if right <= left or bottom <= top:
        return out, valid
    window = Window(left, top, right - left, bottom - top)
    try:
        inside = dataset.read(source.index, window=window)
        mask = dataset.read_masks(source.index, window=window) > 0 if masked else np.True_
    except RasterioIOError as error:
        raise read_failed(source.href, error) from error
    at = np.s_[top - offset[1] : bottom - offset[1], left - offset[0] : right - offset[0]]
    out[at] = inside
    valid[at] = mask & not_nodata(inside, nodata)
    return out, valid


def _warp(
    dataset: DatasetReader,
    source: BandSource,
    geobox: GeoBox,
    dtype: str | np.dtype[Any],
    nodata: float | None,
    *,
    masked: bool,
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Resample the part of one band that ``geobox`` needs; a second pass over its mask where it has no nodata value.

    What the file's own mask hides becomes nodata before, so that it does not bleed into its neighbours.
    """
    from rasterio.errors import CRSError, RasterioError

    if dataset.crs is None or geobox.crs is None:
        raise InputError(
            "a raster without a CRS cannot be put on another grid",
            asked=source.href,
            found=f"CRS of the raster: {dataset.crs}, of the grid: {geobox.crs}",
            hint="give the file its CRS (gdal_edit.py -a_srs) first",
        )
    try:
        grid = grid_of(dataset)
        columns, rows, scales = _needed(grid, geobox)
        if columns is None or rows is None:
            return np.full(geobox.shape, _fill(nodata), dtype), np.zeros(geobox.shape, bool)
        part = grid[slice(*rows), slice(*columns)]
        window = ((rows[0], rows[1]), (columns[0], columns[1]))
        stored = dataset.read(source.index, window=window)
        mask = dataset.read_masks(source.index, window=window) if masked else np.full(stored.shape, 255, np.uint8)
        if nodata is None or not _holds(stored.dtype, nodata):
            good = _resample(mask, part, geobox, source.resampling, scales, None) == 255
            return _cast(_resample(stored, part, geobox, source.resampling, scales, None), dtype), good
        stored[mask == 0] = nodata
        out = _resample(stored, part, geobox, source.resampling, scales, nodata)
    except CRSError as error:
        raise InputError("a raster cannot be put on the grid", asked=source.href, found=error) from error
    except RasterioError as error:
        raise read_failed(source.href, error) from error
    return _cast(out, dtype), not_nodata(out, nodata)


def _holds(dtype: np.dtype[Any], value: float) -> bool:
    """Whether an array of this dtype can hold a nodata value."""
    if not np.issubdtype(dtype, np.integer):
        return True
    return not isnan(value) and value == int(value) and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max


def _resample(
    values: npt.NDArray[Any],
    grid: GeoBox,
    target: GeoBox,
    resampling: Resampling,
    scales: tuple[float, float],
    nodata: float | None,
) -> npt.NDArray[Any]:
    from rasterio.enums import Resampling as RioResampling
    from rasterio.warp import reproject

    out = np.full(target.shape, _fill(nodata), values.dtype)
    reproject(
        values,
        out,
        src_transform=grid.affine,
        src_crs=str(grid.crs),
        dst_transform=target.affine,
        dst_crs=str(target.crs),
        src_nodata=nodata,
        dst_nodata=nodata,
        resampling=RioResampling[resampling],
        # Stated, or GDAL derives them from each window and a chip would depend on how it was cut.
        XSCALE=str(scales[0]),
        YSCALE=str(scales[1]),
    )
    return out


def not_nodata(values: npt.NDArray[Any], nodata: float | None) -> npt.NDArray[np.bool_]:
    """Which stored values are not ``nodata``: bool of the same shape."""
    if nodata is None:
        return np.ones(values.shape, bool)
    if isnan(nodata):
        return ~np.isnan(values) if np.issubdtype(values.dtype, np.floating) else np.ones(values.shape, bool)
    there: npt.NDArray[np.bool_] = values != nodata
    return there


def _cast(values: npt.NDArray[Any], dtype: str | np.dtype[Any]) -> npt.NDArray[Any]:
    target = np.dtype(dtype)
    if np.issubdtype(values.dtype, np.floating) and np.issubdtype(target, np.integer):
        info = np.iinfo(target)
        rounded: npt.NDArray[Any] = np.clip(np.rint(np.nan_to_num(values)), info.min, info.max).astype(target)
        return rounded
    return values.astype(target, copy=False)


_Span = tuple[int, int]


def _needed(grid: GeoBox, target: GeoBox) -> tuple[_Span | None, _Span | None, tuple[float, float]]:
    """Columns and rows of ``grid`` (first, beyond last) that ``target`` needs, and target pixels per grid pixel."""
    from pyproj import Transformer

    rows, cols = target.shape
    y, x = (a.ravel() for a in np.meshgrid(np.linspace(0, rows, 33), np.linspace(0, cols, 33), indexing="ij"))
    x, y = np.append(x, [cols / 2, cols / 2 + 1, cols / 2]), np.append(y, [rows / 2, rows / 2, rows / 2 + 1])
    transformer = Transformer.from_crs(str(target.crs), str(grid.crs), always_xy=True)
    px, py = _apply(~grid.affine, *transformer.transform(*_apply(target.affine, x, y)))
    step_x, step_y = np.hypot(px[-2] - px[-3], py[-2] - py[-3]), np.hypot(px[-1] - px[-3], py[-1] - py[-3])
    if not np.isfinite([step_x, step_y]).all():
        return None, None, (1.0, 1.0)
    known = np.isfinite(px) & np.isfinite(py)
    columns = _span(px[known], 3 * max(1.0, step_x), grid.shape[1])
    lines = _span(py[known], 3 * max(1.0, step_y), grid.shape[0])
    return columns, lines, (round(float(1 / step_x), 3), round(float(1 / step_y), 3))


def _apply(
    affine: Affine, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return affine.a * x + affine.b * y + affine.c, affine.d * x + affine.e * y + affine.f


def _span(along: npt.NDArray[np.floating], margin: float, size: int) -> _Span | None:
    first, beyond = max(int(along.min() - margin), 0), min(int(along.max() + margin) + 1, size)
    return (first, beyond) if beyond > first else None
