"""What the HTTP API says, as pydantic models: the OpenAPI and the page's TypeScript types are made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Permission = Literal["read", "annotate", "review", "manage", "admin"]
Role = Literal["annotator", "reviewer", "manager", "admin"]
Bbox4 = Annotated[list[float], Field(min_length=4, max_length=4, description="west, south, east, north in degrees")]
Geometry = Annotated[dict[str, Any], Field(description="GeoJSON geometry in EPSG:4326")]


class Model(BaseModel):
    """Base: unknown fields in a request are errors."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """Problem details (RFC 9457), with what was asked, what was found and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    asked: str | None = None
    found: str | None = None
    hint: str | None = None


# --- session and workspace ---------------------------------------------------------------------------------------


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


class GridInfo(Model):
    """The chip grid."""

    chip_size: int
    stride: int
    levels: int
    edge: Literal["pad", "drop", "shift"]


class Counts(Model):
    """How much of everything there is."""

    scenes: int
    chips: int
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
    counts: Counts
    models: list[str]
    sensors: list[str] = Field(description="Names that an ingest takes for --sensor")
    segmenters: list[str] = Field(description="Names that a segment job takes for its model")
    head: int = Field(description="Number of the journal's last event")


class WorkspaceLink(Model):
    """One of the workspaces that this server answers for."""

    name: str
    href: str = Field(description="Relative to the server's root")
    scenes: int | None = None
    chips: int | None = None
    releases: list[str] = []
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


class Queryable(Model):
    """A name that a filter may use."""

    name: str
    type: Literal["string", "number", "integer", "datetime", "geometry", "array"]
    title: str
    values: list[tuple[str, int]] | None = Field(default=None, description="Values with their counts, where few")
    minimum: float | str | None = None
    maximum: float | str | None = None
    missing: int = Field(default=0, description="Chips without a value")


# --- chips ------------------------------------------------------------------------------------------------------


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


# --- scenes -----------------------------------------------------------------------------------------------------


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
    chips: int
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
    minzoom: int | None = Field(description="Zoom at which it is a few pixels; null without CRS")
    maxzoom: int | None = Field(description="Zoom of its own resolution")


# --- annotations ------------------------------------------------------------------------------------------------


class AnnotationIn(BaseModel):
    """One answer, as a client sends it. The actor comes from the login."""

    model_config = ConfigDict(extra="forbid")
    id: str = Field(description="UUID made by the client; sending it again changes nothing", max_length=64)
    kind: Literal["answer", "mask", "shapes", "undo", "comment"]
    task: str | None = None
    chip_id: str | None = None
    payload: dict[str, Any] = {}
    undoes: str | None = None


class AnnotationResult(Model):
    """What became of one answer."""

    id: str
    status: Literal["created", "known", "refused"]
    seq: int | None = None
    error: str | None = None


class AnnotationResults(Model):
    """What became of each answer, in the order sent; all created ones are on disk."""

    results: list[AnnotationResult]


class Annotation(Model):
    """One event of the journal."""

    seq: int
    id: str
    at: str
    actor: str
    kind: str
    task: str | None
    chip_id: str | None
    payload: dict[str, Any]
    undoes: str | None
    bulk: str | None
    active: bool | None = Field(default=None, description="False where it was taken back; asked for with active=true")


class Annotations(Model):
    """A page of events."""

    head: int
    events: list[Annotation]


# --- jobs -------------------------------------------------------------------------------------------------------

JobState = Literal["queued", "running", "stopping", "stopped", "interrupted", "failed", "done"]
Verb = Literal["ingest", "segment", "release", "check"]


class JobStep(Model):
    """How far one piece of a job is."""

    what: str
    unit: str
    done: int
    total: int | None
    rate: float = Field(description="Units a second")
    to_go: float | None = Field(description="Seconds")


class Job(Model):
    """A long work."""

    id: str
    verb: Verb
    options: dict[str, Any]
    actor: str
    state: JobState
    steps: list[JobStep]
    summary: str | None = Field(description="What came of it, for people")
    problem: Problem | None
    result: dict[str, Any] | None = Field(description="For a check: the report; for a release: its name")
    created: str
    started: str | None
    ended: str | None
    resumable: bool


class Jobs(Model):
    """All jobs, newest first."""

    jobs: list[Job]


# --- releases ---------------------------------------------------------------------------------------------------


class LevelResult(Model):
    """What is known of one quality level."""

    level: Literal["Q0", "Q1", "Q2", "Q3"]
    title: str
    status: Literal["passed", "failed", "not fully checked", "not reached"]
    errors: int
    warnings: int
    not_checked: int


class Finding(Model):
    """One thing that a check has to say."""

    level: str
    severity: Literal["error", "warning", "not-checked"]
    file: str
    what: str
    found: str
    wanted: str


class CheckResult(Model):
    """The last check of a release."""

    checked_at: str
    current: bool = Field(description="False where the release was changed since")
    levels: list[LevelResult]
    findings: list[Finding] = Field(description="Errors first, at most 1,000; `levels` count all")


class ReleaseRow(Model):
    """One release in a list."""

    name: str
    title: str | None
    created: str | None
    task: str
    kind: str
    chips: int
    bytes: int
    license: str | None
    splits: dict[str, int] = Field(description="Chips by split")
    class_counts: dict[str, int] = Field(description="Pixels (or chips, in a classify task) by class name")
    check: list[LevelResult] | None = Field(description="Null where it was never checked from here")
    problem: Problem | None = None


class ReleaseDetail(Model):
    """One release."""

    release: ReleaseRow
    path: str
    bands: list[str]
    recipe: dict[str, Any]
    split_notes: list[str] = Field(description="How the chips were split, in sentences")
    changelog: str | None
    check: CheckResult | None
    documents: list[str] = Field(description="Files of the release that can be opened in the browser")


class Differences(Model):
    """How one release differs from another."""

    base: str
    other: str
    added: list[str] = Field(description="Chips only in `other` (at most 1,000)")
    removed: list[str] = Field(description="Chips only in `base` (at most 1,000)")
    relabelled: list[str] = Field(description="Chips in both whose mask or class differs (at most 1,000)")
    moved: list[tuple[str, str, str]] = Field(description="Chip, its split in `base`, its split in `other`")
    counts: dict[str, int] = Field(description="added, removed, relabelled, moved, same")
    class_counts: dict[str, tuple[int, int]] = Field(description="By class: in `base`, in `other`")
    recipe: dict[str, tuple[Any, Any]] = Field(description="Settings that differ")
