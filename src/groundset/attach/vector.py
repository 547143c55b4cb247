"""Vector files: features with a geometry, checked and repaired, in their own CRS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.attach.geojson import stated_crs, told
from groundset.attach.layer import Asked
from groundset.attach.source import Features, as_values, dates, need_column
from groundset.core import InputError

Geometries = npt.NDArray[np.object_]
_TOLD = 5
_CRS84 = "OGC:CRS84"


def read_vector(path: Path, asked: Asked) -> Features:
    """Read whatever GDAL reads as vector; see :func:`groundset.attach.source.read`."""
    import pyogrio
    from pyogrio import raw

    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        if len(layers) > 1:
            raise InputError(
                f"{path.name} has several layers", found=", ".join(layers), hint="save the one to take as its own file"
            )
        if not layers:
            raise InputError(f"{path.name} has no layer with places", asked=path, hint="give a CSV, or another layer")
        info = pyogrio.read_info(path)
        there = [str(f) for f in info["fields"]]
        wanted = _wanted(path, asked, there)
        says = told(path) if info.get("driver") == "GeoJSON" else None
        own = ["id"] if says is not None and "id" in there and "id" not in wanted else []
        meta, fids, wkb, fields = raw.read(path, columns=[*wanted, *own], return_fids=True, datetime_as_string=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.GeometryError) as error:
        raise InputError(
            "this file cannot be read", asked=path, found=str(error).splitlines()[0][:200],
            hint="give GeoJSON, GeoPackage, Shapefile, FlatGeobuf, GeoParquet or CSV",
        ) from error  # fmt: skip
    columns = dict(zip([str(f) for f in meta["fields"]], fields, strict=True))
    crs = meta["crs"] if says is None else stated_crs(says, meta["crs"])
    ids = columns.get("id") if says is not None else None
    if ids is None and (info.get("fid_column") or (says is not None and says.ids)):
        ids = fids
    columns = {name: columns[name] for name in wanted}
    return _features(path, asked, wkb, _crs(path, asked, crs), columns, _names(0 if wkb is None else len(wkb), ids))


def read_parquet(path: Path, asked: Asked) -> Features:
    """Read a GeoParquet file (1.0 or 1.1, geometry as WKB); without ``crs`` it is in longitude and latitude."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        said = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"null"))
        if said is None:
            raise InputError(
                f"{path.name} is Parquet without places", asked=path, hint="write it as GeoParquet, or as a CSV"
            )
        main = said["primary_column"]
        about: Mapping[str, Any] = said["columns"][main]
        if about.get("encoding") != "WKB":
            raise InputError(
                f"{path.name} holds its geometry in another encoding",
                found=about.get("encoding"),
                hint="write it as WKB",
            )
        wanted = _wanted(path, asked, [n for n in file.schema_arrow.names if n not in (main, "bbox")])
        table = file.read(columns=[main, *wanted])
    except (pa.ArrowInvalid, OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path.name} cannot be read as GeoParquet", asked=path, found=str(error)[:200]) from error
    crs = about.get("crs", _CRS84)
    wkb = np.array(table.column(main).to_pylist(), dtype=object)
    columns = {name: table.column(name).to_pylist() for name in wanted}
    return _features(path, asked, wkb, _crs(path, asked, crs), columns, _names(len(wkb)))


def _names(n: int, ids: Any = None) -> list[str]:
    """What to call features: counted from 1, and with the id that the file states where it is another number."""
    names = [f"feature {i + 1}" for i in range(n)]
    if ids is None or len(ids) != n:
        return names
    own = ["" if i is None else f"{i:.0f}".replace("nan", "") if isinstance(i, float) else str(i) for i in ids]
    return [
        f"{name} with id {one}" if one and one != str(i + 1) else name
        for i, (name, one) in enumerate(zip(names, own, strict=True))
    ]


def _wanted(path: Path, asked: Asked, there: Sequence[str]) -> list[str]:
    named = [*asked.columns, *([] if asked.date_column is None else [asked.date_column])]
    return list(dict.fromkeys(need_column(path, name, there) for name in named))


def _crs(path: Path, asked: Asked, said: Any) -> Any:
    """The CRS that a file states; ``--crs`` speaks where it states none or an unknown one, and may not contradict it.

    Raises:
        InputError: Nobody states it, it is unknown, or both state another one.
    """
    import pyproj

    try:
        own = None if said is None else known_crs(said, path.name)
    except InputError:
        if asked.crs is None:
            raise
        own = None
    if asked.crs is None:
        if own is None:
            raise InputError(f"{path.name} does not say its CRS", asked=path, hint="say it: --crs EPSG:32630")
        return own
    named = known_crs(asked.crs, "--crs")
    if own is not None and not own.equals(named, ignore_axis_order=True):
        raise InputError(
            f"{path.name} states another CRS than --crs", asked=asked.crs, found=_crs_name(own), hint="leave --crs out"
        )
    assert isinstance(named, pyproj.CRS)
    return named


def known_crs(said: Any, whose: str) -> Any:
    """A pyproj CRS.

    Raises:
        InputError: Nobody knows it, or it is no CRS of places on the ground.
    """
    import pyproj

    try:
        crs = pyproj.CRS.from_user_input(said)
    except pyproj.exceptions.CRSError as error:
        raise InputError(
            "nobody knows this CRS", asked=f"{whose}: {str(said)[:80]}", hint="say it as a code: --crs EPSG:32630"
        ) from error
    if crs.is_engineering or not (crs.is_geographic or crs.is_projected or crs.is_bound or crs.is_compound):
        raise InputError(
            "this CRS is of no place on the ground", asked=f"{whose}: {_crs_name(crs)}", hint="say --crs EPSG:32630"
        )
    return crs


def _crs_name(crs: Any) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.name)


def _features(
    path: Path, asked: Asked, wkb: Any, crs: Any, columns: Mapping[str, Any], names: Sequence[str]
) -> Features:
    import shapely

    if wkb is None or len(wkb) == 0:
        raise InputError(f"{path.name} has no features", asked=path, hint="nothing was attached")
    empty = np.array([one is None for one in wkb], bool)
    geometry = shapely.force_2d(shapely.from_wkb(wkb, on_invalid="ignore"))
    unread = np.flatnonzero(~empty & shapely.is_missing(geometry))
    if len(unread):
        raise InputError(
            f"{path.name} has geometries that cannot be read", found=_some(unread, names), hint="mend the file"
        )
    geometry, notes = sound(geometry, names, path.name, repair=asked.repair)
    times = None
    if asked.date_column is not None:
        times, said = dates(columns[need_column(path, asked.date_column, list(columns))], names)
        notes = (*notes, *said)
    values = {name: as_values(column) for name, column in columns.items()}
    return Features("place", geometry, crs, (), values, times, names, notes)


def sound(geometry: Geometries, names: Sequence[str], file: str, *, repair: bool) -> tuple[Geometries, tuple[str, ...]]:
    """Geometries that can be counted on, None where there is none; and what is to be said of them.

    Broken polygons (they cross themselves) are repaired with GEOS' make_valid, of which the areas are kept.

    Raises:
        InputError: One has coordinates that are no numbers, cannot be repaired, or is broken where none may be
            repaired; how many, and which.
    """
    import shapely

    out = np.array(geometry, dtype=object)
    none = shapely.is_missing(out) | shapely.is_empty(out)
    out[none] = None
    there = np.flatnonzero(~none)
    bad = there[~np.isfinite(shapely.bounds(out[there])).all(axis=1)]
    if len(bad):
        raise InputError(
            f"{file} has coordinates that are no numbers", found=_some(bad, names), hint="mend these geometries"
        )
    broken = there[~shapely.is_valid(out[there])]
    if len(broken) and not repair:
        why = shapely.is_valid_reason(out[broken[0]])
        raise InputError(
            f"{file} has broken geometries", found=f"{_some(broken, names)}; {why}",
            hint="mend them, or let them be repaired: leave --refuse-broken out",
        )  # fmt: skip
    lost = []
    for i in broken.tolist():
        faces = [p for p in shapely.get_parts(shapely.make_valid(out[i])) if p.area > 0]
        out[i] = shapely.union_all(faces) if faces else None
        if not faces:
            lost.append(i)
    if lost:
        raise InputError(
            f"{file} has geometries that cannot be repaired", found=_some(np.array(lost), names), hint="mend them"
        )
    notes = [f"repaired {_some(broken, names)}, which crossed themselves"] if len(broken) else []
    if none.any():
        notes.append(f"without a geometry, and so nowhere: {_some(np.flatnonzero(none), names)}")
    if none.all():
        raise InputError(f"{file} has no feature with a geometry", found=_some(np.flatnonzero(none), names))
    return out, tuple(notes)


def _some(which: npt.NDArray[Any], names: Sequence[str]) -> str:
    few = ", ".join(names[int(i)] for i in which[:_TOLD])
    more = f" and {len(which) - _TOLD:,} more" if len(which) > _TOLD else ""
    return f"{len(which):,} feature{'' if len(which) == 1 else 's'} ({few}{more})"
