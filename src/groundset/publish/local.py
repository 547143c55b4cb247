"""A release as it lies on disk, and the same documents with addresses that hold anywhere."""

from __future__ import annotations

import copy
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
        """Read a release and compare every file with the checksum that the release states for it.

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
        """The items by path, chips and models."""
        return {p: d for p, d in self.documents.items() if d["type"] == "Feature"}

    @property
    def collection(self) -> Document:
        """``collection.json``."""
        return self.documents["collection.json"]

    @property
    def name(self) -> str:
        """Id of the collection."""
        return str(self.collection["id"])

    def order(self) -> list[str]:
        """All paths as they are uploaded: files, items, collection, catalog last."""
        rank = {"Feature": 1, "Collection": 2, "Catalog": 3}
        return sorted(self.sums, key=lambda p: (rank.get(self.documents.get(p, {}).get("type", ""), 0), p))

    def rewritten(self, path: str, base: str) -> Document:
        """A document whose relative hrefs are absolute below ``base``, with its own address as ``self``."""
        out = copy.deepcopy(self.documents[path])
        here = posixpath.dirname(path)
        for thing in [*out.get("assets", {}).values(), *out.get("links", [])]:
            thing["href"] = absolute(thing["href"], here, base)
        out["links"] = [link for link in out.get("links", []) if link["rel"] != "self"]
        out["links"].append({"rel": "self", "href": f"{base}/{path}", "type": content_type(path, self.documents)})
        return out

    def _check(self) -> None:
        wrong = []
        for path, document in self.documents.items():
            for key, asset in document.get("assets", {}).items():
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), asset["href"]))
                wanted = asset.get("file:checksum")
                if "://" in asset["href"] or asset["href"].startswith("/"):
                    continue
                if target not in self.sums:
                    wrong.append(f"{target} is missing (asset {key} of {path})")
                elif wanted is not None and wanted != multihash(self.sums[target]):
                    wrong.append(f"{target}: wanted {wanted[:16]}..., found {multihash(self.sums[target])[:16]}...")
        if wrong:
            raise InputError(
                "this release is broken: files do not match their checksums; nothing was published",
                asked=self.root,
                found="; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""),
                hint="groundset check tells more; make the release again",
            )


def absolute(href: str, folder: str, base: str) -> str:
    """An address that holds anywhere: relative ones are taken from ``folder`` below ``base``."""
    if "://" in href or href.startswith("/"):
        return href
    return f"{base}/{posixpath.normpath(posixpath.join(folder, href))}"


def content_type(path: str, documents: Mapping[str, Document]) -> str:
    """Media type of a file of a release."""
    if documents.get(path, {}).get("type") == "Feature":
        return "application/geo+json"
    return CONTENT_TYPES.get(posixpath.splitext(path)[1].lower(), "application/octet-stream")


def _documents(root: Path, paths: Mapping[str, str]) -> Iterator[tuple[str, Document]]:
    for path in paths:
        if not path.endswith(".json"):
            continue
        try:
            body = json.loads((root / path).read_text("utf-8"))
        except ValueError as error:
            raise InputError("this release is broken: a file is not JSON", asked=root / path, found=error) from error
        if (
            isinstance(body, dict)
            and body.get("type") in ("Feature", "Collection", "Catalog")
            and "stac_version" in body
        ):
            yield path, body


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
