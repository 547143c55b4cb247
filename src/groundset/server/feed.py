"""The journal and the folders, watched while someone listens: what other clients and processes do is told to all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from groundset.core import GroundsetError
from groundset.core.layout import Layout
from groundset.journal import Event
from groundset.lake import Lake
from groundset.server.door import Visitor
from groundset.server.hub import Hub, Message

POLL_SECONDS = 1.0
REST_SECONDS = 0.1
"""Between two looks at the journal, however much is written: so many messages a second at most."""

MOST_CHIPS = 500
MOST_BEHIND = 10_000
"""Events that a client that comes back is told of; one that missed more loads afresh."""

T = TypeVar("T")
_log = logging.getLogger("groundset.server")


@dataclass(eq=False)
class Feed:
    """Looks at a workspace once a second, and at once when this server wrote, as long as someone listens."""

    lake: Lake
    hub: Hub
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _one: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))

    def stir(self) -> None:
        """This server has written to the journal. In the server's loop."""
        self._moved.set()

    async def stop(self) -> None:
        """Look no longer."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def open(self, who: Visitor, since: int | None) -> AsyncIterator[bytes]:
        """What one client hears, as it goes over the wire.

        Args:
            who: Who listens.
            since: Number of the last event that it has heard of; what came after is told first.

        Raises:
            TooManyError: Too many streams are open.
        """
        self.hub.admit(who.session)
        return self._stream(who, since)

    async def _stream(self, who: Visitor, since: int | None) -> AsyncIterator[bytes]:
        listener = self.hub.open(who.session, who.actor)
        try:
            await self._watch()
            head = await self._ask(self.lake.journal.head)
            for message in await self._greet(head, since):
                yield message.wire
            async for heard in self.hub.messages(listener):
                yield b": \n\n" if heard is None else heard.wire
        finally:
            self.hub.leave(listener)

    async def _greet(self, head: int, since: int | None) -> list[Message]:
        if since is None or since == head:
            return [Message("hello", {"head": head}, head)]
        if since > head or head - since > MOST_BEHIND:  # another journal, or too much
            return [Message("hello", {"head": head, "reload": True}, head)]
        missed = await self._ask(lambda: list(self.lake.journal.events(since=since)))
        return [Message("hello", {"head": head}), *summaries(missed)]

    async def _watch(self) -> None:
        if self._task is None or self._task.done():
            seen = await self._ask(self.lake.journal.head)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._look(seen))

    async def _look(self, seen: int) -> None:
        stamps = await self._ask(lambda: _stamps(self.lake.layout))
        while len(self.hub):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), POLL_SECONDS)
            self._moved.clear()
            try:
                seen = await self._tell_answers(seen)
                stamps = await self._tell_folders(stamps)
            except (GroundsetError, OSError) as error:
                _log.warning("cannot look at the workspace: %s", error)
                await asyncio.sleep(POLL_SECONDS)
            await asyncio.sleep(REST_SECONDS)

    async def _tell_answers(self, seen: int) -> int:
        if await self._ask(self.lake.journal.head) <= seen:
            return seen
        new = await self._ask(lambda: list(self.lake.journal.events(since=seen, limit=MOST_BEHIND)))
        for message in summaries(new):
            self.hub.publish(message.name, message.data, message.id)
        return new[-1].seq if new else seen

    async def _tell_folders(self, before: dict[str, int]) -> dict[str, int]:
        now = await self._ask(lambda: _stamps(self.lake.layout))
        for what in [what for what, stamp in now.items() if stamp != before.get(what)]:
            self.hub.publish("workspace", {"what": what})
        return now

    async def _ask(self, function: Callable[[], T]) -> T:
        return await to_thread.run_sync(function, limiter=self._one)


def summaries(events: Sequence[Event]) -> Iterator[Message]:
    """Events told as who answered which chips of which task. The last message has the number to go on from."""
    groups: dict[tuple[str, str | None], dict[str, None]] = {}
    for event in events:
        chips = groups.setdefault((event.actor, event.task), {})
        if event.chip_id is not None:
            chips[event.chip_id] = None
    head = events[-1].seq if events else 0
    pieces = [(actor, task, some) for (actor, task), ids in groups.items() for some in _pieces(list(ids))]
    for i, (actor, task, some) in enumerate(pieces):
        data = {"head": head, "actor": actor, "task": task, "chips": some}
        yield Message("annotations", data, head if i == len(pieces) - 1 else None)


def _pieces(chips: list[str]) -> Iterable[list[str]]:
    return [chips[i : i + MOST_CHIPS] for i in range(0, len(chips), MOST_CHIPS)] or [[]]


def _stamps(layout: Layout) -> dict[str, int]:
    """When something was last added to or taken from a folder or the settings, by what a client calls it."""
    out = {}
    for what in ("scenes", "chips", "releases", "models"):
        try:
            out[what] = getattr(layout, what).stat().st_mtime_ns
        except OSError:
            out[what] = 0
    files = [layout.config, *layout.root.glob("*.csv")]
    out["scheme"] = hash(tuple((file.name, file.stat().st_mtime_ns) for file in sorted(files) if file.exists()))
    return out
