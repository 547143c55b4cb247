"""How long a connection may take to say what it wants."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from groundset.server.headers import common
from groundset.server.models import Problem
from groundset.server.problems import respond

HEADER_SECONDS = 20.0
"""From the first byte of a request, or from the connection's beginning, to the end of its headers."""


class Ending:
    """ASGI middleware: a request that is cancelled, because the server stops, is told so; that is no error of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            if not begun:
                told = Problem(title="the server is stopping", status=503, hint="ask again in a moment")
                await respond(told, {"Connection": "close", **common()})(scope, receive, send)


class PatientProtocol(H11Protocol):
    """Uvicorn's HTTP, whose patience with headers that do not end is limited."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Somebody has come."""
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Something was said."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self._begin()
        else:
            self._end()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered as all else: problem details, with the headers of every answer."""
        told = respond(Problem(title="this is no HTTP request", status=400, detail=msg), {"Connection": "close"})
        headers = [*told.raw_headers, *((k.lower().encode(), v.encode()) for k, v in common().items())]
        body = h11.Data(data=bytes(told.body))
        for event in (h11.Response(status_code=400, headers=headers), body, h11.EndOfMessage()):
            self.transport.write(self.conn.send(event))
        self.transport.close()

    def cut(self) -> None:
        """End an answer that has begun; whoever reads it learns that it is not whole."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """They have gone."""
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()
