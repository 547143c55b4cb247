"""``/api/chips/{id}/regions``: what a click can take whole, at every scale."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from groundset.server import regions
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import Regions
from groundset.server.replies import NPY, binary, problems, reply
from groundset.server.routes.assistant import ModelName, TaskName

router = APIRouter(tags=["regions"])
LEAVES = {
    NPY: "A .npy file: uint16 (rows, columns), 65535 where there is no data; uint32 with "
    "4294967295 where there are more leaves than that"
}
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Unchanged since the ETag in If-None-Match"}}


@router.get(
    "/chips/{chip_id}/regions",
    response_model=Regions,
    responses=UNCHANGED | problems(404, 409, 422, 503),
    dependencies=[needs("read")],
)
def get_regions(
    here: Here, request: Request, chip_id: str, task: TaskName = None, model: ModelName = "linear"
) -> Response:
    """Nested segments of the chip, from superpixels to the whole, some 1,000 of them candidates, with class and score.

    While not enough is painted to learn from, they have no class and stand in the order of their contrast.
    """
    mark, make = regions.regions(here, chip_id, task, model)
    return reply(request, mark, "application/json", make)


@router.get("/chips/{chip_id}/regions/leaves", **binary("read", LEAVES))
def get_region_leaves(here: Here, request: Request, chip_id: str, task: TaskName = None) -> Response:
    """The leaf of each pixel: a number of a node. Those that ``regions`` tells of where the task is the same."""
    mark, make = regions.leaves(here, chip_id, task)
    return reply(request, mark, NPY, make)
