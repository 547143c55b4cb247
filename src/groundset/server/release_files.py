"""The files of a release over HTTP: only its own, never a hidden one, and nothing in them may run."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from groundset.core import MissingError, check_name
from groundset.core.layout import Layout
from groundset.server.headers import OWN_FRAMES

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".py": "text/x-python; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".parquet": "application/vnd.apache.parquet",
    ".tif": "image/tiff; application=geotiff",
    ".png": "image/png",
    ".onnx": "application/octet-stream",
    ".skops": "application/octet-stream",
}
DOCUMENTS = (
    "report.html", "README.md", "CHANGELOG.md", "LICENSE", "dataset.py", "scheme.csv", "croissant.json",
    "release.json", "collection.json", "catalog.json", "chips.parquet", "outlines.parquet",
    "annotations/instances_train.json", "annotations/instances_validate.json", "annotations/instances_test.json",
)  # fmt: skip
"""What a person may want to open, most telling first."""


def folder(layout: Layout, name: str) -> Path:
    """The folder of a release.

    Raises:
        InputError: That cannot be the name of one.
        MissingError: There is none of this name.
    """
    path = layout.releases / check_name(name, "release")
    if not path.is_dir():
        raise MissingError("there is no release of this name", asked=name, found=", ".join(names(layout)) or "none")
    return path


def names(layout: Layout) -> list[str]:
    """Names of all releases; folders that are not finished are hidden ones."""
    if not layout.releases.is_dir():
        return []
    return sorted(p.name for p in layout.releases.iterdir() if p.is_dir() and not p.name.startswith("."))


def find(layout: Layout, name: str, path: str) -> Path:
    """A file of a release.

    Raises:
        MissingError: There is none of this path, or it is hidden, or lies elsewhere.
    """
    root = folder(layout, name).resolve()
    parts = path.split("/")
    odd = any(not p or p.startswith(".") or "\\" in p or "\0" in p for p in parts)
    target = root if odd else root.joinpath(*parts)
    if odd or not target.resolve().is_relative_to(root) or not os.path.isfile(target):  # noqa: PTH113  # never raises
        raise MissingError("the release has no such file", asked=path[:200], found=name)
    return target


def media_type(path: Path) -> str:
    """What a file is, by its name."""
    known = TYPES.get(path.suffix.lower())
    return known or ("text/plain; charset=utf-8" if not path.suffix else _guess(path))


def _guess(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def policy(frame_ancestors: Sequence[str]) -> str:
    """The Content-Security-Policy of a release's file: it may stand in our page's frame, and run nothing."""
    return "; ".join(
        (
            "sandbox allow-popups",
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            "img-src data: 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            " ".join(("frame-ancestors", *OWN_FRAMES, *frame_ancestors)),
        )
    )


def respond(request: Request, path: Path, frame_ancestors: Sequence[str]) -> Response:
    """The file, or 304 where the browser has it already."""
    stat = path.stat()
    tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": policy(frame_ancestors),
        "X-Content-Type-Options": "nosniff",
    }
    if tag in [t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=media_type(path), headers=headers, stat_result=stat)
