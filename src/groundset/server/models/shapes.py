"""Shapes of outline tasks: in and out of files, masks and places."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from groundset.server.models.base import Model

TaskName = Annotated[str | None, Field(max_length=512, description="May be left out where there is one that fits")]
Ids = Annotated[list[str], Field(max_length=100_000)]


class ShapeProperties(Model):
    """What an event says of a shape; sent back as it is where only the outline changes."""

    class_: int = Field(alias="class")
    kind: Literal["box", "oriented-box", "polygon", "polyline", "point"]
    score: float | None = None
    depth: int | None = Field(default=None, description="The higher the nearer")
    attributes: dict[str, Any] | None = None
    import_: str | None = Field(default=None, alias="import", description="The import that it came with")


class ShapeFeature(Model):
    """A shape as it stands."""

    type: Literal["Feature"]
    id: str = Field(description="The `layer` of its events")
    scene: str
    chip_id: str = Field(description="The chip that its event names")
    origin: int
    actor: str
    at: str
    seq: int
    problem: str | None = Field(
        default=None, description="What is wrong with its outline, such as that it crosses itself"
    )
    properties: ShapeProperties
    geometry: dict[str, Any] = Field(description="GeoJSON geometry")


class ShapeCollection(Model):
    """Shapes in the order in which they are drawn: the last one lies on top."""

    type: Literal["FeatureCollection"]
    coordinates: Literal["pixel", "map"]
    crs: dict[str, Any] | None = Field(default=None, description="Of map coordinates")
    number_matched: int = Field(alias="numberMatched")
    number_returned: int = Field(alias="numberReturned")
    features: list[ShapeFeature]


class ShapeImport(Model):
    """A file whose shapes stand."""

    id: str = Field(description="`import` in the properties of its shapes")
    file: str | None
    scene: str
    shapes: int
    actor: str
    at: str


class ImportReport(Model):
    """What bringing a file did."""

    task: str
    import_: str | None = Field(alias="import", description="Id of the import")
    bulk: str | None = Field(description="The event to undo, to take all of it back; null where nothing is new")
    features: int
    created: int
    known: int = Field(description="Shapes that the same file had brought before")
    counts: dict[str, int] = Field(description="New shapes by class")
    crossing: list[str] = Field(description="Features with a broken outline, kept as they are; `repair` mends them")
    says: list[str] = Field(description="The report in sentences")


class RasteriseShapes(Model):
    """Draw an outline task into a segment task."""

    task: TaskName = None
    to: TaskName = None
    scene: str | None = None
    chip_ids: Ids | None = None
    all_touched: bool = Field(default=False, description="Every pixel that is touched, not those whose centre is held")
    line_width: float = Field(default=1, gt=0, le=1000, description="Pixels")
    point_size: float = Field(default=1, gt=0, le=1000, description="Diameter in pixels")


class VectoriseMasks(Model):
    """Trace the masks of a segment task into an outline task."""

    task: TaskName = None
    of: TaskName = None
    scene: str | None = None
    chip_ids: Ids | None = None
    min_pixels: int = Field(default=4, ge=0, le=2**31, description="Smaller patches are left out, first of all")
    simplify: float = Field(default=0, ge=0, le=1000, description="Tolerance in pixels; 0: pixel edges as they are")
    by_origin: bool = Field(default=False, description="Whether a patch ends where the origin of its pixels changes")


class ShiftShapes(Model):
    """Move shapes of a scene."""

    task: TaskName = None
    scene: str
    dx: float = Field(description="To the right, in units of the scene's CRS; in pixels where it has none")
    dy: float = Field(description="Up in the CRS, down in pixels")
    import_: str | None = Field(default=None, alias="import", description="Only shapes of this import")
    ids: Ids | None = None


class RepairShapes(Model):
    """Mend outlines that cross themselves."""

    task: TaskName = None
    scene: str | None = None
    ids: Ids | None = None


class ShapesChanged(Model):
    """What became of shapes or masks."""

    bulk: str | None = Field(description="The event to undo; null where nothing changed")
    created: int = Field(description="New masks or shapes, or shapes that were changed")
    known: int = Field(default=0, description="Those that were so already")
    removed: int = Field(default=0, description="Those of the last time that are no more")
    left: list[str] = Field(default=[], description="Shapes of which nothing could be repaired")
