"""What a workspace is, at a glance."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from groundset import __version__
from groundset.core import Scheme
from groundset.core.layout import TaskConfig
from groundset.imagery import SENSORS
from groundset.lake import Lake
from groundset.query import Index
from groundset.server.models import Counts, GridInfo, SchemeClass, Task, WorkspaceInfo


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
        tasks=[_task(lake, index, task) for task in config.tasks],
        default_task=None if default is None else default.name,
        scheme=_classes(lake.scheme()),
        grid=_grid(lake),
        encoder=config.encoder,
        counts=Counts(
            scenes=len(lake.scenes.ids()),
            chips=len(now.chips),
            events=now.head,
            models=len(models),
            releases=len(_folders(lake.layout.releases)),
        ),
        models=models,
        sensors=sorted(SENSORS),
        segmenters=list(_segmenters()),
        data_roots=[str(root) for root in data_roots],
        head=now.head,
    )


def _task(lake: Lake, index: Index, task: TaskConfig) -> Task:
    return Task(
        name=task.name,
        kind=task.kind,
        multi=task.multi,
        classes=_classes(lake.scheme(task.name)),
        labelled=index.labels(task.name).labelled,
    )


def _classes(scheme: Scheme) -> list[SchemeClass]:
    return [
        SchemeClass(
            code=c.code, name=c.name, title=c.title, color=c.color, definition=c.definition, parent=c.parent,
            not_applicable=c.not_applicable,
        )
        for c in scheme
    ]  # fmt: skip


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
def _segmenters() -> tuple[str, ...]:
    """Names of what is installed; looking takes a while, and does not change while a program runs."""
    return tuple(sorted({point.name for point in entry_points(group="groundset.segmenters")}))
