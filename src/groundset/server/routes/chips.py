"""``/api/chips``: the chips that a filter keeps, in an order, page by page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from groundset.server import listing, replies
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import ChipPage, Problem

router = APIRouter(tags=["chips"])
Filter = Annotated[str | None, Query(description="OGC CQL2 text, e.g. `cloud_cover < 10 AND label = 'water'`")]


@router.get(
    "/chips",
    response_model=ChipPage,
    responses={
        200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}},
        304: {"description": "Unchanged since the ETag in If-None-Match"},
        501: {"model": Problem, "description": "This order comes with learning"},
        **replies.problems(422),
    },
    dependencies=[needs("read")],
)
def list_chips(
    here: Here,
    request: Request,
    filter: Annotated[  # noqa: A002
        str | None, Query(description="OGC CQL2 text, e.g. `cloud_cover < 10 AND label = 'water'`")
    ] = None,
    sort: Annotated[str, Query(description="id, newest, random or random:SEED")] = "id",
    task: Annotated[str | None, Query(description="Task that `label` speaks of")] = None,
    limit: Annotated[
        int | None, Query(ge=0, description="At most 1,000; 5,000 in GeoJSON (default 100; 5,000)")
    ] = None,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    f: Annotated[Literal["json", "geojson"], Query(description="Form of the answer")] = "json",
) -> Response:
    """The chips that a filter keeps, in an order, page by page, with their labels."""
    most = listing.check_limit(limit, f)
    order = listing.check_sort(sort)
    box = listing.parse_bbox(bbox)

    def make() -> bytes:
        found = here.index.find(filter, sort=order, task=task, limit=most, offset=offset, bbox=box)
        return listing.features(found) if f == "geojson" else listing.page(found)

    media_type = "application/geo+json" if f == "geojson" else "application/json"
    return replies.reply(request, here.index.version(task), media_type, make)
