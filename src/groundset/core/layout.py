"""Where things lie in a workspace, and what its settings file may say."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from groundset.core.errors import InputError
from groundset.core.ids import ChipId, is_plain
from groundset.core.series import About, Address, SeriesConfig, address
from groundset.core.window import Edge, Grid

TaskKind = Literal["classify", "segment", "outline"]
TASK_KINDS: tuple[TaskKind, ...] = ("classify", "segment", "outline")
AttributeKind = Literal["flag", "choice", "number"]
ATTRIBUTE_KINDS: tuple[AttributeKind, ...] = ("flag", "choice", "number")
DEFAULT_ENCODER = "default"


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths of a workspace, from its root folder."""

    root: Path

    @property
    def config(self) -> Path:
        """``groundset.toml``."""
        return self.root / "groundset.toml"

    @property
    def scenes(self) -> Path:
        """STAC Items, one file a scene."""
        return self.root / "scenes"

    @property
    def chips(self) -> Path:
        """GeoParquet parts."""
        return self.root / "chips"

    @property
    def features(self) -> Path:
        """One folder an encoder."""
        return self.root / "features"

    @property
    def quicklooks(self) -> Path:
        """Packed quicklooks."""
        return self.root / "quicklooks"

    @property
    def masks(self) -> Path:
        """Content-addressed GeoTIFF masks."""
        return self.root / "masks"

    @property
    def models(self) -> Path:
        """One folder a model."""
        return self.root / "models"

    @property
    def releases(self) -> Path:
        """One folder a release."""
        return self.root / "releases"

    @property
    def cache(self) -> Path:
        """Derived data that can be made again."""
        return self.root / ".cache"


@dataclass(frozen=True, slots=True)
class TaskConfig:
    """``[tasks.NAME]``: a question about chips. ``scheme`` None means the workspace's.

    Args:
        name: Its name.
        kind: What an answer is.
        scheme: File of its classes.
        multi: Whether a chip may have several classes.
        about: Whether it asks about each date, or about a place: all dates of a series, or the change between two.
        series: Of a question about places, the only series that it asks about; None: all of them.
    """

    name: str
    kind: TaskKind
    scheme: str | None = None
    multi: bool = False
    about: About = "date"
    series: str | None = None


ATTRIBUTE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
RESERVED_NAMES = frozenset({
    "actor", "actors", "answered_at", "attributes", "bands", "chip_id", "cloud_cover", "col", "confidence", "crs",
    "datetime", "geometry", "group", "guess", "height", "id", "label", "labels", "level", "methods", "negative",
    "reason", "row", "scene_id", "score", "sensor", "split", "training", "unsure", "valid_fraction", "value", "width",
    "x_off", "y_off",
    "and", "between", "div", "false", "in", "is", "like", "not", "null", "or", "true",
})  # fmt: skip
"""Names that a filter has for something else: no attribute has them."""


@dataclass(frozen=True, slots=True)
class AttributeConfig:
    """``[attributes.NAME]``: what people may say of a chip's situation (day, cloudy, roadworks ...).

    Args:
        name: Its name, in filters too.
        kind: A flag is true or false, a choice one of ``choices``, a number within ``minimum`` and ``maximum``.
        title: For people; None: the name.
        choices: Of a choice, what there is to choose from.
        minimum: Of a number, the least; None: no limit.
        maximum: Of a number, the most.
    """

    name: str
    kind: AttributeKind
    title: str | None = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        if not ATTRIBUTE_NAME.fullmatch(self.name):
            raise InputError(
                "this cannot be the name of an attribute", asked=repr(self.name)[:80],
                hint="take 1 to 64 small letters, digits and _, beginning with a letter",
            )  # fmt: skip
        if self.name in RESERVED_NAMES or self.name.startswith("score_"):
            raise InputError("filters have this name for something else", asked=self.name, hint="take another name")
        if self.kind == "choice" and (not self.choices or len(set(self.choices)) != len(self.choices)):
            raise InputError("a choice needs choices that differ", asked=self.name, found=", ".join(self.choices))
        if self.kind != "choice" and self.choices:
            raise InputError("only an attribute of kind choice has choices", asked=self.name)
        if not all(c.strip() and len(c) <= _LONGEST_CHOICE for c in self.choices):
            raise InputError(f"a choice is text of 1 to {_LONGEST_CHOICE} characters", asked=self.name)
        if not all(is_plain(text) for text in (self.title or "", *self.choices)):
            raise InputError("title and choices have no control characters", asked=self.name)
        if self.kind != "number" and (self.minimum is not None or self.maximum is not None):
            raise InputError("only an attribute of kind number has limits", asked=self.name)
        if not all(math.isfinite(v) for v in (self.minimum, self.maximum) if v is not None):
            raise InputError("a limit is a finite number", asked=self.name)
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise InputError(
                "the minimum is not below the maximum", asked=self.name, found=f"{self.minimum:g}, {self.maximum:g}"
            )

    def check(self, value: object) -> None:
        """Refuse a value that does not fit; None, which takes the value away, always does.

        Raises:
            InputError: Says what would fit.
        """
        if value is None:
            return
        if self.kind == "flag":
            fits, wants = isinstance(value, bool), "true or false"
        elif self.kind == "choice":
            fits, wants = value in self.choices, f"one of {', '.join(self.choices)}"
        else:
            low, high = self.minimum, self.maximum
            number = isinstance(value, int | float) and not isinstance(value, bool)
            fits = number and (low is None or value >= low) and (high is None or value <= high)  # type: ignore[operator]
            wants = _range_words(low, high)
        if not fits:
            raise InputError(f"this is no value of the attribute {self.name}", asked=repr(value)[:80], hint=wants)


_LONGEST_CHOICE = 200


def _range_words(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "a number"
    if low is None or high is None:
        return f"a number of at least {low:g}" if low is not None else f"a number of at most {high:g}"
    return f"a number from {low:g} to {high:g}"


@dataclass(frozen=True, slots=True)
class GridConfig:
    """``[grid]``: all None until the first ingest has written it."""

    chip_size: int | None = None
    stride: int | None = None
    levels: int | None = None
    edge: Edge | None = None

    def grid(self) -> Grid | None:
        """The grid, or None before the first ingest."""
        if self.chip_size is None:
            return None
        return Grid(self.chip_size, self.stride or self.chip_size, self.levels or 1, self.edge or "pad")


@dataclass(frozen=True, slots=True)
class ReleaseConfig:
    """``[release]``: what a release says of itself."""

    title: str | None = None
    description: str | None = None
    license: str | None = None
    providers: tuple[dict[str, object], ...] = ()
    doi: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a workspace, as read from ``groundset.toml``."""

    name: str
    scheme: str = "scheme.csv"
    database: str = "sqlite:///journal.db"
    store: str = "."
    version: int = 1
    grid: GridConfig = field(default_factory=GridConfig)
    encoder: str | None = None
    weights: dict[str, float] = field(default_factory=dict)
    tasks: tuple[TaskConfig, ...] = ()
    attributes: tuple[AttributeConfig, ...] = ()
    series: tuple[SeriesConfig, ...] = ()
    views: dict[str, dict[str, object]] = field(default_factory=dict)
    tiles: dict[str, dict[str, object]] = field(default_factory=dict)
    arrangements: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    upscaler: str | None = None
    release: ReleaseConfig = field(default_factory=ReleaseConfig)

    def attribute(self, name: str) -> AttributeConfig:
        """The attribute of this name.

        Raises:
            InputError: There is none; names those that there are.
        """
        found = next((a for a in self.attributes if a.name == name), None)
        if found is None:
            raise InputError(
                "there is no such attribute", asked=name, found=", ".join(a.name for a in self.attributes) or "none",
                hint=f"declare it in groundset.toml: [attributes.{name}]",
            )  # fmt: skip
        return found

    def series_of(self, scene_id: str) -> SeriesConfig | None:
        """The series that a scene is in."""
        return next((s for s in self.series if scene_id in s.scenes), None)

    def asked_of(self, task: TaskConfig) -> tuple[SeriesConfig, ...]:
        """The series that a task about places asks about; none where it asks about dates."""
        if task.about == "date":
            return ()
        return tuple(s for s in self.series if task.series in (None, s.name))

    def address(self, task: TaskConfig, chip_id: str) -> Address | None:
        """Where an answer belongs that is given on a chip; None where the task asks about each date: on the chip.

        Raises:
            InputError: The task asks about places, and the chip is in no series of it.
        """
        if task.about == "date":
            return None
        scene = ChipId.parse(chip_id).scene
        found = next((s for s in self.asked_of(task) if scene in s.scenes), None)
        if found is None:
            raise InputError(
                f"this task asks about {'the change in' if task.about == 'change' else 'the period of'} a series, "
                "and the scene of this chip is in none of it",
                asked=f"{task.name}: {chip_id}", found=", ".join(s.name for s in self.asked_of(task)) or "no series",
                hint="make one: groundset add series DIR NAME SCENE SCENE",
            )  # fmt: skip
        return address(found, task.about, chip_id)

    def check_kept(self, task: TaskConfig, chip_id: str) -> None:
        """Refuse an answer about a place that is not kept with the chip of its first date.

        Raises:
            InputError: Names that chip.
        """
        kept = self.address(task, chip_id)
        if kept is not None and kept.chip_id != chip_id:
            raise InputError(
                "this task asks about a place: its answers are kept with the chip of the first date", asked=chip_id,
                hint=f"answer {kept.chip_id}",
            )  # fmt: skip

    def task(self, name: str | None, *kinds: TaskKind) -> TaskConfig:
        """The named task, or the only one of these kinds where no name is given.

        Raises:
            InputError: No such task, of another kind, or several fit; names those that are there.
        """
        there = ", ".join(f"{t.name} ({t.kind})" for t in self.tasks) or "none"
        fits = [t for t in self.tasks if (not kinds or t.kind in kinds) and name in (None, t.name)]
        if len(fits) == 1 or (name is None and fits and len({t.kind for t in fits}) == len(fits) and not kinds):
            return fits[0]
        raise InputError(
            f"no single {' or '.join(kinds) or ''} task fits".replace("  ", " "),
            asked=name or "the default task",
            found=there,
            hint="name the task (--task in a terminal)",
        )
