"""Jobs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from groundset.server.models.base import Model, Problem

JobState = Literal["queued", "running", "stopping", "stopped", "interrupted", "failed", "done"]
Verb = Literal["ingest", "segment", "release", "check", "encode", "predict", "cascade", "attach"]


class JobStep(Model):
    """How far one piece of a job is."""

    what: str
    unit: str
    done: int
    total: int | None
    rate: float = Field(description="Units a second")
    to_go: float | None = Field(description="Seconds")


class Job(Model):
    """A long work."""

    id: str
    verb: Verb
    options: dict[str, Any]
    actor: str
    state: JobState
    steps: list[JobStep]
    summary: str | None = Field(description="What came of it, for people")
    problem: Problem | None
    result: dict[str, Any] | None = Field(description="For a check: the report; for a release: its name")
    created: str
    started: str | None
    ended: str | None
    resumable: bool


class Jobs(Model):
    """All jobs, newest first."""

    jobs: list[Job]
