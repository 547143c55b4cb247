"""Scenes."""

from __future__ import annotations

from pydantic import Field

from groundset.server.models.base import Bbox4, Geometry, Model, Problem
from groundset.server.models.chips import BandInfo, Index, Layer


class SceneRow(Model):
    """One scene in a list."""

    id: str
    datetime: str | None
    sensor: str | None
    crs: str | None
    width: int
    height: int
    resolution: float | None = Field(description="Metres a pixel, at the scene's centre; null without CRS")
    bands: list[str]
    cloud_cover: float | None
    photo: bool
    chips: int = Field(description="Of its coarsest level")
    bbox: Bbox4 | None
    geometry: Geometry | None = Field(description="Outline of the scene")
    problem: Problem | None = Field(default=None, description="Why its pixels cannot be read")


class SceneDetail(Model):
    """One scene with all that is needed to draw it."""

    scene: SceneRow
    bands: list[BandInfo]
    layers: list[Layer]
    indices: list[Index]
    sources: list[str] = Field(description="Where its files lie, without signatures")
    transform: list[float] = Field(description="Affine of its upper left pixel, a b c d e f, in its CRS")
    minzoom: int | None = Field(description="Zoom at which it is a few pixels; null without CRS")
    maxzoom: int | None = Field(description="Zoom of its own resolution")
