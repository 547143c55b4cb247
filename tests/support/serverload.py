"""Many clients that answer at once, each over its own connection, and send again what was not acknowledged."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

TOKEN = "a-token-of-the-tests"


class Connection:
    """HTTP/1.1 over one kept connection, with as little work as can be: the server is measured, not the client."""

    def __init__(self, port: int, actor: str) -> None:
        self.port = port
        self._head = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {TOKEN}\r\nX-Groundset-Actor: {actor}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._streams
        writer.write(f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
        return int(head.split(" ", 2)[1]), json.loads(await reader.readexactly(length))

    async def listen(self) -> None:
        """Keep an event stream open, as a page does."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"GET /api/events HTTP/1.1\r\n{self._head}\r\n".encode())
            while await reader.read(65536):
                pass
        finally:
            writer.close()

    def close(self) -> None:
        """Drop the connection; the next question opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@dataclass
class Answers:
    """What a crowd of clients has sent, and what was acknowledged."""

    chips: list[str]
    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    again: int = 0

    def make(self, mark: str) -> bytes:
        """An answer with a mark of its own."""
        payload = {"class": 1, "value": "positive", "reason": mark}
        item = {"kind": "answer", "task": "chips", "chip_id": random.choice(self.chips), "payload": payload}
        return json.dumps([{"id": str(uuid4()), **item}]).encode()

    async def send(self, connection: Connection, mark: str) -> None:
        """Send one answer until it is acknowledged, with the same id each time."""
        body = self.make(mark)
        while True:
            begun = time.perf_counter()
            try:
                status, said = await connection.post("/api/annotations", body)
            except (OSError, asyncio.IncompleteReadError):
                connection.close()
                self.again += 1
                await asyncio.sleep(0.05)
                continue
            if status == 503:  # it is stopping
                await asyncio.sleep(0.05)
                continue
            assert status in (200, 201), said
            self.seconds.append(time.perf_counter() - begun)
            self.acknowledged.append(mark)
            return


async def crowd(
    port: int, answers: Answers, *, clients: int, until: Callable[[], bool], every: float | None, listen: bool = False
) -> None:
    """Clients that answer until ``until()``: each once in ``every`` seconds, or as fast as they are acknowledged."""

    async def one(n: int) -> None:
        connection = Connection(port, f"client {n}")
        stream = asyncio.create_task(connection.listen()) if listen else None
        due = time.perf_counter() + (n / clients) * (every or 0)
        i = 0
        while not until():
            if every is not None:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                due += every
            await answers.send(connection, f"{n}.{i}")
            i += 1
        connection.close()
        if stream is not None:
            stream.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await stream

    await asyncio.gather(*(one(n) for n in range(clients)))


async def under_kills(
    port: int, answers: Answers, *, clients: int, kills: int, kill: Callable[[], Awaitable[None]], load: float = 0.5
) -> None:
    """A crowd that goes on while its server is killed ``kills`` times; ``kill`` also starts it again."""
    done = False
    rng = random.Random(0)

    async def killer() -> None:
        nonlocal done
        for _ in range(kills):
            before = len(answers.acknowledged)
            while len(answers.acknowledged) < before + clients:  # noqa: ASYNC110  # a moment is exact enough
                await asyncio.sleep(0.01)
            await asyncio.sleep(rng.uniform(0, load))
            await kill()
        done = True

    await asyncio.gather(killer(), crowd(port, answers, clients=clients, until=lambda: done, every=None))


def lost_and_doubled(acknowledged: list[str], marks: list[str]) -> tuple[int, int]:
    """Answers acknowledged that are not in the journal, and answers that are there more than once."""
    there = Counter(marks)
    return sum(mark not in there for mark in acknowledged), sum(n - 1 for n in there.values())
