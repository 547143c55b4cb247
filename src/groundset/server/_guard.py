"""A proxy on loopback, through which a job or a server reads all that it reads: it connects to public addresses only.

Checking an address before it is opened is not enough: a server can redirect to another, and a name can mean another
host a moment later. GDAL follows redirects and has no way to ask. So the host is looked up here, checked, and connected
to by the number that was checked.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any, Self
from urllib.parse import urlsplit

from groundset.core import GroundsetError, MissingError
from groundset.core.layout import Layout
from groundset.imagery import SceneStore
from groundset.server.addresses import PORTS, public_addresses
from groundset.server.problems import ForbiddenError

NAMES = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "GDAL_HTTP_PROXY", "GDAL_HTTPS_PROXY")
NO_NAMES = ("no_proxy", "NO_PROXY")
Check = Callable[[str, int], list[str]]
_TIMEOUT = 60.0
_CHUNK = 1 << 18


class Guard:
    """The proxy. While it is open, this process and those it starts read through it.

    Args:
        check: The numeric addresses of a host and port, or an error where it may not be read.
    """

    def __init__(self, check: Check = public_addresses) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.check = _with_endpoint(check)
        self._server.upstream = _upstream()
        self._kept: dict[str, str | None] = {}

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self._kept = {name: os.environ.get(name) for name in (*NAMES, *NO_NAMES)}
        os.environ.update(dict.fromkeys(NAMES, self.address) | dict.fromkeys(NO_NAMES, ""))
        return self

    def __exit__(self, *_: object) -> None:
        for name, value in self._kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._server.shutdown()
        self._server.server_close()


def scenes_or_public(folders: Callable[[], Iterable[Path]]) -> Check:
    """Where the imagery of workspaces may be read: from public addresses, and from hosts that their scenes name.

    A scene of the command line may lie on a private network, which whoever brought it allowed. The hosts of one from
    the page are read at public addresses alone, also where their names begin to mean private ones. No redirect leads
    from either to a host that no scene names.

    Args:
        folders: Gives the workspaces.
    """
    known: set[tuple[str, int]] = set()

    def check(host: str, port: int) -> list[str]:
        try:
            return public_addresses(host, port)
        except ForbiddenError:
            if (host, port) not in known:
                known.update(*map(_named, folders()))
            if (host, port) in known:
                return [host]
            raise

    return check


def _named(folder: Path) -> set[tuple[str, int]]:
    """Hosts and ports that the scenes of a workspace are read from, but for those brought through a server."""
    store, out = SceneStore(Layout(folder).scenes), set()
    for scene_id in store.ids():
        with suppress(GroundsetError):
            scene = store.get(scene_id)
            if scene.guarded:
                continue
            flags = () if scene.flags is None else (scene.flags.source, *scene.flags.others)
            for source in (*flags, *(s for band in scene.sources for s in band)):
                parts = urlsplit(source.href.removeprefix("/vsicurl/"))
                with suppress(ValueError):
                    if parts.scheme in PORTS and parts.hostname:
                        out.add((parts.hostname, parts.port or PORTS[parts.scheme]))
    return out


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    check: Check
    upstream: tuple[str, int] | None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_CONNECT(self) -> None:
        """A tunnel, for https."""
        host, _, port = self.path.rpartition(":")
        far = self._far(host.strip("[]"), int(port), tunnel=True)
        if far is not None:
            self.send_response(200)
            self.end_headers()
            with far:
                _pass_on(self.connection, far)
        self.close_connection = True

    def do_GET(self) -> None:
        """One plain request, told on as it came, but that the connection ends after it."""
        parts = urlsplit(self.path)
        far = self._far(parts.hostname or "", parts.port or 80, tunnel=False) if parts.scheme == "http" else None
        if far is None:
            self.close_connection = True
            return
        rest = parts._replace(scheme="", netloc="").geturl() or "/"
        target = self.path if self.server.upstream else rest
        lines = [f"{self.command} {target} HTTP/1.1"]
        lines += [f"{k}: {v}" for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP]
        head = "\r\n".join([*lines, "Connection: close", "", ""])
        with far:
            far.sendall(head.encode("latin-1"))
            far.sendall(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.connection.sendall(_closing(_head(far)))
            while data := far.recv(_CHUNK):
                self.connection.sendall(data)
        self.close_connection = True

    do_HEAD = do_POST = do_GET  # noqa: N815  # the base class calls them so

    def _far(self, host: str, port: int, *, tunnel: bool) -> socket.socket | None:
        try:
            numbers = self._numbers(host, port)
            if self.server.upstream is not None:
                far = socket.create_connection(self.server.upstream, _TIMEOUT)
                return _through(far, host, port) if tunnel else far
            return _first(numbers, port)
        except GroundsetError as error:
            self._refuse(403, str(error))
        except OSError as error:
            self._refuse(502, f"{host}:{port}: {error}")
        return None

    def _numbers(self, host: str, port: int) -> list[str]:
        try:
            return self.server.check(host, port)
        except MissingError:
            if self.server.upstream is None:
                raise
            return []  # a name that only the proxy beyond us knows

    def _refuse(self, status: int, why: str) -> None:
        body = why.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Say nothing."""


_HOP_BY_HOP = frozenset(
    {"connection", "proxy-connection", "proxy-authorization", "keep-alive", "te", "upgrade", "expect"}
)


def _with_endpoint(check: Check) -> Check:
    """The S3 endpoint that the server's admin named may be read wherever it is."""
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "")
    named = (endpoint.hostname, endpoint.port or (443 if endpoint.scheme == "https" else 80))

    def checked(host: str, port: int) -> list[str]:
        return [host] if (host, port) == named else check(host, port)

    return checked


def _upstream() -> tuple[str, int] | None:
    """The proxy that this machine reads through by itself."""
    said = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY") or os.environ.get("http_proxy")
    parts = urlsplit(said if not said or "://" in said else f"http://{said}")
    return (str(parts.hostname), parts.port or 3128) if said and parts.hostname else None


def _first(numbers: list[str], port: int) -> socket.socket:
    failed: OSError = OSError("no address")
    for number in numbers:
        try:
            return socket.create_connection((number, port), _TIMEOUT)
        except OSError as error:
            failed = error
    raise failed


def _through(far: socket.socket, host: str, port: int) -> socket.socket:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    far.sendall(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n\r\n".encode())
    head = _head(far)
    if b" 200" not in head.split(b"\r\n", 1)[0]:
        raise OSError(head.split(b"\r\n", 1)[0].decode("latin-1"))
    return far


def _head(far: socket.socket) -> bytes:
    """The head of an answer, to its empty line."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        data = far.recv(1)
        if not data or len(head) > _CHUNK:
            raise OSError("the far side hung up")
        head += data
    return head


def _closing(head: bytes) -> bytes:
    """The head of an answer after which the connection ends, and says so."""
    first, *lines = head[:-4].split(b"\r\n")
    kept = [line for line in lines if line.split(b":")[0].strip().lower() not in (b"connection", b"keep-alive")]
    return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])


def _pass_on(near: socket.socket, far: socket.socket) -> None:
    """Bytes both ways until one side ends."""
    with DefaultSelector() as ready:
        ready.register(near, EVENT_READ, far)
        ready.register(far, EVENT_READ, near)
        while True:
            events = ready.select(_TIMEOUT)
            if not events:
                return
            for key, _ in events:
                data = key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]  # sockets, as registered
                if not data:
                    return
                key.data.sendall(data)
