"""Cascade labelling: one class looked for in large scenes, coarse to fine."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from groundset.server.models.base import Model
from groundset.server.models.chips import ChipRow

Decision = Literal["kept", "rejected", "undecided"]
CellLabel = Literal["positive", "negative", "unsure", "not-applicable"]


class CascadeRow(Model):
    """A cascade in a list."""

    id: str
    task: str
    code: int
    class_: str = Field(alias="class", description="Name of the class that is looked for")
    title: str
    color: str
    scenes: list[str]
    levels: list[int] = Field(description="Levels of the grid, coarsest first")
    level: int = Field(description="The level that is worked on; the finest where all are done")
    done: bool
    recall: float = Field(description="Share of the positive chips that each level is to keep")
    actor: str
    at: str


class CascadeRows(Model):
    """All cascades, latest first."""

    cascades: list[CascadeRow]


class CascadeThreshold(Model):
    """Where the ranking of a level is cut, and what is known of it."""

    score: float | None = Field(description="Likeness below which chips are rejected; null: nothing is")
    recall: float = Field(description="Share of the positive chips that was asked for")
    estimate: float = Field(description="Share of the known positive chips that it keeps")
    low: float = Field(description="Clopper-Pearson, 95 %")
    high: float
    positives: int = Field(description="Positive chips that it rests on")
    bags: int = Field(description="Positive chips of the level above that teach as bags")
    enough: bool = Field(description="False: too few positives, everything goes on that nobody rejected")
    keeps: int
    rejects: int
    says: str


class CascadeLevel(Model):
    """One level; null is what is not known before the level is begun."""

    level: int
    chip_size: int
    cells: int = Field(description="Chips that the level has in these scenes")
    candidates: int | None = Field(description="Chips that are looked at: their parent goes on")
    made: int
    missing: int | None = Field(description="Candidates of which there is no chip on disk")
    kept: int | None
    rejected: int | None
    undecided: int | None
    positive: int
    negative: int
    unsure: int
    removed: int = Field(description="Answered, but taken out of training")
    state: Literal["done", "current", "ahead"]
    threshold: CascadeThreshold | None
    went_on_at: str | None


class CascadeRecall(Model):
    """What share of the positive chips the levels left keep together."""

    value: float
    low: float
    high: float
    positives: int = Field(description="Fewest positive chips that one of the thresholds rests on")
    says: str


class CascadeSaved(Model):
    """What was not made, against all chips of the levels that the cascade has come to."""

    chips: int
    bytes: int
    seconds: float | None = Field(description="null while no chip of a level was timed")
    says: str


class CascadeCan(Model):
    """What can be done now."""

    advance: bool
    back: bool
    make: bool
    why: str | None = Field(description="Why the level cannot be left")


class CascadeAnswers(Model):
    """Answered chips of all levels."""

    positive: int
    negative: int
    unsure: int


class Cascade(CascadeRow):
    """One cascade: how far it is, what it keeps, how sure that is, what it saved."""

    grid: list[CascadeLevel]
    share_looked_at: float | None = Field(description="Share of the finest level that was ever looked at")
    looked_at: int | None
    finest: int = Field(description="Chips that the finest level has")
    recall_estimate: CascadeRecall | None
    saved: CascadeSaved
    answers: CascadeAnswers
    conflicts: int
    problems: list[str]
    can: CascadeCan
    job: str | None = Field(description="The job that makes chips for it, while it is under way")
    gone: bool = Field(default=False, description="Its first step was just taken back: it is not there any more")
    head: int


class CascadeIn(Model):
    """A cascade to begin."""

    class_: str | int = Field(alias="class", description="Name or code of the class that is looked for")
    task: str | None = Field(default=None, description="A classify task; may be left out where there is one")
    scenes: list[str] | None = Field(default=None, min_length=1, description="null: all scenes that are no photos")
    levels: int | None = Field(
        default=None, ge=1, le=16, description="The grid gets those that it lacks; null: its own"
    )
    recall: float = Field(default=0.99, gt=0, le=1)
    name: str | None = None


class CascadeChange(Model):
    """What can be chosen anew."""

    recall: float = Field(gt=0, le=1)


class CascadeStep(Model):
    """A level to leave."""

    recall: float | None = Field(default=None, gt=0, le=1, description="null: as chosen before")


class CascadeChip(Model):
    """A chip of a panel."""

    chip: ChipRow
    reason: Literal["typical", "likely", "border", "check"] = Field(
        description="Typical of the level; likely to have the class; near the threshold; below it, to see that it holds"
    )
    score: float | None
    decision: Decision


class CascadePanel(Model):
    """Chips of the level that is worked on to answer next."""

    id: str
    level: int
    meaning: Literal["none", "similarity", "score"]
    strategy: Literal["typical", "mixed"]
    head: int
    chips: list[CascadeChip]
    left: int = Field(description="Chips of the level that are looked at and have no answer")
    answered: int


class CascadeCells(Model):
    """The cells of a level that are looked at, in parallel lists; those not listed lie in a chip that was rejected.

    The id of a chip is `SCENE_LEVEL_ROW_COL`. A cell is the square from x, y on; it may reach beyond the scene.
    """

    scene: str
    level: int
    chip_size: int
    width: int = Field(description="Of the scene in pixels")
    height: int
    head: int
    row: list[int]
    col: list[int]
    x: list[int]
    y: list[int]
    decision: list[Decision]
    score: list[float | None]
    label: list[CellLabel | None]
    trains: list[bool]
    made: list[bool]
    conflict: list[bool]
    ring: list[list[list[float]]] | None = Field(description="Corners in degrees, where asked for; null without a CRS")


class CascadeHistogram(Model):
    """Scores of a level, and the threshold for a recall; nothing is written."""

    level: int
    edges: list[float] = Field(description="Ends of the bins, one more than there are bins, from 0 to 1")
    counts: list[int] = Field(description="Candidates by bin")
    positive: list[int] = Field(description="Those answered positive")
    negative: list[int] = Field(description="Those answered negative")
    threshold: CascadeThreshold


class ConflictChoice(Model):
    """A way to settle a conflict: annotations to post, each with an id of its own."""

    says: str
    events: list[dict[str, Any]]


class CascadeConflict(Model):
    """Answers that cannot all be right; until they are settled none of them teaches."""

    kind: Literal["child-of-negative", "no-child-left"]
    level: int
    parent: str
    children: list[str]
    says: str
    choices: list[ConflictChoice]


class CascadeConflicts(Model):
    """All conflicts of a cascade, coarsest first."""

    conflicts: list[CascadeConflict]


class CascadeClass(Model):
    """The cells that one class keeps in a scene, in parallel lists."""

    code: int
    class_: str = Field(alias="class")
    title: str
    color: str
    cascade: str
    level: int = Field(description="Finest level that was left")
    chip_size: int
    done: bool
    row: list[int]
    col: list[int]
    x: list[int]
    y: list[int]
    by: list[Literal["person", "model"]]


class SceneCascades(Model):
    """The annotation of a scene by its cascades, one class after another."""

    scene: str
    task: str
    classes: list[CascadeClass]
