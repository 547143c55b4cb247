"""Where things lie in a workspace, and what its settings file may say."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from groundset.core.errors import InputError
from groundset.core.window import Edge, Grid

TaskKind = Literal["classify", "segment", "outline"]
TASK_KINDS: tuple[TaskKind, ...] = ("classify", "segment", "outline")
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
    """``[tasks.NAME]``: a question about chips. ``scheme`` None means the workspace's."""

    name: str
    kind: TaskKind
    scheme: str | None = None
    multi: bool = False


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
    tasks: tuple[TaskConfig, ...] = ()
    views: dict[str, dict[str, object]] = field(default_factory=dict)
    release: ReleaseConfig = field(default_factory=ReleaseConfig)

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
            hint="name one with --task",
        )
