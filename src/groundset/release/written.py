"""What is handed to those who write chips, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from groundset.chips import Chip, Stretch
from groundset.core import LabelMask, Scheme
from groundset.core.layout import TaskKind
from groundset.imagery import Scene
from groundset.journal import Event
from groundset.release.facts import FileFacts
from groundset.release.kinds.parts import OnChip
from groundset.release.moments import Moments

MODEL_ACTOR = "model:"


@dataclass(frozen=True, slots=True)
class ChipWork:
    """A chip to write, with the current events about it, or the shapes on it."""

    chip: Chip
    events: tuple[Event, ...]
    stretch: Stretch | None = None
    on_chip: OnChip | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Chips of one scene to write. Small and picklable: no journal, no open file.

    Args:
        folder: ``items`` of the release in the making.
        scene: Where the pixels are.
        cache: Folder of decoded files.
        masks: Folder of the mask store.
        task: Name of the task.
        kind: Its kind.
        multi: Whether a chip may have several classes.
        scheme: The classes.
        work: The chips.
        unlabelled: Whether they are kept without a label.
    """

    folder: Path
    scene: Scene
    cache: Path
    masks: Path
    task: str
    kind: TaskKind
    multi: bool
    scheme: Scheme
    work: tuple[ChipWork, ...]
    unlabelled: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a chip. ``classes`` are the names of a classify task's answer, ``negative`` of what it denies.

    ``confidence`` is what a model gives its answer, 0-1; ``on_chip`` are the shapes of an outline task.
    """

    id: str
    files: Mapping[str, FileFacts]
    class_counts: Mapping[str, int]
    origin_counts: Mapping[str, int]
    methods: tuple[str, ...]
    models: tuple[str, ...]
    valid_fraction: float
    moments: Moments
    fingerprint: int
    classes: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    confidence: float | None = None
    on_chip: OnChip | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A chip's label, of any kind of task."""

    mask: LabelMask | None
    class_counts: dict[str, int]
    origin_counts: dict[str, int]
    methods: tuple[str, ...]
    models: tuple[str, ...]
    classes: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    confidence: float | None = None
    on_chip: OnChip | None = None


NO_LABEL = Label(None, {}, {}, (), ())
