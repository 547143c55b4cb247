"""``/api/events``: what happens in the workspace, as server-sent events."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from groundset.server.context import Here
from groundset.server.door import Who, needs

router = APIRouter(tags=["events"])


@router.get(
    "/events",
    dependencies=[needs("read")],
    response_class=StreamingResponse,
    responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}},
)
async def events(
    here: Here,
    who: Who,
    since: Annotated[int | None, Query(ge=0, le=2**53, description="As Last-Event-ID")] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Listen: ``hello``, ``annotations``, ``job``, ``workspace``, ``presence``. A lost line goes on where it broke.

    ``hello`` with ``reload`` says that too much was missed, so that everything is to be loaded afresh.
    """
    last = int(last_event_id) if last_event_id and last_event_id.isdigit() and len(last_event_id) < 16 else since
    return StreamingResponse(
        here.feed.open(who, last), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )
