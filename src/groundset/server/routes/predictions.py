"""``/api/predictions``: what each chip is that a model or a person answered, as a file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from groundset.core import safe_name
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.replies import problems

router = APIRouter(tags=["learning"])
TYPES = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json"}
FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One row a chip: chip_id, class, confidence, by (people or model), scene_id, datetime, place",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/geo+json": {"schema": {"type": "object", "additionalProperties": True}},
        },
    }
}


@router.get("/predictions", response_class=StreamingResponse, responses=FILES | problems(404, 422),
            dependencies=[needs("read")])  # fmt: skip
def get_predictions(
    here: Here,
    task: Annotated[str | None, Query(description="A classify task; may be left out where there is one")] = None,
    f: Annotated[Literal["csv", "geojson"], Query(description="csv or geojson")] = "csv",
) -> StreamingResponse:
    """The chips that a model or a person answered, one row each. A person's answer goes before a model's."""
    from groundset.learn.predictions import lines, rows_of

    chosen = here.lake.config.task(task, "classify")
    chips = here.index.now().chips
    rows = rows_of(here.lake, chosen, chips)
    name = f"{safe_name(here.lake.config.name)}-{chosen.name}.{f}"
    return StreamingResponse(
        lines(f, rows, chips),
        media_type=TYPES[f],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-cache"},
    )
