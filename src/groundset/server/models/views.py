"""The workspace's own views."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from groundset.server.models.base import Model


class NewView(Model):
    """A view to keep: an expression over band names, and how it is shown."""

    name: str = Field(min_length=1, max_length=64, description="Layer name: letters, digits, `_`, `-`")
    title: str | None = Field(default=None, max_length=120)
    expression: str = Field(
        min_length=1, max_length=1600, description="One formula, or three joined by `;` for red, green, blue"
    )
    ramp: str | None = Field(default=None, description="Colour scale of one formula")
    range: list[float] | None = Field(default=None, min_length=2, max_length=2, description="Black and white")
    stretch: Literal["scene", "chip"] | None = None
    replace: bool = Field(default=False, description="Whether it may take the place of a view of this name")


class OwnView(Model):
    """A view of the workspace's own."""

    name: str
    title: str
    expression: str
    ramp: str | None = None
    ranges: list[tuple[float, float]] = []  # noqa: RUF012
    stretch: Literal["scene", "chip"] | None = None
    problem: str | None = Field(default=None, description="What is wrong with it in the settings")


class Backdrop(Model):
    """A web map that views may show: its tiles are fetched by the browser, never by the server."""

    name: str
    title: str
    url: str = Field(description="Address with {z}, {x}, {y} or {-y}; or WMTS or WMS words in their place")
    attribution: str
    max_zoom: int
    problem: str | None = Field(default=None, description="What is wrong with it in the settings")


class Arrangement(Model):
    """What the views of a task show: groups that are seen together."""

    groups: list[list[str]] = Field(
        description="Each group: its name, then one to six views such as `chip?layer=natural`, `around`, "
        "`date:before?index=NDWI`, `tiles:NAME`"
    )
