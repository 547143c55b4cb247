"""What the assistant says: what it learned, how good it is, where to paint next, outlines of what is pointed at."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from groundset.server.models.base import Model


class PaintedClass(Model):
    """What was painted of a class, by people, imports and accepted regions."""

    code: int
    pixels: int
    chips: int
    says: str = Field(description="In a sentence, for people")


class Importance(Model):
    """How much the answer goes by a band or an index."""

    name: str
    value: float = Field(description="Its share of all, 0-1")
    says: str


class AssistantConfusion(Model):
    """Painted pixels that the model was asked about without having seen their place."""

    codes: list[int] = Field(description="Classes of the rows (painted) and of the columns (said)")
    matrix: list[list[int]] = Field(description="Pixels")
    blocks: int = Field(description="Places that were left out in turn")
    accuracy: float = Field(description="Mean over the classes of the share that is right, 0-1")
    says: str
    rows: list[str] = Field(description="A sentence for each class")


class ModelName(Model):
    """A model that can be named."""

    name: str
    kind: Literal["live", "trained", "foreign", "prompt"] = Field(
        description="Follows each stroke; trained by `segment`; somebody else's; answers clicks and boxes"
    )
    says: str


class AssistantInfo(Model):
    """What the assistant of a task knows."""

    task: str
    ready: bool = Field(description="Whether it can propose")
    says: str
    model: str
    head: int = Field(description="Number of the last event that is in it")
    classes: list[PaintedClass]
    importance: list[Importance] = Field(description="What the answer goes by, the most first; empty: not known")
    confusion: AssistantConfusion | None
    unjudged: str = Field(default="", description="What the confusion matrix leaves out, or why there is none")
    models: list[ModelName] = Field(description="All models that can be named, the default first")


class PlaceToPaint(Model):
    """A place of a chip where an answer helps most."""

    chip_id: str
    x: int
    y: int
    width: int
    height: int
    doubt: float = Field(description="How much the model wavers there, 0 (sure) to 1 (two classes are even)")
    says: str


class PromptPoint(Model):
    """A click, in pixels of the chip."""

    model_config = ConfigDict(extra="forbid")
    x: float
    y: float
    positive: bool = Field(default=True, description="Whether it belongs to what is meant")


class PromptIn(Model):
    """What somebody points at."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())
    model: str = Field(description="A model of kind `prompt`", min_length=1, max_length=128)
    points: list[PromptPoint] = Field(default=[], max_length=64)
    box: tuple[float, float, float, float] | None = Field(default=None, description="left, top, right, bottom")


class RunLengths(Model):
    """A mask as COCO's uncompressed run lengths: down the columns, outside first."""

    size: tuple[int, int] = Field(description="rows, columns")
    counts: list[int]


class PromptMask(Model):
    """What a model takes it for."""

    score: float = Field(description="How good the model thinks its outline is, 0-1")
    rle: RunLengths
    bbox: tuple[int, int, int, int] = Field(description="x, y, width, height in pixels of the chip")


class PromptMasks(Model):
    """The answers to one prompt, the likeliest first."""

    masks: list[PromptMask]


class ClassChance(Model):
    """A class, and how likely the model thinks it."""

    code: int
    chance: float | None = Field(description="0-1; null while nothing is learned")


class AssistantQuestion(Model):
    """A segment of a chip that one key answers."""

    at: tuple[int, int] = Field(description="Row and column of a pixel deep inside it")
    window: tuple[int, int, int, int] = Field(description="row_off, col_off, height, width: the smallest box around it")
    runs: RunLengths
    pixels: int
    code: int | None = Field(description="The likeliest class; null while nothing is learned")
    chance: float | None = Field(description="Its chance, 0-1")
    shortlist: list[ClassChance] = Field(description="Classes that number keys can say, the likeliest first")
    gain: float = Field(description="Pixels that an answer is expected to mend; while nothing is learned, pixels alike")
    mixed: float = Field(description="Chance that no one class fits, 0-1")
    says: str


class AssistantQuestions(Model):
    """What the assistant asks of a chip, the question that helps most first."""

    model_config = ConfigDict(protected_namespaces=())
    task: str
    chip_id: str
    mark: str = Field(description="ETag of this answer")
    head: int = Field(description="Number of the last event that is known")
    model: str
    learned: bool = Field(description="False while fewer than two classes are painted")
    questions: list[AssistantQuestion]
    left: int = Field(description="Questions beyond these that are worth an answer now")
    wrong: float | None = Field(description="Share of the open pixels that the model expects to be wrong, 0-1")
