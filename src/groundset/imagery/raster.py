"""One raster file that GDAL reads, with all its bands -> one scene; also a COG over http, and a plain photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import numpy as np

from groundset.core import BandSet, safe_name
from groundset.imagery._gdal import explain, gdal_env, open_dataset
from groundset.imagery._inspect import inspect
from groundset.imagery.naming import FileBands, NamedBand, name_bands
from groundset.imagery.radar import proven_unit
from groundset.imagery.scene import BandSource, FlagSource, Scene
from groundset.imagery.sensors import Sensor

_SAMPLE = 512


def gdal_href(source: str) -> str:
    """The address under which GDAL reads ``source``: an absolute path, ``/vsicurl/`` for http, ``/vsi...`` as it is."""
    if source.startswith(("http://", "https://")):
        return f"/vsicurl/{source}"
    if source.startswith("/vsi") or "://" in source:
        return source
    return str(Path(source).absolute())


def stem(source: str) -> str:
    """The last part of a path or address without its ending, safe as a scene id."""
    path = urlsplit(source).path if "://" in source else source
    return safe_name(PurePosixPath(path.rstrip("/")).stem)


def open_raster(
    source: str,
    *,
    sensor: Sensor | None = None,
    time: datetime | None = None,
    bands: Sequence[str] | None = None,
    scene_id: str | None = None,
    group: str | None = None,
) -> Scene:
    """The scene of one file.

    Args:
        source: A path or an http address.
        sensor: The product, where the user named it.
        time: Acquisition time in UTC.
        bands: As ``--bands``: see :func:`groundset.imagery.naming.name_bands`.
        scene_id: Default: the file's name.
        group: Group of the scene; a plain photo's default is its folder's name.

    Raises:
        MissingError, InputError, ServiceError: As :func:`groundset.imagery._inspect.inspect`; no CRS; bands that cannot
            be told apart; radar that is not calibrated.
    """
    href = gdal_href(source)
    info = inspect(href)
    geobox = info.geobox
    found = name_bands(info, sensor=sensor, bands=bands, time=time)
    found = replace(found, bands=prove_units(href, found, sensor))
    if info.photo and group is None:
        group = folder_group(source)
    return Scene(
        id=scene_id or stem(source),
        geobox=geobox,
        bands=BandSet(tuple(b.band for b in found.bands)),
        sources=tuple((BandSource(href, b.index),) for b in found.bands),
        datetime=time,
        sensor=sensor.name if sensor else None,
        flags=FlagSource(found.flags[0], BandSource(href, found.flags[1], "nearest")) if found.flags else None,
        group=group,
        photo=info.photo,
    )


def folder_group(source: str) -> str | None:
    """Name of the folder a file lies in, as a group; None for an address."""
    return None if "://" in source else safe_name(Path(source).absolute().parent.name or "root")


def prove_units(href: str, found: FileBands, sensor: Sensor | None) -> tuple[NamedBand, ...]:
    """Radar bands with their unit: the stated one, else the one that their values prove.

    Raises:
        InputError: Not stated, and the values could be either.
    """
    if sensor is None or not sensor.radar:
        return found.bands
    return tuple(b if b.band.unit else NamedBand(replace(b.band, unit=_unit_of(href, b)), b.index) for b in found.bands)


def _unit_of(href: str, band: NamedBand) -> str:
    sample = read_sample(href, band.index)
    valid = BandSet((band.band,)).valid(sample[None])[0]
    return proven_unit(sample[valid].astype(np.float64), f"band {band.band.name} of {href}")


def read_sample(href: str, index: int, size: int = _SAMPLE) -> np.ndarray:
    """A band shrunk to at most ``size`` rows and columns (nearest): (rows, columns), stored dtype."""
    with open_dataset(href) as ds, gdal_env(href):
        shape = (min(ds.height, size), min(ds.width, size))
        try:
            return np.asarray(ds.read(index, out_shape=shape))
        except Exception as error:
            raise explain(href, error) from error
