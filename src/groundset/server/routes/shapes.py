"""``/api/shapes``: shapes of outline tasks; single ones are said by ``POST /api/annotations`` of kind shapes."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from groundset.server import shapes
from groundset.server.context import Here
from groundset.server.door import Actor, needs
from groundset.server.models import (
    ImportReport,
    RasteriseShapes,
    RepairShapes,
    ShapeCollection,
    ShapeImport,
    ShapesChanged,
    ShiftShapes,
    VectoriseMasks,
)
from groundset.server.replies import problems, reply

router = APIRouter(tags=["shapes"])
GEOJSON = "application/geo+json"
TaskName = Annotated[
    str | None, Query(max_length=512, description="A task of kind outline; may be left out where there is one")
]
BODY = {
    "required": True,
    "content": {
        GEOJSON: {"schema": {"type": "object"}},
        "application/geopackage+sqlite3": {"schema": {"type": "string", "format": "binary"}},
    },
}


async def _body(request: Request) -> bytes:
    return await request.body()


@router.get(
    "/shapes",
    response_model=ShapeCollection,
    responses={304: {"description": "Unchanged since the ETag in If-None-Match"}, **problems(404, 422)},
    dependencies=[needs("read")],
)
def get_shapes(
    here: Here,
    request: Request,
    task: TaskName = None,
    scene: Annotated[str | None, Query(max_length=512, description="Only those on this scene")] = None,
    bbox: Annotated[
        str | None,
        Query(max_length=200, description="left,top,right,bottom in pixels of the scene: only those that meet it"),
    ] = None,
    chip_id: Annotated[str | None, Query(max_length=512, description="Only those that meet this chip")] = None,
    actor: Annotated[str | None, Query(max_length=512, description="Only those that this actor said last")] = None,
    import_: Annotated[
        str | None, Query(alias="import", max_length=64, description="Only those of this import")
    ] = None,
    coordinates: Annotated[
        Literal["pixel", "map"],
        Query(
            description="Pixels of the scene (column, row from its upper left corner), or its CRS, which `crs` names"
        ),
    ] = "pixel",
    limit: Annotated[int, Query(ge=0, le=200_000, description="The topmost so many")] = 50_000,
) -> Response:
    """Shapes as GeoJSON, in the order in which they are drawn: the last one lies on top."""
    wanted = shapes.Wanted(task, scene, bbox, chip_id, actor, import_, coordinates, limit)
    mark, make = shapes.collection(here, wanted)
    return reply(request, mark, GEOJSON, make)


@router.get("/shapes/imports", responses=problems(422), dependencies=[needs("read")])
def list_imports(here: Here, task: TaskName = None) -> list[ShapeImport]:
    """The files whose shapes stand, by scene: what `shift` moves."""
    return shapes.imports(here, task)


@router.post(
    "/shapes/import",
    responses=problems(404, 409, 413, 422),
    openapi_extra={"requestBody": BODY},
    dependencies=[needs("review")],
)
def import_shapes(
    here: Here,
    actor: Actor,
    data: Annotated[bytes, Depends(_body)],
    task: TaskName = None,
    name: Annotated[str, Query(max_length=200, description="Name of the file, as it is told")] = "shapes.geojson",
    column: Annotated[
        str, Query(max_length=200, description="Property that names the class, by name or code")
    ] = "class",
    label: Annotated[
        str | None,
        Query(
            alias="class",
            min_length=1,
            max_length=200,
            description="Class of every shape, by name or code, in place of a property",
        ),
    ] = None,
    within: Annotated[
        str | None, Query(max_length=20, description="How far a dated feature may lie from an acquisition: 3d, 12h")
    ] = None,
) -> ImportReport:
    """Bring a GeoJSON or GeoPackage file into an outline task, as one act; the same file again changes nothing.

    Outlines that cross themselves are kept as they are and named.
    """
    return shapes.bring_in(here, data, name, task=task, actor=actor, column=column, within=within, label=label)


@router.post("/shapes/rasterise", responses=problems(404, 422, 503), dependencies=[needs("annotate")])
def rasterise_shapes(here: Here, actor: Actor, said: RasteriseShapes) -> ShapesChanged:
    """Draw the shapes of an outline task into masks of a segment task, as one act.

    A polygon covers the pixels whose centre it holds. Each pixel has the origin of the shape that lies on top. Drawn
    again, the masks take the place of those of the last time.
    """
    return shapes.rasterised(here, actor, said)


@router.post("/shapes/vectorise", responses=problems(404, 422, 503), dependencies=[needs("annotate")])
def vectorise_masks(here: Here, actor: Actor, said: VectoriseMasks) -> ShapesChanged:
    """Trace the labels of a segment task into shapes of an outline task, holes kept, as one act.

    Traced again, what is no more is removed, but for shapes that somebody changed since.
    """
    return shapes.vectorised(here, actor, said)


@router.post("/shapes/shift", responses=problems(404, 422), dependencies=[needs("review")])
def shift_shapes(here: Here, actor: Actor, said: ShiftShapes) -> ShapesChanged:
    """Move an imported layer, or the shapes named, on one scene, as one act."""
    return shapes.shifted(here, actor, said)


@router.post("/shapes/repair", responses=problems(404, 422), dependencies=[needs("annotate")])
def repair_shapes(here: Here, actor: Actor, said: RepairShapes) -> ShapesChanged:
    """Make polygons that cross themselves valid, all their parts kept, as one act."""
    return shapes.repaired(here, actor, said)
