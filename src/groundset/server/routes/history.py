"""``/api/history``: what the person who asks can take back and bring back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from groundset.server.context import Here
from groundset.server.door import Actor, needs
from groundset.server.models import History
from groundset.server.replies import problems

router = APIRouter(tags=["annotations"])


@router.get("/history", responses=problems(403, 422), dependencies=[needs("annotate")])
def get_history(
    here: Here,
    actor: Actor,
    task: Annotated[str | None, Query(description="Only acts about this task, and about no task at all")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> History:
    """Acts that `undo` takes back one after another, and those that were taken back, latest first; without limit."""
    return here.histories.of(actor, task, limit)
