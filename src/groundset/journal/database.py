"""The database under a journal: SQLite in WAL mode, or PostgreSQL. Opening, migrating, transactions, clear errors."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from groundset.core import ConflictError, InputError, ServiceError
from groundset.journal.schema import REVISIONS

_MIGRATIONS = Path(__file__).with_name("migrations")
_BUSY_SECONDS = 60
_LOCK = 7_316_518_204_417_001
"""Key of PostgreSQL's advisory lock that lets one writer in at a time."""


class Database:
    """An engine with the two kinds of transaction that a journal needs."""

    def __init__(self, engine: Engine, shown: str) -> None:
        self.engine = engine
        self.shown = shown
        self.sqlite = engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: it sees one state of the journal."""
        with self._errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes. There is one at a time; when it ends, what it wrote is on disk."""
        with self._errors(), self.engine.connect() as connection:
            connection = connection.execution_options(groundset_write=True)  # noqa: PLW2901
            with connection.begin():
                if not self.sqlite:
                    # The lock is held until the commit is visible: numbers rise in the order of commits.
                    connection.execute(sa.text("SET LOCAL synchronous_commit = on"))
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise ServiceError(
                "the journal's database refused",
                asked=self.shown,
                found=str(error.orig).strip(),
                hint=_hint(str(error.orig)),
            ) from error
        except UnicodeDecodeError as error:
            raise ServiceError(
                "the journal's database is damaged",
                asked=self.shown,
                found=f"bytes that are no text: {error}",
                hint="keep the file, and restore the last backup",
            ) from error


def open_database(url: str, root: Path, after: Callable[[Connection], None]) -> Database:
    """Open a journal's database, make or upgrade its tables.

    Args:
        url: ``sqlite:///FILE`` (relative to ``root``), ``postgresql://...`` or ``postgresql+psycopg://...``.
        root: Folder of the workspace.
        after: Called in the same transaction after an upgrade, to fill derived tables.

    Raises:
        InputError: The URL is of no known kind.
        ConflictError: The database is of a newer version.
        ServiceError: It cannot be opened.
    """
    parsed = _parse(url, root)
    shown = parsed.render_as_string(hide_password=True)
    database = Database(_sqlite(parsed) if parsed.drivername == "sqlite" else _postgresql(parsed), shown)
    try:
        with database.read() as connection:
            revision = _revision(connection)
        if revision != REVISIONS[-1]:
            with database.write() as connection:
                _upgrade(connection, shown, after)
    except BaseException:
        database.close()
        raise
    return database


def _parse(url: str, root: Path) -> URL:
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        raise InputError("this is not a database URL", asked=repr(url), hint=_URLS) from None
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if not parsed.database or parsed.database == ":memory:":
            raise InputError("a journal in memory would be lost", asked=url, hint=_URLS)
        return URL.create("sqlite", database=str(root / parsed.database))
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise InputError("this kind of database is not supported", asked=parsed.drivername, hint=_URLS)


_URLS = "take sqlite:///journal.db or postgresql://user:password@host/name"


def _sqlite(url: URL) -> Engine:
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where the listener below says
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=FULL")
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            _to_wal(cursor)
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("groundset_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    _forget_after_fork(engine)
    return engine


def _to_wal(cursor: Any) -> None:
    """Switch to WAL; two processes that make one journal at once wait for each other here."""
    import sqlite3
    import time

    for attempt in range(100):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == 99:
                raise
            time.sleep(0.05)
        else:
            return


def _postgresql(url: URL) -> Engine:
    try:
        engine = sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (NoSuchModuleError, ImportError):
        raise InputError(
            "PostgreSQL needs the package psycopg", asked=url.host, hint="pip install 'groundset[postgres]'"
        ) from None
    _forget_after_fork(engine)
    return engine


def _forget_after_fork(engine: Engine) -> None:
    """A forked worker must open connections of its own, never use its parent's."""
    known = weakref.ref(engine)

    def forget() -> None:
        if (there := known()) is not None:
            there.dispose(close=False)

    os.register_at_fork(after_in_child=forget)


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(connection: Connection, shown: str, after: Callable[[Connection], None]) -> None:
    revision = _revision(connection)
    if revision is not None and revision not in REVISIONS:
        raise ConflictError(
            "this journal was made by a newer version of Groundset",
            asked=f"{shown}, revision {revision}",
            found=f"this version knows up to {REVISIONS[-1]}",
            hint="upgrade with: pip install --upgrade groundset",
        )
    if revision == REVISIONS[-1]:
        return  # another process was quicker
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    after(connection)


def _hint(reason: str) -> str:
    text = reason.lower()
    for words, hint in (
        (("full", "no space"), "free some space and try again; what was acknowledged is kept"),
        (("readonly", "read-only"), "make the file and its folder writable"),
        (("locked",), "another process is writing for long; try again"),
        (("unable to open",), "check that the folder is there and writable"),
        (("malformed", "not a database"), "the file is damaged: restore it from a backup"),
        (("connection", "connect"), "check that the server runs and that address, user and password are right"),
    ):
        if any(w in text for w in words):
            return hint
    return "the message is the database's own"
