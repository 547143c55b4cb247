"""Reading windows of a scene, from whatever files it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from rasterio.errors import RasterioError
from rasterio.windows import Window as GdalWindow

from groundset.core import BandSet, Window, whole
from groundset.imagery._gdal import explain, gdal_env
from groundset.imagery._pool import Opened, Pool, Spec
from groundset.imagery.decoded import Decoder
from groundset.imagery.pixels import Pixels
from groundset.imagery.reasons import Reason, reasons_from_flags
from groundset.imagery.scene import BandSource, Scene

_MIN_BLOCK = 512
Bool = npt.NDArray[np.bool_]


class SceneReader:
    """Reads windows of one scene. A context manager; safe to share between threads.

    Args:
        scene: What to read.
        cache: Folder in which slow files (JPEG 2000) are kept decoded, tiled; None reads them as they are.
    """

    def __init__(self, scene: Scene, cache: Path | None = None) -> None:
        self.scene = scene
        self._pool = Pool(scene.geobox, Decoder(cache).resolve)
        self._extent = whole(scene.width, scene.height)

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
        places = [self.scene.bands.names.index(b.name) for b in wanted]
        inside = window.intersection(self._extent)
        if inside == window and (spec := self._only_spec(places)) is not None:
            indexes = [self.scene.sources[p][0].index for p in places]
            with self._pool.lend(spec) as opened:
                return Pixels(*_read_file(opened, spec.href, indexes, window, wanted), wanted)
        data = np.empty((len(wanted), *window.shape), wanted.dtype)
        for i, band in enumerate(wanted):
            data[i] = _fill_value(band.nodata, data.dtype)
        valid = np.zeros(data.shape, bool)
        if inside is not None:
            rows, cols = inside.relative_to(window).slices
            self._read_into(data[:, rows, cols], valid[:, rows, cols], inside, wanted, places)
        return Pixels(data, valid, wanted)

    def block(self) -> tuple[int, int]:
        """(rows, columns) of the blocks that one read should cover whole; of strips, several at once."""
        spec = self._spec(0, 0)
        with self._pool.lend(spec) as opened:
            rows, cols = opened.reader.block_shapes[0]
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
            flags = self._read_flags(self.scene.flags.source, inside)
            out[inside.relative_to(window).slices] = reasons_from_flags(flags, self.scene.flags.kind)
        out[(pixels or self.read(window)).nodata] = Reason.NODATA
        return out

    def _only_spec(self, places: Sequence[int]) -> Spec | None:
        """The one file that all these bands come from, else None."""
        if any(len(self.scene.sources[p]) != 1 for p in places):
            return None
        specs = {self._spec(p, 0) for p in places}
        return specs.pop() if len(specs) == 1 else None

    def _spec(self, band: int, rank: int) -> Spec:
        source = self.scene.sources[band][rank]
        return Spec(source.href, source.resampling, _key(self.scene.bands[band].nodata))

    def _read_flags(self, source: BandSource, inside: Window) -> npt.NDArray[np.integer]:
        with self._pool.lend(Spec(source.href, "nearest", None)) as opened:
            data, valid = _read_file(opened, source.href, [source.index], inside, None)
        return np.where(valid[0], data[0], 0)

    def _read_into(
        self, data: npt.NDArray[np.generic], valid: Bool, inside: Window, wanted: BandSet, places: Sequence[int]
    ) -> None:
        """Fill views of the output; the first valid source of each band wins, the next fill what is left."""
        sources = [self.scene.sources[p] for p in places]
        for rank in range(max(len(s) for s in sources)):
            groups: dict[Spec, list[int]] = {}
            for i, band_sources in enumerate(sources):
                if rank < len(band_sources) and not (rank and valid[i].all()):
                    groups.setdefault(self._spec(places[i], rank), []).append(i)
            for spec, members in groups.items():
                indexes = [sources[i][rank].index for i in members]
                some = BandSet(tuple(wanted[i] for i in members))
                with self._pool.lend(spec) as opened:
                    stored, mask = _read_file(opened, spec.href, indexes, inside, some)
                for j, i in enumerate(members):
                    new = mask[j] & ~valid[i]
                    data[i][new] = stored[j][new]
                    valid[i] |= new


def _read_file(
    opened: Opened, href: str, indexes: list[int], inside: Window, bands: BandSet | None
) -> tuple[npt.NDArray[np.generic], Bool]:
    """Stored values (bands, rows, columns) and which are data; a window may reach beyond the file."""
    x, y = opened.shift
    moved = Window(inside.x_off + x, inside.y_off + y, inside.width, inside.height)
    there = moved.intersection(whole(opened.reader.width, opened.reader.height))
    shape = (len(indexes), *inside.shape)
    dtype = np.result_type(*(opened.reader.dtypes[i - 1] for i in indexes))
    if there is None:
        return np.zeros(shape, dtype), np.zeros(shape, bool)
    gdal_window = GdalWindow(there.x_off, there.y_off, there.width, there.height)
    try:
        with gdal_env(href):
            stored = opened.reader.read(indexes, window=gdal_window)
            mask = opened.reader.read_masks(indexes, window=gdal_window) != 0 if opened.masked else None
    except RasterioError as error:
        raise explain(href, error) from error
    valid = _valid(stored, bands)
    if mask is not None:
        valid = valid & mask
        stored[~valid] = 0 if bands is None else _fill_value(bands[0].nodata, stored.dtype)
    if there == moved:
        return stored, valid
    data, good = np.zeros(shape, dtype), np.zeros(shape, bool)
    rows, cols = there.relative_to(moved).slices
    data[:, rows, cols], good[:, rows, cols] = stored, valid
    return data, good


def _valid(stored: npt.NDArray[np.generic], bands: BandSet | None) -> Bool:
    """Which values are data; one shared True (read-only) where all are, as filling an array costs as much as a copy."""
    whole_numbers = not np.issubdtype(stored.dtype, np.floating)
    if bands is None or (whole_numbers and all(b.nodata is None for b in bands)):
        return np.broadcast_to(np.True_, stored.shape)
    return bands.valid(stored)


def _fill_value(nodata: float | None, dtype: np.dtype[np.generic]) -> float:
    if nodata is None or (np.isnan(nodata) and not np.issubdtype(dtype, np.floating)):
        return 0.0
    return nodata


def _key(nodata: float | None) -> float | None:
    # NaN differs from itself, so as a key it would open the file anew each time.
    return None if nodata is not None and np.isnan(nodata) else nodata
