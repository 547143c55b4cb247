"""What a format can hold, and what would be lost in one that cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from groundset.core import InputError


class Capability(StrEnum):
    """One kind of thing that labels are made of, and that a format holds or does not."""

    MASKS = "masks"
    BOXES = "boxes"
    ORIENTED_BOXES = "oriented boxes"
    POLYGONS = "polygons"
    LINES = "lines"
    POINTS = "points"
    HOLES = "holes"
    MULTI_PART = "multi-part"
    INSTANCES = "instances"
    Z_ORDER = "z-order"
    SCORES = "scores"
    CROWD = "crowd"
    ATTRIBUTES = "attributes"
    CRS = "CRS"
    BANDS = "bands"
    ANNOTATORS = "annotators"
    PROVENANCE = "provenance"
    ORIGINS = "origins"
    CONFIDENCE = "confidence"
    UNLABELLED = "unlabelled"
    TIME = "time"
    PROGRESS = "progress"
    DIFFICULTY = "difficulty"
    NOTES = "notes"
    CANNOT_TELL = "cannot tell"
    VIEWS = "views"


MEANING: Mapping[Capability, str] = {
    Capability.MASKS: "masks of pixels",
    Capability.BOXES: "boxes",
    Capability.ORIENTED_BOXES: "oriented boxes",
    Capability.POLYGONS: "polygons",
    Capability.LINES: "lines",
    Capability.POINTS: "points",
    Capability.HOLES: "shapes with holes",
    Capability.MULTI_PART: "shapes of several parts",
    Capability.INSTANCES: "objects told apart within a class",
    Capability.Z_ORDER: "objects with a depth order",
    Capability.SCORES: "objects with a score",
    Capability.CROWD: "crowd regions",
    Capability.ATTRIBUTES: "attributes of shapes or chips",
    Capability.CRS: "images with a place on the map",
    Capability.BANDS: "images of more than three bands, or more than 8 bits",
    Capability.ANNOTATORS: "chips that several people answered",
    Capability.PROVENANCE: "masks in which people's pixels and a model's are told apart",
    Capability.ORIGINS: "masks with pixels of regions, imports or a consensus",
    Capability.CONFIDENCE: "masks with a confidence of each pixel",
    Capability.UNLABELLED: "masks with pixels left open",
    Capability.TIME: "answers with the seconds they took",
    Capability.PROGRESS: "chips marked complete or incomplete",
    Capability.DIFFICULTY: "chips with a difficulty",
    Capability.NOTES: "chips with a note",
    Capability.CANNOT_TELL: "chips marked as not to be told, with a reason",
    Capability.VIEWS: "views of the workspace",
}
"""What each capability is about, for people."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that would not arrive.

    Args:
        what: What it is, in words.
        count: How many there are.
        capability: What the format would have to hold; None where the reason is another.
        why: The reason, where it is not simply that the format cannot hold it.
    """

    what: str
    count: int
    capability: Capability | None = None
    why: str | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.count:,}" + (f" ({self.why})" if self.why else "")


class LossyError(InputError):
    """Something would be lost, and nobody allowed it. Nothing was written."""

    def __init__(self, title: str, losses: Sequence[Loss], *, reading: bool) -> None:
        self.losses = tuple(losses)
        way = f"bringing this {title} project in" if reading else f"writing this task for {title}"
        super().__init__(
            f"{way} would lose something",
            found="; ".join(map(str, losses)),
            hint="nothing was written; --allow-lossy goes on without it",
        )


def losses_of(counts: Mapping[Capability, int], held: Iterable[Capability]) -> list[Loss]:
    """What of ``counts`` a format that holds ``held`` would lose, in the order of :class:`Capability`."""
    there = set(held)
    return [Loss(MEANING[c], counts[c], c) for c in Capability if counts.get(c, 0) and c not in there]
