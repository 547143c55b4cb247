"""A loopback web server over a folder, with byte ranges, a log, and faults on request."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """One request that came in; ``range`` is (first, last) byte or None, ``status`` what was answered."""

    method: str
    path: str
    query: str
    range: tuple[int, int] | None
    status: int


@dataclass(frozen=True)
class Reply:
    """An answer made by a test instead of a file."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"
    headers: dict[str, str] = field(default_factory=dict)


Fault = Callable[[str, str], Reply | None]
"""(method, path with query) -> a reply in place of the file, or None."""


@dataclass
class FileServer:
    """Files of ``root`` under ``url``; what was asked is in ``requests``.

    ``fault`` may answer in place of the files (an error, HTML, a page of a made-up API).
    """

    url: str
    root: Path
    requests: list[Request] = field(default_factory=list)
    fault: Fault | None = None

    def href(self, path: str | Path) -> str:
        """Address of a file, given as a path in ``root`` or relative to it."""
        given = Path(path)
        relative = given.relative_to(self.root) if given.is_absolute() else given
        return f"{self.url}/{relative.as_posix()}"


@contextlib.contextmanager
def file_server(root: Path) -> Iterator[FileServer]:
    """Serve ``root`` until the block ends."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.daemon_threads = True
    served = FileServer(f"http://127.0.0.1:{httpd.server_address[1]}", root)
    httpd.served = served  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Be silent."""

    def _answer(self) -> None:
        served: FileServer = self.server.served  # type: ignore[attr-defined]
        self.sent_body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = served.fault(self.command, self.path) if served.fault else None
        if reply is not None:
            self._send(served, reply.status, reply.body, reply.headers | {"Content-Type": reply.content_type}, None)
            return
        path = (served.root / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
        if not path.is_relative_to(served.root.resolve()) or not path.is_file():
            self._send(served, 404, b"not found", {"Content-Type": "text/plain"}, None)
            return
        size = path.stat().st_size
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream"}
        if asked is None:
            self._send(served, 200, path.read_bytes(), headers, None)
            return
        first = int(asked[1])
        last = min(int(asked[2]) if asked[2] else size - 1, size - 1)
        if first > last:
            self._send(served, 416, b"", headers | {"Content-Range": f"bytes */{size}"}, None)
            return
        with path.open("rb") as f:
            f.seek(first)
            body = f.read(last - first + 1)
        self._send(served, 206, body, headers | {"Content-Range": f"bytes {first}-{last}/{size}"}, (first, last))

    def _send(
        self, served: FileServer, status: int, body: bytes, headers: dict[str, str], span: tuple[int, int] | None
    ) -> None:
        parts = urlsplit(self.path)
        served.requests.append(Request(self.command, parts.path, parts.query, span, status))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
