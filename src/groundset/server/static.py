"""The page: files of the built UI, the door where a token is asked for, and what is said where no UI is built."""

from __future__ import annotations

import gzip
import hashlib
import os
from dataclasses import dataclass
from html import escape
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from groundset.server.gate import PAGES, route_path
from groundset.server.models import Problem

BUILT = Path(__file__).with_name("static")
"""Where a wheel has the page."""

DOOR_SCRIPT = "/door.js"
_TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".json": "application/json", ".map": "application/json", ".svg": "image/svg+xml",
    ".png": "image/png", ".webp": "image/webp", ".ico": "image/x-icon", ".woff2": "font/woff2", ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json",
}  # fmt: skip
_PACKED = frozenset({".html", ".js", ".mjs", ".css", ".json", ".map", ".svg", ".wasm", ".txt", ".webmanifest"})
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
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or Path(os.environ.get("GROUNDSET_UI_DIR") or BUILT)).absolute()
        self._files: dict[str, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, or say that there is none."""
        if scope["method"] not in ("GET", "HEAD"):
            response: Response = PlainTextResponse("the page is only read", 405, {"Allow": "GET, HEAD"})
        else:
            response = await to_thread.run_sync(self._respond, route_path(scope), Headers(scope=scope))
        await response(scope, receive, send)

    def _respond(self, path: str, headers: Headers) -> Response:
        if path == DOOR_SCRIPT:
            return Response(_DOOR_SCRIPT, media_type=_TYPES[".js"])
        page = path in PAGES
        name = "index.html" if page else path.lstrip("/")
        file = self._file(name)
        if file is None:
            return HTMLResponse(_unbuilt(), 503) if page else PlainTextResponse("there is no such file", 404)
        return _answer(name, file, headers)

    def _file(self, name: str) -> _File | None:
        parts = name.split("/")
        if any(p in ("", ".", "..") or p.startswith(".") or "\\" in p or "\0" in p for p in parts):
            return None
        path = self.folder.joinpath(*parts)
        if path.suffix not in _TYPES or not path.is_file() or not path.resolve().is_relative_to(self.folder.resolve()):
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


def _answer(name: str, file: _File, headers: Headers) -> Response:
    kept = {
        "ETag": file.etag,
        "Vary": "Accept-Encoding",
        "Cache-Control": _FOR_EVER if name.startswith("assets/") else "no-cache",
    }
    if headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=kept)
    data = file.data
    if file.packed is not None and "gzip" in headers.get("accept-encoding", ""):
        data, kept = file.packed, kept | {"Content-Encoding": "gzip"}
    return Response(data, headers=kept, media_type=_TYPES[Path(name).suffix])


def door_page(told: Problem) -> Response:
    """What a person sees who comes without the token, or with a wrong one."""
    wrong = (
        f"<p class=wrong role=alert>{escape(told.title)}.</p>" if told.status != 401 or "not the" in told.title else ""
    )
    return HTMLResponse(
        _html(
            "Groundset: token",
            f"""<h1>This workspace asks for its token</h1>{wrong}
<p>The server printed an address when it started. Open that address, or paste it, or its token, here.</p>
<form method="get" action="./"><label for="token">Address or token</label>
<input id="token" name="token" autocomplete="off" autofocus required spellcheck="false">
<button>Open</button></form>
<p class=quiet>It ends with <code>?token=...</code> and stands in the terminal where <code>groundset serve</code> runs.</p>
<script src="./door.js"></script>""",
        ),
        told.status,
    )


def _unbuilt() -> str:
    return _html(
        "Groundset: no page",
        """<h1>The page is not built</h1>
<p>The server runs, and its API answers under <a href="./api/openapi.json"><code>api/</code></a>. Only the page is missing.</p>
<p>A wheel from the package index has it: <code>pip install groundset</code>.
In a copy of the source, with Node.js 20 or newer:</p>
<pre>cd ui
npm ci
npm run build</pre>
<p>Then load this address again. A page built elsewhere is named with <code>GROUNDSET_UI_DIR</code>.</p>""",
    )


def _html(title: str, body: str) -> str:
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>{_STYLE}</style><main>{body}</main></html>
"""


_DOOR_SCRIPT = """// An address with #token= (which the server never sees) signs in too; a pasted address is cut down to its token.
const hash = new URLSearchParams(location.hash.slice(1));
if (hash.get('token')) location.replace('./?token=' + encodeURIComponent(hash.get('token')));
document.querySelector('form')?.addEventListener('submit', () => {
  const field = document.getElementById('token');
  field.value = (/[?&#]token=([^&#\\s]+)/.exec(field.value)?.[1] ?? field.value).trim();
});
"""

_STYLE = """:root{color-scheme:light dark;font:15px/1.55 system-ui,sans-serif;--line:#8886;--accent:#2563eb}
body{margin:0}main{max-width:34rem;margin:14vh auto 0;padding:0 1.5rem}h1{font-size:1.3rem;font-weight:600}
label{display:block;font-weight:500;margin-bottom:.3rem}
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem .6rem;border:1px solid var(--line);border-radius:6px}
button{font:inherit;margin-top:.8rem;padding:.45rem 1.2rem;border:0;border-radius:6px;background:var(--accent);color:#fff}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}.quiet{opacity:.75;font-size:.9em}
.wrong{color:#dc2626}pre{padding:.8rem;border:1px solid var(--line);border-radius:6px;overflow:auto}"""
