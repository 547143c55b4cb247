"""Fixtures for all tests: real data, real servers on loopback, and a closed network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings
from realservers.http import FileServer, file_server
from realservers.network import block_network, unblock_network
from realservers.postgres import PostgresServer, postgres_server
from realservers.process import NotAvailableError
from realservers.s3 import S3Server, s3_server
from realservers.stac import StacServer, stac_database, stac_server

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
FOREIGN_SETTINGS = ("AWS_", "PG", "STAC_", "GDAL_", "VSI_", "CPL_", "PC_SDK_", "EARTHDATA_")
KEPT_SETTINGS = ("PGSTAC_TEST", "GDAL_DATA")


def pytest_configure(config: pytest.Config) -> None:
    """Close the network and forget the machine's own credentials before any test is imported."""
    block_network()
    settings.register_profile("groundset", deadline=None)  # how long an example takes says how busy the machine is
    settings.load_profile("groundset")
    for name in [n for n in os.environ if n.startswith(FOREIGN_SETTINGS) and n not in KEPT_SETTINGS]:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


def pytest_unconfigure(config: pytest.Config) -> None:
    """Open the network again for whoever runs pytest inside a longer process."""
    unblock_network()


def serve(server: AbstractContextManager[T]) -> Iterator[T]:
    """Yield from a server; where it cannot be had skip, or fail where GROUNDSET_REQUIRE_SERVICES=1."""
    try:
        started = server.__enter__()
    except NotAvailableError as error:
        if os.environ.get("GROUNDSET_REQUIRE_SERVICES") == "1":
            pytest.fail(f"GROUNDSET_REQUIRE_SERVICES=1, but {error}")
        pytest.skip(str(error))
    try:
        yield started
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real test data."""
    folder = Path(os.environ.get("GROUNDSET_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no test data: {folder} is not there (GROUNDSET_TEST_DATA names it)")
    return folder.resolve()


@pytest.fixture
def stac_schemas(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The filled STAC schema cache, set as GROUNDSET_STAC_SCHEMAS."""
    folder = data_dir / "stac-schemas"
    if not folder.is_dir():
        pytest.skip(f"no STAC schemas: {folder} is not there")
    monkeypatch.setenv("GROUNDSET_STAC_SCHEMAS", str(folder))
    return folder


@pytest.fixture(scope="session")
def s3_service() -> Iterator[S3Server]:
    """A real S3 server for the session; no variable is set. Most tests want ``s3``."""
    yield from serve(s3_server())


@pytest.fixture
def s3(s3_service: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """A real S3 server with the AWS variables set for this test: ``.bucket()``, ``.client()``, ``.endpoint``."""
    for name, value in s3_service.env.items():
        monkeypatch.setenv(name, value)
    return s3_service


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL server for the session. Most tests want ``postgres_url``."""
    yield from serve(postgres_server())


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """URL (postgresql+psycopg://) of an empty database of this test's own."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def _pgstac(postgres: PostgresServer) -> Iterator[str]:
    yield from serve(stac_database(postgres))


@pytest.fixture(scope="session")
def stac_api(postgres: PostgresServer, _pgstac: str) -> Iterator[StacServer]:
    """A real STAC API with the Transaction extension: ``.url``, ``.collection()``, ``.add(collection, items)``."""
    yield from serve(stac_server(postgres, _pgstac, transactions=True))


@pytest.fixture(scope="session")
def stac_api_readonly(postgres: PostgresServer, _pgstac: str) -> Iterator[StacServer]:
    """The same catalogue behind a STAC API without the Transaction extension."""
    yield from serve(stac_server(postgres, _pgstac, transactions=False))


@pytest.fixture
def http_files(tmp_path: Path) -> Iterator[FileServer]:
    """A web server over ``tmp_path / "www"`` with byte ranges, a request log and faults on request."""
    root = tmp_path / "www"
    root.mkdir()
    with file_server(root) as server:
        yield server


@pytest.fixture
def serve_folder() -> Iterator[Callable[[Path], FileServer]]:
    """Call it with a folder to have a web server over it until the test ends."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda root: stack.enter_context(file_server(root))
