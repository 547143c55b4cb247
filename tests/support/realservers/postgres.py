"""A real PostgreSQL server in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from realservers.process import NotAvailableError, free_port, running, temp_folder, unprivileged_user

USER = "groundset"


@dataclass(frozen=True)
class PostgresServer:
    """A running server; ``trust`` on loopback, superuser ``groundset``."""

    port: int
    folder: Path

    def url(self, database: str, driver: str = "postgresql+psycopg") -> str:
        """SQLAlchemy URL of a database."""
        return f"{driver}://{USER}@127.0.0.1:{self.port}/{database}"

    def create(self, prefix: str = "test") -> str:
        """Make an empty database; its name."""
        name = f"{prefix}_{uuid.uuid4().hex[:12]}"
        self.execute(f'CREATE DATABASE "{name}"')
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        import psycopg

        with psycopg.connect(self.url(database, "postgresql"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def binaries() -> Path:
    """Folder with initdb, pg_ctl and postgres."""
    found = shutil.which("pg_config")
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    if found:
        folders.append(subprocess.run([found, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
    if which := shutil.which("initdb"):
        folders.append(str(Path(which).resolve().parent))
    for folder in folders:
        if (Path(folder) / "initdb").exists() and (Path(folder) / "postgres").exists():
            return Path(folder)
    raise NotAvailableError("PostgreSQL is not installed (no initdb); `apt-get install postgresql` brings it")


@contextlib.contextmanager
def postgres_server(*, fsync: bool = False) -> Iterator[PostgresServer]:
    """Run a server until the block ends; with ``fsync`` it waits for the disk, as one that is to last does."""
    bin_dir = binaries()
    user = unprivileged_user()
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/tmp"}
    with temp_folder("groundset-pg-", user) as folder:
        data = folder / "data"
        made = subprocess.run(
            [bin_dir / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
            user=user,
            env=env,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise NotAvailableError(f"initdb failed: {made.stderr[-2000:]}")
        port = free_port()
        options = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": folder,
            "fsync": "on" if fsync else "off",  # only the clients are killed in tests, never the machine
            "max_connections": 60,
            "shared_buffers": "64MB",
            "timezone": "UTC",
        }
        command = [str(bin_dir / "postgres"), "-D", str(data)]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        server = PostgresServer(port, folder)
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        with running(
            command,
            env=env,
            log=folder / "postgres.log",
            ready=lambda: _answers(bin_dir, port),
            user=user,
            stop_signal=signal.SIGINT,
        ):
            yield server


def _answers(bin_dir: Path, port: int) -> bool:
    asked = subprocess.run([bin_dir / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-U", USER], check=False)
    return asked.returncode == 0
