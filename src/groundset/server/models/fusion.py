"""Labels of several scenes brought together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from groundset.server.models.base import Model

SceneId = Annotated[str, Field(min_length=1, max_length=512)]


class FuseLabels(Model):
    """Whose labels meet, and how."""

    scenes: Annotated[list[SceneId], Field(min_length=2, max_length=64, description="The first one comes first")]
    task: Annotated[str, Field(min_length=1, max_length=512)] | None = Field(
        default=None, description="A classify or segment task; may be left out where one alone has labels"
    )
    rule: Literal["agree", "both", "first"] = Field(
        default="agree",
        description="agree: what all scenes say; first: what the first says that says anything; both: each is kept",
    )
    onto: SceneId | None = Field(default=None, description="Scene whose chips get the answers (default: the first)")
    level: int = Field(default=0, ge=0, le=30)


class DisagreementRow(Model):
    """A chip of which the scenes say different things."""

    chip_id: str
    said: list[str] = Field(description="What each scene says, in words, in their order; - for nothing")
    pixels: int | None = Field(description="Of masks: pixels on which they differ")


class FusedLabels(Model):
    """What was written, and what the scenes do not agree on."""

    task: str
    rule: str
    scenes: list[str]
    onto: str
    created: int = Field(description="Chips that have an answer or mask which is new")
    known: int = Field(description="Chips whose answer was so already")
    removed: int = Field(description="Chips of which nothing holds any more")
    unit: str = Field(description="What agreed and alone count: chips or pixels")
    agreed: int
    alone: int = Field(description="What only some of the scenes speak of")
    disagreed: int = Field(description="Chips on which they differ")
    disagreements: list[DisagreementRow] = Field(description="The first 1,000 of them")
    bulk: str | None = Field(description="The act that one undo takes back; null where nothing changed")
    notes: list[str]
    summary: str = Field(description="All of it as text")
