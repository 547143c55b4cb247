"""Session, workspace, label counts and queryables."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from groundset.server.models.attached import AttachedColumn
from groundset.server.models.base import Model, Permission, Role
from groundset.server.models.learning import Attribute


class Session(Model):
    """Who the page is talking as."""

    actor: str | None = Field(description="Name under which answers are kept; null until the page has asked for it")
    role: Role
    permissions: list[Permission]
    csrf: str = Field(description="Goes into the header X-CSRF-Token of every POST, PUT and DELETE with the cookie")


class SessionName(Model):
    """The name that a person gives once."""

    actor: str = Field(min_length=1, max_length=120)


class SchemeClass(Model):
    """One class of a scheme."""

    code: int
    name: str
    title: str
    color: str = Field(description="#rrggbb")
    definition: str | None = None
    parent: str | None = None
    not_applicable: bool = False


class Task(Model):
    """A question about chips."""

    name: str
    kind: Literal["classify", "segment", "outline"]
    multi: bool
    classes: list[SchemeClass]
    labelled: int = Field(description="Chips with at least one current answer")
    about: Literal["date", "period", "change"] = Field(
        default="date",
        description="What it asks about; of a period or change, answers are kept with the chip of the first date",
    )
    series: str | None = Field(default=None, description="The only series that it asks about; null: all of them")


class SeriesDate(Model):
    """One date of a series."""

    scene_id: str
    datetime: str = Field(description="RFC 3339, UTC")


class SeriesInfo(Model):
    """Scenes of one place on one grid, the earliest first."""

    name: str
    title: str | None = None
    dates: list[SeriesDate]


class SeriesList(Model):
    """The series that there are, and those that could be made of scenes that share a grid."""

    series: list[SeriesInfo]
    proposed: list[SeriesInfo]


class NewSeries(Model):
    """A series to make."""

    name: str = Field(min_length=1, max_length=128)
    title: str | None = Field(default=None, max_length=200)
    scenes: list[str] = Field(min_length=1, max_length=10_000, description="Ids of scenes, in any order")


class GridInfo(Model):
    """The chip grid."""

    chip_size: int
    stride: int
    levels: int
    edge: Literal["pad", "drop", "shift"]


class LevelCount(Model):
    """Chips of one size."""

    level: int = Field(description="0 is the coarsest")
    chips: int


class Counts(Model):
    """How much of everything there is."""

    scenes: int
    chips: int = Field(description="At all levels together")
    levels: list[LevelCount] = Field(default=[], description="Levels that have chips, the coarsest first")
    events: int
    models: int
    releases: int


class WorkspaceInfo(Model):
    """The workspace: name, tasks, scheme, counts."""

    name: str
    path: str | None = Field(default=None, description="Where it lies on the server's machine; for command lines")
    title: str | None
    description: str | None
    groundset: str = Field(description="Version of Groundset")
    tasks: list[Task]
    default_task: str | None = Field(description="Task that `label` speaks of where none is named")
    scheme: list[SchemeClass]
    grid: GridInfo | None
    encoder: str | None
    encoders: list[str] = Field(default=[], description="Encoders whose features are there, the workspace's own first")
    installed_encoders: list[str] = Field(default=[], description="Names that an encode job takes for its encoder")
    attributes: list[Attribute] = Field(default=[], description="What people may say of a chip's situation")
    counts: Counts
    models: list[str]
    sensors: list[str] = Field(description="Names that an ingest takes for --sensor")
    segmenters: list[str] = Field(description="Names that a segment job takes for its model")
    data_roots: list[str] = Field(
        default_factory=list, description="Folders that an ingest may read, the workspace's own first (`--data` adds)"
    )
    head: int = Field(description="Number of the journal's last event")
    series: list[SeriesInfo] = Field(default=[], description="Several dates of one place on one grid")
    attached: list[AttachedColumn] = Field(
        default=[], description="Columns that chips have from attached layers and from the sample's design"
    )


class WorkspaceLink(Model):
    """One of the workspaces that this server answers for."""

    name: str
    href: str = Field(description="Relative to the server's root")
    scenes: int | None = None
    chips: int | None = None
    releases: list[str] = Field(default_factory=list)
    error: str | None = Field(default=None, description="Why it cannot be opened")


class ClassCount(Model):
    """How much of one class is labelled."""

    code: int
    name: str
    chips: int = Field(description="Chips whose label has this class")
    pixels: int | None = Field(description="Pixels of this class; null in a classify task")


class LabelCounts(Model):
    """Labels of a task, counted."""

    task: str
    kind: Literal["classify", "segment", "outline"]
    chips: int = Field(description="Chips with a label")
    unlabelled: int = Field(description="Chips without one")
    classes: list[ClassCount]
    methods: dict[str, int] = Field(description="Chips by label:methods: manual, automated, both")
    counted: int = Field(description="Chips whose masks are counted so far; less than `chips` while counting goes on")
    level: int | None = Field(default=None, description="Level whose chips alone are counted; null: all levels")
    pixels: int | None = Field(
        default=None, description="Pixels with data of all these chips, labelled or not; null unless masks are counted"
    )


class Queryable(Model):
    """A name that a filter may use."""

    name: str
    type: Literal["string", "number", "integer", "boolean", "datetime", "geometry", "array"]
    title: str
    values: list[tuple[str, int]] | None = Field(default=None, description="Values with their counts, where few")
    counts: list[int] | None = Field(default=None, description="Of numbers and times: chips between `edges`")
    edges: list[float | str] | None = Field(
        default=None, description="Ends of the bins that `counts` counts, one more than there are bins"
    )
    minimum: float | str | None = None
    maximum: float | str | None = None
    missing: int = Field(default=0, description="Chips without a value")
