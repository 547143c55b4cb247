"""``/api/chips``: the chips that a filter keeps, in an order, page by page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from groundset.core import safe_name
from groundset.query import Found
from groundset.server import listing, replies
from groundset.server.context import Here
from groundset.server.door import Who, needs
from groundset.server.models import ChipPage
from groundset.server.routes.learning import ClassName, EncoderName, Like, Method

router = APIRouter(tags=["chips"])
FORMS = {"json": listing.page, "ids": listing.ids}
_TEXT = {"schema": {"type": "string"}}


@router.get(
    "/chips",
    response_model=ChipPage,
    responses={
        200: {
            "content": {
                "application/geo+json": {"schema": {"type": "object"}},
                "text/csv": _TEXT,
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
            }
        },
        304: {"description": "Unchanged since the ETag in If-None-Match"},
        **replies.problems(404, 409, 422),
    },
    dependencies=[needs("read")],
)
def list_chips(
    here: Here,
    request: Request,
    who: Who,
    filter: Annotated[  # noqa: A002
        str | None, Query(description="OGC CQL2 text, e.g. `cloud_cover < 10 AND label = 'water'`")
    ] = None,
    sort: Annotated[
        str,
        Query(
            description="id, newest, random, random:SEED, similar, similar:CLASS, uncertain, uncertain:CLASS, typical "
            "or words:TEXT (how well images fit words, where an encoder knows words)",
            max_length=512,
        ),
    ] = "id",
    words: Annotated[
        str | None,
        Query(
            description="Words that chips are to fit; by `sort=id` chips labelled with what is meant come first",
            max_length=500,
        ),
    ] = None,
    task: Annotated[str | None, Query(description="Task that `label` speaks of")] = None,
    class_: ClassName = None,
    like: Like = None,
    method: Method = "logistic",
    encoder: EncoderName = None,
    pin: Annotated[
        str | None,
        Query(max_length=64, description="A list as it was when its `pin` was told; 409 where it is forgotten"),
    ] = None,
    keep: Annotated[
        str | None,
        Query(
            max_length=80,
            description="PIN:COUNT: the first chips of that list stay where they are, the new order begins behind them",
        ),
    ] = None,
    anew: Annotated[
        bool,
        Query(description="In JSON: a list that is forgotten is answered by the one as it is now, and said to be so"),
    ] = False,
    limit: Annotated[
        int | None,
        Query(ge=0, description="At most 1,000 in JSON (default 100), else 5,000; files without it hold all"),
    ] = None,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    f: Annotated[
        Literal["json", "geojson", "csv", "parquet", "ids"] | None,
        Query(description="Form of the answer (default: what Accept names, else json); `ids`: all ids at once"),
    ] = None,
) -> Response:
    """The chips that a filter keeps, in an order, page by page, with their labels; or all of them as a file."""
    form = listing.form_of(f, request.headers.get("accept"))
    most = 0 if form == "ids" else listing.check_limit(limit, form)
    box = listing.parse_bbox(bbox)

    def find() -> Found:
        return here.index.find(
            filter, sort=sort, task=task, class_=class_, like=like or (), method=method, encoder=encoder, pin=pin,
            keep=keep, anew=anew and form in FORMS, limit=most, offset=offset, bbox=box, actor=who.actor,
            words=words,
        )  # fmt: skip

    mark = f"{here.index.version(task, encoder, who.actor)}-{form}"
    varies = {"Vary": "Accept"} if f is None else {}
    if form not in listing.FILES:
        return replies.reply(request, mark, "application/json", lambda: FORMS[form](find()), varies)
    named = f'attachment; filename="{safe_name(here.lake.config.name)}-chips.{form}"'
    headers = {"ETag": replies.etag(mark), "Cache-Control": replies.CHANGING, "Content-Disposition": named, **varies}
    if replies.fresh(request, mark):
        return Response(status_code=304, headers=headers)
    pieces = listing.file(find(), form, paged=limit is not None)
    return StreamingResponse(pieces, media_type=listing.FILES[form], headers=headers)
