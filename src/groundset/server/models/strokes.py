"""Strokes in and out, and the objects of a layer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from groundset.server.models.annotations import AnnotationResult
from groundset.server.models.base import Model

LAYER = r"^[A-Za-z0-9._:-]{1,64}$"
Whole = Annotated[int, Field(strict=True, ge=0, le=2**31)]


class Rle(Model):
    """Run lengths as COCO's uncompressed ones: column by column, beginning with pixels outside."""

    size: Annotated[list[Whole], Field(min_length=2, max_length=2, description="Rows and columns of the chip")]
    counts: list[Whole]


class LabelObject(Model):
    """A segment that was accepted as a whole, thing or stuff."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)
    id: Annotated[str, Field(min_length=1, max_length=64)]
    class_: Annotated[int, Field(alias="class", strict=True, ge=0, le=254)]
    score: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None
    depth: Annotated[int, Field(strict=True, ge=-(2**31), le=2**31, description="The higher the nearer")]
    bbox: Annotated[list[Whole], Field(min_length=4, max_length=4, description="x, y, width, height in pixels")]
    rle: Rle
    proposed: bool = Field(default=False, description="A model placed it and nobody has looked at it")


class LabelObjects(Model):
    """The objects of a layer."""

    objects: list[LabelObject]


class StrokeIn(BaseModel):
    """One stroke, as a client sends it. The actor comes from the login."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(description="UUID made by the client; sending it again changes nothing", max_length=64)
    chip_id: str = Field(max_length=512)
    task: str | None = Field(default=None, description="A task of kind segment; may be left out where there is one")
    layer: str = Field(default="page", pattern=LAYER)
    tool: str = Field(min_length=1, max_length=32)
    window: Annotated[list[Whole], Field(min_length=4, max_length=4, description="x, y, width, height in pixels")]
    patch: str = Field(
        description="base64 of zlib of uint8 (4, height, width): there (0 or 1), class, origin, confidence. Where "
        "`there` is 1 the layer's pixel becomes what is given; origin 0 says nothing any more, class 255 with an "
        "origin wants it unlabelled"
    )
    base: str | None = Field(
        default=None, description="Id of the layer's event that it was drawn on; left out on an empty layer"
    )
    seconds: float | None = Field(
        default=None, ge=0, le=86_400, allow_inf_nan=False, description="Active seconds since the stroke before"
    )
    objects: list[LabelObject] | None = Field(
        default=None, description="The layer's whole list of objects after the stroke, where it changes"
    )
    bulk: str | None = Field(default=None, description="Id of the bulk event, sent before, that this is a member of")


class StrokeResult(AnnotationResult):
    """What became of one stroke."""

    conflict: bool = Field(default=False, description="The layer had other strokes since `base`; both are kept")


class StrokeResults(Model):
    """What became of each stroke, in the order sent; all created ones are on disk."""

    results: list[StrokeResult]


class StrokeRow(Model):
    """A stroke that stands, or several of one bulk act."""

    id: str = Field(description="The event to undo, to take it back")
    tool: str | None = Field(description="Null where a whole mask was put")
    at: str
    seconds: float | None
    strokes: int


class BackRow(StrokeRow):
    """A stroke that was taken back."""

    by: str = Field(description="The undo event to undo, to bring it back")


class WorkState(Model):
    """How far the work on a chip is, as its actor said last."""

    state: Literal["complete", "incomplete"]
    difficulty: int | None = Field(default=None, description="1 (easy) to 5")
    note: str | None = None
    cannot_tell: str | None = Field(default=None, description="Why the chip cannot be labelled")
    at: str


class LayerStrokes(Model):
    """Your layer of a chip: what was drawn and can be taken back, latest first."""

    event: str | None = Field(description="Latest event of the layer: the next stroke's `base`; null where it is empty")
    mark: str = Field(description="ETag of GET mask?part=own&f=npy")
    undo: list[StrokeRow] = Field(description="At most `limit` of them")
    redo: list[BackRow] = Field(description="At most `limit` of them")
    undo_count: int
    redo_count: int
    strokes: int = Field(description="Strokes that stand")
    seconds: float = Field(
        description="Active seconds of all strokes, those taken back too, and of what you said of the work"
    )
    work: WorkState | None = Field(description="How far you said the work is; null where you said nothing")
