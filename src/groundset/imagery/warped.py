"""A scene's pixels on another grid and at another resolution: for map tiles, previews and statistics.

rio-tiler warps straight from each file, and lets GDAL take the overview that fits. What several files say of a band is
joined as in :class:`~groundset.imagery.reader.SceneReader`: the first that has data wins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox
from rasterio.errors import RasterioError

from groundset.core import Band, BandSet
from groundset.imagery._gdal import explain
from groundset.imagery._pool import Opened, Pool
from groundset.imagery.pixels import Pixels
from groundset.imagery.pyramids import Pyramids
from groundset.imagery.scene import BandSource, Scene

Smooth = Literal["nearest", "bilinear", "average"]
_COARSE = 2.0
_COARSE_ENOUGH = 1.05
Stored = npt.NDArray[Any]
Bool = npt.NDArray[np.bool_]


def read_warped(
    pool: Pool,
    pyramids: Pyramids,
    scene: Scene,
    target: GeoBox,
    bands: Sequence[str] | None = None,
    *,
    smooth: Smooth = "bilinear",
) -> Pixels:
    """Bands of a scene on the pixels of ``target``, which may lie in another CRS and reach beyond the scene.

    Args:
        pool: Open files.
        pyramids: Overviews of files that have none.
        scene: What to read.
        target: Grid to fill, shape (rows, columns).
        bands: Names of the bands wanted; all by default.
        smooth: How pixels are joined where ``target`` is coarser or turned.
    """
    wanted = scene.bands if bands is None else scene.bands.select(bands)
    sources = [scene.sources[scene.bands.names.index(b.name)] for b in wanted]
    data = np.zeros((len(wanted), *target.shape), wanted.dtype)
    valid = np.zeros(data.shape, bool)
    inside = _inside(scene.geobox, target)
    if inside is not False:
        for rank in range(max(map(len, sources))):
            for members in _groups(wanted, sources, rank, valid):
                some = BandSet(tuple(wanted[i] for i in members))
                stored, good = _read(pool, pyramids, scene, [sources[i][rank] for i in members], some, target, smooth)
                if inside is not True:
                    good = good & inside
                _fill(data, valid, members, stored, good)
    return Pixels(data, valid, wanted)


def read_small(
    pool: Pool,
    pyramids: Pyramids,
    scene: Scene,
    size: int,
    bands: Sequence[str] | None = None,
    *,
    smooth: Smooth = "average",
) -> Pixels:
    """The whole scene with its longest side shrunk to ``size`` pixels; a smaller one stays as it is."""
    factor = max(1.0, max(scene.width, scene.height) / size)
    rows, cols = (max(1, round(n / factor)) for n in (scene.height, scene.width))
    scale = Affine.scale(scene.width / cols, scene.height / rows)
    target = GeoBox((rows, cols), scene.geobox.affine * scale, scene.geobox.crs)
    return read_warped(pool, pyramids, scene, target, bands, smooth=smooth)


def _groups(wanted: BandSet, sources: Sequence[tuple[BandSource, ...]], rank: int, valid: Bool) -> list[list[int]]:
    """Positions of bands that one read of one file gives."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for i, of_band in enumerate(sources):
        if rank < len(of_band) and not (rank and valid[i].all()):
            key = (of_band[rank].href, of_band[rank].resampling == "nearest", str(wanted[i].nodata))
            groups.setdefault(key, []).append(i)
    return list(groups.values())


def _fill(data: Stored, valid: Bool, members: list[int], stored: Stored, good: Bool) -> None:
    for j, i in enumerate(members):
        if not valid[i].any():
            data[i], valid[i] = stored[j], good[j]
        else:
            new = good[j] & ~valid[i]
            data[i][new] = stored[j][new]
            valid[i] |= new


def _read(
    pool: Pool,
    pyramids: Pyramids,
    scene: Scene,
    sources: Sequence[BandSource],
    bands: BandSet,
    target: GeoBox,
    smooth: Smooth,
) -> tuple[Stored, Bool]:
    href = sources[0].href
    method = "nearest" if sources[0].resampling == "nearest" else smooth
    indexes = [s.index for s in sources]
    try:
        with pool.lend(href) as opened:
            if opened.dataset.crs is None or scene.geobox.crs is None:
                return _plain(opened, indexes, bands, target, method)
            factor = 1.0 if method == "nearest" else _coarser(opened.dataset, target)
            nodata = _nodata_of(scene, href, opened.dataset)
            path = str(pyramids.path(href, opened, nodata, factor) or href)
            if path == href and (factor < _COARSE or not opened.dataset.overviews(1)):
                return _tiled(opened, indexes, bands, target, method)
        with pool.lend(path) as full:
            level = _level(full.dataset, target)
            if level is None:
                return _tiled(full, indexes, bands, target, method)
        with pool.lend(path, level) as small:
            return _tiled(small, indexes, bands, target, method)
    except RasterioError as error:
        raise explain(href, error) from error


def _level(dataset: Any, target: GeoBox) -> int | None:
    """The coarsest overview that is not coarser than ``target``; None for the file itself."""
    factor = _coarser(dataset, target) * _COARSE_ENOUGH
    fits = [i for i, of_level in enumerate(dataset.overviews(1)) if of_level <= factor]
    return fits[-1] if fits else None


def _nodata_of(scene: Scene, href: str, dataset: Any) -> list[float | None]:
    """Nodata of each band of a file, as the scene has it; the file's own where the scene does not use a band."""
    out = list(dataset.nodatavals)
    for band, of_band in zip(scene.bands, scene.sources, strict=True):
        for source in of_band:
            if source.href == href:
                value = _nodata(band, dataset)
                out[source.index - 1] = dataset.nodata if value is None else value
    return out


def _coarser(dataset: Any, target: GeoBox) -> float:
    """Side of a pixel of ``target`` in pixels of the file, at the middle of ``target``."""
    box = GeoBox((dataset.height, dataset.width), dataset.transform, dataset.crs)
    return _step(target, _place(box))


def _place(box: GeoBox) -> tuple[str, float]:
    """All that matters of a file's grid for its pixel size: CRS and size of a pixel."""
    return str(box.crs), math.sqrt(abs(box.affine.determinant))


@lru_cache(maxsize=4096)
def _step(target: GeoBox, place: tuple[str, float]) -> float:
    crs, size = place
    rows, cols = target.shape
    x, y = zip(*(target.affine * (cols / 2 + dx, rows / 2 + dy) for dx, dy in ((0, 0), (1, 0), (0, 1))), strict=True)
    px, py = _transformer(str(target.crs), crs).transform(x, y)
    steps = [math.hypot(px[i] - px[0], py[i] - py[0]) / size for i in (1, 2)]
    return min(steps) if all(map(math.isfinite, steps)) else 1.0


@lru_cache(maxsize=64)
def _transformer(source: str, to: str) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(source, to, always_xy=True)


def _tiled(opened: Opened, indexes: list[int], bands: BandSet, target: GeoBox, method: Smooth) -> tuple[Stored, Bool]:
    from rio_tiler.reader import part, read

    dataset = opened.dataset
    rows, cols = (int(n) for n in target.shape)
    crs = _crs(target.crs)
    common: dict[str, Any] = {
        "height": rows, "width": cols, "indexes": indexes, "nodata": _nodata(bands[0], dataset),
        "resampling_method": method,
    }  # fmt: skip
    if dataset.crs == crs:
        box = target.boundingbox
        image = part(dataset, (box.left, box.bottom, box.right, box.top), **common)
    else:  # onto the very pixels of the target: no second resampling
        grid = {"transform": target.affine, "width": cols, "height": rows, "dtype": dataset.dtypes[0]}
        if _coarser(dataset, target) < _COARSE:  # four neighbours are enough, and GDAL's quick way
            grid |= {"XSCALE": "1", "YSCALE": "1"}
        image = read(dataset, dst_crs=crs, vrt_options=grid, reproject_method=method, **common)
    stored = np.asarray(image.array.data)
    good = ~np.ma.getmaskarray(image.array)
    if np.issubdtype(stored.dtype, np.floating):
        good &= np.isfinite(stored)
    return stored, good


def _plain(opened: Opened, indexes: list[int], bands: BandSet, target: GeoBox, method: Smooth) -> tuple[Stored, Bool]:
    """Without a CRS there is nothing to warp: the file's own pixels, shrunk."""
    from rasterio.enums import Resampling
    from rasterio.windows import Window

    rows, cols = target.shape
    to_file = ~opened.dataset.transform * target.affine
    left, top = to_file * (0, 0)
    right, bottom = to_file * (cols, rows)
    window = Window(round(left), round(top), round(right - left), round(bottom - top))
    options = {"window": window, "out_shape": (len(indexes), int(rows), int(cols)), "resampling": Resampling[method]}
    stored = opened.dataset.read(indexes, **options)
    good = bands.valid(stored)
    if opened.masked:
        good &= opened.dataset.read_masks(indexes, **options) == 255
    return stored, good


def _nodata(band: Band, dataset: Any) -> float | None:
    """The band's nodata where the file's numbers can be it; else the file's own."""
    value = band.nodata
    if value is None:
        return None
    whole = np.issubdtype(np.dtype(dataset.dtypes[0]), np.integer)
    if whole and (math.isnan(value) or value != int(value)):
        return None
    return value


def _inside(scene: GeoBox, target: GeoBox) -> Bool | bool:
    """Which pixels of ``target`` lie in the scene; True or False where all or none do."""
    from rasterio.features import geometry_mask

    if scene.crs is None or target.crs is None:
        return True
    outline = _outline(scene, str(target.crs))
    box = target.extent.geom
    if outline is None or outline.contains(box):
        return True
    if not outline.intersects(box):
        return False
    mask: Bool = geometry_mask([outline], tuple(target.shape), target.affine, invert=True)
    return mask


@lru_cache(maxsize=256)
def _outline(scene: GeoBox, crs: str) -> Any:
    """The scene's outline in a CRS, bent as it is there; None where it has no simple one (across the antimeridian)."""
    step = max(scene.shape) * abs(scene.resolution.x) / 64
    shape = scene.extent.to_crs(crs, resolution=step).geom
    return shape if shape.is_valid and not shape.is_empty else None


@lru_cache(maxsize=64)
def _crs(crs: Any) -> Any:
    from rasterio.crs import CRS

    return CRS.from_user_input(crs.to_wkt()) if crs.epsg is None else CRS.from_epsg(crs.epsg)
