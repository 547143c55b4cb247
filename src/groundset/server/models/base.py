"""What all parts of the HTTP contract share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Permission = Literal["read", "annotate", "review", "manage", "admin"]
Role = Literal["annotator", "reviewer", "manager", "admin"]
Bbox4 = Annotated[list[float], Field(min_length=4, max_length=4, description="west, south, east, north in degrees")]
Geometry = Annotated[dict[str, Any], Field(description="GeoJSON geometry in EPSG:4326")]


class Model(BaseModel):
    """Base: unknown fields in a request are errors, and so is text that cannot be written as UTF-8."""

    model_config = ConfigDict(extra="forbid", str_min_length=0)  # any limit makes pydantic look into texts


class Place(BaseModel):
    """Where in the text of a filter or of SQL a mistake stands."""

    start: int = Field(description="Characters before it, from 0")
    end: int = Field(description="Characters before what follows it")
    line: int = Field(description="From 1")
    column: int = Field(description="In its line, from 1")


class Problem(BaseModel):
    """Problem details (RFC 9457), with what was asked, what was found and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    asked: str | None = None
    found: str | None = None
    hint: str | None = None
    position: Place | None = None
    near: Annotated[list[str] | None, Field(description="What was probably meant, the nearest first")] = None
