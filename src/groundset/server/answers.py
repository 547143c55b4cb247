"""Answers as clients send them: what a batch may hold, who may take back what, and what is said in reply."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from groundset.core import InputError, ServiceError
from groundset.journal import Appended, Batch, Event, Journal, NewEvent
from groundset.lake import Lake
from groundset.series import at_place
from groundset.server.door import Visitor, may
from groundset.server.models import Annotation, AnnotationIn, AnnotationResult, AnnotationResults, StrokeResults
from groundset.server.problems import TooLargeError
from groundset.server.writer import Writer

MOST_EVENTS = 10_000
"""Events that one request may bring."""


def parse_batch(body: bytes) -> list[Any]:
    """The list that a body holds; its members are looked at one by one.

    Raises:
        InputError: It is no JSON list.
        TooLargeError: It holds too many events.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("the body is not JSON that can be read", found=str(error)[:200]) from None
    if not isinstance(said, list):
        raise InputError(
            "annotations are sent as a list", found=type(said).__name__, hint="put even a single one into [ ]"
        )
    if len(said) > MOST_EVENTS:
        raise TooLargeError(
            "too many annotations in one request", asked=f"{len(said):,}", found=f"at most {MOST_EVENTS:,} are taken",
            hint="send them in parts",
        )  # fmt: skip
    return said


async def take(said: Sequence[Any], who: Visitor, actor: str, lake: Lake, writer: Writer) -> AnnotationResults:
    """Keep what can be kept, and say of each what became of it, in the order sent.

    Raises:
        ServiceError: The workspace is not where it was; whoever sends the same again later loses nothing.
    """
    check_there(lake)
    read = [_at_place(lake, read_one(one)) for one in said]
    new = [one for one in read if isinstance(one, NewEvent)]

    def check(event: NewEvent) -> None:
        if event.undoes is not None:
            check_undo(event.undoes, who, actor, lake.journal)
        lake.check(event)

    kept = iter(await writer.append(Batch(new, actor, check)) if new else [])
    return AnnotationResults(results=[_result(next(kept) if isinstance(one, NewEvent) else one) for one in read])


def _at_place(lake: Lake, one: NewEvent | Appended) -> NewEvent | Appended:
    """An answer about a place with the chip of its first date, whichever date was looked at."""
    try:
        return at_place(lake.config, one) if isinstance(one, NewEvent) else one
    except InputError as error:
        return Appended(one.id, "refused", error=str(error))


def check_there(lake: Lake) -> None:
    """Refuse to write where the workspace is not any more.

    Raises:
        ServiceError: It was moved away.
    """
    if not lake.layout.config.exists():
        raise ServiceError(
            "the workspace was moved away while it is served", asked=lake.root,
            hint="move it back, or start the server where it is now; answers that wait are not lost",
        )  # fmt: skip


def read_one(said: Any) -> NewEvent | Appended:
    """One annotation as an event, or why it is none."""
    own = said.get("id") if isinstance(said, dict) else None
    try:
        one = AnnotationIn.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        shown = own if isinstance(own, str) and own.isprintable() else ""
        return Appended(shown[:64], "refused", error=f"{where + ': ' if where else ''}{first['msg']}")
    return NewEvent(one.kind, one.task, one.chip_id, one.payload, one.id, one.undoes, one.bulk)


def check_undo(target: str, who: Visitor, actor: str, journal: Journal) -> None:
    """People take back their own answers; those of others, reviewers.

    Raises:
        InputError: It is somebody else's.
    """
    there = journal.get(target)
    if there is not None and there.actor != actor and not may(who.role, "review"):
        raise InputError(
            "this is the answer of somebody else", asked=target, found=there.actor, hint="a reviewer may take it back"
        )


def status_of(answer: AnnotationResults | StrokeResults) -> int:
    """201 if any was created, 200 if all were known, 207 if some were refused, 422 if all were."""
    said = [result.status for result in answer.results]
    refused = said.count("refused")
    if refused:
        return HTTPStatus.UNPROCESSABLE_ENTITY if refused == len(said) else HTTPStatus.MULTI_STATUS
    return HTTPStatus.CREATED if "created" in said else HTTPStatus.OK


def shown(events: Sequence[Event], undone: set[str] | None = None) -> list[Annotation]:
    """Events as the API shows them; with ``undone``, whether each still stands."""
    return [
        Annotation(**event.as_json(), active=None if undone is None else event.id not in undone) for event in events
    ]


def _result(one: Appended) -> AnnotationResult:
    return AnnotationResult(id=one.id, status=one.status, seq=one.seq, error=one.error)
