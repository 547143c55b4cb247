"""Chips, their bands and layers."""

from __future__ import annotations  # noqa: I001

from typing import Literal

from pydantic import Field

from groundset.server.models.base import Bbox4, Geometry, Model, Problem


Meaning = Literal["none", "similarity", "score", "confidence"]
"""What a score is: nothing is known yet; likeness to positive examples; a model's score of too few labels to be
calibrated; a calibrated confidence."""


class ChipLabel(Model):
    """The label of a chip in the task asked for."""

    classes: list[int] = Field(description="Codes; in a segment task all that have pixels, most pixels first")
    negative: list[int] = Field(default=[], description="Codes of the classes that were said not to be there")
    unsure: list[int] = Field(
        default=[], description="Codes of the classes of which people are unsure, or that cannot be answered"
    )
    reason: str | None = Field(default=None, description="Why it cannot be answered, as said")
    confidence: float | None = Field(default=None, description="0-1, where a model's answer decides")
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
    training: bool = Field(default=True, description="False where the chip was removed from the task's training")
    attributes: dict[str, bool | float | str] = Field(default={}, description="What people said of its situation")
    attached: dict[str, bool | float | str] = Field(
        default={}, description="What attached layers and the sample's design say of it, by column"
    )
    score: float | None = Field(
        default=None, description="Of the class asked for (`class=`) or of the likeness asked for (`like=`), 0-1"
    )
    guess: int | None = Field(default=None, description="Code of the class that the model holds most likely")
    guess_score: float | None = Field(default=None, description="How likely it holds it, 0-1")
    bbox: Bbox4 | None


class ChipPage(Model):
    """A page of the chips that a filter keeps, in the order asked for."""

    total: int
    offset: int
    head: int = Field(description="Journal event up to which labels count")
    pin: str | None = Field(
        default=None,
        description="Names this list as it is now: `pin=` gives further pages of it whatever is answered since",
    )
    forgotten: bool = Field(default=False, description="The list asked for is forgotten: this is another (`anew`)")
    meaning: Meaning = Field(default="none", description="What `score` means")
    chips: list[ChipRow]


class MeantClass(Model):
    """A class that words mean."""

    code: int
    name: str
    title: str
    color: str
    fits: float = Field(description="How well it fits, 0-1")
    where: Literal["name", "title", "synonym", "definition", "parent"] = Field(description="Where the words stand")
    word: str = Field(description="What stands there")
    labelled: int = Field(description="Chips whose label has it")


class WordsFound(Model):
    """What words mean."""

    classes: list[MeantClass]
    near: list[str] = Field(description="Where no class is meant: words of the scheme that look alike")
    pictures: str | None = Field(description="The encoder that finds images by words; null where none knows words")


class ChipIds(Model):
    """The ids of all chips that a filter keeps, in the order asked for (`f=ids`)."""

    total: int
    pin: str | None = None
    forgotten: bool = False
    ids: list[str]


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
    bands: list[str] = Field(description="Names of the bands that it needs")
    group: Literal["composite", "radar", "band", "own"] = "composite"
    formulas: list[str] = Field(
        default=[], description="Over band names, of physical values: one, or three for red, green, blue"
    )
    ranges: list[tuple[float, float]] = Field(
        default=[], description="Black and white of each formula in this scene; empty: each picture's own"
    )
    ramp: str | None = Field(default=None, description="Colour scale of a view of one's own")
    stretch: Literal["scene", "chip"] = "scene"
    lab: bool = Field(default=False, description="Toned in CIE Lab, one black and one white for all three")


class Index(Model):
    """A spectral index: (a - b) / (a + b) of two bands, or another formula over band names."""

    name: str
    title: str
    formula: str
    bands: list[str]
    ramp: list[str] = Field(default=[], description="Colours from `low` to `high`, evenly spaced")
    low: float = Field(
        default=-1, description="Where the colours begin, in the scene; of a normalised difference 0 is in the middle"
    )
    high: float = Field(default=1, description="Where they end")


class Neighbours(Model):
    """Chips beside this one on the grid, where there are any."""

    north: str | None = None
    south: str | None = None
    west: str | None = None
    east: str | None = None


class ChipDate(Model):
    """A place at one date of a series."""

    scene_id: str
    datetime: str = Field(description="RFC 3339, UTC")
    chip_id: str | None = Field(description="Null where the scene has no such chip")
    valid_fraction: float = Field(description="0 where there are no data at this date")


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
    series: str | None = Field(default=None, description="The series that its scene is in")
    dates: list[ChipDate] = Field(default=[], description="The place at each date of the series, the earliest first")
    pixels_problem: Problem | None = Field(default=None, description="Why pixels cannot be read: the file was moved")
