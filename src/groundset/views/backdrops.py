"""Web maps of the settings, ``[views.NAME]`` with ``kind = "tiles"``: only the browser fetches their tiles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from groundset.core import GroundsetError, InputError, check_name, is_plain
from groundset.lake import Lake

MAX_ZOOM = 22
_HOST = re.compile(r"(?:\{s\}\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_XYZ = ({"z", "x", "y"}, {"z", "x", "-y"})
_WMTS = {"tilematrix", "tilerow", "tilecol"}
_BBOX = "bbox-epsg-3857"
_GET_MAP = {"service": "WMS", "request": "GetMap", "version": "1.3.0", "styles": "", "format": "image/png",
            "transparent": "true", "crs": "EPSG:3857"}  # fmt: skip
_KNOWN = {"z", "x", "y", "-y", "s", "width", "height", _BBOX, *_WMTS}


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A web map.

    Args:
        name: Its name in the settings.
        title: What it is called.
        url: Address of a tile with words in braces for its place.
        attribution: Whose it is; stands on every view of it.
        max_zoom: Finest zoom that it has.
        origin: Scheme, host and port of its tiles, as a Content-Security-Policy names them.
    """

    name: str
    title: str
    url: str
    attribution: str
    max_zoom: int
    origin: str


def backdrops(lake: Lake) -> list[Backdrop]:
    """Those of a workspace; one with a mistake is left out."""
    out = []
    for name, said in lake.config.tiles.items():
        try:
            out.append(backdrop(name, said))
        except GroundsetError:
            continue
    return out


def backdrop(name: str, said: Mapping[str, object]) -> Backdrop:
    """A web map from its settings.

    Raises:
        InputError: An address that cannot be, no attribution, or a zoom that no map has.
    """
    check_name(name, "view")
    title, attribution = str(said.get("title") or name), str(said.get("attribution") or "").strip()
    if not attribution:
        raise InputError("a web map needs an attribution", asked=name, hint='attribution = "© whose it is"')
    if not is_plain(title) or not is_plain(attribution):
        raise InputError("a title has no control characters", asked=name)
    zoom = said.get("max_zoom", 19)
    if not isinstance(zoom, int) or not 0 <= zoom <= MAX_ZOOM:
        raise InputError("this is no zoom of a web map", asked=repr(zoom), hint=f"take 0 to {MAX_ZOOM}")
    url = str(said.get("url") or "").strip()
    origin = _origin(name, url)
    return Backdrop(name, title, _template(name, url), attribution, zoom, origin)


def _origin(name: str, url: str) -> str:
    """Scheme, host and port; nothing that a header could be broken with."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.netloc.rpartition("@")[2].partition(":")[0]
    except ValueError:
        parts, port, host = urlsplit(""), None, ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or not is_plain(url) or " " in url:
        raise InputError(
            "this is no address of a web map", asked=url[:200] or name,
            hint='such as url = "https://HOST/{z}/{x}/{y}.png"',
        )  # fmt: skip
    if "@" in parts.netloc:
        raise InputError("a name and a password do not belong into the address of a web map", asked=name)
    return f"{parts.scheme}://{host.replace('{s}', '*')}" + ("" if port is None else f":{port}")


def _template(name: str, url: str) -> str:
    """The address with words for the place of a tile; a WMS address without them is completed."""
    words = {word.lower() for word in re.findall(r"\{([^{}]+)\}", url)}
    if unknown := sorted(words - _KNOWN):
        raise InputError("unknown word in the address of a web map", asked=f"{{{unknown[0]}}}",
                         found=", ".join(f"{{{w}}}" for w in sorted(_KNOWN)))  # fmt: skip
    if any(way <= words for way in _XYZ) or words >= _WMTS or _BBOX in words:
        return url
    asked = {key.lower(): value[0] for key, value in parse_qs(urlsplit(url).query).items()}
    if "layers" in asked:
        rest = "&".join(f"{key}={value}" for key, value in _GET_MAP.items() if key not in asked)
        sign = "&" if "?" in url else "?"
        return f"{url}{sign}{rest}&width={{width}}&height={{height}}&bbox={{{_BBOX}}}"
    raise InputError(
        "the address of a web map does not say where a tile is", asked=f"[views.{name}] {url[:200]}",
        hint="take {z}/{x}/{y}, {TileMatrix}/{TileRow}/{TileCol}, or a WMS address with LAYERS",
    )  # fmt: skip
