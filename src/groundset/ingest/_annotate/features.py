"""Points and polygons with a class, from any vector format that GDAL reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, MissingError
from groundset.ingest._annotate.dates import DATE_COLUMNS, parse_time

Geometries = npt.NDArray[np.object_]
_ROUNDING = 1e-6
POINTS = ("Point", "MultiPoint")
POLYGONS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one file, in file order.

    ``geometry`` holds shapely points or polygons in ``crs`` (x, y); ``values`` what the class column says; ``names``
    what to call each in a message; ``times`` None where the file has no date column.
    """

    geometry: Geometries
    crs: Any
    values: Sequence[object]
    names: Sequence[str]
    times: Sequence[datetime | None] | None = None
    time_column: str = ""
    repaired: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_degrees(self.geometry, self.crs, self.names)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def is_points(self) -> bool:
        """Whether every feature is a point."""
        return all(g.geom_type in POINTS for g in self.geometry)


def check_degrees(geometry: Geometries, crs: Any, names: Sequence[str]) -> None:
    """Refuse places that are nowhere on Earth.

    Args:
        geometry: Shapely (n,), x before y; None where a feature has none.
        crs: Their pyproj CRS.
        names: What to call each in a message.

    Raises:
        InputError: A latitude beyond 90 degrees, or a longitude beyond 360; names the first.
    """
    import shapely

    if crs is None or not crs.is_geographic or any("degree" not in a.unit_name for a in crs.axis_info[:2]):
        return
    bounds = shapely.bounds(geometry)
    beyond = np.abs(bounds) > np.array([360, 90, 360, 90]) + _ROUNDING  # NaN, of a missing one, is not
    bad = np.flatnonzero(beyond.any(axis=1))
    if len(bad):
        at = int(bad[0])
        latitude = bool(beyond[at, 1::2].any())
        values = bounds[at, 1::2] if latitude else bounds[at, ::2]
        raise InputError(
            f"there is no such place: a {'latitude is -90 to 90' if latitude else 'longitude is -180 to 180'} degrees",
            asked=f"{names[at]}: {max(values.tolist(), key=abs):g}", found=f"{len(bad):,} of {len(geometry):,} like it",
            hint="are longitude and latitude swapped, or is it another CRS?",
        )  # fmt: skip


def read_vector(path: Path, column: str, label: str | None = None) -> Features:
    """Read points and polygons with pyogrio; all are of class ``label`` where one is given.

    Raises:
        InputError: Not a vector file, empty, without CRS, several layers, or a geometry that is neither point nor
            polygon or cannot be repaired (names the feature).
        MissingError: No such class column; names the columns.
    """
    import pyproj
    import shapely

    meta, fids, wkb, fields = read_raw(path, path.name)
    columns = dict(zip([str(f) for f in meta["fields"]], fields, strict=True))
    if wkb is None or len(wkb) == 0:
        raise InputError(f"{path.name} has no features", found=path, hint="nothing was annotated")
    if meta["crs"] is None:
        raise InputError(
            f"{path.name} does not say its CRS", found=path, hint="write one, e.g. ogr2ogr -a_srs EPSG:4326 OUT IN"
        )
    values = _column(columns, column, path) if label is None else [label] * len(wkb)
    names = [f"feature {f}" for f in (fids if fids is not None else range(len(wkb)))]
    geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    geometry, repaired = repair(shapely.force_2d(geometry), names)
    time_column = next((c for c in columns if c.lower() in DATE_COLUMNS), "")
    times = [parse_time(v, n) for v, n in zip(columns[time_column], names, strict=True)] if time_column else None
    return Features(geometry, pyproj.CRS(meta["crs"]), list(values), names, times, time_column, repaired)


def repair(geometry: Geometries, names: Sequence[str]) -> tuple[Geometries, tuple[str, ...]]:
    """Make every geometry a valid point or polygon.

    Returns:
        The geometries, and the names of those that were repaired.

    Raises:
        InputError: Empty, of another type, or beyond repair; names the feature.
    """
    import shapely

    out = np.array(geometry, object)
    for i, g in enumerate(out):
        if g is None or g.is_empty or not np.isfinite(g.bounds).all():
            raise InputError(f"{names[i]} has no readable geometry", found="empty or broken", hint="mend the file")
        if g.geom_type not in POINTS + POLYGONS:
            raise InputError(f"{names[i]} is neither point nor polygon", found=g.geom_type)
    broken = np.flatnonzero(~shapely.is_valid(out))
    for i in map(int, broken):
        reason = shapely.is_valid_reason(out[i])
        parts = shapely.get_parts(shapely.make_valid(out[i]))
        faces = [p for p in parts if p.geom_type in POLYGONS and p.area > 0]
        if not faces:
            raise InputError(f"{names[i]} has a broken geometry that cannot be repaired", found=reason)
        out[i] = shapely.union_all(faces)
    return out, tuple(names[int(i)] for i in broken)


def read_raw(source: Path, name: str) -> Any:
    """The one layer of a vector file as pyogrio gives it: (meta, ids, WKB, fields).

    Raises:
        InputError: Not a vector file, or several layers.
    """
    import pyogrio
    from pyogrio import raw

    try:
        layers = [str(layer) for layer, kind in pyogrio.list_layers(source) if kind is not None]
        if len(layers) > 1:
            raise InputError(
                f"{name} has several layers", found=", ".join(layers), hint="save the one to take as its own file"
            )
        return raw.read(source, return_fids=True, datetime_as_string=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(
            "this is no file of labels that can be read",
            asked=source,
            found=str(error).splitlines()[0][:200],
            hint="give points or polygons (GeoJSON, GPKG, SHP ...), a raster of class codes, or a CSV",
        ) from error


def _column(columns: dict[str, Any], column: str, path: Path) -> Any:
    if column not in columns:
        raise MissingError(
            f"{path.name} has no class column",
            asked=column,
            found=", ".join(columns) or "no columns",
            hint="name it with --column, or the class of all with --class",
        )
    return columns[column]
