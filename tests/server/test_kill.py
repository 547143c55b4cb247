"""A server killed at any moment: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from serverload import Answers, lost_and_doubled, under_kills
from serving import Running, make_workspace, running

from groundset.lake import Lake


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def check(root: Path, kills: int, clients: int) -> None:
    port = free_port()
    answers = Answers([f"s_0_{r}_{c}" for r in range(4) for c in range(4)])
    with ExitStack() as stack:

        def start() -> Running:
            return stack.enter_context(running(root, "--port", str(port)))

        server = start()

        async def kill() -> None:
            nonlocal server
            server.process.kill()
            await asyncio.to_thread(server.process.wait)
            server = await asyncio.to_thread(start)

        asyncio.run(under_kills(port, answers, clients=clients, kills=kills, kill=kill))
        assert server.stop() == 0
    with Lake.open(root) as lake:
        marks = [e.payload["reason"] for e in lake.journal.events()]
        assert [e.seq for e in lake.journal.events()] == list(range(1, len(marks) + 1))
    assert answers.again > 0, "some had to send again"
    assert len(answers.acknowledged) > kills * clients
    assert lost_and_doubled(answers.acknowledged, marks) == (0, 0)


@pytest.mark.timeout(280)
def test_three_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    make_workspace(tmp_path / "lake").close()
    check(tmp_path / "lake", kills=3, clients=8)


@pytest.mark.services
@pytest.mark.timeout(280)
def test_nor_with_postgresql(tmp_path: Path, postgres_url: str) -> None:
    make_workspace(tmp_path / "lake", database=postgres_url).close()
    check(tmp_path / "lake", kills=1, clients=8)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_thirty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    make_workspace(tmp_path / "lake").close()
    check(tmp_path / "lake", kills=30, clients=30)
