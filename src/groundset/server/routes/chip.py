"""``/api/chips/{id}``: one chip, its pixels and quicklook."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from groundset.chips.quicklooks import media_type_of
from groundset.server import pixels
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import ChipDetail
from groundset.server.replies import described, problems, reply

router = APIRouter(tags=["chip"])
NPY = {"application/octet-stream": "A .npy file"}
PICTURE = {"image/webp": "A picture", "image/png": "or one that was stored as PNG"}
Bands = Annotated[str | None, Query(description="Names joined by commas; all by default", max_length=4000)]
LayerName = Annotated[
    str, Query(description="Name of a layer or index, or band names joined by commas", max_length=400)
]
Size = Annotated[int | None, Query(description="Longest side in pixels; never enlarged", ge=16, le=4096)]


@router.get("/chips/{chip_id}", responses=problems(404), dependencies=[needs("read")])
def get_chip(here: Here, chip_id: str) -> ChipDetail:
    """One chip with all that is needed to draw it: bands, layers, indices, neighbours, labels."""
    return pixels.chip_detail(here, chip_id)


@router.get(
    "/chips/{chip_id}/pixels",
    response_class=Response,
    responses=described(NPY, 404, 409, 422, 503),
    dependencies=[needs("read")],
)
def get_chip_pixels(here: Here, request: Request, chip_id: str, bands: Bands = None) -> Response:
    """The chip's stored values as .npy: (bands, rows, columns) in their own dtype.

    Where there is no data, and outside the scene, they are the band's nodata, or 0 where it has none.
    """
    mark, make = pixels.pixels(here, chip_id, bands)
    return reply(request, mark, "application/octet-stream", make)


@router.get(
    "/chips/{chip_id}/valid",
    response_class=Response,
    responses=described(NPY, 404, 409, 503),
    dependencies=[needs("read")],
)
def get_chip_valid(here: Here, request: Request, chip_id: str) -> Response:
    """Which pixels of the chip are data, as .npy: uint8 (rows, columns), 1 where a sensor has data in all its bands."""
    mark, make = pixels.valid(here, chip_id)
    return reply(request, mark, "application/octet-stream", make)


@router.get(
    "/chips/{chip_id}/quicklook",
    response_class=Response,
    responses=described(PICTURE, 404, 409, 422, 503),
    dependencies=[needs("read")],
)
def get_chip_quicklook(
    here: Here, request: Request, chip_id: str, layer: LayerName = "natural", size: Size = None
) -> Response:
    """A small picture of the chip, any layer, stretched alike over the whole scene."""
    mark, make = pixels.quicklook(here, chip_id, layer, size)
    return reply(request, mark, media_type_of, make)
