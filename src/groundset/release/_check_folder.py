"""What lies in a release, and what its documents say lies there."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from groundset.core import InputError, MissingError
from groundset.release._check_types import Finding, Level, error, shorten

CATALOG, COLLECTION = "catalog.json", "collection.json"
_FOLLOWED = frozenset({"child", "item", "source", "derived_from"})
_STRUCTURE = frozenset({"root", "parent", "self", "collection"})
_LARGEST_JSON = 64 << 20


@dataclass(frozen=True, slots=True)
class Stated:
    """What a document says of a file: who says it, checksum (multihash) and size, None where it says nothing."""

    by: str
    checksum: object = None
    size: object = None


@dataclass(slots=True)
class Folder:
    """A release as found.

    Args:
        root: The folder.
        files: Path below the root -> size, of every file on disk.
        documents: Path -> JSON object, of every STAC document that the catalog leads to.
        items: Path -> item, those that the collection links as ``item``.
        stated: Path -> what is said of it, by each document that refers to it.
        findings: Of Q0 and Q1, found on the way.
        base: Address that the release was published at, where its catalog states one; hrefs below it are local.
    """

    root: Path
    files: dict[str, int] = field(default_factory=dict)
    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    items: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    stated: dict[str, list[Stated]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    base: str | None = None

    @property
    def collection(self) -> Mapping[str, Any]:
        """The collection, empty where it cannot be read."""
        return self.documents.get(COLLECTION, {})

    def json(self, path: str) -> Any:
        """A JSON file of the release, None where it is missing or broken (which is found elsewhere)."""
        try:
            return json.loads((self.root / path).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None


def open_folder(path: Path) -> Folder:
    """Look at a release: list its files and follow its links.

    Raises:
        MissingError: Nothing there.
        InputError: A folder or file that is no release.
    """
    root = path.parent if path.name in (CATALOG, COLLECTION) and path.is_file() else path
    if not root.exists():
        raise MissingError("there is no release here", asked=path, found="no such folder")
    if not root.is_dir():
        raise InputError("a release is a folder", asked=path, found="a file", hint="name the folder of the release")
    if not any((root / name).exists() for name in (CATALOG, COLLECTION)):
        inside = sorted(p.name for p in root.iterdir())[:5]
        found = f"neither {CATALOG} nor {COLLECTION}, but {', '.join(inside)}" if inside else "an empty folder"
        raise InputError("this is no release", asked=path, found=found, hint="name a folder below releases/")
    folder = Folder(root)
    folder.base = _published_at(folder.json(CATALOG))
    _list(folder)
    _follow(folder)
    return folder


def local_path(document: str, href: object) -> str | None:
    """Path below the release's root that ``href`` means in ``document``; None for an address of elsewhere.

    A path that leaves the release begins with ``../``, an absolute one with ``/``.
    """
    if not isinstance(href, str):
        return None
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), unquote(parts.path)))


def outside(path: str) -> bool:
    """Whether a local path leaves the release."""
    return path.startswith(("/", "../")) or path in ("..", ".")


def _list(folder: Folder) -> None:
    for at, folders, names in os.walk(folder.root):
        below = Path(at)
        for name in folders:
            if (below / name).is_symlink():
                path = (below / name).relative_to(folder.root).as_posix()
                folder.findings.append(error("Q0", path, "a link to another folder", "link", "a folder"))
        for name in names:
            file = below / name
            path = file.relative_to(folder.root).as_posix()
            if file.is_symlink():
                folder.findings.append(error("Q0", path, "a link to another file", "link", "a file"))
            folder.files[path] = file.stat().st_size if file.exists() else 0


def _follow(folder: Folder) -> None:
    todo = [CATALOG, COLLECTION]
    folder.stated.setdefault(CATALOG, []).append(Stated(""))
    seen = set(todo)
    while todo:
        path = todo.pop()
        document = _read(folder, path)
        if document is None:
            continue
        folder.documents[path] = document
        for rel, target in _links(folder, path, document):
            if rel == "item" and path == COLLECTION:
                folder.items.setdefault(target, {})
            if rel in _FOLLOWED and target.endswith(".json") and target not in seen:
                seen.add(target)
                todo.append(target)
        _assets(folder, path, document)
    folder.items = {p: folder.documents[p] for p in sorted(folder.items) if p in folder.documents}


def _read(folder: Folder, path: str) -> Mapping[str, Any] | None:
    file = folder.root / path
    if path not in folder.files:
        if path in (CATALOG, COLLECTION):
            folder.findings.append(error("Q0", path, "missing file", "no such file", "a STAC document"))
        return None
    if folder.files[path] > _LARGEST_JSON and path != COLLECTION:
        folder.findings.append(error("Q1", path, "size of a STAC document", folder.files[path], f"<= {_LARGEST_JSON}"))
        return None
    try:
        document = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as reason:
        folder.findings.append(error("Q1", path, "not readable as JSON", shorten(str(reason)), "a JSON object"))
        return None
    except OSError as reason:
        folder.findings.append(error("Q0", path, "not readable", str(reason), "a readable file"))
        return None
    if not isinstance(document, dict):
        folder.findings.append(error("Q1", path, "not a STAC object", type(document).__name__, "a JSON object"))
        return None
    return document if folder.base is None else _localised(document, path, folder.base)


def _published_at(catalog: object) -> str | None:
    """The address that a published catalog (see groundset.publish) gives of itself, without the file's name."""
    links = catalog.get("links") if isinstance(catalog, dict) else None
    for link in links if isinstance(links, list) else []:
        href = link.get("href") if isinstance(link, dict) and link.get("rel") == "self" else None
        if isinstance(href, str) and "://" in href and href.endswith(f"/{CATALOG}"):
            return href.removesuffix(f"/{CATALOG}")
    return None


def _localised(document: dict[str, Any], path: str, base: str) -> dict[str, Any]:
    """A published document as it was before: hrefs below ``base`` relative to it."""
    here = posixpath.dirname(path) or "."

    def local(thing: object) -> object:
        href = thing.get("href") if isinstance(thing, dict) else None
        if not isinstance(thing, dict) or not isinstance(href, str) or not href.startswith(f"{base}/"):
            return thing
        relative = posixpath.relpath(href.removeprefix(f"{base}/"), here)
        return {**thing, "href": relative if relative.startswith("../") else f"./{relative}"}

    out = dict(document)
    if isinstance(out.get("links"), list):
        out["links"] = [local(link) for link in out["links"]]
    if isinstance(out.get("assets"), dict):
        out["assets"] = {key: local(asset) for key, asset in out["assets"].items()}
    return out


def _links(folder: Folder, path: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    links = document.get("links")
    for link in links if isinstance(links, list) else []:
        if not isinstance(link, dict):
            continue
        rel = str(link.get("rel"))
        target = _target(
            folder, path, link.get("href"), f"link {rel}", remote=rel not in _STRUCTURE | {"child", "item"}
        )
        if target is None:
            continue
        folder.stated.setdefault(target, []).append(Stated(path, link.get("file:checksum"), link.get("file:size")))
        if target not in folder.files:
            level: Level = "Q1" if rel in _STRUCTURE else "Q0"
            what = f"link {rel} leads nowhere" if level == "Q1" else f"missing file, named by {path}"
            where = path if level == "Q1" else target
            found = target if level == "Q1" else "no such file"
            folder.findings.append(error(level, where, what, found, "an existing file"))
        yield rel, target


def _assets(folder: Folder, path: str, document: Mapping[str, Any]) -> None:
    assets = document.get("assets")
    for key, asset in assets.items() if isinstance(assets, dict) else ():
        if not isinstance(asset, dict):
            continue
        target = _target(folder, path, asset.get("href"), f"asset {key}", remote=path not in folder.items)
        if target is None:
            continue
        stated = Stated(path, asset.get("file:checksum"), asset.get("file:size"))
        folder.stated.setdefault(target, []).append(stated)
        if target not in folder.files:
            folder.findings.append(error("Q0", target, f"missing file, named by {path}", "no such file", "the file"))


def _target(folder: Folder, path: str, href: object, what: str, *, remote: bool) -> str | None:
    """The local file that an href means; None where it means none, which is a finding unless ``remote`` may be."""
    target = local_path(path, href)
    if target is None:
        if not remote or not isinstance(href, str):
            folder.findings.append(error("Q1", path, f"{what}: address", href, "a relative path inside the release"))
        return None
    if outside(target):
        folder.findings.append(error("Q1", path, f"{what}: address", href, "a relative path inside the release"))
        return None
    return target
