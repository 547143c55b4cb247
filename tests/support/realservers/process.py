"""Start a server process, wait until it answers, and end it for sure."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path


class NotAvailableError(Exception):
    """A server cannot be had on this machine; says why."""


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def free_ports(n: int, *, beyond: int = 0) -> list[int]:
    """``n`` different free ports; with ``beyond``, ports whose number plus ``beyond`` is free and valid too."""
    ports: list[int] = []
    with contextlib.ExitStack() as held:
        while len(ports) < n:
            s = held.enter_context(socket.socket())
            s.bind(("127.0.0.1", 0))
            port = int(s.getsockname()[1])
            if beyond:
                if port + beyond > 65535:
                    continue
                with socket.socket() as other:
                    try:
                        other.bind(("127.0.0.1", port + beyond))
                    except OSError:
                        continue
            ports.append(port)
    return ports


def unprivileged_user() -> str | None:
    """Name of a user to run a server as that refuses root; None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            return name
    raise NotAvailableError("no user postgres or nobody to run PostgreSQL as")


@contextlib.contextmanager
def temp_folder(prefix: str, owner: str | None = None) -> Iterator[Path]:
    """A folder of its own, owned by ``owner``, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        if owner:
            shutil.chown(folder, owner)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    ready: Callable[[], bool],
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    timeout: float = 60,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``command`` until the block ends; it is ready when ``ready()`` says so.

    Raises:
        NotAvailableError: It ended or did not get ready in time; carries the end of its log.
    """
    with log.open("wb") as out:
        # A group of its own: helpers of the server end with it.
        process = subprocess.Popen(
            list(command), env=dict(env), stdout=out, stderr=out, user=user, start_new_session=True, cwd=log.parent
        )
    try:
        deadline = time.monotonic() + timeout
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                state = (
                    f"ended with {process.returncode}" if process.poll() is not None else f"not ready in {timeout} s"
                )
                raise NotAvailableError(f"{command[0]} {state}: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, stop_signal)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def answers(port: int) -> bool:
    """Whether something listens on this loopback port."""
    with socket.socket() as s:
        s.settimeout(0.5)
        return s.connect_ex(("127.0.0.1", port)) == 0
