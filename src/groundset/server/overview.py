"""What a workspace is, at a glance."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundset import __version__
from groundset.core import Scheme
from groundset.core import SchemeClass as Class
from groundset.core.layout import AttributeConfig, TaskConfig
from groundset.imagery import SENSORS
from groundset.lake import Lake
from groundset.query import Index
from groundset.server import series
from groundset.server.models import (
    AttachedColumn,
    Attribute,
    Counts,
    GridInfo,
    LevelCount,
    SchemeClass,
    Task,
    WorkspaceInfo,
)


def workspace_info(lake: Lake, index: Index, data_roots: Sequence[Path] = ()) -> WorkspaceInfo:
    """Name, tasks, scheme, counts; and the folders that an ingest may read."""
    now = index.now()
    config = lake.config
    default = index.task()
    models = _folders(lake.layout.models)
    return WorkspaceInfo(
        name=config.name,
        path=str(lake.root),
        title=config.release.title,
        description=config.release.description,
        groundset=__version__,
        tasks=[task(lake, index, each) for each in config.tasks],
        default_task=None if default is None else default.name,
        scheme=_classes(lake.scheme()),
        grid=_grid(lake),
        encoder=config.encoder,
        encoders=_encoders(lake),
        installed_encoders=list(_installed()),
        attributes=[attribute(each) for each in config.attributes],
        counts=Counts(
            scenes=len(lake.scenes.ids()),
            chips=len(now.chips),
            levels=_levels(now.chips.levels),
            events=now.head,
            models=len(models),
            releases=len(_folders(lake.layout.releases)),
        ),
        models=models,
        sensors=sorted(SENSORS),
        segmenters=list(_segmenters()),
        data_roots=[str(root) for root in data_roots],
        head=now.head,
        series=series.listed(lake),
        attached=_attached(index),
    )


def task(lake: Lake, index: Index, config: TaskConfig) -> Task:
    """A task as the page sees it."""
    return Task(
        name=config.name,
        kind=config.kind,
        multi=config.multi,
        classes=_classes(lake.scheme(config.name)),
        labelled=index.labels(config.name).labelled,
        about=config.about,
        series=config.series,
    )


def scheme_class(c: Class) -> SchemeClass:
    """A class as the page sees it."""
    return SchemeClass(
        code=c.code, name=c.name, title=c.title, color=c.color, definition=c.definition, parent=c.parent,
        not_applicable=c.not_applicable,
    )  # fmt: skip


def attribute(config: AttributeConfig) -> Attribute:
    """An attribute as the page sees it."""
    return Attribute(
        name=config.name, kind=config.kind, title=config.title, choices=list(config.choices), minimum=config.minimum,
        maximum=config.maximum,
    )  # fmt: skip


def _classes(scheme: Scheme) -> list[SchemeClass]:
    return [scheme_class(c) for c in scheme]


def _levels(levels: npt.NDArray[np.int64]) -> list[LevelCount]:
    return [LevelCount(level=at, chips=n) for at, n in enumerate(np.bincount(levels).tolist()) if n]


_TOLD: Mapping[str, Literal["flag", "number", "text"]] = {"truth": "flag", "number": "number", "text": "text"}


def _attached(index: Index) -> list[AttachedColumn]:
    outside = index.moment().outside
    properties = {} if outside is None else outside.properties()
    return [AttachedColumn(name=name, title=title, kind=_TOLD[kind]) for name, (kind, title, _) in properties.items()]


def _encoders(lake: Lake) -> list[str]:
    """Encoders with features, the workspace's own first."""
    own = lake.config.encoder
    from groundset.features import kept_encoders

    return sorted(kept_encoders(lake.layout.features), key=lambda name: (name != own, name))


def _grid(lake: Lake) -> GridInfo | None:
    grid = lake.config.grid.grid()
    if grid is None:
        return None
    return GridInfo(chip_size=grid.chip_size, stride=grid.stride, levels=grid.levels, edge=grid.edge)


def _folders(folder: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return sorted(e.name for e in os.scandir(folder) if e.is_dir() and not e.name.startswith("."))
    return []


@cache
def _installed() -> tuple[str, ...]:
    """Names of the encoders that are installed."""
    from groundset.features import encoders

    return tuple(encoders())


@cache
def _segmenters() -> tuple[str, ...]:
    """Names of what is installed; looking takes a while, and does not change while a program runs."""
    return tuple(sorted({point.name for point in entry_points(group="groundset.segmenters")}))
