"""What a release needs to know of a kind of task: one class a kind, the only place where kinds differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip, Stretch
from groundset.chips.render import PixelsLike
from groundset.core import ChipId, Scheme
from groundset.core.layout import TaskKind
from groundset.journal import Event
from groundset.release.facts import ShapeSizes
from groundset.release.written import Batch, ChipWork, Label, Written

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.release.recipe import Recipe

HOW = "annotate some chips first (groundset annotate), then propose the rest (groundset segment)"
"""What to do where there is no label."""
Reasons = Callable[["Chip"], npt.NDArray[np.uint8]]


class Labels(Protocol):
    """The labels of a task at one moment."""

    @property
    def as_of(self) -> int:
        """Number of the last event that counts."""
        ...

    @property
    def chip_ids(self) -> tuple[str, ...]:
        """Chips with a label, sorted."""
        ...

    def events(self, chip_id: object) -> list[Event]:
        """Current answers about a chip."""
        ...

    def actors(self, chip_id: object) -> tuple[str, ...]:
        """Who has a current answer about a chip."""
        ...


@dataclass(frozen=True)
class OnScenes:
    """Labels of the chips of some scenes alone."""

    labels: Labels
    scenes: frozenset[str]

    @property
    def as_of(self) -> int:
        """Number of the last event that counts."""
        return self.labels.as_of

    @cached_property
    def chip_ids(self) -> tuple[str, ...]:
        """Chips with a label, sorted."""
        return tuple(i for i in self.labels.chip_ids if ChipId.parse(i).scene in self.scenes)

    def events(self, chip_id: object) -> list[Event]:
        """Current answers about a chip."""
        return self.labels.events(chip_id)

    def actors(self, chip_id: object) -> tuple[str, ...]:
        """Who has a current answer about a chip."""
        return self.labels.actors(chip_id)


@dataclass(frozen=True, slots=True)
class ChipOf:
    """A written chip with where it belongs: its place on the ground, its split, when it was taken."""

    chip: Chip
    written: Written
    split: str
    datetime: datetime


class LabelKind(ABC):
    """A kind of task as releases see it.

    ``unit`` is what class counts count; ``told`` names them in the report's head, ``said`` what an origin is counted
    in. ``word`` is that of STAC's ``label:tasks``, ``hub`` that of dataset hubs. ``lead`` says what pictures show.
    """

    name: ClassVar[TaskKind]
    unit: ClassVar[str]
    told: ClassVar[str]
    said: ClassVar[str]
    word: ClassVar[str]
    hub: ClassVar[str]
    lead: ClassVar[str]
    thumbnail: ClassVar[str] = "Image, and beside it its labels"
    rasters: ClassVar[tuple[str, ...]] = ()
    """Keys of the rasters that a labelled chip has beside its image."""
    how: ClassVar[str] = HOW

    def there(self, labels: Labels) -> bool:
        """Whether there is anything to release."""
        return bool(labels.chip_ids)

    def labels(self, lake: Lake, task: str, as_of: int | None = None, scenes: Collection[str] = ()) -> Labels:
        """The labels of a task, now or as they were, on some scenes (none named: on all)."""
        labels = lake.labels(task, as_of=as_of)
        return OnScenes(labels, frozenset(scenes)) if scenes else labels

    def latest(self, labels: Labels) -> datetime:
        """Time of the last event that counts."""
        return max(event.at for chip in labels.chip_ids for event in labels.events(chip))

    def work(self, labels: Labels, chip: Chip, stretch: Stretch | None) -> ChipWork:
        """What a worker needs to write a chip."""
        return ChipWork(chip, tuple(labels.events(chip.id)), stretch)

    @abstractmethod
    def label(self, batch: Batch, work: ChipWork, reasons: Reasons) -> Label | None:
        """A chip's label; None where it has none. ``reasons`` gives what the product's flags say of its pixels."""

    def files(self, label: Label, chip: Chip, scheme: Scheme) -> dict[str, tuple[str, bytes]]:  # noqa: ARG002
        """Files beside image and thumbnail, by asset key: name and content."""
        return {}

    @abstractmethod
    def picture(self, pixels: PixelsLike, label: Label, scheme: Scheme, stretch: Stretch | None) -> bytes:
        """``thumbnail.png``."""

    def no_label(self) -> dict[str, Any]:
        """Properties of an item that is kept without a label."""
        return {}

    @abstractmethod
    def properties(self, recipe: Recipe, scheme: Scheme, written: Written) -> dict[str, Any]:
        """Properties of an item: those of the label extension, and our own."""

    def assets(self, scheme: Scheme) -> dict[str, dict[str, Any]]:  # noqa: ARG002
        """Assets of an item beside image and thumbnail, without href and checksum."""
        return {}

    def summaries(self, scheme: Scheme) -> dict[str, Any]:  # noqa: ARG002
        """What the collection's summaries say further."""
        return {}

    def finish(self, root: Path, scheme: Scheme, chips: Sequence[ChipOf]) -> None:  # noqa: ARG002
        """Write files of the release as a whole."""
        return

    def sizes(self, scheme: Scheme, chips: Sequence[ChipOf]) -> dict[str, ShapeSizes]:  # noqa: ARG002
        """How many shapes of each class there are and how large, by class name."""
        return {}

    def notes(self, labels: Labels, chips: Sequence[ChipOf]) -> tuple[str, ...]:  # noqa: ARG002
        """What a user of the release should know."""
        return ()

    def documents(self) -> Mapping[str, tuple[str, str, list[str]]]:
        """Files of the release as a whole: path -> media type, title, roles. Those that are not there do not count."""
        return {}
