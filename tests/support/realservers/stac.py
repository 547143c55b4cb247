"""A real STAC API: pgstac behind stac-fastapi."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realservers.postgres import USER, PostgresServer
from realservers.process import NotAvailableError, free_port, running, temp_folder


@dataclass(frozen=True)
class StacServer:
    """A running STAC API."""

    url: str

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST JSON; the answer."""
        request = urllib.request.Request(
            f"{self.url}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))

    def collection(self, prefix: str = "test", **more: Any) -> str:
        """Make a collection of its own; its id."""
        name = f"{prefix}-{uuid.uuid4().hex[:12]}"
        extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
        body = {"type": "Collection", "stac_version": "1.0.0", "id": name, "description": name, "license": "other"}
        self.post("/collections", {**body, "extent": extent, "links": [], **more})
        return name

    def add(self, collection: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Add items to a collection (their ``collection`` is set to it)."""
        for item in items:
            self.post(f"/collections/{collection}/items", {**item, "collection": collection})


@contextlib.contextmanager
def stac_database(postgres: PostgresServer) -> Iterator[str]:
    """A database with pgstac's schema; its name."""
    for module in ("pypgstac", "stac_fastapi.pgstac", "uvicorn"):
        try:
            found = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise NotAvailableError(f"{module} is not installed; `pip install groundset[test]` brings it")
    name = postgres.create("pgstac")
    try:
        try:
            postgres.execute("CREATE EXTENSION IF NOT EXISTS postgis", name)
        except Exception as error:
            raise NotAvailableError(
                f"PostGIS is not installed ({error}); `apt-get install postgresql-15-postgis-3` brings it"
            ) from error
        made = subprocess.run(
            [str(Path(sys.executable).parent / "pypgstac"), "migrate"],
            env=_env(postgres, name),
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise NotAvailableError(f"pypgstac migrate failed: {made.stderr[-2000:]}")
        yield name
    finally:
        postgres.drop(name)


@contextlib.contextmanager
def stac_server(postgres: PostgresServer, database: str, *, transactions: bool) -> Iterator[StacServer]:
    """Run the API over a pgstac database until the block ends."""
    port = free_port()
    env = _env(postgres, database) | {"ENABLE_TRANSACTIONS_EXTENSIONS": str(transactions).upper()}
    command = [sys.executable, "-m", "uvicorn", "stac_fastapi.pgstac.app:create_app", "--factory"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    server = StacServer(f"http://127.0.0.1:{port}")
    with (
        temp_folder("groundset-stac-") as folder,
        running(command, env=env, log=folder / "api.log", ready=lambda: _up(server), timeout=90),
    ):
        yield server


def _env(postgres: PostgresServer, database: str) -> dict[str, str]:
    keep = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    pg = {"PGUSER": USER, "PGPASSWORD": "unused", "PGHOST": "127.0.0.1", "PGPORT": str(postgres.port)}
    return keep | pg | {"PGDATABASE": database, "DB_MAX_CONN_SIZE": "4"}


def _up(server: StacServer) -> bool:
    try:
        with urllib.request.urlopen(f"{server.url}/collections", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
