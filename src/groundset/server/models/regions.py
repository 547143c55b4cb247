"""Regions of a chip: a tree of segments from small to large, and what a model says of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from groundset.server.models.base import Model
from groundset.server.models.strokes import Rle

BoxInPixels = Annotated[list[int], Field(min_length=4, max_length=4, description="x, y, width, height")]


class ModelSegment(Model):
    """A candidate that is not of the tree: what a model itself takes for one thing."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)
    class_: int | None = Field(alias="class")
    sure: float = Field(description="How sure the model is, 0-1")
    score: float = Field(description="What to show first, in line with the nodes")
    size: int = Field(description="In pixels")
    bbox: BoxInPixels
    source: str = Field(description="Name of the model")
    rle: Rle


class Regions(Model):
    """Nested segments. A node is a place in the lists; the first ``leaves`` nodes are leaves, a parent comes later."""

    rows: int
    cols: int
    leaves: int = Field(description="So many nodes are leaves; /regions/leaves says where they lie")
    parent: list[int] = Field(description="Of each node; a root is its own")
    size: list[int] = Field(description="Of each node, in pixels")
    height: list[float] = Field(description="The largest difference merged within each node")
    contrast: list[float] = Field(description="How much more the image changes over each node's border than within")
    bbox: list[BoxInPixels]
    classes: list[int] = Field(description="Class codes in the order of `probability`")
    probability: list[list[int]] | None = Field(
        description="Percent by class of each node; null while there is not enough to learn from"
    )
    score: list[float | None] = Field(
        description="What to show first, 1 is the best; null: no candidate. Class purity times contrast times the root "
        "of the size; without a model contrast times the root of how long the node lasts in the tree"
    )
    start: list[int] = Field(description="The best candidates that do not overlap")
    extras: list[ModelSegment] = Field(description="Candidates beside the tree; they may overlap anything")
