"""Sensors: the bands of each product, their native order, and how stored numbers become physical values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from groundset.core import Band, BandSet, InputError, MissingError
from groundset.imagery import _sensor_tables as tables
from groundset.imagery.radar import POLARISATIONS
from groundset.imagery.scene import FlagKind

FLAG_BANDS: Mapping[str, FlagKind] = MappingProxyType({"SCL": "scl", "QA_PIXEL": "qa_pixel", "QA60": "qa60"})
"""Names under which products ship the band that says what a pixel is."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A product of a sensor.

    Args:
        name: As ``--sensor`` takes it.
        title: For people.
        bands: Every band that the product has, with the product's scale and offset.
        native_order: Band names of a file that holds the whole product without descriptions; empty where the product
            has no such order (radar polarisations differ from scene to scene).
        dtypes: Stored dtypes for which the product's scale, offset and nodata hold; a file of another dtype has been
            worked on, so its numbers are taken as they are.
        prefixes: Prefixes under which the product's files and catalogues name a band (``SR_`` in ``SR_B4``).
        radar: Values are backscatter, whose unit (dB or linear) must be stated.
    """

    name: str
    title: str
    bands: BandSet
    native_order: tuple[str, ...]
    dtypes: tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    radar: bool = False

    def find(self, text: str) -> Band | None:
        """The band that ``text`` names: its name, a catalogue's spelling of it, or its common name; else None."""
        token = _token(text)
        for band in self.bands:
            if token in self._spellings(band):
                return band
        common = [b for b in self.bands if b.common_name and b.common_name.upper() == token]
        return common[0] if len(common) == 1 else None

    def band(self, text: str) -> Band:
        """Like :meth:`find`.

        Raises:
            MissingError: The sensor has no such band; names those it has.
        """
        band = self.find(text)
        if band is None:
            near = get_close_matches(text, self.bands.names, 1)
            raise MissingError(
                f"{self.name} has no such band",
                asked=text,
                found=", ".join(self.bands.names),
                hint=f"did you mean {near[0]}?" if near else "take one of these",
            )
        return band

    def has_name(self, text: str) -> Band | None:
        """The band of this very name or catalogue spelling (common names do not count), else None."""
        return next((b for b in self.bands if _token(text) in self._spellings(b)), None)

    def _spellings(self, band: Band) -> set[str]:
        upper = band.name.upper()
        short = re.sub(r"^B0(\d)$", r"B\1", upper)
        wrong = "SR_" if band.unit == "K" else "ST_"  # surface reflectance has no thermal band, and the other way round
        return {upper, short, *(f"{p}{upper}" for p in self.prefixes if p != wrong)}


def _token(text: str) -> str:
    match = re.match(r"[A-Za-z0-9_]+", text.strip())
    return match.group(0).upper() if match else ""


def _bands(
    rows: Sequence[tables.Row],
    sensor: str,
    dtype: str,
    scale: float = 1.0,
    offset: float = 0.0,
    nodata: float | None = None,
    unit: str | None = None,
) -> BandSet:
    return BandSet(
        tuple(
            Band(
                name=name,
                common_name=common,
                scale=scale,
                offset=offset,
                nodata=nodata,
                dtype=dtype,
                unit=unit,
                center_wavelength=center,
                full_width_half_max=width,
                gsd=gsd,
                sensor=sensor,
            )
            for name, common, center, width, gsd in rows
        )
    )


def _sentinel_2(name: str, title: str, without: str) -> Sensor:
    rows = [row for row in tables.SENTINEL_2 if row[0] != without]
    bands = _bands(rows, name, "uint16", scale=0.0001, nodata=0.0, unit="1")
    return Sensor(name, title, bands, bands.names, ("uint16", "int16"))


def _landsat(name: str, title: str, rows: tuple[tables.Row, ...], *prefixes: str) -> Sensor:
    surface = _bands(rows[:-1], name, "uint16", scale=0.0000275, offset=-0.2, nodata=0.0, unit="1")
    thermal = _bands(rows[-1:], name, "uint16", scale=0.00341802, offset=149.0, nodata=0.0, unit="K")
    return Sensor(
        name, title, BandSet(surface.bands + thermal.bands), surface.names, ("uint16",), ("SR_", "ST_", *prefixes)
    )


_ALL = (
    _sentinel_2("sentinel-2-l1c", "Sentinel-2 Level-1C (top of atmosphere reflectance)", ""),
    _sentinel_2("sentinel-2-l2a", "Sentinel-2 Level-2A (surface reflectance)", "B10"),
    Sensor(
        "sentinel-1-grd",
        "Sentinel-1 GRD, calibrated backscatter",
        _bands(tables.SENTINEL_1, "sentinel-1-grd", "float32"),
        (),
        ("float32", "float64"),
        radar=True,
    ),
    _landsat("landsat-5", "Landsat 5 TM, Collection 2 Level-2", tables.LANDSAT_5, "TM_"),
    _landsat("landsat-7", "Landsat 7 ETM+, Collection 2 Level-2", tables.LANDSAT_7, "ETM_"),
    _landsat("landsat-8", "Landsat 8 OLI/TIRS, Collection 2 Level-2", tables.LANDSAT_8, "OLI_", "TIRS_"),
    _landsat("landsat-9", "Landsat 9 OLI-2/TIRS-2, Collection 2 Level-2", tables.LANDSAT_8, "OLI_", "TIRS_"),
    Sensor(
        "naip",
        "NAIP aerial imagery",
        _bands(tables.NAIP, "naip", "uint8"),
        ("red", "green", "blue", "nir"),
        ("uint8",),
    ),
)

SENSORS: Mapping[str, Sensor] = MappingProxyType({s.name: s for s in _ALL})
"""Every sensor by the name that ``--sensor`` takes."""


def get_sensor(sensor: str | Sensor | None) -> Sensor | None:
    """The sensor of this name; None stays None.

    Raises:
        MissingError: No such sensor; names those there are.
    """
    if sensor is None or isinstance(sensor, Sensor):
        return sensor
    if sensor not in SENSORS:
        near = get_close_matches(sensor, list(SENSORS), 1)
        raise MissingError(
            "unknown sensor",
            asked=sensor,
            found=", ".join(SENSORS),
            hint=f"did you mean {near[0]}?" if near else "leave --sensor out for a generic raster",
        )
    return SENSORS[sensor]


def common_names(names: Iterable[str]) -> tuple[str | None, ...]:
    """Common names of bands that somebody named without naming the sensor.

    A name that is itself a STAC common name (``red``) or a polarisation (``vv``) is its own. Else the names together
    must belong to one sensor, or to several that agree: ``B02, B8A`` can only be Sentinel-2, ``B2, B3`` could be three
    sensors that disagree and so gets none.
    """
    asked = tuple(names)
    own = {n: n.lower() for n in asked if n.lower() in tables.EO_COMMON_NAMES or n.lower() in POLARISATIONS}
    rest = [n for n in asked if n not in own]
    fits = [s for s in _ALL if not s.radar and all(s.has_name(n) for n in rest)]
    for name in rest:
        said = {band.common_name for s in fits if (band := s.has_name(name))}
        if len(said) == 1 and None not in said:
            own[name] = str(said.pop())
    return tuple(own.get(n) for n in asked)


def check_calibrated(sensor: Sensor, dtype: str, unit: str | None, where: str) -> None:
    """Refuse radar that is not calibrated.

    Raises:
        InputError: ``sensor`` is a radar, the values are integers and nobody states their unit: raw digital numbers.
    """
    if sensor.radar and unit is None and "int" in dtype:
        raise InputError(
            "Sentinel-1 GRD without calibration cannot be used: its digital numbers are no backscatter, so they cannot"
            " be compared between scenes or put into a model",
            asked=where,
            found=f"{dtype} digital numbers",
            hint="calibrate to sigma0 or gamma0 first (ESA SNAP, or a terrain-corrected (RTC) collection), as float32",
        )
