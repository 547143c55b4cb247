"""Mask files: GeoTIFFs of class, origin and confidence, named by the SHA-256 of their bytes."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from odc.geo.geobox import GeoBox

from groundset._files import atomic, fsync_dir
from groundset.core import NO_CONFIDENCE, UNLABELLED, ConflictError, InputError, LabelMask, MissingError, Origin, Scheme

BANDS = ("class", "origin", "confidence")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGE = 1 << 20
"""Pixels from which on a mask's strips are taller: one row of a photo each would be packed and read for itself."""
_STRIP = 64
_RECENT = 4
"""Masks that are remembered as arrays: the chip that is being painted is asked for with every stroke."""


class MaskStore:
    """The folder ``masks/``: ``ab/HASH.tif``. Files are written once and never changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._recent = lru_cache(maxsize=_RECENT)(_kept)

    def path(self, sha256: str) -> Path:
        """Where the mask of this hash lies, or would."""
        if not _SHA256.fullmatch(sha256):
            raise InputError("a mask is named by 64 hexadecimal digits", asked=repr(sha256))
        return self.folder / sha256[:2] / f"{sha256}.tif"

    def objects_path(self, sha256: str) -> Path:
        """Where the objects file of this hash lies, or would."""
        return self.path(sha256).with_suffix(".json")

    def put_objects(self, data: bytes) -> str:
        """Keep the bytes of an objects file (:func:`groundset.journal.objects.encode`); returns their SHA-256."""
        return _put(data, self.objects_path(hashlib.sha256(data).hexdigest()))

    def objects(self, sha256: str) -> list[dict[str, Any]]:
        """The objects in a file, verified against its name.

        Raises:
            MissingError: There is no such file.
            ConflictError: Its bytes are not those that were written.
        """
        told: list[dict[str, Any]] = json.loads(_read(sha256, self.objects_path(sha256), "objects file"))
        return told

    def __contains__(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def put(self, mask: LabelMask, geobox: GeoBox, scheme: Scheme) -> str:
        """Keep a mask; when this returns it is on disk. Keeping it twice changes nothing.

        Args:
            mask: Of the chip's shape (rows, columns).
            geobox: Grid of the chip: shape, transform, CRS (None for a photo).
            scheme: Its codes and colours.

        Returns:
            SHA-256 of the file.

        Raises:
            InputError: Another shape than the chip's, or a code not in the scheme.
            ServiceError: The disk is full or cannot be written.
        """
        return self.put_bytes(encode(mask, geobox, scheme))

    def put_bytes(self, data: bytes) -> str:
        """Keep the bytes of a mask file that :func:`decode` has accepted."""
        return _put(data, self.path(hashlib.sha256(data).hexdigest()))

    def put_many(self, masks: Iterable[tuple[LabelMask, GeoBox]], scheme: Scheme, *, threads: int = 8) -> list[str]:
        """Keep many masks; quicker than one by one, since the disk takes several at once. Hashes in order."""
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda pair: self.put(pair[0], pair[1], scheme), masks))

    def get(self, sha256: str, geobox: GeoBox | None = None) -> LabelMask:
        """Read a mask and verify its bytes against its name.

        Args:
            sha256: Name of the mask.
            geobox: Grid of the chip; where given, a mask of another size, place or CRS is refused.

        Raises:
            MissingError: There is no such mask.
            ConflictError: Its bytes are not those that were written.
            InputError: It does not lie on ``geobox``.
        """
        path = self.path(sha256)
        try:
            there = path.stat()
        except FileNotFoundError:
            return decode(_read(sha256, path, "mask"), geobox)  # which says so
        return self._recent(path, there.st_mtime_ns, there.st_size, geobox)


def encode(mask: LabelMask, geobox: GeoBox, scheme: Scheme) -> bytes:
    """A mask as the bytes of a GeoTIFF; the same mask gives the same bytes."""
    import rasterio
    from rasterio.io import MemoryFile

    _check(mask, geobox, scheme)
    _photos_have_no_place()
    rows, cols = mask.shape
    strips = {"blockysize": _STRIP} if rows * cols >= _LARGE else {}
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=cols, height=rows, count=3, dtype="uint8", nodata=None,
            crs=None if geobox.crs is None else _crs(geobox.crs), transform=geobox.transform,
            compress="deflate", zlevel=6, interleave="band", photometric="minisblack", **strips,
        ) as out:  # fmt: skip
            for band, plane in enumerate((mask.classes, mask.origin, mask.confidence), 1):
                out.write(plane, band)
            out.descriptions = BANDS
            out.update_tags(1, **_legend(scheme))
        return bytes(memory.getbuffer())


def decode(data: bytes, geobox: GeoBox | None = None) -> LabelMask:
    """Read the bytes of a mask file; refused where they are none, or do not lie on ``geobox``."""
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile

    _photos_have_no_place()
    try:
        with MemoryFile(data) as memory, memory.open(driver="GTiff") as source:
            if source.count != len(BANDS) or set(source.dtypes) != {"uint8"}:
                raise InputError(
                    "a mask file has three uint8 bands: class, origin, confidence",
                    found=f"{source.count} bands of {', '.join(sorted(set(source.dtypes)))}",
                )
            if geobox is not None:
                _check_place(source, geobox)
            classes, origin, confidence = source.read()
    except RasterioError as error:
        raise InputError("this is not a GeoTIFF", found=str(error)) from None
    mask = LabelMask(classes, origin, confidence)
    _check_values(mask)
    return mask


def _kept(path: Path, _modified: int, _size: int, geobox: GeoBox | None) -> LabelMask:
    """A mask that several may have at once, so nobody can change it."""
    mask = decode(_read(path.stem, path, "mask"), geobox)
    for plane in (mask.classes, mask.origin, mask.confidence):
        plane.setflags(write=False)
    return mask


@lru_cache(maxsize=64)
def _crs(crs: Any) -> Any:
    """As rasterio has it; by its EPSG code where that is the same, since GDAL looks for it anew for every file."""
    from rasterio.crs import CRS

    told = CRS.from_wkt(crs.to_wkt())
    code = told.to_epsg()
    named = told if code is None else CRS.from_epsg(code)
    return named if named == told else told


@cache
def _photos_have_no_place() -> None:
    """GDAL warns of every image without a place; a photo's mask rightly has none."""
    from rasterio.errors import NotGeoreferencedWarning

    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)


def _put(data: bytes, path: Path) -> str:
    if not _holds(path, data):
        fresh = not path.parent.exists()
        with atomic(path) as beside:
            beside.write_bytes(data)
        if fresh:
            fsync_dir(path.parent.parent)
    return path.stem


def _read(sha256: str, path: Path, what: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MissingError(f"there is no such {what}", asked=sha256, hint=f"it should be {path}") from None
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ConflictError(
            f"this {what.removesuffix(' file')} file was changed or damaged",
            asked=path,
            found=found,
            hint="restore it from a backup",
        )
    return data


def _holds(path: Path, data: bytes) -> bool:
    """Whether the file is there whole (a crash may have left another)."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        return False


def _legend(scheme: Scheme) -> dict[str, str]:
    classes = [{"value": c.code, "name": c.name, "color": c.color} for c in scheme]
    return {"CLASSES": json.dumps(classes), "UNLABELLED": str(UNLABELLED)}


def _check(mask: LabelMask, geobox: GeoBox, scheme: Scheme) -> None:
    if mask.shape != tuple(geobox.shape):
        raise InputError(
            "a mask must have its chip's size",
            asked=f"{mask.shape[0]} x {mask.shape[1]} pixels (rows x columns)",
            found=f"{geobox.shape[0]} x {geobox.shape[1]}",
        )
    foreign = sorted(set(mask.count()) - {c.code for c in scheme})
    if foreign:
        raise InputError(
            f"this mask has classes that are not in the scheme {scheme.name}",
            asked=foreign,
            found=", ".join(f"{c.name} ({c.code})" for c in scheme),
        )
    _check_values(mask)


def _check_values(mask: LabelMask) -> None:
    if int(mask.origin.max(initial=0)) > max(Origin):
        raise InputError("unknown origin in a mask", asked=int(mask.origin.max()), found=f"0 to {max(Origin)}")
    sure = mask.confidence[mask.confidence != NO_CONFIDENCE]
    if sure.size and int(sure.max()) > 100:
        raise InputError("a confidence is 0 to 100 percent, or 255 for none", asked=int(sure.max()))
    if bool(((mask.origin == Origin.NONE) & mask.labelled).any()):
        raise InputError("a pixel with a class needs an origin (1 human, 2 model, ... 6 product flag)")


def _check_place(source: Any, geobox: GeoBox) -> None:
    from odc.geo.geobox import GeoBox as Box

    there = Box((source.height, source.width), source.transform, source.crs)
    if tuple(there.shape) != tuple(geobox.shape):
        raise InputError(
            "a mask must have its chip's size",
            asked=f"{there.shape[0]} x {there.shape[1]} pixels (rows x columns)",
            found=f"{geobox.shape[0]} x {geobox.shape[1]}",
        )
    if (there.crs is None) != (geobox.crs is None) or (
        geobox.crs is not None and there.crs != geobox.crs and source.crs != _crs(geobox.crs)
    ):
        raise InputError("a mask must have its chip's CRS", asked=there.crs, found=geobox.crs)
    if geobox.crs is not None and not there.transform.almost_equals(geobox.transform, precision=1e-6):
        raise InputError("a mask must lie where its chip lies", asked=there.transform, found=geobox.transform)
