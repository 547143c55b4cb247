"""What was acknowledged is there, whatever happens to the process; two processes never get in each other's way."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from groundset.core import ServiceError
from groundset.journal import Journal, NewEvent, answer, new_id

SQLITE = "sqlite:///journal.db"
WRITER = Path(__file__).with_name("writer.py")


def said(i: int) -> NewEvent:
    return NewEvent("answer", task="chips", chip_id=f"s_0_0_{i}", payload=answer(1))


def derived(journal: Journal) -> list[tuple[object, ...]]:
    with journal._db.read() as connection:
        return [
            tuple(row)
            for table in ("undone", "current_answers")
            for row in connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1, 2"))
            if row[-1] != 0
        ]


def kill_writers(url: str, root: Path, times: int) -> set[str]:
    """Kill ``times`` writing processes at random moments; returns the ids that they had acknowledged."""
    rng = random.Random(0)
    acknowledged = set()
    command = [sys.executable, str(WRITER), url, str(root), "forks"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for turn in range(times):
            process.stdin.write("next\n")
            process.stdin.flush()
            pid, delay = 0, rng.uniform(0.0, 0.08)
            starts = "pid" if turn % 4 == 3 else "ack"  # some are killed while they open the journal
            for line in process.stdout:
                what, _, value = line.strip().partition(" ")
                if what == "pid":
                    pid = int(value)
                elif what == "ack":
                    acknowledged.add(value)
                elif what == "dead":
                    break
                if what == starts:
                    starts = "started"
                    threading.Timer(delay, os.kill, (pid, signal.SIGKILL)).start()
        process.stdin.close()
    return acknowledged


def check_after_kills(url: str, root: Path, times: int) -> None:
    acknowledged = kill_writers(url, root, times)
    assert len(acknowledged) > times
    with Journal.open(url, root=root) as journal:
        events = list(journal.events())
        assert acknowledged <= {e.id for e in events}
        assert [e.seq for e in events] == list(range(1, len(events) + 1))
        before = derived(journal)
        journal.rebuild()
        assert derived(journal) == before
    if url == SQLITE:
        with sqlite3.connect(root / "journal.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


def test_a_hundred_kills_lose_no_acknowledged_answer(url: str, tmp_path: Path) -> None:
    check_after_kills(url, tmp_path, 100 if url == SQLITE else 30)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_thousand_kills_lose_no_acknowledged_answer(url: str, tmp_path: Path) -> None:
    check_after_kills(url, tmp_path, 1000)


def test_two_processes_write_at_once(url: str, tmp_path: Path) -> None:
    """Both make the journal, both append; a reader that follows ``since`` misses nothing."""
    command = [sys.executable, str(WRITER), url, str(tmp_path), "150"]
    processes = [subprocess.Popen(command) for _ in range(2)]
    seen: list[int] = []
    with Journal.open(url, root=tmp_path) as journal:
        while any(p.poll() is None for p in processes):
            seen += [e.seq for e in journal.events(since=seen[-1] if seen else 0)]
            time.sleep(0.002)
        seen += [e.seq for e in journal.events(since=seen[-1] if seen else 0)]
    assert [p.returncode for p in processes] == [0, 0]
    assert seen == list(range(1, 301))


def test_threads_share_one_journal(journal: Journal) -> None:
    def work(n: int) -> None:
        for i in range(20):
            journal.append([said(n * 100 + i)], actor=f"thread {n}")
            journal.current("chips", chip_ids=[f"s_0_0_{n * 100}"])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.seq for e in journal.events()] == list(range(1, 81))


def test_a_batch_lands_whole_or_not_at_all(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, OSError("no space left on device"))

    monkeypatch.setattr("groundset.journal._write._make_current", fails)
    with pytest.raises(ServiceError, match="free some space"):
        journal.append([said(1), said(2)], actor="anna")
    monkeypatch.undo()
    assert journal.head() == 0
    assert journal.append([said(1)], actor="anna")[0].seq == 1


def test_a_full_disk_says_so_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    with Journal.open(SQLITE, root=tmp_path) as journal:
        journal.append([said(1)], actor="anna")
        with journal._db.read() as connection:
            pages = connection.execute(sa.text("PRAGMA page_count")).scalar()

        @sa.event.listens_for(journal._db.engine, "checkout")
        def limit(connection: sqlite3.Connection, *_: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages}")

        with pytest.raises(ServiceError, match=r"database or disk is full.*free some space"):
            journal.append([said(i) for i in range(2, 2000)], actor="anna")
        assert journal.head() == 1


def test_a_journal_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with Journal.open(SQLITE, root=tmp_path) as journal:
        journal.append([said(1)], actor="anna")

        @sa.event.listens_for(journal._db.engine, "checkout")
        def refuse(connection: sqlite3.Connection, *_: object) -> None:
            connection.execute("PRAGMA query_only=1")

        with pytest.raises(ServiceError, match=r"readonly.*writable"):
            journal.append([said(2)], actor="anna")
        assert journal.head() == 1


def test_a_damaged_journal_says_so(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"<html>not a database</html>" * 100)
    with pytest.raises(ServiceError, match="restore it from a backup"):
        Journal.open(SQLITE, root=tmp_path)


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="check that the folder is there"):
        Journal.open(SQLITE, root=tmp_path / "nowhere")


def test_a_server_that_is_not_there_says_so_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="check that the server runs") as caught:
        Journal.open("postgresql://anna:secret@127.0.0.1:9/lake", root=tmp_path)
    assert "secret" not in str(caught.value)


def test_a_forked_worker_has_connections_of_its_own(journal: Journal) -> None:
    journal.append([said(1)], actor="anna")
    child = os.fork()
    if child == 0:
        ok = journal.append([said(2)], actor="child")[0].status == "created"
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    journal.append([said(3)], actor="anna")
    assert [e.actor for e in journal.events()] == ["anna", "child", "anna"]


def test_times_of_an_event_are_its_own(journal: Journal) -> None:
    """Sending an event again later, with the clock gone on, is still the same event."""
    one = said(1)
    journal.append([one], actor="anna")
    again = NewEvent(one.kind, one.task, one.chip_id, one.payload, one.id, at="2030-01-01T00:00:00Z")
    assert journal.append([again], actor="anna")[0].status == "known"
    assert "needs a zone" in str(journal.append([NewEvent("answer", "chips", "c", answer(1), new_id(), at="2030-01-01T00:00:00")], actor="a")[0].error)  # fmt: skip  # noqa: E501
