"""The workspaces of one server: one in its folder, or several side by side, each under ``/w/NAME/``."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from anyio import to_thread
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from groundset.core import ConflictError, GroundsetError, MissingError, ServiceError
from groundset.core.layout import Layout
from groundset.server.app import bare_app, create_app
from groundset.server.context import Settings
from groundset.server.gate import Gate, Refusal
from groundset.server.lock import address_of, hold
from groundset.server.making import Maker
from groundset.server.models import NewWorkspace, WorkspaceLink
from groundset.server.paths import based, route_path
from groundset.server.routes import session
from groundset.server.routes.session import link_to
from groundset.server.session import Sessions
from groundset.server.static import Page
from groundset.workspace import Workspace
from groundset.workspace import open as open_workspace


class Folder:
    """ASGI app of a folder of workspaces. Each is opened when it is first asked for.

    Args:
        root: The folder.
        settings: How to run.
        sessions: The sessions of this server: one sign-in for all its workspaces.
        address: Where the server answers; other servers that want one of its workspaces are told.
    """

    def __init__(self, root: Path, settings: Settings, sessions: Sessions, address: str) -> None:
        self.root = root
        self.settings = settings
        self.sessions = sessions
        self.address = address
        self._hall = bare_app(settings, sessions, (session.router,), self.links)
        self._maker = Maker(root)
        self._hall.state.make = self.make
        self._gate = Gate(self._inside, settings, sessions)
        self._page = Page(settings.ui)
        self._open: dict[str, FastAPI] = {}
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the workspace that a request names, or for the folder."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        scope = based(scope, Headers(scope=scope), self.settings.root_path)
        _, first, name, *_ = [*route_path(scope).split("/", 3), "", ""]
        if first != "w" or not name:
            await self._hall(scope, receive, send)
            return
        scope["root_path"] += f"/w/{name}"
        scope["groundset_workspace"] = name
        await self._gate(scope, receive, send)

    def links(self) -> list[WorkspaceLink]:
        """The workspaces, by name; those that cannot be opened with the reason."""
        return [self._link(folder) for folder in folders(self.root)]

    def make(self, said: NewWorkspace) -> WorkspaceLink:
        """Make a workspace; see :meth:`groundset.server.making.Maker.make`."""
        return self._link(self._maker.make(said))

    def close_streams(self) -> None:
        """Let open event streams end."""
        for app in self._open.values():
            app.state.context.hub.close()

    def _link(self, folder: Path) -> WorkspaceLink:
        href = f"w/{folder.name}/"
        try:
            if folder.name in self._open:
                return link_to(self._open[folder.name].state.context.workspace, href)
            there = address_of(Layout(folder).cache)
            if there is not None:
                raise ConflictError("another server has this workspace", found=f"it answers at {there}")
            with open_workspace(folder) as ws:
                return link_to(ws, href)
        except (GroundsetError, OSError) as error:
            return WorkspaceLink(name=folder.name, href=href, error=str(error))

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Behind the gate: nobody who was not let in makes a workspace be opened."""
        known = "visitor" in scope.get("state", {})
        app = await self._app(scope["groundset_workspace"]) if known else self._page
        await app(scope, receive, send)

    async def _app(self, name: str) -> ASGIApp:
        if name in self._open:  # nobody waits here while another one is being opened
            return self._open[name]
        async with self._opening:
            if name not in self._open:
                try:
                    app, closing = await to_thread.run_sync(self._begin, name)
                except GroundsetError as error:
                    return Refusal(error)
                except OSError as error:
                    return Refusal(ServiceError("this workspace cannot be read", asked=name, found=error))
                self._stack.enter_context(closing)
                await self._stack.enter_async_context(app.router.lifespan_context(app))
                self._open[name] = app
            return self._open[name]

    def _begin(self, name: str) -> tuple[FastAPI, ExitStack]:
        folder = self.root / name
        if folder not in folders(self.root):
            raise MissingError("there is no such workspace here", asked=name, hint="GET /api/workspaces lists them")
        with ExitStack() as stack:
            ws = stack.enter_context(open_ready(folder))
            hold(stack, ws.lake, f"{self.address}w/{name}/")
            return create_app(
                ws, self.settings, sessions=self.sessions, links=self.links, make=self.make
            ), stack.pop_all()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})


def open_ready(folder: Path) -> Workspace:
    """A workspace whose journal answers: one that cannot be opened is told at once, not to the first visitor.

    Raises:
        GroundsetError: Says why not.
    """
    ws = open_workspace(folder)
    try:
        ws.lake.journal.head()
    except BaseException:
        ws.close()
        raise
    return ws


def is_workspace(folder: Path) -> bool:
    """Whether a workspace lies in this folder."""
    return Layout(folder).config.is_file()


def is_empty(folder: Path) -> bool:
    """Whether nothing lies in a folder but what begins with a dot: workspaces can be made in it."""
    return all(p.name.startswith(".") for p in folder.iterdir())


def folders(root: Path) -> list[Path]:
    """The workspaces right below a folder, by name."""
    return sorted(p for p in root.iterdir() if not p.name.startswith(".") and is_workspace(p))
