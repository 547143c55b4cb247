"""``/api/chips``: the chips that a filter keeps, in an order, page by page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from groundset.server import listing, replies
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import ChipPage, Problem
from groundset.server.routes.learning import ClassName, EncoderName, Like, Method

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
    sort: Annotated[
        str,
        Query(
            description="id, newest, random, random:SEED, similar, similar:CLASS, uncertain, uncertain:CLASS or typical"
        ),
    ] = "id",
    task: Annotated[str | None, Query(description="Task that `label` speaks of")] = None,
    class_: ClassName = None,  # noqa: ARG001
    like: Like = None,  # noqa: ARG001
    method: Method = "logistic",  # noqa: ARG001
    encoder: EncoderName = None,  # noqa: ARG001
    pin: Annotated[  # noqa: ARG001
        str | None,
        Query(max_length=64, description="A list as it was when its `pin` was told; 409 where it is forgotten"),
    ] = None,
    keep: Annotated[  # noqa: ARG001
        str | None,
        Query(
            max_length=80,
            description="PIN:COUNT: the first chips of that list stay where they are, the new order begins behind them",
        ),
    ] = None,
    limit: Annotated[
        int | None, Query(ge=0, description="At most 1,000; 5,000 in GeoJSON (default 100; 5,000)")
    ] = None,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    f: Annotated[
        Literal["json", "geojson", "ids"], Query(description="Form of the answer; `ids`: all ids at once")
    ] = "json",
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
