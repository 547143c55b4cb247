"""The grid and encoder that an ingest works with, and the lock that keeps a second one out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from groundset._files import clear_unfinished, folder_lock
from groundset.core import Grid
from groundset.core.layout import DEFAULT_ENCODER
from groundset.lake import Lake

DEFAULT_CHIP_SIZE = 256


@contextmanager
def ingesting(lake: Lake) -> Iterator[None]:
    """Hold the workspace for one ingest; its settings are read anew.

    Raises:
        ConflictError: Another ingest is running; names its process.
    """
    with folder_lock(lake.layout.cache / "ingest.lock", "an ingest"):
        lake.refresh()
        layout = lake.layout  # only an ingest writes here, and this is the only one
        clear_unfinished(layout.chips, layout.features, layout.quicklooks)
        yield


def settled(lake: Lake, grid: Grid | None, encoder: str | None) -> tuple[Grid, str]:
    """The grid and encoder to work with; those asked for must be the workspace's, where it has them.

    Raises:
        ConflictError: The workspace has others; names both.
    """
    there = lake.config.grid.grid()
    if there is None and lake.config.encoder is None:
        return grid or Grid(DEFAULT_CHIP_SIZE), encoder or DEFAULT_ENCODER
    lake.set_grid(grid or there or Grid(DEFAULT_CHIP_SIZE), encoder)
    return lake.config.grid.grid() or Grid(DEFAULT_CHIP_SIZE), encoder or lake.config.encoder or DEFAULT_ENCODER
