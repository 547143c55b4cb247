"""Which bands a file holds: from the sensor, the user's names, or the file's own words; never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rasterio.enums import ColorInterp

from groundset.core import Band, InputError, MissingError
from groundset.imagery import radar
from groundset.imagery._inspect import FileInfo
from groundset.imagery.scene import FlagKind
from groundset.imagery.sensors import FLAG_BANDS, SENSORS, Sensor, check_calibrated, common_names

_OFFSET_SINCE = datetime(2022, 1, 25, tzinfo=UTC)
_COLORS = {ColorInterp.red: "red", ColorInterp.green: "green", ColorInterp.blue: "blue"}


@dataclass(frozen=True, slots=True)
class NamedBand:
    """A band and its GDAL index (from 1) in the file."""

    band: Band
    index: int


@dataclass(frozen=True, slots=True)
class FileBands:
    """The data bands of a file in order, and its flag band if it has one."""

    bands: tuple[NamedBand, ...]
    flags: tuple[FlagKind, int] | None = None


def name_bands(
    info: FileInfo, *, sensor: Sensor | None, bands: Sequence[str] | None, time: datetime | None = None
) -> FileBands:
    """The bands of one file that holds several.

    With a sensor, the file's own descriptions say which band is which; without descriptions its band count must be the
    product's, and the order is the product's native one; ``bands`` then selects. A file of another count whose bands
    are all named by ``bands`` is taken so. Without a sensor ``bands`` names the file's bands in order; else the file's
    own descriptions do, else they are ``b1`` to ``bN``; scale and offset are the file's own (1 and 0 by default).

    Raises:
        InputError: Another number of bands, or bands that cannot be told apart.
        MissingError: A band that the sensor or the file does not have.
    """
    info = _with_alpha(info, sensor, bands)
    if sensor is None:
        return _generic(info, bands)
    found = _of_sensor(info, sensor, bands)
    data = tuple(sensor_band(info, i, sensor.band(name), time, unit) for i, (name, unit) in found.items())
    return FileBands(data, _flag(info, sensor))


def _with_alpha(info: FileInfo, sensor: Sensor | None, bands: Sequence[str] | None) -> FileInfo:
    """The file with its alpha channel taken as a band, where what was named needs it.

    Writers mark the fourth band of any 8-bit file as alpha, so a file of NAIP looks like one with a mask.
    """
    every = len(info.colors)
    named = len(bands) if bands is not None and sensor is None else len(sensor.native_order) if sensor else 0
    described = info.descriptions[-1] is not None
    if info.colors[-1] != ColorInterp.alpha or not (named == every or described):
        return info
    return replace(info, colors=(*info.colors[:-1], ColorInterp.undefined))


def sensor_band(info: FileInfo, index: int, band: Band, time: datetime | None, unit: str | None = None) -> NamedBand:
    """One band of a known sensor in a file: what the file states goes before what the product says in general.

    Args:
        info: The file.
        index: GDAL index of the band in it, from 1.
        band: The sensor's band.
        time: Acquisition time, where it is known.
        unit: ``dB`` or ``linear`` where the user stated it.
    """
    sensor = SENSORS[str(band.sensor)]
    i = index - 1
    dtype = info.dtypes[i]
    stated = radar.backscatter_unit(info.units[i] or info.band_tags[i].get("unit"))
    unit = unit or (stated if sensor.radar else None)
    check_calibrated(sensor, dtype, unit, info.href)
    native = dtype in sensor.dtypes
    scale, offset = info.scales[i], info.offsets[i]
    if (scale, offset) == (1.0, 0.0) and native:
        if sensor.name.startswith("sentinel-2"):
            _check_offset_known(info, time)
        scale, offset = band.scale, band.offset
    nodata = info.nodata[i]
    if nodata is None and native:
        nodata = band.nodata
    return NamedBand(
        replace(
            band,
            dtype=dtype,
            scale=float(scale),
            offset=float(offset),
            nodata=nodata,
            unit=unit if sensor.radar else band.unit,
            description=info.descriptions[i],
        ),
        index,
    )


def _check_offset_known(info: FileInfo, time: datetime | None) -> None:
    if time is None or time < _OFFSET_SINCE:
        return
    raise InputError(
        "Sentinel-2 products since 2022-01-25 (baseline 04.00) carry an offset of -1000, unless somebody took it off;"
        " this file does not say which",
        asked=info.href,
        found=f"acquired {time.isoformat()}, scale 1 and offset 0 in the file",
        hint="write it into the file (gdal_edit.py -scale 0.0001 -offset -0.1, or -offset 0 where it was taken off), or"
        " ingest the SAFE product or its STAC item",
    )


def _of_sensor(
    info: FileInfo, sensor: Sensor, asked: Sequence[str] | None
) -> dict[int, tuple[str, radar.BackscatterUnit | None]]:
    """GDAL index -> (band name, stated unit), in the order of the scene's bands."""
    wanted = None if asked is None else [_split(sensor, n) for n in asked]
    described = any(info.descriptions[i - 1] for i in info.indexes)
    if described:
        there = {i: b.name for i in info.indexes if (b := sensor.find(info.descriptions[i - 1] or "")) is not None}
        strange = [
            str(info.descriptions[i - 1])
            for i in info.indexes
            if i not in there and (info.descriptions[i - 1] or "").upper() not in FLAG_BANDS
        ]
        if strange and (wanted is None or not there):
            raise MissingError(
                f"the file describes bands that {sensor.name} does not have",
                asked=", ".join(strange),
                found=f"{sensor.name}: {', '.join(sensor.bands.names)}",
                hint="select the bands you want with --bands, or leave --sensor out and name them all",
            )
    else:
        there = _undescribed(info, sensor, None if wanted is None else [n for n, _ in wanted])
    twice = sorted({n for n in there.values() if list(there.values()).count(n) > 1})
    if twice:
        raise InputError("the file describes a band twice", asked=info.href, found=", ".join(twice))
    if wanted is None:
        return {i: (name, None) for i, name in there.items()}
    by_name = {name: i for i, name in there.items()}
    missing = [n for n, _ in wanted if n not in by_name]
    if missing:
        raise MissingError("the file has no such band", asked=", ".join(missing), found=", ".join(by_name))
    return {by_name[n]: (n, unit) for n, unit in wanted}


def _split(sensor: Sensor, name: str) -> tuple[str, radar.BackscatterUnit | None]:
    head, unit = radar.split_unit(name) if sensor.radar else (name, None)
    return sensor.band(head).name, unit


def _undescribed(info: FileInfo, sensor: Sensor, wanted: Sequence[str] | None) -> dict[int, str]:
    native, count = sensor.native_order, len(info.indexes)
    if count == len(native):
        if wanted is not None and sorted(wanted) == sorted(native) and tuple(wanted) != native:
            raise InputError(
                "the file does not describe its bands, so it is read in the product's native order; do these names"
                " select, or say that the file's order is another?",
                asked=", ".join(wanted),
                found=f"native order {', '.join(native)}",
                hint="leave --bands out, or write the band descriptions into the file",
            )
        return dict(zip(info.indexes, native, strict=True))
    if wanted is not None and len(wanted) == count:
        return dict(zip(info.indexes, wanted, strict=True))
    raise InputError(
        f"the file does not describe its bands, and their number is not {sensor.name}'s",
        asked=info.href,
        found=f"{count} bands; {sensor.name} has {len(native)}: {', '.join(native)}"
        if native
        else f"{count} bands; {sensor.name} has no native order",
        hint=f"name the file's {count} bands in order with --bands",
    )


def _flag(info: FileInfo, sensor: Sensor | None) -> tuple[FlagKind, int] | None:
    for i in info.indexes:
        name = (info.descriptions[i - 1] or "").upper()
        if sensor is not None and name in FLAG_BANDS:
            return FLAG_BANDS[name], i
    return None


def _generic(info: FileInfo, asked: Sequence[str] | None) -> FileBands:
    count = len(info.indexes)
    if asked is not None:
        if len(asked) != count:
            raise InputError(
                "--bands names the file's bands in order, one name each",
                asked=f"{len(asked)} names: {', '.join(asked)}",
                found=f"{count} bands in {info.href}",
                hint="name every band, or give --sensor to select",
            )
        names = [radar.split_unit(n)[0] for n in asked]
        units: list[str | None] = [radar.split_unit(n)[1] for n in asked]
        common: Sequence[str | None] = common_names(names)
    else:
        described = [info.descriptions[i - 1] for i in info.indexes]
        if all(described) and len(set(described)) == count:
            names, common = [str(d) for d in described], common_names([str(d) for d in described])
        else:
            names = [f"b{n}" for n in range(1, count + 1)]
            common = [_COLORS.get(info.colors[i - 1]) for i in info.indexes]
        units = [None] * count
    return FileBands(
        tuple(
            NamedBand(
                Band(
                    name=name,
                    common_name=known,
                    scale=float(info.scales[i - 1]),
                    offset=float(info.offsets[i - 1]),
                    nodata=info.nodata[i - 1],
                    dtype=info.dtypes[i - 1],
                    unit=unit or info.units[i - 1],
                    description=info.descriptions[i - 1],
                ),
                i,
            )
            for i, name, known, unit in zip(info.indexes, names, common, units, strict=True)
        )
    )
