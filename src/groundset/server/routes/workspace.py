"""``/api/workspace``, ``/api/labels``, ``/api/queryables``: what is in the workspace."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from groundset.server import listing, overview, replies
from groundset.server.context import Here
from groundset.server.door import Who, needs
from groundset.server.models import LabelCounts, Queryable, WorkspaceInfo

router = APIRouter(tags=["workspace"])
TaskName = Annotated[str | None, Query(description="Name of a task (default: the one that `label` speaks of)")]
AtLevel = Annotated[int | None, Query(ge=0, le=30, description="Only chips of this level count (default: all levels)")]
SCHEMA = "application/schema+json"
TOLD: dict[int | str, dict[str, Any]] = {
    304: {"description": "Unchanged since the ETag in If-None-Match"},
    **replies.problems(422),
}


@router.get("/workspace", dependencies=[needs("read")])
def get_workspace(here: Here) -> WorkspaceInfo:
    """The workspace: name, tasks, scheme, counts."""
    return overview.workspace_info(here.lake, here.index, here.addresses.roots)


@router.get("/labels", response_model=LabelCounts, responses=TOLD, dependencies=[needs("read")])
def get_labels(here: Here, request: Request, task: TaskName = None, level: AtLevel = None) -> Response:
    """Labels of a task, counted by class; in a segment task without the product's flags."""

    def make() -> bytes:
        return listing.label_counts(here.lake, here.index, task, level).model_dump_json().encode()

    return replies.reply(request, here.index.version(task), "application/json", make)


@router.get(
    "/queryables",
    response_model=list[Queryable],
    responses={200: {"content": {SCHEMA: {"schema": {"type": "object"}}}}, **TOLD},
    dependencies=[needs("read")],
)
def get_queryables(
    here: Here,
    request: Request,
    who: Who,
    task: TaskName = None,
    level: AtLevel = None,
    f: Annotated[
        Literal["json", "schema"] | None,
        Query(
            description="`schema`: a JSON Schema as OGC API has it (default where Accept wants application/schema+json)"
        ),
    ] = None,
) -> Response:
    """What a filter may ask about, with the values that there are."""
    form = f or ("schema" if SCHEMA in request.headers.get("accept", "") else "json")

    def make() -> bytes:
        told = here.index.queryables(task, who.actor, level)
        return listing.queryables(told) if form == "json" else listing.queryables_schema(told, str(request.url))

    mark = f"{here.index.version(task, actor=who.actor)}-{form}"
    kind = "application/json" if form == "json" else SCHEMA
    return replies.reply(request, mark, kind, make, {"Vary": "Accept"} if f is None else None)
