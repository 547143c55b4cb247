"""``/api/jobs``: long work in the background."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from groundset.server import asking
from groundset.server.context import Here
from groundset.server.door import Who, needs
from groundset.server.job_options import JobIn
from groundset.server.models import Job, Jobs, Problem

router = APIRouter(tags=["jobs"])
MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is no such job"}}
ENDED: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "The job is in another state"}}
REFUSED: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "An address or path that this server does not read"},
    404: {"model": Problem, "description": "No such release, model, file"},
    409: {"model": Problem, "description": "There is such a release already"},
    422: {"model": Problem, "description": "Options that do not fit the verb"},
}


@router.post("/jobs", status_code=202, responses=REFUSED, dependencies=[needs("manage")])
def start_job(here: Here, who: Who, body: JobIn) -> Job:
    """Begin a long work: ingest, segment, encode, predict, release or check. It goes on when the page is closed."""
    return asking.start(here, body.root, who.actor)


@router.get("/jobs", dependencies=[needs("read")])
def list_jobs(here: Here) -> Jobs:
    """All jobs, newest first; those of former runs of the server too."""
    return Jobs(jobs=here.jobs.all())


@router.get("/jobs/{job_id}", responses=MISSING, dependencies=[needs("read")])
def get_job(here: Here, job_id: str) -> Job:
    """One job: how far it is, and what came of it."""
    return here.jobs.get(job_id)


@router.delete("/jobs/{job_id}", responses=MISSING | ENDED, dependencies=[needs("manage")])
def stop_job(here: Here, job_id: str) -> Job:
    """Stop a job: a queued one at once, a running one after its current piece of work. What it finished is kept."""
    return here.jobs.stop(job_id)


@router.post("/jobs/{job_id}/resume", status_code=202, responses=MISSING | ENDED, dependencies=[needs("manage")])
def resume_job(here: Here, job_id: str) -> Job:
    """Take a stopped, interrupted or failed job up again, with the same options; it goes on where it stopped."""
    return here.jobs.resume(job_id)
