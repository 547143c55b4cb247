"""``/api/scenes/{id}/label-map``: the labels of a whole scene as a map."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from groundset.server import maps
from groundset.server.context import Here
from groundset.server.door import needs
from groundset.server.replies import described, reply

router = APIRouter(tags=["scenes"])
TIFF = {"image/tiff": "A cloud-optimized GeoTIFF on the scene's grid, in the scene's CRS"}
XML = {"application/xml": "GDAL's sidecar (PAM): goes beside the GeoTIFF, with its name and .aux.xml"}
PNG = {"image/png": "Red, green, blue, alpha; transparent where nothing is labelled"}
TaskName = Annotated[
    str | None, Query(max_length=512, description="A task of any kind; may be left out where one alone has labels")
]
Level = Annotated[
    int | None, Query(ge=0, le=30, description="Only chips of this level (default: the finest that was decided wins)")
]


@router.get(
    "/scenes/{scene_id}/label-map.tif",
    response_class=Response,
    responses=described(TIFF, 404, 409, 422, 503),
    dependencies=[needs("read")],
)
def get_label_map(
    here: Here,
    request: Request,
    scene_id: str,
    task: TaskName = None,
    level: Level = None,
    style: Annotated[
        Literal["codes", "colour", "origin"],
        Query(
            description="codes: uint8 class codes with a colour table, 255 unlabelled, class names in the tag CLASSES; "
            "colour: red, green, blue, alpha; origin: where each class comes from (0 none, 1 human, 2 model, 3 region, "
            "4 import, 5 consensus, 6 product flag), and its confidence in percent (255 none)"
        ),
    ] = "codes",
) -> Response:
    """The labels of a whole scene as one map. Answers fill their chip; masks and shapes count pixel by pixel."""
    return maps.send(here, request, maps.made(here, scene_id, task, level), style)


@router.get(
    "/scenes/{scene_id}/label-map.tif.aux.xml",
    response_class=Response,
    responses=described(XML, 404, 409, 422, 503),
    dependencies=[needs("read")],
)
def get_label_names(
    here: Here,
    request: Request,
    scene_id: str,
    task: TaskName = None,
    level: Level = None,
    style: Annotated[Literal["codes", "origin"], Query(description="Of which map")] = "codes",
) -> Response:
    """Class names and the attribute table of a map, for GDAL and QGIS: they read it from beside the GeoTIFF."""
    return maps.names(here, request, maps.made(here, scene_id, task, level), style)


@router.get(
    "/scenes/{scene_id}/label-map.png",
    response_class=Response,
    responses=described(PNG, 404, 409, 422, 503),
    dependencies=[needs("read")],
)
def get_label_picture(
    here: Here,
    request: Request,
    scene_id: str,
    task: TaskName = None,
    level: Level = None,
    size: Annotated[int, Query(description="Longest side in pixels; never enlarged", ge=16, le=maps.PREVIEW)] = 1024,
) -> Response:
    """The same as a small picture, to lie over the scene's preview."""
    mark, make = maps.picture(here, maps.made(here, scene_id, task, level), size)
    return reply(request, mark, "image/png", make)
