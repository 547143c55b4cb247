"""Who listens, and what they hear: annotations, jobs, changes of the workspace, and who else is there."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from groundset.server.problems import TooManyError

QUEUE = 256
"""Messages kept for a client that reads slowly; one more and it is let go, to load afresh."""

PER_SESSION = 12
IN_ALL = 500
HEARTBEAT = 15.0


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event. ``id`` is a number of the journal, from which a client goes on when it comes back."""

    name: str
    data: dict[str, Any]
    id: int | None = None

    wire: bytes = field(init=False, repr=False)
    """The message as it goes over the wire; made once, however many listen."""

    def __post_init__(self) -> None:
        said = f"event: {self.name}\ndata: {json.dumps(self.data, separators=(',', ':'))}\n"
        number = "" if self.id is None else f"id: {self.id}\n"
        object.__setattr__(self, "wire", f"{said}{number}\n".encode())


@dataclass(eq=False, slots=True)
class Listener:
    """One open stream."""

    session: str
    actor: str | None
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[Message | None] = field(default_factory=lambda: asyncio.Queue(QUEUE + 2))

    def put(self, message: Message | None) -> None:
        """Queue a message (None: the end). In the listener's own loop."""
        if message is not None and self.queue.qsize() >= QUEUE:
            while not self.queue.empty():
                self.queue.get_nowait()
            message = Message("hello", {"reload": True})
            self.queue.put_nowait(message)
            message = None
        if not self.queue.full():
            self.queue.put_nowait(message)


class Hub:
    """Passes messages to all open streams. Safe to publish to from any thread."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    def publish(self, name: str, data: dict[str, Any], id: int | None = None) -> None:  # noqa: A002  # as SSE calls it
        """Tell everyone who listens. Nobody waits for a slow listener."""
        self._tell(Message(name, data, id))

    def admit(self, session: str) -> None:
        """See whether one more stream may be opened.

        Raises:
            TooManyError: This session, or all together, have too many open already.
        """
        with self._lock:
            mine = sum(known.session == session for known in self._listeners)
            if mine >= PER_SESSION or len(self._listeners) >= IN_ALL:
                raise TooManyError(
                    "too many open event streams", found=f"{mine} of this session, {len(self._listeners)} in all",
                    hint="close some pages",
                )  # fmt: skip

    def open(self, session: str, actor: str | None) -> Listener:
        """A new stream, of the running loop."""
        listener = Listener(session, actor, asyncio.get_running_loop())
        with self._lock:
            self._listeners.add(listener)
            if self._closed:
                listener.put(None)
        self._tell_presence()
        return listener

    def leave(self, listener: Listener) -> None:
        """A stream has ended."""
        with self._lock:
            self._listeners.discard(listener)
        self._tell_presence()

    async def messages(self, listener: Listener) -> AsyncIterator[Message | None]:
        """What a listener hears, until the end; None where there was nothing for a while."""
        while True:
            try:
                message = await asyncio.wait_for(listener.queue.get(), HEARTBEAT)
            except TimeoutError:
                yield None
                continue
            if message is None:
                return
            yield message

    def rename(self, session: str, actor: str | None) -> None:
        """A session has got a name, or has lost it."""
        with self._lock:
            for listener in self._listeners:
                if listener.session == session:
                    listener.actor = actor
        self._tell_presence()

    def actors(self) -> list[str]:
        """Names of the people who are there."""
        with self._lock:
            return sorted({known.actor for known in self._listeners if known.actor})

    def close(self) -> None:
        """End all streams, so that the server can stop. Later ones end at once."""
        self._closed = True
        self._tell(None)

    def _tell_presence(self) -> None:
        self.publish("presence", {"actors": self.actors()})

    def _tell(self, message: Message | None) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener.loop.call_soon_threadsafe(listener.put, message)
            except RuntimeError:  # its loop is closed: nobody listens there
                with self._lock:
                    self._listeners.discard(listener)
