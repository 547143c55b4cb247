"""``/api/chips/{id}``: one chip, its pixels and quicklook."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from groundset.chips.quicklooks import media_type_of
from groundset.server import pixels
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import ChipDetail
from groundset.server.replies import NPY, BandNames, LayerName, binary, problems, reply

router = APIRouter(tags=["chip"])
ARRAY = {NPY: "A .npy file"}
PICTURE = {"image/webp": "A picture", "image/png": "or one that was stored as PNG"}
Margin = Annotated[int, Query(description="So many pixels more on each side, as far as the scene goes", ge=0, le=1024)]
Upscale = Annotated[
    bool, Query(description="Enlarged by the super-resolution model that the workspace names; `size` does not count")
]
Size = Annotated[int | None, Query(description="Longest side in pixels; never enlarged", ge=16, le=4096)]


@router.get("/chips/{chip_id}", responses=problems(404), dependencies=[needs("read")])
def get_chip(here: Here, chip_id: str) -> ChipDetail:
    """One chip with all that is needed to draw it: bands, layers, indices, neighbours, labels."""
    return pixels.chip_detail(here, chip_id)


@router.get("/chips/{chip_id}/pixels", **binary("read", ARRAY))
def get_chip_pixels(
    here: Here, request: Request, chip_id: str, bands: BandNames = None, margin: Margin = 0
) -> Response:
    """The chip's stored values as .npy: (bands, rows, columns) in their own dtype.

    Where there is no data, and outside the scene, they are the band's nodata, or 0 where it has none. With a margin
    they begin at column max(0, x_off - margin) and row max(0, y_off - margin) of the scene.
    """
    mark, make = pixels.pixels(here, chip_id, bands, margin)
    return reply(request, mark, NPY, make)


@router.get("/chips/{chip_id}/valid", **binary("read", ARRAY))
def get_chip_valid(here: Here, request: Request, chip_id: str, margin: Margin = 0) -> Response:
    """Which pixels of the chip are data, as .npy: uint8 (rows, columns), 1 where a sensor has data in all its bands."""
    mark, make = pixels.valid(here, chip_id, margin)
    return reply(request, mark, NPY, make)


@router.get("/chips/{chip_id}/quicklook", **binary("read", PICTURE))
def get_chip_quicklook(
    here: Here,
    request: Request,
    chip_id: str,
    layer: LayerName = "natural",
    size: Size = None,
    upscale: Upscale = False,
) -> Response:
    """A small picture of the chip, any layer, stretched alike over the whole scene."""
    made = pixels.enlarged(here, chip_id, layer) if upscale else pixels.quicklook(here, chip_id, layer, size)
    mark, make = made
    return reply(request, mark, media_type_of, make)
