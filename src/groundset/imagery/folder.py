"""A folder: one scene a file, or one file a band."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from groundset.core import Band, BandSet, InputError, MissingError, safe_name
from groundset.imagery._inspect import FileInfo, inspect
from groundset.imagery._sensor_tables import EO_COMMON_NAMES
from groundset.imagery.landsat import read_mtl
from groundset.imagery.naming import FileBands, NamedBand, sensor_band
from groundset.imagery.radar import POLARISATIONS
from groundset.imagery.raster import open_raster, prove_units
from groundset.imagery.safe import is_safe, open_safe
from groundset.imagery.scene import BandSource, FlagSource, Scene
from groundset.imagery.sensors import FLAG_BANDS, SENSORS, Sensor, common_names

RASTER_ENDINGS = frozenset(
    [".tif", ".tiff", ".jp2", ".img", ".vrt", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm", ".pgm"]
)
_PART = re.compile(r"[_.\- ]+")


@dataclass(frozen=True, slots=True)
class _BandFile:
    """A single-band file whose name ends in a band's name."""

    name: str
    prefix: str
    info: FileInfo


def open_folder(
    path: Path, *, sensor: Sensor | None = None, time: datetime | None = None, bands: Sequence[str] | None = None
) -> list[Scene]:
    """The scenes of a folder and its subfolders, sorted by path.

    Georeferenced one-band files whose names end in a band's name (``..._B04.tif``, ``..._SR_B4.TIF``) and begin alike
    are the bands of one scene: the finest grid is the scene's, coarser bands are resampled to it when read (bilinear).
    Every other image is a scene of its own. Which names are bands is known from the sensor, from ``bands``, or, without
    both, from the names of known sensors and STAC's common names.

    Raises:
        MissingError: No image in it, or a band is missing.
        InputError: Files of one scene do not fit together.
    """
    products = sorted(p for p in path.rglob("*") if is_safe(p))
    scenes = [open_safe(p, sensor=sensor, time=time, bands=bands) for p in products]
    for folder in [path, *sorted(p for p in path.rglob("*") if p.is_dir())]:
        if not any(folder.is_relative_to(p) for p in products):
            scenes += _open_one(folder, sensor, time, bands)
    if not scenes:
        raise MissingError(
            "no image in this folder", asked=path, hint=f"images end in {', '.join(sorted(RASTER_ENDINGS))}"
        )
    return _told_apart(scenes, path)


def _told_apart(scenes: list[Scene], root: Path) -> list[Scene]:
    """Scenes of one file name get their folder before it, and their ending behind it where that is not enough."""
    for ending in (False, True):
        ids = [s.id for s in scenes]
        scenes = [s if ids.count(s.id) == 1 else replace(s, id=_long_id(s, root, ending)) for s in scenes]
    return scenes


def _long_id(scene: Scene, root: Path, ending: bool) -> str:
    file = Path(scene.sources[0][0].href).relative_to(root.absolute())
    return safe_name("-".join((file if ending else file.with_suffix("")).parts).replace(".", "-"))


def _open_one(folder: Path, sensor: Sensor | None, time: datetime | None, bands: Sequence[str] | None) -> list[Scene]:
    """The scenes of the files that lie in ``folder`` itself."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in RASTER_ENDINGS)
    sets: dict[str, list[_BandFile]] = {}
    alone: list[tuple[Path, str | None]] = []
    for file in files:
        split = split_band(file.stem, sensor, bands)
        found = _band_file(file, *split) if split else None
        if found:
            sets.setdefault(found.prefix, []).append(found)
        else:
            alone.append((file, _PART.sub("_", file.stem)))
    scenes = [_of_files(folder, prefix, members, sensor, time, bands) for prefix, members in sorted(sets.items())]
    for file, plain in alone:
        if any(prefix and plain and plain.startswith(f"{prefix}_") for prefix in sets):
            continue  # another layer of the same product (angles, quality): no band of the sensor
        scenes.append(open_raster(str(file), sensor=sensor, time=time, bands=bands))
    return scenes


def _band_file(file: Path, prefix: str, name: str) -> _BandFile | None:
    info = inspect(str(file))
    return _BandFile(name, prefix, info) if len(info.indexes) == 1 and info.crs is not None else None


def split_band(stem: str, sensor: Sensor | None, bands: Sequence[str] | None) -> tuple[str, str] | None:
    """(what the files of a scene begin with, the band's name) from a file's stem; None if it ends in no band."""
    parts = [p for p in _PART.split(stem) if p]
    if len(parts) > 1 and re.fullmatch(r"\d+m", parts[-1]):
        parts.pop()
    for n in (2, 1):
        token = "_".join(parts[-n:])
        name = _known(token, sensor, bands) if len(parts) >= n else None
        if name is not None:
            return "_".join(parts[:-n]), name
    return None


def _known(token: str, sensor: Sensor | None, bands: Sequence[str] | None) -> str | None:
    if token.upper() in FLAG_BANDS:
        return token.upper()
    if sensor is not None:
        band = sensor.find(token)
        return band.name if band else None
    if bands is not None:
        return next((b for b in bands if b.upper() == token.upper()), None)
    if token.lower() in EO_COMMON_NAMES | POLARISATIONS:
        return token
    return token if any(s.has_name(token) for s in SENSORS.values() if s.name != "naip") else None


def _of_files(
    folder: Path,
    prefix: str,
    files: list[_BandFile],
    sensor: Sensor | None,
    time: datetime | None,
    asked: Sequence[str] | None,
) -> Scene:
    scene_id = safe_name(prefix or folder.name)
    mtl = read_mtl(folder, prefix)
    if mtl is not None:
        mtl.check(sensor)
        time = time or mtl.time
    flags = next((f for f in files if f.name in FLAG_BANDS), None)
    chosen = _choose([f for f in files if f.name not in FLAG_BANDS], sensor, asked, folder)
    named = [_name(f, sensor, time) for f in chosen]
    if sensor is None:
        known = common_names([n.name for n in named])
        named = [replace(band, common_name=common) for band, common in zip(named, known, strict=True)]
    finest = min((f.info for f in chosen), key=lambda info: info.resolution)
    for file in chosen:
        _check_fits(file.info, finest)
    return Scene(
        id=scene_id,
        geobox=finest.geobox,
        bands=BandSet(tuple(named)),
        sources=tuple((BandSource(f.info.href, f.info.indexes[0]),) for f in chosen),
        datetime=time,
        sensor=sensor.name if sensor else None,
        cloud_cover=mtl.cloud_cover if mtl else None,
        flags=FlagSource(FLAG_BANDS[flags.name], BandSource(flags.info.href, 1, "nearest")) if flags else None,
        product=mtl.product if mtl else {},
    )


def _choose(
    files: list[_BandFile], sensor: Sensor | None, asked: Sequence[str] | None, folder: Path
) -> list[_BandFile]:
    """The files wanted, in band order; of one band in several resolutions the finest."""
    by_name: dict[str, _BandFile] = {}
    for file in sorted(files, key=lambda f: f.info.resolution):
        by_name.setdefault(file.name, file)
    if asked is not None:
        wanted = [sensor.band(n.partition(":")[0]).name if sensor else n for n in asked]
    elif sensor is not None:
        wanted = [n for n in sensor.bands.names if n in by_name]
    else:
        wanted = sorted(by_name, key=_natural)
    missing = [n for n in wanted if n not in by_name]
    if missing or not wanted:
        raise MissingError(
            "the folder has no file of this band",
            asked=", ".join(missing) or "any band",
            found=f"{', '.join(sorted(by_name, key=_natural)) or 'none'} in {folder}",
        )
    return [by_name[n] for n in wanted]


def _natural(name: str) -> tuple[str, float, str]:
    # B8 < B8A < B9 < B10
    digits = re.search(r"\d+", name)
    return name[: digits.start()] if digits else name, float(digits.group()) if digits else 0.0, name


def _name(file: _BandFile, sensor: Sensor | None, time: datetime | None) -> Band:
    info = file.info
    if sensor is not None:
        named = sensor_band(info, info.indexes[0], sensor.band(file.name), time)
        return prove_units(info.href, FileBands((named,)), sensor)[0].band
    return NamedBand(
        Band(
            name=file.name,
            scale=float(info.scales[0]),
            offset=float(info.offsets[0]),
            nodata=info.nodata[0],
            dtype=info.dtypes[0],
            unit=info.units[0],
            description=info.descriptions[0],
        ),
        1,
    ).band


def _check_fits(info: FileInfo, finest: FileInfo) -> None:
    here, there = info.geobox, finest.geobox
    if here.crs != there.crs:
        raise InputError(
            "the bands of one scene lie in different coordinate reference systems",
            asked=info.href,
            found=f"{here.crs} beside {there.crs} of {finest.href}",
        )
    if not here.extent.intersects(there.extent):
        raise InputError("the bands of one scene do not overlap", asked=info.href, found=f"beside {finest.href}")
