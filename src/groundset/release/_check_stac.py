"""Q1: the documents are valid STAC, and hang together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from groundset.release._check_folder import CATALOG, COLLECTION, Folder, local_path
from groundset.release._check_schema_store import default_cache
from groundset.release._check_types import Finding, error
from groundset.release.schemas import Validator


@lru_cache(maxsize=4)
def validator(cache: Path) -> Validator:
    """One validator a cache and process, so that schemas are compiled once."""
    return Validator(cache)


def validate(documents: Sequence[tuple[str, Mapping[str, Any]]], cache: Path | None) -> list[Finding]:
    """Findings of all documents against their schemas."""
    check = validator(cache or default_cache())
    return [finding for path, document in documents for finding in check.validate(document, path)]


def structure(folder: Folder) -> list[Finding]:
    """Ids, kinds and the links between catalog, collection and items."""
    out = list(_tops(folder))
    seen: dict[str, str] = {}
    for path, item in folder.items.items():
        out += _item(folder, path, item)
        name = str(item.get("id"))
        if name in seen:
            out.append(error("Q1", path, f"id is that of {seen[name]} too", name, "an id of its own"))
        seen.setdefault(name, path)
    if folder.collection and not folder.items:
        out.append(error("Q1", COLLECTION, "items", "no link to an item", "at least one item"))
    return out


def _tops(folder: Folder) -> Iterator[Finding]:
    for path, kind in ((CATALOG, "Catalog"), (COLLECTION, "Collection")):
        document = folder.documents.get(path)
        if document is not None and document.get("type") != kind:
            yield error("Q1", path, "type", document.get("type"), kind)
    catalog = folder.documents.get(CATALOG)
    if catalog is not None and COLLECTION not in _targets(CATALOG, catalog, "child"):
        yield error("Q1", CATALOG, "links", "no child link to the collection", f"a child link to {COLLECTION}")


def _item(folder: Folder, path: str, item: Mapping[str, Any]) -> Iterator[Finding]:
    name = item.get("id")
    wanted = f"items/{name}/{name}.json"
    if path != wanted:
        yield error("Q1", path, f"path of the item {name}", path, wanted)
    if item.get("collection") != folder.collection.get("id"):
        yield error("Q1", path, "collection", item.get("collection"), folder.collection.get("id"))
    for rel, target in (("collection", COLLECTION), ("root", CATALOG)):
        found = _targets(path, item, rel)
        if found != [target]:
            yield error("Q1", path, f"link {rel}", ", ".join(map(str, found)) or "none", target)


def _targets(path: str, document: Mapping[str, Any], rel: str) -> list[str | None]:
    links = document.get("links")
    found = [x for x in links if isinstance(x, dict) and x.get("rel") == rel] if isinstance(links, list) else []
    return [local_path(path, link.get("href")) for link in found]
