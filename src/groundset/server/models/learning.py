"""What the machine makes of the labels: scores, suggestions, how good it is and whether more labels would help."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from groundset.server.models.base import Model
from groundset.server.models.chips import ChipRow, Meaning


class SuggestedChip(Model):
    """A chip that should be answered next."""

    chip: ChipRow
    reason: Literal["typical", "uncertain", "doubted"] = Field(
        description="Typical of chips nobody answered; between classes; answered, and the model doubts the answer"
    )
    score: float | None = Field(default=None, description="The class's score, 0-1")


class Suggestions(Model):
    """Chips to answer next, the most useful first, no two nearly alike."""

    task: str
    code: int | None = Field(description="Class asked for; null: all classes of the task")
    strategy: Literal["typical", "margin"]
    head: int
    chips: list[SuggestedChip]


class Histogram(Model):
    """Scores of one class (or of a likeness), counted."""

    task: str
    code: int | None
    meaning: Meaning
    edges: list[float] = Field(description="Ends of the bins, one more than there are bins, from 0 to 1")
    unlabelled: list[int] = Field(description="Chips without an answer about the class, by bin")
    positive: list[int]
    negative: list[int]
    missing: int = Field(description="Chips without features, and so without a score")
    head: int


class ReliabilityBin(Model):
    """Out-of-fold predictions of nearly one confidence."""

    low: float
    high: float
    confidence: float = Field(description="Mean of the predictions")
    share: float = Field(description="Share of them that were right")
    count: int


class ClassRanking(Model):
    """How well one class is known."""

    code: int
    name: str
    positive: int = Field(description="Chips labelled with the class that train")
    negative: int = Field(description="Chips labelled as without it that train")
    removed: int = Field(description="Labelled chips that were removed from training")
    goal: int = Field(default=100, description="Chips of each kind to aim for")
    meaning: Meaning
    error: float | None = Field(default=None, description="Expected calibration error, out of fold")
    accuracy: float | None = Field(default=None, description="Balanced accuracy, out of fold")
    folds: Literal["blocked", "stratified"] | None = None
    reliability: list[ReliabilityBin] = []  # noqa: RUF012


class CurvePoint(Model):
    """Accuracy at a number of labels, with the ends of its 90 % interval."""

    labels: int
    mean: float
    low: float
    high: float


class Curve(Model):
    """How accuracy grew with labels, and how it may go on."""

    task: str
    code: int | None
    state: Literal["none", "computing", "ready"]
    measure: str = "balanced accuracy"
    folds: Literal["blocked", "stratified"] | None = None
    points: list[CurvePoint] = []  # noqa: RUF012
    forecast: list[CurvePoint] = []  # noqa: RUF012
    enough: bool | None = Field(default=None, description="Whether more labels will hardly help; null: not known")
    says: str = Field(default="", description="In a sentence, for people")
    head: int


class Ranking(Model):
    """The state of a task's model."""

    task: str
    encoder: str | None
    encoders: list[str] = Field(description="Encoders whose features are there")
    chips: int
    without_features: int
    head: int
    classes: list[ClassRanking]
    problems: list[str] = Field(default=[], description="What stands in the way, for people: one class only, ...")


class Act(Model):
    """Something that a person did, which can be taken back or brought back as a whole."""

    id: str = Field(description="The event to undo: to take an act back, or (of `redo`) to bring it back")
    kind: str = Field(description="answer, training, attribute, mask, shapes or bulk")
    task: str | None
    chips: int = Field(description="Chips that it is about")
    chip_id: str | None = Field(default=None, description="The chip, where it is one")
    at: str
    says: str = Field(description="In a few words: `water: positive, 12 chips`")


class History(Model):
    """What the person who asks can take back and bring back, latest first."""

    head: int
    undo: list[Act]
    redo: list[Act]
    undo_count: int
    redo_count: int


class NewClass(Model):
    """A class to add to a scheme; it gets the next free code, and no other class changes."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    title: str | None = Field(default=None, max_length=120)
    color: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$", description="#rrggbb; null: one that is free")
    definition: str | None = Field(default=None, max_length=2000)
    task: str | None = Field(default=None, description="The task whose scheme it is (default: the workspace's)")


class NewTask(Model):
    """A question about chips to add to the workspace."""

    name: str = Field(min_length=1, max_length=64)
    kind: Literal["classify", "segment", "outline"] = "classify"
    multi: bool = Field(default=False, description="Whether a chip may have several classes")
    classes: list[NewClass] | None = Field(default=None, description="Its own scheme; null: the workspace's")
    about: Literal["date", "period", "change"] = Field(
        default="date", description="Each date, all dates of a place together, or the change between two of them"
    )
    series: str | None = Field(default=None, description="Of a period or change: the only series asked about")


class Attribute(Model):
    """Something that people may say of a chip's situation: day, cloudy, roadworks ..."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$", description="A name in filters too")
    kind: Literal["flag", "choice", "number"]
    title: str | None = Field(default=None, max_length=120)
    choices: list[str] = Field(default=[], max_length=60, description="Of a choice: what there is to choose from")
    minimum: float | None = None
    maximum: float | None = None


class NewWorkspace(Model):
    """A workspace to make in the folder that is served."""

    name: str = Field(min_length=1, max_length=64)
    title: str | None = Field(default=None, max_length=200)
    scheme: Literal["water"] | None = "water"
    classes: list[NewClass] | None = Field(default=None, description="A scheme of its own, in place of `scheme`")
