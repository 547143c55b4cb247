"""The door: whatever a person points at becomes scenes of one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from groundset.core import InputError, MissingError, check_name
from groundset.imagery._gdal import describe_head, sniff_url
from groundset.imagery.folder import open_folder
from groundset.imagery.raster import open_raster
from groundset.imagery.safe import is_safe, open_safe
from groundset.imagery.scene import Allow, Scene
from groundset.imagery.sensors import Sensor, get_sensor
from groundset.imagery.times import parse_time
from groundset.imagery.vectors import refuse_vector


def open_source(
    source: str | Path,
    *,
    sensor: str | Sensor | None = None,
    time: datetime | str | None = None,
    bands: Sequence[str] | None = None,
    scene_id: str | None = None,
    stac_options: Mapping[str, Any] | None = None,
    allow: Allow | None = None,
) -> list[Scene]:
    """Open whatever ``source`` is; nothing is read but metadata.

    Args:
        source: A raster file, a folder (one file a band, a photo a file, SAFE), a SAFE ``.zip``, a STAC JSON file, or
            an http address of a raster or of STAC JSON.
        sensor: Name of the product; decides band names, scale and offset.
        time: Acquisition time, RFC 3339 with zone; for what does not state its own.
        bands: Band names: they select where a sensor or STAC names the bands, else they name the file's bands in order.
        scene_id: Id of the scene, where the source is one scene.
        stac_options: Passed on to ``stac_items.open_stac`` for STAC JSON.
        allow: Refuses what may not be read, by an error; hears the source and each address that it leads to.

    Returns:
        Scenes in a stable order.

    Raises:
        MissingError: No such file, band or sensor.
        InputError: Corrupt, of no known kind, without CRS, or not to be understood without a guess.
        ServiceError: An address that does not answer.
    """
    product = get_sensor(sensor)
    at = None if time is None else parse_time(time)
    names = _names(bands)
    text = str(source)
    if allow is not None:
        allow(text)
    if "://" not in text and not text.startswith("/vsi"):
        refuse_vector(Path(text).expanduser())
    if _is_stac(text):
        from groundset.imagery.stac_items import open_stac

        scenes = list(open_stac(text, sensor=product, bands=names, allow=allow, **(stac_options or {})))
    else:
        scenes = _open_files(text, product, at, names)
    return _with_id(scenes, scene_id, text)


def _open_files(text: str, sensor: Sensor | None, time: datetime | None, bands: tuple[str, ...] | None) -> list[Scene]:
    if "://" in text or text.startswith("/vsi"):
        return [open_raster(text, sensor=sensor, time=time, bands=bands)]
    path = Path(text).expanduser().absolute()
    if not path.exists():
        raise MissingError("no such file or folder", asked=text, hint="check the path; quote it if it has spaces")
    if is_safe(path):
        return [open_safe(path, sensor=sensor, time=time, bands=bands)]
    if path.is_dir():
        return open_folder(path, sensor=sensor, time=time, bands=bands)
    return [open_raster(str(path), sensor=sensor, time=time, bands=bands)]


def _is_stac(text: str) -> bool:
    if not text.startswith(("http://", "https://")):
        return text.lower().endswith((".json", ".geojson"))
    if text.split("?", 1)[0].lower().endswith((".tif", ".tiff", ".jp2", ".png", ".jpg", ".jpeg")):
        return False
    head = sniff_url(text)
    what = describe_head(head)
    if what not in (None, "JSON"):
        raise InputError(f"this address gives {what}, not imagery", asked=text.split("?", 1)[0])
    return what == "JSON"


def _names(bands: Sequence[str] | None) -> tuple[str, ...] | None:
    if bands is None:
        return None
    names = tuple(b.strip() for b in ([bands] if isinstance(bands, str) else bands))
    names = tuple(n for text in names for n in text.split(","))
    twice = sorted({n for n in names if names.count(n) > 1})
    if not names or not all(names) or twice:
        raise InputError(
            "band names must be there and differ", asked=", ".join(names), found=f"twice: {', '.join(twice)}"
        )
    return names


def _with_id(scenes: list[Scene], scene_id: str | None, text: str) -> list[Scene]:
    from dataclasses import replace

    if scene_id is not None:
        if len(scenes) != 1:
            raise InputError("an id names one scene", asked=scene_id, found=f"{len(scenes)} scenes in {text}")
        return [replace(scenes[0], id=check_name(scene_id, "scene"))]
    ids = [s.id for s in scenes]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise InputError("two scenes would have one id", found=", ".join(twice[:5]), hint="rename the files")
    return scenes
