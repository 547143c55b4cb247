"""``/api/releases``: finished versions, their files, checks and differences."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from groundset.server import release_files
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import CheckResult, Differences, Problem, ReleaseDetail, ReleaseRow

router = APIRouter(tags=["releases"])
MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such release, file or check"},
    422: {"model": Problem, "description": "That cannot be the name of a release, or it is broken"},
}


@router.get("/releases", dependencies=[needs("read")])
def list_releases(here: Here) -> list[ReleaseRow]:
    """All releases, newest first; a broken one with what is wrong with it."""
    return here.releases.rows()


@router.get("/releases/{name}", responses=MISSING, dependencies=[needs("read")])
def get_release(here: Here, name: str) -> ReleaseDetail:
    """One release: recipe, splits, changelog, last check, documents."""
    return here.releases.detail(name)


@router.get("/releases/{name}/check", responses=MISSING, dependencies=[needs("read")])
def get_release_check(here: Here, name: str) -> CheckResult:
    """What the last check of a release found; `POST /api/jobs` with the verb `check` runs one."""
    return here.releases.check(name)


@router.get("/releases/{name}/differences", responses=MISSING, dependencies=[needs("read")])
def get_release_differences(
    here: Here, name: str, to: Annotated[str, Query(description="Name of the other release")]
) -> Differences:
    """How another release differs from this one: chips, labels, splits, classes, settings."""
    return here.releases.differences(name, to)


@router.get(
    "/releases/{name}/files/{path:path}",
    responses={**MISSING, 200: {"description": "The file", "content": {"application/octet-stream": {}}}},
    response_class=Response,
    dependencies=[needs("read")],
)
def get_release_file(here: Here, request: Request, name: str, path: str) -> Response:
    """A file of a release. Nothing in it can run: it is served with a sandbox."""
    found = release_files.find(here.lake.layout, name, path)
    return release_files.respond(request, found, here.settings.frame_ancestors)
