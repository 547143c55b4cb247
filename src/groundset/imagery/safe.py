"""Sentinel-2 products as they lie: a ``.SAFE`` folder or its zip, Level-1C and Level-2A, on one 10 m grid."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from groundset.core import Band, BandSet, InputError, MissingError, safe_name
from groundset.imagery._safe_metadata import ProductMetadata, parse_product, parse_tile
from groundset.imagery.scene import BandSource, FlagSource, Scene
from groundset.imagery.sensors import SENSORS, Sensor

_PRODUCT_XML = re.compile(r"(^|.*/)MTD_MSIL(1C|2A)\.xml")
_IMAGE = re.compile(r".*_(B\d\w|SCL)(?:_(\d+)m)?")
_MAX_XML = 64 << 20
"""Bytes of an XML file; real ones have less than 2 MB."""
_GSD = {"10": 10, "20": 20, "60": 60}


def is_safe(path: Path) -> bool:
    """Whether ``path`` is a SAFE folder, or a zip (a zip of anything else is refused by :func:`open_safe`)."""
    if path.is_dir():
        return any((path / f"MTD_MSIL{level}.xml").is_file() for level in ("1C", "2A"))
    return path.suffix.lower() == ".zip" and path.is_file()


def open_safe(
    path: Path, *, sensor: Sensor | None = None, time: datetime | None = None, bands: Sequence[str] | None = None
) -> Scene:
    """The scene of a Sentinel-2 product: bands of 10, 20 and 60 m on its 10 m grid (bilinear when read).

    Scale and offset come from the product's metadata (quantification value; RADIO_ADD_OFFSET or BOA_ADD_OFFSET since
    baseline 04.00), as do time of sensing and cloud cover. Level-2A has its scene classification as flags.

    Args:
        path: The ``.SAFE`` folder or the ``.zip``.
        sensor: Must be the product's own, if given.
        time: Overrides the time of sensing.
        bands: Selects.

    Raises:
        InputError: No Sentinel-2 product, broken metadata, a sensor that it is not.
        MissingError: A band or image is not there.
    """
    files = _Files.of(path)
    meta = parse_product(files.read(files.product_xml), f"{path}: {files.product_xml}")
    product = SENSORS[f"sentinel-2-l{meta.level}"]
    if sensor is not None and sensor.name != product.name:
        raise InputError("this product is of another kind", asked=sensor.name, found=f"{product.name} ({meta.uri})")
    tile_xml = files.one("MTD_TL.xml")
    tile = parse_tile(files.read(tile_xml), f"{path}: {tile_xml}")
    images = _finest(files, meta)
    wanted = [product.band(b) for b in bands] if bands else [b for b in product.bands if b.name in images]
    missing = [b.name for b in wanted if b.name not in images]
    if missing or not wanted:
        raise MissingError(
            "the product lacks the images of bands",
            asked=", ".join(missing) or "any",
            found=", ".join(sorted(images)) or f"no image in {path}",
            hint="download it again, whole",
        )
    return Scene(
        id=safe_name(meta.uri.removesuffix(".SAFE")),
        geobox=tile.geobox,
        bands=BandSet(tuple(_band(b, meta) for b in wanted)),
        sources=tuple((BandSource(files.href(images[b.name]), 1),) for b in wanted),
        datetime=time or tile.time,
        sensor=product.name,
        cloud_cover=meta.cloud_cover,
        flags=FlagSource("scl", BandSource(files.href(images["SCL"]), 1, "nearest")) if "SCL" in images else None,
        product={
            "platform": meta.platform,
            "constellation": "sentinel-2",
            "instruments": ["msi"],
            "s2:processing_baseline": meta.baseline,
            "s2:product_uri": meta.uri,
        },
    )


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a product, in a folder or a zip; names are relative to the product's root."""

    base: Path
    inner: str
    names: frozenset[str]
    zipped: bool

    @classmethod
    def of(cls, path: Path) -> _Files:
        if path.is_dir():
            names = frozenset(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
            return cls(path.absolute(), "", names, zipped=False)
        try:
            with zipfile.ZipFile(path) as archive:
                inside = archive.namelist()
        except (zipfile.BadZipFile, OSError) as error:
            raise InputError(
                "this zip is corrupt or cut short", asked=path, found=error, hint="download it again"
            ) from error
        roots = [n for n in inside if _PRODUCT_XML.fullmatch(n)]
        if len(roots) != 1:
            raise InputError(
                "this zip holds no single Sentinel-2 product",
                asked=path,
                found=f"{len(roots)} files MTD_MSIL1C.xml or MTD_MSIL2A.xml in {len(inside)} files",
                hint="unpack it and give the images or the folder",
            )
        inner = str(PurePosixPath(roots[0]).parent)
        inner = "" if inner == "." else f"{inner}/"
        names = frozenset(n.removeprefix(inner) for n in inside if n.startswith(inner) and not n.endswith("/"))
        return cls(path.absolute(), inner, names, zipped=True)

    @property
    def product_xml(self) -> str:
        return next(n for n in sorted(self.names) if n in ("MTD_MSIL1C.xml", "MTD_MSIL2A.xml"))

    def one(self, ending: str) -> str:
        found = [n for n in sorted(self.names) if n.endswith(f"/{ending}")]
        if len(found) != 1:
            raise InputError(
                f"a Sentinel-2 product has one granule with one {ending}",
                asked=self.base,
                found=f"{len(found)}",
                hint="products of several granules (before December 2016) are not supported" if found else None,
            )
        return found[0]

    def read(self, name: str) -> bytes:
        try:
            with self._open(name) as file:
                data = file.read(_MAX_XML + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise InputError(
                "this zip is corrupt, or packed in a way that cannot be read",
                asked=f"{self.base}: {name}",
                found=error,
                hint="download it again",
            ) from error
        if len(data) > _MAX_XML:
            raise InputError(
                "this SAFE metadata is far too large",
                asked=f"{self.base}: {name}",
                found=f"more than {_MAX_XML >> 20} MB",
                hint="download it again",
            )
        return data

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        if self.zipped:
            with zipfile.ZipFile(self.base) as archive, archive.open(self.inner + name) as file:
                yield file
        else:
            with (self.base / name).open("rb") as file:
                yield file

    def href(self, name: str) -> str:
        return f"/vsizip/{self.base}/{self.inner}{name}" if self.zipped else str(self.base / name)


def _finest(files: _Files, meta: ProductMetadata) -> dict[str, str]:
    """Band name -> its image of the finest resolution, among those that the metadata lists and that are there."""
    found: dict[str, tuple[int, str]] = {}
    for listed in meta.images:
        name = f"{listed}.jp2"
        match = _IMAGE.fullmatch(listed)
        if match is None or name not in files.names:
            continue
        gsd = _GSD.get(match.group(2) or "", 0)
        band = match.group(1)
        if band not in found or gsd < found[band][0]:
            found[band] = (gsd, name)
    return {band: name for band, (_, name) in found.items()}


def _band(band: Band, meta: ProductMetadata) -> Band:
    return replace(
        band,
        scale=1.0 / meta.quantification,
        offset=meta.add_offset.get(band.name, 0.0) / meta.quantification,
        nodata=0.0,
        dtype="uint16",
    )
