"""``/api/assistant`` and what it proposes for a chip: live models, where to paint next, outlines of clicks."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from groundset.server import assistant
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import AssistantInfo, PlaceToPaint, Problem, PromptIn, PromptMasks
from groundset.server.replies import described, problems, reply

router = APIRouter(tags=["assistant"])
PROPOSAL = {"application/octet-stream": "A .npy file: uint8 (2, rows, columns), class code and confidence in percent"}
NOT_ENOUGH = {
    "model": Problem,
    "description": "Not enough is painted to learn from: `found` tells what is; or a file of the scene is gone",
}
LABELS = "Groundset-Labels"
TaskName = Annotated[str | None, Query(description="A task of kind segment; may be left out where there is one")]
ModelName = Annotated[
    str, Query(description="linear, forest, boost, or the name of a folder in models/", min_length=1, max_length=128)
]


@router.get(
    "/chips/{chip_id}/proposal",
    response_class=Response,
    responses=described(PROPOSAL, 404, 422, 503) | {409: NOT_ENOUGH},
    dependencies=[needs("read")],
)
def get_proposal(
    here: Here,
    request: Request,
    chip_id: str,
    task: TaskName = None,
    model: ModelName = "linear",
    smoothing: Annotated[
        Literal["none", "regions", "majority"],
        Query(description="Fewer specks: a vote in each region, or the majority of 5 x 5 pixels"),
    ] = "none",
    window: Annotated[
        str | None, Query(description="x,y,width,height: only these pixels, the same as of the whole", max_length=80)
    ] = None,
) -> Response:
    """A class for each pixel of the chip, learned from all that was painted of the task on all chips.

    255 where there is no data. ``Groundset-Labels`` has the number of the last event that it learned from.
    """
    found = assistant.proposal(here, chip_id, task, model, window, smoothing)
    return reply(request, found.mark, "application/octet-stream", found.make, {LABELS: str(found.head)})


@router.get("/assistant", responses=problems(404, 409, 422), dependencies=[needs("read")])
def get_assistant(here: Here, task: TaskName = None, model: ModelName = "linear") -> AssistantInfo:
    """What the assistant learned from, what it goes by, and how well it does on strokes that it has not seen."""
    return assistant.state(here, task, model)


@router.get("/assistant/next", responses=problems(404, 409, 422), dependencies=[needs("read")])
def get_next_places(
    here: Here,
    task: TaskName = None,
    n: Annotated[int, Query(ge=1, le=100, description="How many at most")] = 10,
    near: Annotated[
        str | None, Query(description="The chip at hand: it is left out, and those near it are looked at first")
    ] = None,
    model: ModelName = "linear",
) -> list[PlaceToPaint]:
    """Chips, and the place in each, where an answer helps most: the model wavers there, and no two look alike."""
    return assistant.places(here, task, n, near, model)


@router.post("/chips/{chip_id}/prompt", responses=problems(404, 409, 422, 503), dependencies=[needs("read")])
def post_prompt(here: Here, chip_id: str, asked: PromptIn, task: TaskName = None) -> PromptMasks:
    """Outlines of what is clicked or boxed, by a model of kind ``prompt``; nothing is kept."""
    return assistant.prompt(here, chip_id, task, asked)
