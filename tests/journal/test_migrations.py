from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from groundset.core import ConflictError, InputError
from groundset.journal import Journal, NewEvent, answer, database
from groundset.journal.schema import REVISIONS, metadata


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def upgrade_to(url: str, root: Path, revision: str) -> sa.Engine:
    parsed = database._parse(url, root)
    engine = database._sqlite(parsed) if parsed.drivername == "sqlite" else database._postgresql(parsed)
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return engine


def test_the_revisions_named_are_those_that_there_are() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert tuple(s.revision for s in script.walk_revisions())[::-1] == REVISIONS


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_journal_of_an_older_revision_is_upgraded_and_derived(url: str, tmp_path: Path, revision: str) -> None:
    engine = upgrade_to(url, tmp_path, revision)
    row = (
        "INSERT INTO events (seq, id, at, actor, kind, task, chip_id, payload, undoes)"
        " VALUES (:seq, :id, '2026-01-01T00:00:00.000000Z', 'anna', :kind, :task, :chip, :payload, :undoes)"
    )
    ids = [f"00000000-0000-4000-8000-00000000000{i}" for i in range(4)]
    payload = '{"class":1,"value":"positive"}'
    said = [{"seq": i, "id": ids[i], "kind": "answer", "task": "chips", "chip": f"c{i}", "payload": payload, "undoes": None} for i in (1, 2)]  # fmt: skip  # noqa: E501
    undo = {"seq": 3, "id": ids[3], "kind": "undo", "task": None, "chip": None, "payload": "{}", "undoes": ids[1]}
    with engine.begin() as connection:
        connection.execute(sa.text(row), [*said, undo])
    engine.dispose()
    with Journal.open(url, root=tmp_path) as journal:
        assert [e.seq for e in journal.current("chips")] == [2]
        assert journal.append([NewEvent("answer", "chips", "c1", answer(0))], actor="anna")[0].seq == 4


def test_the_tables_are_as_the_code_names_them(journal: Journal) -> None:
    with journal._db.read() as connection:
        there = sa.inspect(connection)
        for name, table in metadata.tables.items():
            assert [c["name"] for c in there.get_columns(name)] == [c.name for c in table.columns]


def test_a_journal_of_a_newer_version_is_refused_untouched(url: str, tmp_path: Path) -> None:
    with Journal.open(url, root=tmp_path) as journal, journal._db.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(ConflictError, match=r"newer version of Groundset.*revision 0999.*pip install --upgrade"):
        Journal.open(url, root=tmp_path)


@pytest.mark.parametrize("bad", ["mysql://u@h/d", "journal.db", "sqlite://", "sqlite:///:memory:"])
def test_other_databases_are_refused(tmp_path: Path, bad: str) -> None:
    with pytest.raises(InputError, match=r"sqlite:///journal.db or postgresql://"):
        Journal.open(bad, root=tmp_path)


def test_plain_postgresql_urls_are_taken(postgres_url: str, tmp_path: Path) -> None:
    plain = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    with Journal.open(plain, root=tmp_path) as journal:
        assert journal.head() == 0


def test_sqlite_is_in_wal_mode_and_synchronous_full(tmp_path: Path) -> None:
    with Journal.open("sqlite:///journal.db", root=tmp_path) as journal, journal._db.read() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(sa.text("PRAGMA synchronous")).scalar() == 2
