"""Chips, their bands and layers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from groundset.server.models.base import Bbox4, Geometry, Model, Problem


class ChipLabel(Model):
    """The label of a chip in the task asked for."""

    classes: list[int] = Field(description="Codes; in a segment task all that have pixels, most pixels first")
    value: Literal["positive", "negative", "unsure", "not-applicable"] | None
    shares: list[float] | None = Field(default=None, description="Share of the chip's pixels, for each of `classes`")
    methods: list[str] = Field(description="label:methods")
    actors: list[str]
    answered_at: str | None


class ChipRow(Model):
    """One chip in a list."""

    id: str
    part: str = Field(description="Part of the chip table; with `row`, where its quicklook lies")
    row: int
    scene_id: str
    level: int
    grid_row: int
    grid_col: int
    width: int
    height: int
    datetime: str | None
    sensor: str | None
    valid_fraction: float
    cloud_cover: float | None
    group: str | None
    split: str | None = Field(description="Split in the latest release")
    label: ChipLabel | None
    bbox: Bbox4 | None


class ChipPage(Model):
    """A page of the chips that a filter keeps, in the order asked for."""

    total: int
    offset: int
    head: int = Field(description="Journal event up to which labels count")
    chips: list[ChipRow]


class BandInfo(Model):
    """One band. physical = stored * scale + offset."""

    name: str
    common_name: str | None
    description: str | None = None
    unit: str | None = None
    center_wavelength: float | None = Field(default=None, description="Micrometres")
    dtype: str
    scale: float
    offset: float
    nodata: float | None = Field(description="Null too where nodata is NaN")
    low: float | None = Field(default=None, description="2nd percentile of the scene, physical")
    high: float | None = Field(default=None, description="98th percentile of the scene, physical")


class Layer(Model):
    """A way to see a scene."""

    name: str
    title: str
    bands: list[str] = Field(description="One or three band names: red, green, blue")


class Index(Model):
    """A spectral index (a - b) / (a + b) of two bands, or another formula over band names."""

    name: str
    title: str
    formula: str
    bands: list[str]
    ramp: list[str] = Field(default=[], description="Colours from `low` to `high`, evenly spaced")
    low: float = Field(default=-1, description="Where the colours begin, in the scene; 0 is always in the middle")
    high: float = Field(default=1, description="Where they end")


class Neighbours(Model):
    """Chips beside this one on the grid, where there are any."""

    north: str | None = None
    south: str | None = None
    west: str | None = None
    east: str | None = None


class ChipDetail(Model):
    """One chip with all that is needed to draw it."""

    chip: ChipRow
    x_off: int
    y_off: int
    crs: str | None
    transform: list[float]
    geometry: Geometry | None
    bands: list[BandInfo]
    layers: list[Layer]
    indices: list[Index]
    neighbours: Neighbours
    labels: dict[str, ChipLabel] = Field(description="By task")
    pixels_problem: Problem | None = Field(default=None, description="Why pixels cannot be read: the file was moved")
