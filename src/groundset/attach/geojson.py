"""What GDAL does not tell of a GeoJSON file: the CRS that it names, and whether its features have ids."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOOKED = 1 << 16
"""Bytes that are looked at, at each end of the file."""
_FALLBACK = "EPSG:4326"
"""What GDAL says where it cannot read the CRS."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(?P<key>\s*:)?|[{}\[\]]', re.DOTALL)
_CRS_KEY = re.compile(r'(?<!\\)"crs"\s*:')
_SAID = ("name", "href", "urn")
_FEATURE = 3


@dataclass(frozen=True, slots=True)
class Told:
    """What the ends of a file say.

    Args:
        states: Whether it has a member ``crs``; by GeoJSON of 2008, one that is null says that the CRS is unknown.
        crs: The CRS that it names; None where it names none.
        ids: Whether features at its beginning have an id.
    """

    states: bool = False
    crs: Any = None
    ids: bool = False


def told(path: Path) -> Told:
    """Look at both ends of a GeoJSON file; only its own members count, not a property called ``crs``."""
    size = path.stat().st_size
    with path.open("rb") as f:
        head = f.read(_LOOKED).decode("utf-8", "replace")
        f.seek(max(size - _LOOKED, 0))
        tail = "" if size <= _LOOKED else f.read(_LOOKED).decode("utf-8", "replace")
    at, ids = _from_begin(head)
    text = head
    if at is None:
        at, text = _to_end(tail), tail
    if at is None:
        return Told(ids=ids)
    try:
        value, _ = json.JSONDecoder().raw_decode(text[at:].lstrip())
    except ValueError:
        return Told(ids=ids)
    return Told(True, _named(value), ids)


def stated_crs(told: Told, read: Any) -> Any:
    """The CRS that a file states, by what it names and what GDAL read; an unknown one as the file names it."""
    import pyproj

    if not told.states or read != _FALLBACK:
        return read
    if told.crs is None:
        return None
    try:
        return pyproj.CRS.from_user_input(told.crs)
    except pyproj.exceptions.CRSError:
        pass
    return _by_gdal(told.crs) or told.crs


def _by_gdal(name: Any) -> str | None:
    import rasterio.crs
    import rasterio.errors

    if not isinstance(name, str):
        return None
    try:
        return str(rasterio.crs.CRS.from_user_input(name).to_wkt())
    except (rasterio.errors.RasterioError, ValueError):
        return None


def _from_begin(text: str) -> tuple[int | None, bool]:
    """Where the value of the member ``crs`` begins, and whether a feature has an id; a cut string ends the look."""
    depth, at, ids = 0, None, False
    for token in _TOKEN.finditer(text):
        mark = token[0][0]
        if mark != '"':
            depth += 1 if mark in "{[" else -1
        elif token["key"] is not None and depth == 1 and at is None and token[0].startswith('"crs"'):
            at = token.end()
        elif token["key"] is not None and depth == _FEATURE and token[0].startswith('"id"'):
            ids = True
    return at, ids


def _to_end(text: str) -> int | None:
    """The same for the end of a file: a member of its own has one bracket left to close after it."""
    first = _CRS_KEY.search(text)
    if first is None:
        return None
    depth, keys = 0, []
    for token in _TOKEN.finditer(text, first.start()):
        mark = token[0][0]
        if mark != '"':
            depth += 1 if mark in "{[" else -1
        elif token["key"] is not None and token[0].startswith('"crs"'):
            keys.append((depth, token.end()))
    return next((end for before, end in keys if before - depth == 1), None)


def _named(crs: Any) -> Any:
    about = crs.get("properties") if isinstance(crs, dict) else None
    if not isinstance(about, dict):
        return crs
    if "code" in about:
        return f"EPSG:{about['code']}"
    name = next((about[key] for key in _SAID if key in about), crs)
    return "OGC:CRS84" if name == "CRS84" else name
