"""``/api/chips/{id}/mask``: labels of pixels as GeoTIFF, in and out."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from groundset.server import pixels
from groundset.server.context import Here
from groundset.server.door import Actor, Who, named, needs
from groundset.server.models import AnnotationResult
from groundset.server.replies import described, etag, problems, reply
from groundset.views import Which
from groundset.views.masks import LAYER

router = APIRouter(tags=["masks"])
MASK = {
    "image/tiff": "uint8 GeoTIFF: class code (255 unlabelled), origin, confidence in percent (255 none)",
    "application/octet-stream": "f=npy: the same as .npy, uint8 (3, rows, columns)",
}
TaskName = Annotated[str | None, Query(description="A task of kind segment; may be left out where there is one")]
LayerId = Annotated[
    str, Query(description="Your layer: what later is put or drawn in it", pattern="^[A-Za-z0-9._:-]{1,64}$")
]
BODY = {
    "required": True,
    "content": {"image/tiff": {"schema": {"type": "string", "format": "binary"}}},
}


async def _body(request: Request) -> bytes:
    return await request.body()


@router.get(
    "/chips/{chip_id}/mask",
    response_class=Response,
    responses=described(MASK, 403, 404, 409, 422, 503),
    dependencies=[needs("read")],
)
def get_mask(
    here: Here,
    request: Request,
    who: Who,
    chip_id: str,
    task: TaskName = None,
    actor: Annotated[str | None, Query(description="Only this actor's own masks, instead of the merged label")] = None,
    part: Annotated[
        Literal["label", "own", "others"],
        Query(description="The label, your own layer alone, or all but your own layer; `actor` is left out then"),
    ] = "label",
    layer: LayerId = LAYER,
    f: Annotated[Literal["tif", "npy"], Query(description="Form of the answer")] = "tif",
    flags: Annotated[bool, Query(description="Whether pixels that the product hides count (origin 6)")] = True,
) -> Response:
    """The current mask of a chip: class, origin and confidence of each pixel, merged by precedence."""
    which = Which(part, actor if part == "label" else named(who) if part == "own" else who.actor, layer)
    found = pixels.mask(here, chip_id, task, which, f, flags=flags)
    return reply(request, found.mark, found.media_type, found.make, found.headers)


@router.put(
    "/chips/{chip_id}/mask",
    responses={201: {"model": AnnotationResult, "description": "Created"}, **problems(403, 404, 409, 412, 413, 422)},
    openapi_extra={"requestBody": BODY},
    dependencies=[needs("annotate")],
)
def put_mask(
    here: Here,
    who: Who,
    as_actor: Actor,
    response: Response,
    chip_id: str,
    data: Annotated[bytes, Depends(_body)],
    task: TaskName = None,
    layer: LayerId = LAYER,
    id: Annotated[str | None, Query(description="UUID of the event, made by the client")] = None,  # noqa: A002
    if_match: Annotated[str | None, Header(description="ETag of the mask that this was made from")] = None,
) -> AnnotationResult:
    """Take in the GeoTIFF that GET gives, with other pixels: 201 where an event was kept, 200 where it was known.

    Pixels of origin 0 say nothing; to take a class away, give 255 with your origin. Product flags (origin 6) are
    derived and not kept.
    """
    done = pixels.put_mask(here, who, as_actor, chip_id, task, pixels.Put(data, layer, id, if_match))
    response.status_code = 201 if done.result.status == "created" else 200
    response.headers["ETag"] = etag(done.mark)
    return done.result
