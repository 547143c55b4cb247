"""Group commit: one transaction for many, an answer for each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundset.core import InputError, ServiceError, StoppedError
from groundset.journal import Batch, Journal, NewEvent, answer
from groundset.server.writer import Writer


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open("sqlite:///journal.db", root=tmp_path) as opened:
        yield opened


def said(i: int, **more: object) -> NewEvent:
    return NewEvent("answer", "chips", f"s_0_0_{i}", answer(1), **more)  # type: ignore[arg-type]


def fits(_event: NewEvent) -> None:
    pass


def test_many_clients_share_transactions(journal: Journal) -> None:
    groups: list[int] = []
    told: list[int] = []
    real = journal.commit

    def count(prepared):  # type: ignore[no-untyped-def]
        groups.append(len(prepared))
        return real(prepared)

    journal.commit = count  # type: ignore[method-assign]

    async def work() -> list[list[tuple[str, int | None]]]:
        writer = Writer(lambda: journal, written=lambda: told.append(1))
        asked = [writer.append(Batch([said(i)], f"actor {i}", fits)) for i in range(200)]
        out = [[(r.status, r.seq) for r in results] for results in await asyncio.gather(*asked)]
        writer.close()
        return out

    results = asyncio.run(work())
    assert [r for (r,) in results] == [("created", i + 1) for i in range(200)]
    assert sum(groups) == 200
    assert len(groups) == len(told) <= 5, "while the first is written, the others gather"
    assert [e.actor for e in journal.events()] == [f"actor {i}" for i in range(200)]


def test_each_gets_what_became_of_its_own(journal: Journal) -> None:
    def refuse(_event: NewEvent) -> None:
        raise InputError("there is no such chip")

    def breaks(_event: NewEvent) -> None:
        raise RuntimeError("a bug in a check")

    async def work() -> list[object]:
        writer = Writer(lambda: journal)
        many = [said(i) for i in range(150)]  # checked beside the others
        batches = [
            Batch([said(1)], "anna", fits),
            Batch([said(2)], "ben", refuse),
            Batch([said(3)], "eve", breaks),
            Batch(many, "dan", fits),
            Batch([said(4)], "cleo", fits),
        ]
        out = await asyncio.gather(*(writer.append(b) for b in batches), return_exceptions=True)
        writer.close()
        return out

    anna, ben, eve, dan, cleo = asyncio.run(work())
    assert [r.status for r in (*anna, *ben, *cleo)] == ["created", "refused", "created"]  # type: ignore[misc]
    assert isinstance(eve, RuntimeError)
    assert len(dan) == 150  # type: ignore[arg-type]
    assert journal.head() == 152


def test_a_database_that_fails_tells_everyone_and_goes_on(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object) -> None:
        raise ServiceError("the disk is full")

    async def work() -> tuple[list[object], object]:
        writer = Writer(lambda: journal)
        with monkeypatch.context() as patch:
            patch.setattr(journal, "commit", fails)
            bad = await asyncio.gather(
                *(writer.append(Batch([said(i)], "anna")) for i in range(3)), return_exceptions=True
            )
        good = await writer.append(Batch([said(9)], "anna"))
        writer.close()
        return bad, good

    bad, good = asyncio.run(work())
    assert [type(b) for b in bad] == [ServiceError] * 3
    assert good[0].seq == 1  # type: ignore[index]


def test_who_has_gone_does_not_hold_up_the_others(journal: Journal) -> None:
    gate = threading.Event()

    def slow(_event: NewEvent) -> None:
        gate.wait(20)

    async def work() -> str:
        writer = Writer(lambda: journal)
        gone = asyncio.create_task(writer.append(Batch([said(1)], "anna", slow)))
        await asyncio.sleep(0.01)
        gone.cancel()
        there = asyncio.create_task(writer.append(Batch([said(2)], "ben", fits)))
        await asyncio.sleep(0.01)
        gate.set()
        (result,) = await there
        writer.close()
        return result.status

    assert asyncio.run(work()) == "created"
    assert journal.head() == 2, "what was sent is kept, whoever waits for the answer"


def test_a_closed_writer_says_that_it_stops(journal: Journal) -> None:
    async def work() -> None:
        writer = Writer(lambda: journal)
        await writer.append(Batch([said(1)], "anna"))
        writer.close()
        with pytest.raises(StoppedError, match="send it again"):
            await writer.append(Batch([said(2)], "anna"))

    asyncio.run(work())
    assert journal.head() == 1
