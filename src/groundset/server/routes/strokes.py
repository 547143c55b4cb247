"""``/api/strokes``: what hands draw, as it is drawn; and what was drawn on a chip."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from groundset.server import answers, strokes
from groundset.server.context import Here
from groundset.server.door import Actor, Who, needs
from groundset.server.models import LabelObjects, LayerStrokes, StrokeIn, StrokeResults
from groundset.server.openapi import body_of
from groundset.server.replies import problems
from groundset.server.routes.masks import LayerId, TaskName
from groundset.views.masks import LAYER

router = APIRouter(tags=["strokes"])

_STATUSES: dict[int | str, dict[str, Any]] = {
    200: {"model": StrokeResults, "description": "All were known: nothing changed"},
    207: {"model": StrokeResults, "description": "Some, not all, were refused; the others are on disk"},
    422: {"model": StrokeResults, "description": "All were refused, or the body is no list of strokes"},
}


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/strokes",
    dependencies=[needs("annotate")],
    status_code=201,
    response_model=StrokeResults,
    responses=_STATUSES,
    openapi_extra=body_of(StrokeIn, most=strokes.MOST_STROKES),
)
def post_strokes(here: Here, who: Who, actor: Actor, body: Annotated[bytes, Depends(_body)]) -> JSONResponse:
    """Lay strokes on your layers. The reply comes once all created ones are on disk, one result for each, in order.

    The same id again changes nothing. A stroke is laid on the layer as it is now: strokes of two tabs are both kept,
    and `conflict` says that the layer had others since `base`. Undo and redo by POST /annotations, kind undo.
    """
    told = strokes.take(here, who, actor, body)
    return JSONResponse(told.model_dump(exclude_none=True), answers.status_of(told))


@router.get("/chips/{chip_id}/strokes", responses=problems(403, 404, 422), dependencies=[needs("read")])
def get_strokes(
    here: Here,
    actor: Actor,
    chip_id: str,
    task: TaskName = None,
    layer: LayerId = LAYER,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> LayerStrokes:
    """Your layer of a chip: what can be taken back and brought back, latest first, and how far you said the work is."""
    return strokes.told(here, actor, chip_id, task, layer, limit)


@router.get("/chips/{chip_id}/objects", responses=problems(403, 404, 422), dependencies=[needs("read")])
def get_objects(here: Here, actor: Actor, chip_id: str, task: TaskName = None, layer: LayerId = LAYER) -> LabelObjects:
    """The segments that you accepted whole in your layer of a chip."""
    return strokes.objects(here, actor, chip_id, task, layer)
