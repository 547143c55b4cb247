"""``/api/assistant/questions``: segments that one key answers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from groundset.server import questions
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import AssistantQuestions
from groundset.server.replies import problems, reply
from groundset.server.routes.assistant import LABELS, ModelName, TaskName

router = APIRouter(tags=["assistant"])
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag in If-None-Match"}}


@router.get(
    "/assistant/questions",
    response_model=AssistantQuestions,
    responses=UNCHANGED | problems(404, 409, 422, 503),
    dependencies=[needs("read")],
)
def get_questions(
    here: Here,
    request: Request,
    task: TaskName = None,
    chip_id: Annotated[
        str | None, Query(description="Default: the chip where an answer helps most", max_length=512)
    ] = None,
    n: Annotated[int, Query(ge=1, le=50, description="How many at most")] = 8,
    model: ModelName = "linear",
    skip: Annotated[
        list[str] | None,
        Query(
            description="ROW,COLUMN,PIXELS of a question that was skipped: nothing that holds this pixel is asked "
            "again, unless it has at most half of these pixels",
            max_length=500,
        ),
    ] = None,
) -> Response:
    """Segments that one key answers, those first where an answer mends and teaches most, no two alike.

    They hold no pixel that somebody has labelled. Before two classes are painted they are typical ones of the chip.
    ``Groundset-Labels`` has the number of the last event that is known.
    """
    found = questions.questions(here, task, chip_id, n, model, skip or ())
    return reply(request, found.mark, "application/json", found.make, {LABELS: str(found.head)})
