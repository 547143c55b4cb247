"""Running a server: its port, its lock, its token, and an end that waits for nobody."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from groundset.core import ConflictError, InputError
from groundset.core.layout import Layout
from groundset.server._guard import Guard, scenes_or_public
from groundset.server.app import create_app
from groundset.server.context import Settings
from groundset.server.lock import hold
from groundset.server.patience import Ending, PatientProtocol
from groundset.server.session import KEYS_FILE, Sessions, kept_token
from groundset.server.workspaces import Folder, folders, is_empty, is_workspace, open_ready

TOKEN_VARIABLE = "GROUNDSET_TOKEN"  # noqa: S105  # the variable's name
SHORTEST_TOKEN = 8
GRACE_SECONDS = 1.0
"""What a request has to end by itself once the server stops."""
CUT_SECONDS = 2
"""What is left then, for the word that it is over to reach those who asked."""
LEAVE_SECONDS = 2.0
KEEP_ALIVE_SECONDS = 75
CONNECTIONS = 2_000
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Server(uvicorn.Server):
    """Uvicorn that ends open event streams when it is told to stop, and then ends quietly.

    Args:
        app: What to serve.
        on_stop: Called as soon as it is told to stop; in its loop.
        on_ready: Called when it answers.
    """

    def __init__(
        self, app: ASGIApp, on_stop: Callable[[], None], on_ready: Callable[[], None] = lambda: None, **options: Any
    ) -> None:
        config = uvicorn.Config(
            Ending(app),
            log_level="warning",
            access_log=False,
            proxy_headers=False,  # the gate reads what a proxy says, and needs to know who says it
            server_header=False,
            http=PatientProtocol,
            ws="none",
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(GRACE_SECONDS) + CUT_SECONDS,
            **options,
        )
        super().__init__(config)
        self._on_stop = on_stop
        self._on_ready = on_ready
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Let it end; from any thread."""
        self.should_exit = True
        self._tell()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: what is under way has a moment, and is cut off then."""
        cutting = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._cut)
        await super().shutdown(sockets)
        cutting.cancel()

    def _cut(self) -> None:
        for connection in list(self.server_state.connections):
            if isinstance(connection, PatientProtocol):
                connection.cut()
        for task in list(self.server_state.tasks):
            task.cancel()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ctrl-C and SIGTERM; a second Ctrl-C does not wait any longer."""
        super().handle_exit(sig, frame)
        self._tell()

    def _tell(self) -> None:
        """In the loop, not in a signal's handler, which may have come while a lock was held."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._on_stop)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but the signal that ended it is not raised again: this end is the usual one."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)


def serve(
    root: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    settings: Settings | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Serve a workspace, or a folder of several, until Ctrl-C.

    Args:
        root: The workspace or the folder.
        host: Address of this machine to listen on; only loopback until accounts exist.
        port: Port; 0 takes a free one.
        settings: How to run; an empty token is replaced by GROUNDSET_TOKEN, else the one kept with the workspace.
        say: Where the address is told.

    Raises:
        InputError: No workspace there, or another host.
        ConflictError: The port is in use, or another server has the workspace.
    """
    check_host(host)
    many = root.is_dir() and not is_workspace(root) and (bool(folders(root)) or is_empty(root))
    with ExitStack() as stack:
        ws = None if many else stack.enter_context(open_ready(root))
        listening = stack.enter_context(bound(host, port))
        asked = settings or Settings("")
        address = address_of_socket(listening, asked.root_path)
        if ws is not None:
            hold(stack, ws.lake, address)
        keys = Layout(root).cache / KEYS_FILE
        chosen = replace(with_token(asked, keys), environment=dict(os.environ))  # jobs have a guard of their own
        if not chosen.allow_private_networks:
            stack.enter_context(Guard(scenes_or_public(lambda: folders(root) if many else [root])))
        sessions = Sessions(chosen.token, keys)
        app: FastAPI | Folder
        if ws is None:
            app = Folder(root.absolute(), chosen, sessions, address)
            close, told = app.close_streams, f"{_many(len(folders(root)))} in {root.absolute()}"
        else:
            app = create_app(ws, chosen, sessions=sessions)
            close, told = app.state.context.hub.close, f"workspace {ws.lake.config.name} in {ws.root}"
        greeting = f"{told}\n  page  {address}?token={chosen.token}\nCtrl-C stops"
        Server(app, on_stop=close, on_ready=lambda: say(greeting)).run(sockets=[listening])
        say("stopped")


def leave(seconds: float = LEAVE_SECONDS) -> None:
    """End this process once it has served, though a request that was cut off still computes in its thread.

    A thread cannot be stopped. What it had written is whole (files are renamed, events are transactions), as it would
    be if the machine went off.
    """
    until = time.monotonic() + seconds
    left = [t for t in threading.enumerate() if not t.daemon and t is not threading.current_thread()]
    for thread in left:
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in left):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _many(n: int) -> str:
    return "no workspace yet" if n == 0 else "1 workspace" if n == 1 else f"{n} workspaces"


def check_host(host: str) -> None:
    """Only this machine, until there are accounts.

    Raises:
        InputError: Another host.
    """
    if host not in _LOOPBACK:
        raise InputError(
            "this server answers on this machine only: there are no accounts yet that would keep others out",
            asked=f"--host {host}",
            found=", ".join(_LOOPBACK),
            hint="leave --host out, and reach it through an SSH tunnel or JupyterHub's proxy",
        )


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens on this port.

    Raises:
        ConflictError: The port is in use; names a free one.
        InputError: It is no port, or not ours to take.
    """
    if not 0 <= port <= 65535:
        raise InputError("a port is a number from 1 to 65535, or 0 for a free one", asked=port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it answers wait 40 ms for the visitor's ACK
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(512)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ConflictError(
                    "this port is in use", asked=f"port {port}", hint=f"take a free one: --port {_free(family, host)}"
                ) from None
            raise InputError("this port cannot be had", asked=f"{host}:{port}", found=error.strerror) from None
        listening.setblocking(False)
        yield listening


def address_of_socket(listening: socket.socket, root_path: str = "") -> str:
    """The address that a person opens, without the token."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{root_path}/"


def with_token(settings: Settings | None, keys: Path) -> Settings:
    """The settings with a token: the one given, GROUNDSET_TOKEN, or the one that lies with the workspace.

    Raises:
        InputError: The token is too short to keep anyone out.
    """
    chosen = settings or Settings("")
    token = chosen.token or os.environ.get(TOKEN_VARIABLE) or kept_token(keys)
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.replace("-", "").replace("_", "").isalnum():
        raise InputError(
            f"a token has at least {SHORTEST_TOKEN} letters, digits, - and _", asked=f"{TOKEN_VARIABLE} of {len(token)}"
        )
    return replace(chosen, token=token)


def _free(family: socket.AddressFamily, host: str) -> int:
    with socket.socket(family) as other:
        other.bind((host, 0))
        return int(other.getsockname()[1])
