"""``/api/session``: who the page is talking as. ``/api/workspaces``: what this server answers for."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from groundset.server.context import Here
from groundset.server.door import PERMISSIONS, Visitor, Who, actor_name, needs
from groundset.server.gate import set_cookie
from groundset.server.models import Session, SessionName, WorkspaceLink
from groundset.server.session import Sessions
from groundset.server.workspaces import link_to

router = APIRouter(tags=["session"])


@router.get("/session", dependencies=[needs("read")])
async def get_session(who: Who) -> Session:
    """Who is asking: name, role, and what the session's unsafe requests must carry."""
    return _session(who)


@router.post("/session", dependencies=[needs("read")])
async def name_session(said: SessionName, request: Request, response: Response, who: Who, here: Here) -> Session:
    """Give the name under which answers are kept. Clients with a token send X-Groundset-Actor instead."""
    actor = actor_name(said.actor)
    if who.csrf:
        set_cookie(response, request.scope, _sessions(request).issue(actor, who.session))
        here.hub.rename(who.session, actor)
    return _session(Visitor(who.role, actor, who.csrf, who.session))


@router.delete("/session", dependencies=[needs("read")], status_code=204)
async def end_session(request: Request, response: Response, who: Who, here: Here) -> None:
    """End the session; its cookie is valid no longer."""
    if who.csrf:
        _sessions(request).end(who.session)
        set_cookie(response, request.scope, None)
        here.hub.rename(who.session, None)


@router.get("/workspaces", dependencies=[needs("read")])
def list_workspaces(here: Here) -> list[WorkspaceLink]:
    """The workspaces that this server answers for; those that cannot be opened with the reason."""
    return [link_to(here.workspace, "./")] if here.links is None else here.links()


def _session(who: Visitor) -> Session:
    return Session(actor=who.actor, role=who.role, permissions=sorted(PERMISSIONS[who.role]), csrf=who.csrf)


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions
