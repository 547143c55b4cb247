"""STAC JSON as it is found: items, item collections, collections and catalogs, static or from an API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from groundset.core import InputError, MissingError
from groundset.imagery.scene import Allow
from groundset.imagery.signing import redacted, unsigned
from groundset.imagery.stac_http import read_json

if TYPE_CHECKING:
    import pystac

_REMOTE = ("http://", "https://", "s3://", "/vsi")
_AWAY = ("http://", "https://")
_HERE = ("file:", "/vsi")
"""What GDAL would open here, whoever wrote it."""


def read_items(source: str, *, limit: int | None = None, allow: Allow | None = None) -> list[pystac.Item]:
    """Every item behind a path or address of STAC JSON, asset hrefs made absolute.

    Reads an Item, an ItemCollection (FeatureCollection), a Collection or a Catalog of STAC 0.9 to 1.1; links to items
    and children are followed. A catalogue copied to this machine whose links still name its old address is read from
    its copy where that is there. ``allow`` hears every document's address before it is read, and may refuse it.

    Raises:
        MissingError: Nothing lies there, or there is no item behind it.
        InputError: It is no STAC.
        ServiceError: A server failed.
    """
    start = source if source.startswith(_REMOTE) else str(Path(source.removeprefix("file://")).expanduser().absolute())
    walk = _Walk(allow)
    items: list[pystac.Item] = []
    for data, location in walk.features(start):
        items.append(to_item(data, location, walk))
        if limit is not None and len(items) >= limit:
            break
    if not items:
        raise MissingError("no STAC item lies here", asked=source, hint="give an Item, a Collection or a Catalog")
    return items


@dataclass
class _Walk:
    """One way through a catalogue: what was read, and which addresses lie in a local copy."""

    allow: Allow | None = None
    seen: set[str] = field(default_factory=set)
    copies: list[tuple[str, str]] = field(default_factory=list)

    def features(self, location: str) -> Iterator[tuple[dict[str, Any], str]]:
        """Each item's JSON and where it was read."""
        if location in self.seen:
            return
        self.seen.add(location)
        if self.allow is not None:
            self.allow(location)
        data = read_json(location)
        self.learn(data, location)
        kind = _kind(data, location)
        if kind == "Feature":
            yield data, location
        elif kind == "FeatureCollection":
            yield from self._page(data, location)
        else:
            yield from self._linked(data, location)

    def resolve(self, href: str, location: str) -> str:
        """An absolute path or address; in the local copy where there is one.

        Raises:
            InputError: A document from elsewhere names a file of this machine.
        """
        if location.startswith(_AWAY) and href.startswith(_HERE):
            raise InputError(
                "a STAC document from the network names a file of this machine, which is not read",
                asked=redacted(location),
                found=href,
                hint="correct the href in it, or download it and read the copy",
            )
        if href.startswith("file://"):
            return href.removeprefix("file://")
        if not href.startswith(_REMOTE):
            if location.startswith(("http://", "https://")):
                return urljoin(location, href)
            return str((Path(location).parent / href).resolve())
        for remote, local in self.copies:
            if href.startswith(remote) and (copy := Path(local + urlsplit(href[len(remote) :]).path)).exists():
                return str(copy)
        return href

    def learn(self, data: dict[str, Any], location: str) -> None:
        """A local file that names itself by an address tells where its catalogue's copy lies."""
        if location.startswith(_REMOTE):
            return
        own = next((link.get("href", "") for link in data.get("links", []) if link.get("rel") == "self"), "")
        if not own.startswith(("http://", "https://")):
            return
        there, here = own.split("/"), location.split("/")
        same = 0
        while same < min(len(there), len(here)) - 1 and there[-1 - same] == here[-1 - same]:
            same += 1
        if same:
            copy = ("/".join(there[:-same]) + "/", "/".join(here[:-same]) + "/")
            if copy not in self.copies:
                self.copies.append(copy)

    def _page(self, data: dict[str, Any], location: str) -> Iterator[tuple[dict[str, Any], str]]:
        for feature in data.get("features", []):
            if "assets" not in feature or "id" not in feature:
                raise InputError(
                    "this is GeoJSON but not STAC: a feature has no assets",
                    asked=location,
                    found=f"keys {', '.join(sorted(feature))}",
                    hint="imagery comes as STAC items; labels come with `groundset annotate`",
                )
            yield feature, location
        following = next((link for link in data.get("links", []) if link.get("rel") == "next"), None)
        if following and following.get("method", "GET").upper() == "GET":
            yield from self.features(self.resolve(following["href"], location))

    def _linked(self, data: dict[str, Any], location: str) -> Iterator[tuple[dict[str, Any], str]]:
        links = data.get("links", [])
        for rel in ("item", "child"):
            for link in links:
                if link.get("rel") == rel:
                    yield from self.features(self.resolve(link["href"], location))
        if not any(link.get("rel") in {"item", "child"} for link in links):
            for link in links:
                if link.get("rel") == "items":
                    yield from self.features(self.resolve(link["href"], location))


def to_item(data: dict[str, Any], location: str, walk: _Walk | None = None) -> pystac.Item:
    """A pystac Item of any STAC version, with absolute, unsigned asset hrefs and ``location`` as its own address.

    Raises:
        InputError: The JSON is not a valid item; says what pystac said.
    """
    import pystac

    walk = walk or _Walk()
    try:
        item = pystac.Item.from_dict(data, preserve_dict=True)
    except Exception as error:
        raise InputError(
            "this STAC item is broken", asked=location, found=f"{type(error).__name__}: {error}"
        ) from error
    own = next((link.get("href") for link in data.get("links", []) if link.get("rel") == "self"), None)
    base = own if own and own.startswith("http") and location.startswith("http") else location
    for asset in item.assets.values():
        asset.href = unsigned(walk.resolve(asset.href, base))
    item.clear_links()
    item.set_self_href(own if own and own.startswith(_REMOTE) else location)
    return item


def _kind(data: dict[str, Any], location: str) -> str:
    kind = data.get("type")
    if kind in {"Feature", "FeatureCollection", "Collection", "Catalog"}:
        if kind == "Feature" and "assets" not in data:
            raise InputError(
                "this is GeoJSON but not STAC: it has no assets",
                asked=location,
                found=f"keys {', '.join(sorted(data))}",
            )
        return str(kind)
    if "stac_version" in data and "links" in data:
        return "Catalog"  # STAC before 1.0 gave catalogs no type
    raise InputError(
        "this is JSON but not STAC", asked=location, found=f"type {kind!r}, keys {', '.join(sorted(data)[:8])}"
    )
