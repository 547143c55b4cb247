"""Shapes as a file has them: GeoJSON, GeoPackage, Shapefile and whatever else GDAL reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from groundset._files import sha256_file
from groundset.core import InputError, MissingError
from groundset.ingest._annotate.features import read_raw
from groundset.outlines.shape import LINES, POINTS, POLYGONS, Geometries

_GPKG = b"SQLite format 3\x00"
_FORMS = "send GeoJSON (a FeatureCollection, in EPSG:4326 by RFC 7946) or a GeoPackage"


@dataclass(frozen=True, slots=True)
class Layer:
    """Features of one file, in its order.

    Args:
        name: Name of the file.
        sha256: Of its bytes.
        geometry: Shapely geometries as they are, in ``crs``.
        crs: A pyproj CRS.
        columns: Values by name of the column, as many as there are features.
        names: What to call each feature in a message.
    """

    name: str
    sha256: str
    geometry: Geometries
    crs: Any
    columns: Mapping[str, Sequence[Any]]
    names: Sequence[str]

    def column(self, name: str) -> Sequence[Any]:
        """Values of a column.

        Raises:
            MissingError: There is none of this name.
        """
        if name not in self.columns:
            raise MissingError(
                f"{self.name} has no class column",
                asked=name,
                found=", ".join(self.columns) or "no columns",
                hint="name it with --column, or the class of all with --class",
            )
        return self.columns[name]


def read_file(path: Path) -> Layer:
    """Read a vector file; a GeoJSON file is in EPSG:4326 where it says nothing else (RFC 7946).

    Raises:
        InputError: Not a vector file, empty, without CRS, several layers, or a geometry that cannot be read.
    """
    if path.suffix.lower() in (".geojson", ".json") and (said := _collection(path.read_bytes())) is not None:
        return _geojson(said, path.name, sha256_file(path))
    return _layer(path, path.name, _folder_or_file(path))


def read_bytes(data: bytes, name: str) -> Layer:
    """Read the bytes of a GeoJSON or GeoPackage file.

    Raises:
        InputError: As :func:`read_file`; other forms are refused.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    if data.startswith(_GPKG):
        with TemporaryDirectory() as folder:  # GDAL goes by the name
            path = Path(folder) / "shapes.gpkg"
            path.write_bytes(data)
            return _layer(path, name, sha256)
    said = _collection(data)
    if said is None:
        raise InputError("this is no GeoJSON FeatureCollection", asked=name, hint=_FORMS)
    return _geojson(said, name, sha256)


def _layer(source: Path, name: str, sha256: str) -> Layer:
    import pyproj
    import shapely

    meta, fids, wkb, fields = read_raw(source, name)
    if wkb is None or len(wkb) == 0:
        raise InputError(f"{name} has no features", hint="nothing was brought in")
    if meta["crs"] is None:
        raise InputError(
            f"{name} does not say its CRS", found=name, hint="write one, e.g. ogr2ogr -a_srs EPSG:4326 OUT IN"
        )
    names = [f"feature {f}" for f in (fids if fids is not None else range(len(wkb)))]
    geometry = _checked(shapely.from_wkb(wkb, on_invalid="ignore"), names)
    columns = {str(f): _plain(values) for f, values in zip(meta["fields"], fields, strict=True)}
    return Layer(name, sha256, geometry, pyproj.CRS(meta["crs"]), columns, names)


def _collection(data: bytes) -> dict[str, Any] | None:
    """The FeatureCollection in some bytes; None where it is something else."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and isinstance(said.get("features"), list) else None


def _geojson(said: Mapping[str, Any], name: str, sha256: str) -> Layer:
    """Read without GDAL, which would look into a stranger's text for any of its many formats."""
    import shapely

    features = said["features"]
    if not features:
        raise InputError(f"{name} has no features", hint="nothing was brought in")
    names = [f"feature {i}" for i in range(len(features))]
    there = [f if isinstance(f, dict) else {} for f in features]
    texts = np.array([json.dumps(f.get("geometry")) for f in there], object)
    geometry = _checked(shapely.from_geojson(texts, on_invalid="ignore"), names)
    rows = [p if isinstance(p := f.get("properties"), dict) else {} for f in there]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    return Layer(name, sha256, geometry, _crs_of(said, name), {k: [row.get(k) for row in rows] for k in keys}, names)


def _crs_of(said: Mapping[str, Any], name: str) -> Any:
    """EPSG:4326 (RFC 7946), or the CRS that an older or our own file names."""
    import pyproj

    stated = said.get("crs")
    if stated is None:
        return pyproj.CRS("EPSG:4326")
    try:
        return pyproj.CRS(stated["properties"]["name"])
    except (KeyError, TypeError, pyproj.exceptions.CRSError):
        raise InputError(f"{name} names a CRS that nobody knows", found=repr(stated)[:120]) from None


def _checked(geometry: Any, names: Sequence[str]) -> Geometries:
    """Flat geometries of kinds that shapes have; a polygon that crosses itself is one.

    Raises:
        InputError: One is empty, broken or of another kind; names the feature.
    """
    import shapely

    out: Geometries = np.array(shapely.force_2d(geometry), object)
    for name, one in zip(names, out, strict=True):
        if one is None or one.is_empty or not np.isfinite(one.bounds).all():
            raise InputError(f"{name} has no readable geometry", found="empty or broken", hint="mend the file")
        if one.geom_type not in POLYGONS + LINES + POINTS:
            raise InputError(f"{name} is neither polygon nor line nor point", found=one.geom_type)
    return out


def _plain(values: Any) -> list[Any]:
    """Values of a column as JSON has them; what is missing is None."""
    out = values.tolist() if hasattr(values, "tolist") else list(values)
    return [None if isinstance(v, float) and not np.isfinite(v) else v for v in out]


def _folder_or_file(path: Path) -> str:
    """Checksum of a file; a Shapefile's with those of the files beside it."""
    if path.suffix.lower() != ".shp":
        return sha256_file(path)
    parts = sorted(p for p in path.parent.glob(f"{path.stem}.*") if p.suffix.lower() in (".shp", ".dbf", ".prj"))
    return hashlib.sha256(" ".join(sha256_file(p) for p in parts).encode()).hexdigest()
