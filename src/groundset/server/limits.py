"""What a request may cost: the size of its body, and the time it may take to arrive."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundset.server.models import Problem
from groundset.server.problems import respond

BODY_SECONDS = 30.0
"""Longest silence while a body arrives."""


class Limits:
    """ASGI middleware: refuses bodies that are too large, before or while they are read, and those that stall."""

    def __init__(self, app: ASGIApp, max_body: int, silence: float = BODY_SECONDS) -> None:
        self.app = app
        self.max_body = max_body
        self.silence = silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on within its limits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length")
        if length is not None and (not length.isdigit() or int(length) > self.max_body):
            await self._refuse(length, scope, receive, send)
            return
        await self.app(scope, self._limited(receive), send)

    def _limited(self, receive: Receive) -> Receive:
        seen, more = 0, True

        async def receiving() -> Message:
            nonlocal seen, more
            if not more:
                return await receive()  # waits until the client goes away
            try:
                message = await asyncio.wait_for(receive(), self.silence)
            except TimeoutError:
                raise HTTPException(408, "the body of the request stopped arriving") from None
            more = bool(message.get("more_body", False))
            seen += len(message.get("body", b""))
            if seen > self.max_body:
                raise HTTPException(413, f"a body has at most {self.max_body:,} bytes", {"Connection": "close"})
            return message

        return receiving

    async def _refuse(self, length: str, scope: Scope, receive: Receive, send: Send) -> None:
        told = Problem(
            title="the body of the request is too large",
            status=413,
            asked=f"{length} bytes",
            found=f"at most {self.max_body:,} bytes are taken",
            hint="send it in parts",
        )
        await respond(told, {"Connection": "close"})(scope, receive, send)
