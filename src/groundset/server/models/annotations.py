"""Answers in and out."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from groundset.server.models.base import Model


class AnnotationIn(BaseModel):
    """One answer, as a client sends it. The actor comes from the login."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(description="UUID made by the client; sending it again changes nothing", max_length=64)
    kind: Literal["answer", "mask", "shapes", "undo", "comment", "bulk", "training", "attribute", "work"]
    task: str | None = None
    chip_id: str | None = None
    payload: dict[str, Any] = {}
    undoes: str | None = None
    bulk: str | None = Field(
        default=None, description="Id of the bulk event, sent before, that this is a member of", max_length=64
    )


class AnnotationResult(Model):
    """What became of one answer."""

    id: str
    status: Literal["created", "known", "refused"]
    seq: int | None = None
    error: str | None = None


class AnnotationResults(Model):
    """What became of each answer, in the order sent; all created ones are on disk."""

    results: list[AnnotationResult]


class Annotation(Model):
    """One event of the journal."""

    seq: int
    id: str
    at: str
    actor: str
    kind: str
    task: str | None
    chip_id: str | None
    payload: dict[str, Any]
    undoes: str | None
    bulk: str | None
    active: bool | None = Field(default=None, description="False where it was taken back; asked for with active=true")


class Annotations(Model):
    """A page of events."""

    head: int
    events: list[Annotation]
