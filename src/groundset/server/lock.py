"""One server for one SQLite workspace: the second is told where the first one is."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from groundset.core import ConflictError, ServiceError
from groundset.lake import Lake

LOCK_FILE = "server.lock"


@contextmanager
def only_server(folder: Path, address: str) -> Iterator[None]:
    """Hold the lock of a workspace's server. It goes with the process, however that ends.

    Args:
        folder: The workspace's cache folder.
        address: Where this server answers, without the token; a second one is told.

    Raises:
        ConflictError: Another server has this workspace; names its address.
        ServiceError: The folder cannot be written.
    """
    with _opened(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise ConflictError(
                "another server has this workspace",
                asked=folder.parent,
                found=f"it answers at {file.read().strip() or 'an address it has not said yet'}",
                hint="open that address, or stop that server first",
            ) from None
        file.truncate(0)
        with suppress(OSError):  # the disk is full: the lock holds all the same
            file.write(address)
            file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _opened(folder: Path) -> TextIO:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / LOCK_FILE).open("a+")
    except OSError as error:
        raise ServiceError(
            "the workspace cannot be written", asked=folder, found=error.strerror, hint="make this folder yours"
        ) from None


def hold(stack: ExitStack, lake: Lake, address: str) -> None:
    """Keep other servers from an SQLite workspace until ``stack`` ends; PostgreSQL serves several."""
    if lake.config.database.startswith("sqlite"):
        stack.enter_context(only_server(lake.layout.cache, address))


def address_of(folder: Path) -> str | None:
    """Where the server of a workspace answers; None where none runs."""
    try:
        with (folder / LOCK_FILE).open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return file.read().strip() or None
    except FileNotFoundError:
        pass
    return None
