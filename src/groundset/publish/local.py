"""A release as it lies on disk, and the same documents with addresses that hold anywhere."""

from __future__ import annotations

import copy
import hashlib
import json
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from groundset._files import multihash, sha256_file
from groundset.core import InputError, MissingError

Document = dict[str, Any]
CONTENT_TYPES = {
    ".json": "application/json",
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".png": "image/png",
    ".webp": "image/webp",
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".py": "text/x-python; charset=utf-8",
    ".toml": "application/toml",
    ".geojson": "application/geo+json",
    "": "text/plain; charset=utf-8",
}
_RANK = {"Feature": 1, "Collection": 2, "Catalog": 3}


@dataclass(frozen=True)
class LocalRelease:
    """A release folder whose files match their checksums.

    Attributes:
        root: The folder.
        sums: SHA-256 of every file, by path relative to the root (with ``/``).
        documents: The STAC documents, by path relative to the root.
    """

    root: Path
    sums: Mapping[str, str]
    documents: Mapping[str, Document]

    @classmethod
    def open(cls, path: str | Path) -> LocalRelease:
        """Read a release and compare every file with the checksums that the release states for it.

        Raises:
            MissingError: No such folder, or not a release.
            InputError: Files are missing or do not match; names them, with the sums wanted and found.
        """
        root = Path(path)
        if not (root / "catalog.json").is_file() or not (root / "collection.json").is_file():
            raise MissingError(
                "this folder is no release",
                asked=root,
                found="no catalog.json and collection.json" if root.is_dir() else "no such folder",
                hint="name a folder that groundset release made",
            )
        paths = sorted(p for p in root.rglob("*") if p.is_file() and not _hidden(p.relative_to(root)))
        sums = {p.relative_to(root).as_posix(): sha256_file(p) for p in paths}
        release = cls(root, sums, dict(_documents(root, sums)))
        release._check()
        return release

    @cached_property
    def items(self) -> dict[str, Document]:
        """The items of chips by path: those that the collection links as ``item``."""
        paths = [_target("collection.json", k["href"]) for k in self.collection["links"] if k["rel"] == "item"]
        return {p: self.documents[p] for p in paths if p is not None and p in self.documents}

    @property
    def collection(self) -> Document:
        """``collection.json``."""
        return self.documents["collection.json"]

    @property
    def name(self) -> str:
        """Id of the collection."""
        return str(self.collection["id"])

    def files(self) -> list[str]:
        """Paths of all files that are no STAC documents."""
        return [p for p in self.sums if p not in self.documents]

    def published(self, base: str) -> dict[str, Document]:
        """All documents as they are published, in the order in which they go: items, collection, catalog last.

        Relative hrefs become absolute below ``base``; what is said of a document that changes so (its checksum and
        size, in a link) is said of it as published.
        """
        out: dict[str, Document] = {}
        said: dict[str, dict[str, Any]] = {}
        order = sorted(self.documents, key=lambda p: (_RANK[self.documents[p]["type"]], p in self.items, p))
        for path in order:
            out[path] = self._rewritten(path, base, said)
            data = encode(out[path])
            said[path] = {"file:checksum": multihash(hashlib.sha256(data).hexdigest()), "file:size": len(data)}
        return out

    def _rewritten(self, path: str, base: str, said: Mapping[str, Mapping[str, Any]]) -> Document:
        out = copy.deepcopy(self.documents[path])
        for thing in _things(out):
            target = _target(path, thing["href"])
            if target is None:
                continue
            thing["href"] = f"{base}/{target}"
            for key in thing.keys() & said.get(target, {}).keys():
                thing[key] = said[target][key]
        own = {"rel": "self", "href": f"{base}/{path}", "type": content_type(path, self.documents)}
        out["links"] = [link for link in out.get("links", []) if link["rel"] != "self"] + [own]
        return out

    def _check(self) -> None:
        wrong = []
        for path, document in self.documents.items():
            for thing in _things(document):
                target = _target(path, thing["href"])
                wanted = thing.get("file:checksum")
                if target is None:
                    continue
                if target not in self.sums:
                    wrong.append(f"{target} is missing (named by {path})")
                elif wanted is not None and wanted != multihash(self.sums[target]):
                    wrong.append(f"{target}: wanted {wanted[:16]}..., found {multihash(self.sums[target])[:16]}...")
        if wrong:
            raise InputError(
                "this release is broken: files do not match their checksums; nothing was published",
                asked=self.root,
                found="; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""),
                hint="groundset check tells more; make the release again",
            )


def content_type(path: str, documents: Mapping[str, Document]) -> str:
    """Media type of a file of a release."""
    if documents.get(path, {}).get("type") == "Feature":
        return "application/geo+json"
    return CONTENT_TYPES.get(posixpath.splitext(path)[1].lower(), "application/octet-stream")


def encode(document: Document) -> bytes:
    """A document as it is uploaded; the same document gives the same bytes."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


def _things(document: Document) -> Iterator[dict[str, Any]]:
    yield from document.get("assets", {}).values()
    yield from document.get("links", [])


def _target(document: str, href: str) -> str | None:
    """Path from the release's root that ``href`` means in a document; None for an address of elsewhere."""
    if "://" in href or href.startswith("/"):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), href))


def _documents(root: Path, paths: Mapping[str, str]) -> Iterator[tuple[str, Document]]:
    for path in paths:
        if not path.endswith(".json"):
            continue
        try:
            body = json.loads((root / path).read_text("utf-8"))
        except ValueError as error:
            raise InputError("this release is broken: a file is not JSON", asked=root / path, found=error) from error
        if isinstance(body, dict) and body.get("type") in _RANK and "stac_version" in body:
            yield path, body


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
