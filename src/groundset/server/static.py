"""The page: files of the built UI, the door where a token is asked for, and what is said where no UI is built."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from groundset.server.models import Problem
from groundset.server.paths import PAGES, route_path
from groundset.server.problems import NOBODY

BUILT = Path(__file__).with_name("static")
"""Where a wheel has the page."""

DOOR_SCRIPT = "/door.js"
_OWN = Path(__file__).with_name("pages")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
_PACKED = frozenset(_TYPES) - {".png", ".webp", ".ico", ".woff2"}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    stamp: tuple[int, int]
    data: bytes
    packed: bytes | None
    etag: str


class Page:
    """ASGI app: the files of the built page. What was read is kept, compressed too, until the file changes.

    Args:
        folder: Where the page was built to; default ``GROUNDSET_UI_DIR``, else the package's own.
        policy: The Content-Security-Policy of the page itself; default that of every answer.
    """

    def __init__(self, folder: Path | None = None, policy: Callable[[], str] | None = None) -> None:
        self.folder = (folder or Path(os.environ.get("GROUNDSET_UI_DIR") or BUILT)).absolute()
        self._files: dict[str, _File] = {}
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, or say that there is none."""
        if scope["method"] not in ("GET", "HEAD"):
            response: Response = PlainTextResponse("the page is only read", 405, {"Allow": "GET, HEAD"})
        else:
            response = await to_thread.run_sync(self._respond, route_path(scope), Headers(scope=scope))
        await response(scope, receive, send)

    def _respond(self, path: str, headers: Headers) -> Response:
        if path == DOOR_SCRIPT:
            return Response((_OWN / "door.js").read_bytes(), media_type=_TYPES[".js"])
        page = path in PAGES
        name = "index.html" if page else path.lstrip("/")
        file = self._file(name)
        if file is None:
            return HTMLResponse(_page("unbuilt.html"), 503) if page else PlainTextResponse("there is no such file", 404)
        return _answer(name, file, headers, self._policy() if page and self._policy else None)

    def _file(self, name: str) -> _File | None:
        parts = name.split("/")
        if any(p in ("", ".", "..") or p.startswith(".") or "\\" in p or "\0" in p for p in parts):
            return None
        path = self.folder.joinpath(*parts)
        if path.suffix not in _TYPES or not os.path.isfile(path):  # noqa: PTH113  # never raises, however long the name
            return None
        if not path.resolve().is_relative_to(self.folder.resolve()):
            return None
        said = path.stat()
        stamp = (said.st_mtime_ns, said.st_size)
        known = self._files.get(name)
        if known is None or known.stamp != stamp:
            data = path.read_bytes()
            packed = gzip.compress(data, 9, mtime=0) if path.suffix in _PACKED and len(data) > 500 else None
            known = _File(stamp, data, packed, f'"{hashlib.sha256(data).hexdigest()[:20]}"')
            self._files[name] = known
        return known


def _answer(name: str, file: _File, headers: Headers, policy: str | None = None) -> Response:
    etag = file.etag if policy is None else f'"{hashlib.sha256((file.etag + policy).encode()).hexdigest()[:20]}"'
    kept = {
        "ETag": etag,
        "Vary": "Accept-Encoding",
        "Cache-Control": _FOR_EVER if name.startswith("assets/") else "no-cache",
    }
    if policy is not None:
        kept["Content-Security-Policy"] = policy
    if headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=kept)
    data = file.data
    if file.packed is not None and "gzip" in headers.get("accept-encoding", ""):
        data, kept = file.packed, kept | {"Content-Encoding": "gzip"}
    return Response(data, headers=kept, media_type=_TYPES[Path(name).suffix])


def door_page(told: Problem) -> Response:
    """What a person sees who comes without the token, or with a wrong one."""
    wrong = "" if told.title == NOBODY else f"{_sentence(told.title)}."
    return HTMLResponse(_page("door.html", wrong=wrong), told.status)


def failed_page(told: Problem) -> Response:
    """What a person sees whose workspace cannot be opened."""
    said = "\n".join(f"{name}: {value}" for name, value in (("Asked", told.asked), ("Found", told.found)) if value)
    hint = f"{_sentence(told.hint)}." if told.hint else ""
    text = _page("failed.html", title=f"{_sentence(told.title)}.", said=said, hint=hint)
    return HTMLResponse(text, told.status)


def _sentence(text: str) -> str:
    """An error's words with a capital, as they stand on a page."""
    return text[:1].upper() + text[1:]


def _page(name: str, **said: str) -> str:
    style = (_OWN / "style.css").read_text(encoding="utf-8")
    text = Template((_OWN / name).read_text(encoding="utf-8"))
    mark = (_OWN / "mark.svg").read_text(encoding="utf-8")
    return text.substitute({key: escape(value) for key, value in said.items()}, style=style, mark=mark)
