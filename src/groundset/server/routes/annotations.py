"""``/api/annotations``: answers in, and the journal's events out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from groundset.server import answers
from groundset.server.context import Here
from groundset.server.door import Actor, Who, needs
from groundset.server.models import AnnotationIn, AnnotationResults, Annotations
from groundset.server.openapi import body_of

router = APIRouter(tags=["annotations"])

Text = Annotated[str | None, Query(max_length=512, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Query(ge=0, le=2**53)]

_STATUSES: dict[int | str, dict[str, Any]] = {
    200: {"model": AnnotationResults, "description": "All were known: nothing changed"},
    207: {"model": AnnotationResults, "description": "Some, not all, were refused; the others are on disk"},
    422: {"model": AnnotationResults, "description": "All were refused, or the body is no list of annotations"},
}


@router.post(
    "/annotations",
    dependencies=[needs("annotate")],
    status_code=201,
    response_model=AnnotationResults,
    responses=_STATUSES,
    openapi_extra=body_of(AnnotationIn, most=answers.MOST_EVENTS),
)
async def post_annotations(request: Request, here: Here, who: Who, actor: Actor) -> JSONResponse:
    """Send answers. The reply comes once all that were created are on disk, one result for each, in order.

    The same id again changes nothing. The actor comes from the login. Members of one act name its bulk event, which is
    sent before them or with them; further members may come in later requests. One undo takes all of them back.
    """
    said = answers.parse_batch(await request.body())
    told = await answers.take(said, who, actor, here.lake, here.writer)
    return JSONResponse(told.model_dump(exclude_none=True), answers.status_of(told))


@router.get("/annotations", dependencies=[needs("read")])
def get_annotations(
    here: Here,
    since: Number = 0,
    chip_id: Text = None,
    actor: Text = None,
    task: Text = None,
    kind: Text = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    active: Annotated[bool, Query(description="Say of each whether it still stands")] = False,
) -> Annotations:
    """Events of the journal after number ``since``, oldest first, those taken back included.

    ``head`` is the journal's last number. A page of ``limit`` events goes on with ``since`` = its last one's ``seq``.
    """
    journal = here.lake.journal
    head = journal.head()
    events = list(journal.events(since=since, limit=limit, chip_id=chip_id, actor=actor, task=task, kind=kind))
    return Annotations(head=head, events=answers.shown(events, journal.undone(events) if active else None))
