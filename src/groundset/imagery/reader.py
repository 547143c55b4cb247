"""Reading windows of a scene, from whatever files it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window as GdalWindow

from groundset.core import Band, BandSet, Window, whole
from groundset.imagery._gdal import explain
from groundset.imagery._pool import Opened, Pool
from groundset.imagery.decoded import Decoder
from groundset.imagery.fusion import read_on_grid
from groundset.imagery.pixels import Pixels
from groundset.imagery.pyramids import Pyramids
from groundset.imagery.reasons import Reason, reasons_from_flags
from groundset.imagery.scene import BandSource, FlagSource, Scene
from groundset.imagery.warped import Smooth, read_small, read_warped

_MIN_BLOCK = 512
Bool = npt.NDArray[np.bool_]
Stored = npt.NDArray[np.generic]


class SceneReader:
    """Reads windows of one scene. A context manager; safe to share between threads.

    Args:
        scene: What to read.
        cache: Folder in which slow files (JPEG 2000) are kept decoded, tiled; None reads them as they are.
    """

    def __init__(self, scene: Scene, cache: Path | None = None) -> None:
        self.scene = scene
        self._pool = Pool(scene.geobox, Decoder(cache).resolve)
        self._pyramids = Pyramids(cache)
        self._extent = whole(scene.width, scene.height)
        self._data = {(s.href, s.index) for of_band in scene.sources for s in of_band}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._pool.close()

    def read(self, window: Window, bands: Sequence[str] | None = None) -> Pixels:
        """The pixels of a window, which may reach beyond the scene: what lies outside is not valid.

        Args:
            window: In pixels of the scene.
            bands: Names (or common names) of the bands wanted, in that order; all by default.

        Raises:
            MissingError: No such band; names those there are.
            InputError, ServiceError: A file is broken or cannot be reached.
        """
        wanted = self.scene.bands if bands is None else self.scene.bands.select(bands)
        sources = [self.scene.sources[self.scene.bands.names.index(b.name)] for b in wanted]
        inside = window.intersection(self._extent)
        if inside == window and len({(s[0].href, s[0].resampling) for s in sources}) == 1 == max(map(len, sources)):
            return Pixels(*self._read_file([s[0] for s in sources], wanted, window), wanted)
        data = np.empty((len(wanted), *window.shape), wanted.dtype)
        for i, band in enumerate(wanted):
            data[i] = _fill_value(band, data.dtype)
        valid = np.zeros(data.shape, bool)
        if inside is not None:
            rows, cols = inside.relative_to(window).slices
            self._read_into(data[:, rows, cols], valid[:, rows, cols], inside, wanted, sources)
        return Pixels(data, valid, wanted)

    def read_warped(self, target: GeoBox, bands: Sequence[str] | None = None, *, smooth: Smooth = "bilinear") -> Pixels:
        """Bands on the pixels of another grid; see :func:`groundset.imagery.warped.read_warped`."""
        return read_warped(self._pool, self._pyramids, self.scene, target, bands, smooth=smooth)

    def read_small(self, size: int, bands: Sequence[str] | None = None, *, smooth: Smooth = "average") -> Pixels:
        """The whole scene with its longest side shrunk to ``size`` pixels (never enlarged)."""
        return read_small(self._pool, self._pyramids, self.scene, size, bands, smooth=smooth)

    def has_overviews(self) -> bool:
        """Whether the scene's first file has overviews, so that reading it coarsely is quick."""
        with self._pool.lend(self.scene.sources[0][0].href) as opened:
            return bool(opened.dataset.overviews(self.scene.sources[0][0].index))

    def block(self) -> tuple[int, int]:
        """(rows, columns) of the blocks that one read should cover whole; of narrow strips, several at once."""
        with self._pool.lend(self.scene.sources[0][0].href) as opened:
            rows, cols = opened.dataset.block_shapes[0]
        return max(rows, _MIN_BLOCK - _MIN_BLOCK % rows), max(cols, _MIN_BLOCK - _MIN_BLOCK % cols)

    def read_reasons(self, window: Window, pixels: Pixels | None = None) -> npt.NDArray[np.uint8]:
        """Why each pixel of a window is not applicable, as the product's flags and nodata say.

        Args:
            window: In pixels of the scene; outside of it is nodata.
            pixels: All bands of this window, where they have been read already.

        Returns:
            uint8 (rows, columns), values of :class:`~groundset.imagery.reasons.Reason`, 0 where nothing stands in the
            way. Nodata goes before what the flags say.
        """
        out = np.zeros(window.shape, np.uint8)
        inside = window.intersection(self._extent)
        if self.scene.flags is not None and inside is not None:
            flags = self._read_flags(self.scene.flags, inside)
            reasons = reasons_from_flags(flags, self.scene.flags.kind)
            if len({b.sensor for b in self.scene.bands}) > 1:
                reasons[reasons == Reason.NODATA] = Reason.NONE  # another sensor may see what this product does not
            out[inside.relative_to(window).slices] = reasons
        out[(pixels or self.read(window)).nodata] = Reason.NODATA
        return out

    def _read_flags(self, flags: FlagSource, inside: Window) -> npt.NDArray[np.integer]:
        """Flags of a window, 0 where no part of the scene has any; the first part that has some speaks."""
        out = np.zeros(inside.shape, np.int64)
        open_still = np.ones(inside.shape, bool)
        one = BandSet((Band("flags", dtype="uint16"),))
        for source in (flags.source, *flags.others):
            stored, valid = self._read_file([source], one, inside)
            new = open_still & valid[0] & (stored[0] != 0)
            out[new] = stored[0][new]
            open_still &= ~new
        return out

    def _read_into(
        self,
        data: Stored,
        valid: Bool,
        inside: Window,
        wanted: BandSet,
        sources: Sequence[tuple[BandSource, ...]],
    ) -> None:
        """Fill views of the output; the first valid source of each band wins, the next fill what is left."""
        for rank in range(max(len(s) for s in sources)):
            groups: dict[tuple[str, str], list[int]] = {}
            for i, of_band in enumerate(sources):
                if rank < len(of_band) and not (rank and valid[i].all()):
                    groups.setdefault((of_band[rank].href, of_band[rank].resampling), []).append(i)
            for members in groups.values():
                some = BandSet(tuple(wanted[i] for i in members))
                stored, mask = self._read_file([sources[i][rank] for i in members], some, inside)
                for j, i in enumerate(members):
                    new = mask[j] & ~valid[i]
                    data[i][new] = stored[j][new]
                    valid[i] |= new

    def _read_file(self, sources: Sequence[BandSource], bands: BandSet, inside: Window) -> tuple[Stored, Bool]:
        """Bands of one file on the scene's grid: stored values and which are data, both (bands, rows, columns)."""
        href = sources[0].href
        with self._pool.lend(href) as opened:
            try:
                alpha = (href, opened.alpha) in self._data  # then it is a band of the scene, and no mask
                if opened.shift is not None:
                    masked = opened.masked and not alpha
                    return _copy(opened.dataset, opened.shift, [s.index for s in sources], inside, bands, masked)
                return _warp(opened, sources, self.scene.geobox[inside.slices], bands, masked=not alpha)
            except RasterioError as error:
                raise explain(href, error) from error


def _copy(
    dataset: DatasetReader, shift: tuple[int, int], indexes: list[int], inside: Window, bands: BandSet, masked: bool
) -> tuple[Stored, Bool]:
    """The file's pixels are the scene's; the window may reach beyond the file."""
    moved = Window(inside.x_off + shift[0], inside.y_off + shift[1], inside.width, inside.height)
    there = moved.intersection(whole(dataset.width, dataset.height))
    shape = (len(indexes), *inside.shape)
    dtype = np.result_type(*(dataset.dtypes[i - 1] for i in indexes))
    if there is None:
        return np.zeros(shape, dtype), np.zeros(shape, bool)
    gdal_window = GdalWindow(there.x_off, there.y_off, there.width, there.height)
    stored = dataset.read(indexes, window=gdal_window)
    valid = _valid(stored, bands)
    if masked:
        valid = valid & (dataset.read_masks(indexes, window=gdal_window) != 0)
        for i, band in enumerate(bands):
            stored[i][~valid[i]] = _fill_value(band, stored.dtype)
    if there == moved:
        return stored, valid
    data, good = np.zeros(shape, dtype), np.zeros(shape, bool)
    rows, cols = there.relative_to(moved).slices
    data[:, rows, cols], good[:, rows, cols] = stored, valid
    return data, good


def _warp(
    opened: Opened, sources: Sequence[BandSource], geobox: GeoBox, bands: BandSet, *, masked: bool
) -> tuple[Stored, Bool]:
    """The file lies on another grid: resampled as each source states."""
    pairs = [
        read_on_grid(source, geobox, dtype=band.dtype, nodata=band.nodata, dataset=opened.dataset, masked=masked)
        for source, band in zip(sources, bands, strict=True)
    ]
    return np.stack([stored for stored, _ in pairs]), np.stack([valid for _, valid in pairs])


def _valid(stored: Stored, bands: BandSet) -> Bool:
    """Which values are data; one shared True (read-only) where all are, as filling an array costs as much as a copy."""
    whole_numbers = not np.issubdtype(stored.dtype, np.floating)
    if whole_numbers and all(b.nodata is None for b in bands):
        return np.broadcast_to(np.True_, stored.shape)
    return bands.valid(stored)


def _fill_value(band: Band, dtype: np.dtype[np.generic]) -> float:
    nodata = band.nodata
    if nodata is None or (np.isnan(nodata) and not np.issubdtype(dtype, np.floating)):
        return 0.0
    return nodata
