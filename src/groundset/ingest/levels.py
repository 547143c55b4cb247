"""Finer levels of the quadtree, made when they are asked for."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Executor

from groundset.core import ChipId, Grid, InputError, Listener
from groundset.imagery import Scene
from groundset.ingest._known import missing
from groundset.ingest._make import Wanted, make
from groundset.ingest._part import Place
from groundset.ingest._settings import ingesting, settled
from groundset.ingest.encode import fill_others
from groundset.ingest.report import IngestReport
from groundset.lake import Lake


def make_level(
    lake: Lake,
    scene: str,
    level: int,
    chip_ids: Iterable[str] | None = None,
    *,
    executor: Executor | None = None,
    progress: Listener | None = None,
) -> IngestReport:
    """Make the chips of a level of a scene that are not there yet, or only some of them.

    Args:
        lake: The workspace.
        scene: Id of a scene that was ingested.
        level: Which level; 0 is the coarsest.
        chip_ids: Make only these chips, or the descendants of these coarser chips (a chip descends from another where
            its centre lies in it). What is asked for later goes into a further part, ``SCENE_LEVEL~1`` and so on.
        executor: Runs strips of chips wide.
        progress: Hears each step.

    Raises:
        MissingError: There is no such scene.
        InputError: No such level in the grid, or a chip of another scene or of a finer level.
        ConflictError: An ingest is running.
    """
    start = time.monotonic()
    with ingesting(lake):
        grid, encoder = settled(lake, None, None)
        stored = lake.scenes.get(scene)
        places = missing(lake, stored, grid, level)
        if chip_ids is not None:
            asked = descendants(stored, grid, level, [ChipId.parse(c) for c in chip_ids])
            places = [p for p in places if p[:2] in asked]
        wanted = [Wanted(stored, level, places)] if places else []
        added = make(lake, wanted, grid, encoder, executor=executor, progress=progress)
        notes = fill_others(lake, executor, progress)
    return IngestReport(len(wanted), added, 1 - len(wanted), time.monotonic() - start, notes=notes)


def descendants(scene: Scene, grid: Grid, level: int, chips: Iterable[ChipId]) -> set[tuple[int, int]]:
    """(row, column) of the chips of ``level`` that are, or descend from, ``chips``."""
    width, height = scene.width, scene.height
    rows, cols = grid.counts(width, height, level)
    out: set[tuple[int, int]] = set()
    for chip in chips:
        if chip.scene != scene.id or chip.level > level:
            raise InputError(
                "chips of a level are made from chips of the same scene, of this level or a coarser one",
                asked=chip,
                found=f"scene {scene.id}, level {level}",
            )
        window = grid.window(width, height, chip.level, chip.row, chip.col)
        if chip.level == level:
            out.add((chip.row, chip.col))
            continue
        half = grid.size(level) / 2
        y = [
            r for r in range(rows) if window.y_off <= _window(grid, scene, level, r, 0)[2].y_off + half < window.bottom
        ]
        x = [c for c in range(cols) if window.x_off <= _window(grid, scene, level, 0, c)[2].x_off + half < window.right]
        out.update((r, c) for r in y for c in x)
    return out


def _window(grid: Grid, scene: Scene, level: int, row: int, col: int) -> Place:
    return row, col, grid.window(scene.width, scene.height, level, row, col)
