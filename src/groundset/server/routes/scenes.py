"""``/api/scenes``: the scenes, and pictures of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from groundset.chips.quicklooks import media_type_of
from groundset.server import describe, pixels
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.models import SceneDetail, SceneRow
from groundset.server.replies import NPY, BandNames, LayerName, binary, problems, reply

router = APIRouter(tags=["scenes"])
ARRAY = {NPY: "A .npy file"}
WindowText = Annotated[str, Query(description="x,y,width,height in pixels of the scene", max_length=80)]
SizeText = Annotated[
    str | None,
    Query(description="Columns,rows of the answer, at most those of the window (default: they)", max_length=40),
]
PICTURE = {"image/webp": "A picture, transparent where there is no data"}
TILE = {"image/webp": "A tile, transparent where there is no data", "image/png": "one transparent pixel outside"}


@router.get("/scenes", dependencies=[needs("read")])
def list_scenes(here: Here) -> list[SceneRow]:
    """All scenes, sorted by id; of one whose file is not there, `problem` says so."""
    return describe.scene_rows(here.views)


@router.get("/scenes/{scene_id}", responses=problems(404), dependencies=[needs("read")])
def get_scene(here: Here, scene_id: str) -> SceneDetail:
    """One scene with all that is needed to draw it: bands with their ranges, layers, indices, zooms."""
    return describe.scene_detail(here.views, scene_id)


@router.get("/scenes/{scene_id}/preview", **binary("read", PICTURE))
def get_scene_preview(
    here: Here,
    request: Request,
    scene_id: str,
    layer: LayerName = "natural",
    size: Annotated[int, Query(description="Longest side in pixels; never enlarged", ge=16, le=2048)] = 512,
) -> Response:
    """The whole scene as one picture."""
    mark, make = pixels.preview(here, scene_id, layer, size)
    return reply(request, mark, media_type_of, make)


@router.get("/scenes/{scene_id}/pixels", **binary("read", ARRAY))
def get_scene_pixels(
    here: Here, request: Request, scene_id: str, window: WindowText, size: SizeText = None, bands: BandNames = None
) -> Response:
    """Stored values of a window as .npy: (bands, rows, columns) in their own dtype, from the overview that fits.

    At most 4,194,304 pixels a band. Without data, and outside of the scene, they are the band's nodata, or 0.
    """
    mark, make = pixels.scene_window(here, scene_id, window, size, bands)
    return reply(request, mark, NPY, make)


@router.get("/scenes/{scene_id}/valid", **binary("read", ARRAY))
def get_scene_valid(
    here: Here, request: Request, scene_id: str, window: WindowText, size: SizeText = None, bands: BandNames = None
) -> Response:
    """Which pixels of a window are data, as .npy: uint8 (rows, columns), 1 where a sensor has data in all its bands."""
    mark, make = pixels.scene_valid(here, scene_id, window, size, bands)
    return reply(request, mark, NPY, make)


@router.get("/scenes/{scene_id}/tiles/{z}/{x}/{y}", **binary("read", TILE))
def get_scene_tile(
    here: Here,
    request: Request,
    scene_id: str,
    z: int,
    x: int,
    y: int,
    layer: LayerName = "natural",
    size: Annotated[int, Query(description="256 or 512")] = 256,
) -> Response:
    """A map tile (Web Mercator, row 0 in the north) of any layer, stretched alike over the whole scene."""
    mark, make = pixels.tile(here, scene_id, (z, x, y, size), layer)
    return reply(request, mark, media_type_of, make)
