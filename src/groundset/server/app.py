"""The app of one workspace. Built per workspace and mounted; no module-level state."""

from __future__ import annotations  # noqa: I001

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundset import __version__
from groundset.server import openapi, problems
from groundset.server.context import Context, Settings
from groundset.server.gate import Gate
from groundset.server.headers import page_policy
from groundset.server.limits import Limits
from groundset.server.making import no_room
from groundset.server.models import NewWorkspace, WorkspaceLink
from groundset.server.paths import is_api, route_path
from groundset.server.routes import annotations as answers
from groundset.server.routes import (
    attached,
    arrangements,
    cascade,
    assistant,
    chip,
    chips,
    events,
    fusion,
    jobs,
    history,
    learning,
    scheme,
    series,
    maps,
    masks,
    predictions,
    queries,
    questions,
    quicklooks,
    regions,
    releases,
    scenes,
    session,
    shapes,
    strokes,
    views,
    words,
    workspace,
)
from groundset.server.session import KEYS_FILE, Sessions
from groundset.server.static import Page
from groundset.workspace import Workspace

Make = Callable[[NewWorkspace], WorkspaceLink]
"""Makes a workspace; its link."""

PACKED = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    "application/octet-stream",
    "application/x-npy",
    "image/tiff",
    "application/vnd.apache.parquet",
)
"""What gzip would only delay: pictures, pixels, masks and streams of events."""

ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    workspace.router,
    chips.router,
    queries.router,
    chip.router,
    quicklooks.router,
    scenes.router,
    maps.router,
    fusion.router,
    answers.router,
    masks.router,
    strokes.router,
    shapes.router,
    jobs.router,
    releases.router,
    events.router,
    learning.router,
    predictions.router,
    scheme.router,
    series.router,
    words.router,
    history.router,
    views.router,
    arrangements.router,
    attached.router,
    assistant.router,
    questions.router,
    regions.router,
    cascade.router,
)


def create_app(
    ws: Workspace,
    settings: Settings,
    *,
    sessions: Sessions | None = None,
    links: Callable[[], list[WorkspaceLink]] | None = None,
    make: Make = no_room,
) -> FastAPI:
    """The app that answers for one workspace: the API under ``/api``, the page at ``/``.

    Args:
        ws: The workspace; it stays the caller's to close.
        settings: How to run.
        sessions: Those of the server (default: its own, with the key that lies in the workspace).
        links: Gives the workspaces of the server (default: this one alone).
        make: Makes another one beside it (default: there is no room).
    """
    context = Context(ws, settings)
    known = sessions or Sessions(settings.token, ws.lake.layout.cache / KEYS_FILE)
    known.on_name.append(context.hub.rename)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with context:
            yield

    policy = partial(page_policy, ws.lake, settings.frame_ancestors)
    app = bare_app(settings, known, ROUTERS, links or (lambda: [session.link_to(ws, "./")]), lifespan, policy)
    app.state.context = context
    app.state.make = make
    return app


def bare_app(
    settings: Settings,
    sessions: Sessions,
    routers: Sequence[APIRouter],
    links: Callable[[], list[WorkspaceLink]],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
    policy: Callable[[], str] | None = None,
) -> FastAPI:
    """These routes and the page, behind the gate. ``policy``: what the page may load, where it is more than its own."""
    app = FastAPI(
        title="Groundset",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        separate_input_output_schemas=False,
    )
    app.state.sessions = sessions
    app.state.links = links
    problems.install(app)
    openapi.install(app, routers)
    for router in routers:
        app.include_router(router, prefix="/api")
    app.add_middleware(GZipMiddleware, minimum_size=2048, compresslevel=3, exclude_content_types=PACKED)
    app.add_middleware(Front, page=Page(settings.ui, policy))  # the last one added is the first that a request meets
    app.add_middleware(Limits, max_body=settings.max_body)
    app.add_middleware(Gate, settings=settings, sessions=sessions)
    return app


_ENDLESS = "/api/events"
"""An answer that has no end, and so no head alone."""


class Front:
    """ASGI middleware: the API to the routes, all else to the page's files. HEAD is GET without its body."""

    def __init__(self, app: ASGIApp, page: Page) -> None:
        self.app = app
        self.page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and not is_api(scope):
            await self.page(scope, receive, send)
        elif scope.get("method") == "HEAD" and route_path(scope) != _ENDLESS:
            await self.app({**scope, "method": "GET"}, receive, _head_alone(send))
        else:
            await self.app(scope, receive, send)


def _head_alone(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending
