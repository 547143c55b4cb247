"""Files that decode slowly (JPEG 2000), decoded once into a tiled GeoTIFF beside the workspace's other caches."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from rasterio.errors import RasterioError

from groundset._files import atomic
from groundset.imagery._gdal import explain, gdal_env, is_remote, open_dataset

_BLOCK = 512
_LOCKS: dict[Path, threading.Lock] = {}
_GUARD = threading.Lock()


class Decoder:
    """Gives the file to read in place of another: its decoded copy where it is a slow one, else itself.

    Args:
        cache: Folder of the copies; None decodes nothing.
    """

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache

    def resolve(self, href: str) -> str:
        """The file to read for ``href``; decodes it if nobody has yet."""
        if self._cache is None or not is_slow(href):
            return href
        path = self._cache / "decoded" / f"{_fingerprint(href)}.tif"
        with _GUARD:
            lock = _LOCKS.setdefault(path, threading.Lock())
        with lock:
            if not path.exists():
                decode(href, path)
        return str(path)


def is_slow(href: str) -> bool:
    """Whether a file is JPEG 2000, which decodes more than ten times slower than DEFLATE."""
    return href.split("?", 1)[0].lower().endswith((".jp2", ".j2k"))


def decode(href: str, path: Path) -> None:
    """Write the image ``href`` as a tiled GeoTIFF at ``path``, the same values on the same grid.

    Raises:
        InputError: ``href`` is broken.
        ServiceError: The disk is full.
    """
    import rasterio
    from rasterio.windows import Window

    with open_dataset(href) as src, gdal_env(href), atomic(path) as beside:
        profile = {
            "driver": "GTiff",
            "width": src.width,
            "height": src.height,
            "count": src.count,
            "dtype": src.dtypes[0],
            "crs": src.crs,
            "transform": src.transform,
            "nodata": src.nodata,
            "tiled": True,
            "blockxsize": _BLOCK,
            "blockysize": _BLOCK,
            "compress": "deflate",
            "zlevel": 1,
            "predictor": 2,
            "bigtiff": "if_safer",
        }
        with rasterio.open(beside, "w", **profile) as out:
            for top in range(0, src.height, _BLOCK * 2):
                window = Window(0, top, src.width, min(_BLOCK * 2, src.height - top))
                try:
                    rows = src.read(window=window)
                except RasterioError as error:
                    raise explain(href, error) from error
                out.write(rows, window=window)


def _fingerprint(href: str) -> str:
    # A local file is known by its place, size and age, so that a replaced one is decoded anew.
    inner = href
    if href.startswith("/vsizip/"):
        inner = href.removeprefix("/vsizip/")
        inner = inner[: inner.lower().index(".zip/") + len(".zip")].lstrip("{")
    stat = None if is_remote(href) else Path(inner).stat()
    said = f"{href.split('?', 1)[0]}|{stat.st_size}|{stat.st_mtime_ns}" if stat else href.split("?", 1)[0]
    return hashlib.sha256(said.encode()).hexdigest()[:32]
