"""The app of one workspace. Built per workspace and mounted; no module-level state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from groundset import __version__
from groundset.server import problems
from groundset.server.context import Context, Settings
from groundset.server.routes import annotations as answers
from groundset.server.routes import (
    chip,
    chips,
    events,
    jobs,
    later,
    masks,
    quicklooks,
    releases,
    scenes,
    session,
    workspace,
)
from groundset.workspace import Workspace

ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    workspace.router,
    chips.router,
    chip.router,
    quicklooks.router,
    scenes.router,
    answers.router,
    masks.router,
    jobs.router,
    releases.router,
    events.router,
    later.router,
)


def create_app(ws: Workspace, settings: Settings) -> FastAPI:
    """The app that answers for one workspace: the API under ``/api``, the page at ``/``.

    Args:
        ws: The workspace; it stays the caller's to close.
        settings: How to run.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield

    app = FastAPI(
        title="Groundset",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
    )
    app.state.context = Context(ws, settings)
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api")
    return app
