"""``/api/quicklooks``: many small pictures in one answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from groundset.server import pixels
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.replies import LayerName, described, reply

router = APIRouter(tags=["quicklooks"])
PACKED = {
    "application/octet-stream": "uint32 count n, n + 1 uint32 offsets counted from the end of the offsets, then the "
    "images (WebP or PNG), all little-endian"
}
Parts = Annotated[list[str], Query(description="Part of the chip table; may be repeated, each with its rows")]
Rows = Annotated[list[str], Query(description="`3`, `0-9` (both ends count) or `0-9,12`; one for each part")]


@router.get(
    "/quicklooks",
    response_class=Response,
    responses=described(PACKED, 404, 409, 422, 503),
    dependencies=[needs("read")],
)
def get_quicklooks(here: Here, request: Request, part: Parts, rows: Rows, layer: LayerName = "natural") -> Response:
    """A page of quicklooks, packed, in the order asked for; of `label:TASK` a chip without a label has no bytes."""
    mark, make = pixels.page(here, part, rows, layer)
    return reply(request, mark, "application/octet-stream", make)
