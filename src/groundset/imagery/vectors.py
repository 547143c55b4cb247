"""Vector files that were given as imagery: told apart before anything opens them."""

from __future__ import annotations

import json
from pathlib import Path

from groundset.core import InputError

_VECTOR = frozenset((".csv", ".fgb", ".geoparquet", ".gml", ".gpkg", ".gpx", ".kml", ".kmz", ".parquet", ".shp"))
_READ = 32 << 20
"""Bytes of a JSON file that is read to see what it is; larger ones are told apart when they are opened."""
HINT = "labels come in with `groundset annotate`; imagery comes as rasters or STAC items"


def refuse_vector(path: Path) -> None:
    """Refuse a local file of points, lines or polygons.

    Raises:
        InputError: It is one; says how its labels come in.
    """
    kind = path.suffix.lower()
    if not path.is_file():
        return
    if kind in _VECTOR or (kind in (".json", ".geojson") and _plain_geojson(path)):
        raise InputError("this is a vector file, not imagery", asked=path, hint=HINT)


def _plain_geojson(path: Path) -> bool:
    if path.stat().st_size > _READ:
        return False
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False  # told when it is opened
    if not isinstance(data, dict):
        return False
    found = data.get("features") if data.get("type") == "FeatureCollection" else [data]
    first = found[0] if isinstance(found, list) and found else None
    return isinstance(first, dict) and first.get("type") == "Feature" and "assets" not in first
