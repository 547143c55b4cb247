"""The gate before every route: which host, which base path, who it is, and whether the page itself asks."""

from __future__ import annotations

import asyncio
import getpass
import hmac
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from groundset.core import GroundsetError, InputError
from groundset.server.context import Settings
from groundset.server.door import Visitor, actor_name
from groundset.server.headers import common, with_headers
from groundset.server.paths import LOOPBACK, ROOT, based, below, host_of, is_api, route_path, wants_page
from groundset.server.problems import (
    NOBODY,
    ForbiddenError,
    MisdirectedError,
    TooManyError,
    UnauthorizedError,
    problem,
    respond,
)
from groundset.server.session import LIFETIME, Sessions, Ticket
from groundset.server.static import door_page, failed_page

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FRAMES = frozenset({"iframe", "frame", "embed", "object"})
ANY_HOST = "*"
"""As a trusted host: any name, for a server whose proxy is not known (a notebook's, behind JupyterHub)."""

_WRONG_SECONDS = 0.1
_WRONG_WAITING = 50


class Gate:
    """ASGI middleware: lets in who may come in, as ``scope["state"]["visitor"]``; answers the others itself.

    Args:
        app: What lies behind it.
        settings: Token, trusted hosts, base path.
        sessions: The sessions of this server.
    """

    def __init__(self, app: ASGIApp, settings: Settings, sessions: Sessions) -> None:
        self.app = app
        self.settings = settings
        self.sessions = sessions
        self.hosts = LOOPBACK | {h.lower() for h in settings.trusted_hosts}
        self._headers = common(settings.frame_ancestors)
        self._wrong = Slow()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        scope = based(scope, headers, self.settings.root_path)
        send = with_headers(send, self._headers)
        if route_path(scope) == "":
            await RedirectResponse(below(scope), 307)(scope, receive, send)
            return
        try:
            answer = await self._admit(scope, headers)
        except GroundsetError as error:
            answer = _refusal(error, page=wants_page(scope))
        await (self.app if answer is None else answer)(scope, receive, send)

    async def _admit(self, scope: Scope, headers: Headers) -> Response | None:
        self._check_host(headers)
        token = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token")
        if token is not None and wants_page(scope):
            return await self._welcome(scope, headers, token)
        visitor = await self._visitor(scope, headers)
        if visitor is not None:
            scope.setdefault("state", {})["visitor"] = visitor
        elif not _open_to_all(scope, headers):
            raise UnauthorizedError(
                NOBODY,
                hint="open the address that the server printed, or send Authorization: Bearer TOKEN",
            )
        return None

    def _check_host(self, headers: Headers) -> None:
        host = host_of(headers.get("host", ""))
        if host not in self.hosts and ANY_HOST not in self.hosts:
            raise MisdirectedError(
                "this server does not answer under this name",
                asked=host or "no Host header",
                found=", ".join(sorted(self.hosts)),
                hint=f"behind a proxy, start it with --trusted-host {host or 'NAME'}",
            )

    async def _welcome(self, scope: Scope, headers: Headers, token: str) -> Response:
        """The first visit: the token becomes a cookie and leaves the address."""
        if not await self._right(token):
            raise UnauthorizedError(
                "this is not the token of this server", hint="copy the whole address that it printed"
            )
        rest = [(k, v) for k, v in parse_qsl(scope["query_string"].decode("latin-1")) if k != "token"]
        response = RedirectResponse("./" + (f"?{urlencode(rest)}" if rest else ""), 303)
        there = self._ticket(scope, headers)
        actor, session = (there.actor, there.id) if there else (None, None)
        set_cookie(response, scope, self.sessions.issue(actor, session))
        return response

    async def _visitor(self, scope: Scope, headers: Headers) -> Visitor | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if not await self._right(token.strip()):
                raise UnauthorizedError("this is not the token of this server", hint="it stands in the printed address")
            return Visitor("admin", _named(headers), session="token")
        ticket = self._ticket(scope, headers)
        if ticket is None:
            return None
        csrf = self.sessions.csrf(ticket.id)
        if scope["method"] not in SAFE:
            _check_own_page(headers, csrf)
        return Visitor("admin", ticket.actor, csrf, ticket.id)

    async def _right(self, token: str) -> bool:
        right = self.sessions.knows(token)
        if not right:
            await self._wrong.wait()
        return right

    def _ticket(self, scope: Scope, headers: Headers) -> Ticket | None:
        name = cookie_name(scope)
        tickets = (self.sessions.read(value) for value in cookies(headers, name))
        return next((ticket for ticket in tickets if ticket is not None), None)


class Refusal:
    """ASGI app that answers every request with one error; people get a page, clients problem details."""

    def __init__(self, error: GroundsetError) -> None:
        self.error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        told = problem(self.error)
        await (failed_page(told) if wants_page(scope) else respond(told))(scope, receive, send)


class Slow:
    """Answers to wrong tokens come one after the other, some a second, whoever asks."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def wait(self) -> None:
        """Wait for one's turn.

        Raises:
            TooManyError: Too many wait already.
        """
        if self._waiting >= _WRONG_WAITING:
            raise TooManyError("too many wrong tokens", hint="wait a little")
        self._waiting += 1
        try:
            async with self._turn:
                await asyncio.sleep(_WRONG_SECONDS)
        finally:
            self._waiting -= 1


def cookie_name(scope: Scope) -> str:
    """Name of the session's cookie: browsers keep cookies by host, whatever the port, so the port is in it."""
    server = scope.get("server") or ("", 0)
    return f"groundset-{server[1] or 0}"


def cookies(headers: Headers, name: str) -> Iterator[str]:
    """Values of the cookies of one name, those of the longest path first, as browsers send them.

    Other programs of this host have cookies too, and what stands in them is no reason not to find ours.
    """
    for line in headers.getlist("cookie"):
        for pair in line.split(";"):
            key, equals, value = pair.partition("=")
            if equals and key.strip() == name:
                yield value.strip()


def set_cookie(response: Response, scope: Scope, value: str | None) -> None:
    """Give the browser a session, or take it away."""
    secure = scope.get("scheme") == "https"
    path = quote(scope.get(ROOT, "")) + "/"
    response.set_cookie(
        cookie_name(scope), value or "", max_age=LIFETIME if value else 0, path=path, httponly=True, samesite="lax",
        secure=secure,
    )  # fmt: skip


def _open_to_all(scope: Scope, headers: Headers) -> bool:
    """Whether a request is answered without a session: the page's files hold no secret.

    The page itself only where it stands in a frame: there it has its token from the notebook around it.
    """
    if is_api(scope):
        return False
    return not wants_page(scope) or headers.get("sec-fetch-dest") in FRAMES or b"embed" in scope["query_string"]


def _check_own_page(headers: Headers, csrf: str) -> None:
    """Refuse what a page of somebody else's made the browser send."""
    fetch, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if fetch is not None:
        own = fetch == "same-origin"
    else:
        own = origin is not None and origin.lower().partition("://")[2] == headers.get("host", "").lower()
    if not own:
        raise ForbiddenError(
            "this request comes from another page", asked=origin or fetch or "no Origin header",
            hint="clients other than the page send Authorization: Bearer TOKEN",
        )  # fmt: skip
    sent = headers.get("x-csrf-token", "")
    if not hmac.compare_digest(sent.encode(), csrf.encode()):
        raise ForbiddenError("this request lacks the session's X-CSRF-Token", hint="GET /api/session tells it as csrf")


def _named(headers: Headers) -> str:
    """The actor of a client with the token: whom it names, else the user of this system."""
    raw = next((v for k, v in headers.raw if k == b"x-groundset-actor"), None)
    if raw is None:
        return _user()
    try:
        return actor_name(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise InputError("the name in X-Groundset-Actor is not UTF-8", asked=repr(raw)[:80]) from None


def _user() -> str:
    try:
        return actor_name(getpass.getuser())
    except (OSError, KeyError, InputError):
        return "admin"


def _refusal(error: GroundsetError, *, page: bool) -> Response:
    told = problem(error)
    if page and told.status in (401, 429):
        return door_page(told)
    return respond(told, {"WWW-Authenticate": "Bearer"} if told.status == 401 else None)
