"""``/api/session``: who the page is talking as. ``/api/workspaces``: what this server answers for."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from groundset.server.door import PERMISSIONS, Visitor, Who, actor_name, needs
from groundset.server.gate import set_cookie
from groundset.server.models import NewWorkspace, Session, SessionName, WorkspaceLink
from groundset.server.replies import problems
from groundset.server.session import Sessions
from groundset.workspace import Workspace

router = APIRouter(tags=["session"])


@router.get("/session", dependencies=[needs("read")])
async def get_session(who: Who) -> Session:
    """Who is asking: name, role, and what the session's unsafe requests must carry."""
    return _session(who)


@router.post("/session", dependencies=[needs("read")])
async def name_session(said: SessionName, request: Request, response: Response, who: Who) -> Session:
    """Give the name under which answers are kept. Clients with a token send X-Groundset-Actor instead."""
    actor = actor_name(said.actor)
    if who.csrf:
        set_cookie(response, request.scope, _sessions(request).name(who.session, actor))
    return _session(Visitor(who.role, actor, who.csrf, who.session))


@router.delete("/session", dependencies=[needs("read")], status_code=204)
async def end_session(request: Request, response: Response, who: Who) -> None:
    """End the session; its cookie is valid no longer."""
    if who.csrf:
        _sessions(request).end(who.session)
        set_cookie(response, request.scope, None)


@router.get("/workspaces", dependencies=[needs("read")])
def list_workspaces(request: Request) -> list[WorkspaceLink]:
    """The workspaces that this server answers for; those that cannot be opened with the reason.

    Each ``href`` is relative to the server's root.
    """
    links: list[WorkspaceLink] = request.app.state.links()
    return links


@router.post("/workspaces", status_code=201, responses=problems(404, 409, 422, 503), dependencies=[needs("admin")])
def make_workspace(said: NewWorkspace, request: Request) -> WorkspaceLink:
    """Make a workspace in the folder that is served. A server of one workspace has no room for another: 404."""
    made: WorkspaceLink = request.app.state.make(said)
    return made


def link_to(ws: Workspace, href: str) -> WorkspaceLink:
    """A workspace as the list shows it."""
    lake = ws.lake
    releases = lake.layout.releases
    return WorkspaceLink(
        name=lake.config.name,
        href=href,
        scenes=len(lake.scenes.ids()),
        chips=len(lake.chips),
        releases=sorted(p.name for p in releases.glob("[!.]*") if p.is_dir()) if releases.is_dir() else [],
    )


def _session(who: Visitor) -> Session:
    return Session(actor=who.actor, role=who.role, permissions=sorted(PERMISSIONS[who.role]), csrf=who.csrf)


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions
