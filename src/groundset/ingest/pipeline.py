"""Scenes become chips, quicklooks and features. Run twice it adds nothing; stopped, it goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from groundset.core import Grid, InputError, Listener
from groundset.features import encoder_name
from groundset.imagery import Scene
from groundset.ingest._known import different, known, missing
from groundset.ingest._make import Wanted, make
from groundset.ingest._pick import pick
from groundset.ingest._settings import ingesting, settled
from groundset.ingest.encode import fill_others, forget_unused, keep
from groundset.ingest.report import IngestReport
from groundset.ingest.sampling import Sampling
from groundset.lake import Lake


def ingest(
    lake: Lake,
    scenes: Iterable[Scene],
    *,
    grid: Grid | None = None,
    encoder: str | None = None,
    levels: Sequence[int] = (0,),
    area: Mapping[str, Any] | None = None,
    sampling: Sampling | None = None,
    executor: Executor | None = None,
    progress: Listener | None = None,
) -> IngestReport:
    """Cut scenes into chips, draw quicklooks, compute features; each chip is read once.

    Each scene and level appears whole or not at all, its rows of the chip table last. What a stopped run finished of a
    large scene is kept under ``.cache/ingest`` and taken up again. The results are the same bits on every executor.

    Args:
        lake: The workspace.
        scenes: What to ingest; scenes that are there already are passed over. One whose time nobody said may be brought
            again with its time: the time is noted, and holds for its chips too.
        grid: How to cut (default: the workspace's, or chips of 256 pixels). The first ingest writes it to the settings.
        encoder: Encoder name or ``onnx:FILE`` (default: the workspace's, or ``default``). Features of the workspace's
            further encoders (see :func:`~groundset.ingest.encode.encode`) are computed after it.
        levels: Levels to make now; others are made by :func:`~groundset.ingest.make_level` when asked for.
        area: GeoJSON geometry in EPSG:4326: only chips that meet it.
        sampling: A sample of the chips of level 0 of all these scenes, in place of every chip. The same scenes and
            options again go on with it and add nothing; another sample of them is refused.
        executor: Runs strips of chips wide: threads, processes or Dask.
        progress: Hears each step; a StoppedError raised in it stops the work cleanly.

    Raises:
        ConflictError: Another ingest is running, the workspace has another grid or encoder, or another scene has the
            same id.
        InputError: A scene is smaller than one chip, or has no data.
        ServiceError: The disk is full, or a worker died; run again, it goes on.
    """
    start = time.monotonic()
    with ingesting(lake):
        grid, name = settled(lake, grid, None if encoder is None else encoder_name(encoder))
        store = lake.features(name)
        wanted: list[Wanted] = []
        timed: list[Scene] = []
        skipped = 0
        found = [known(lake, given) for given in different(scenes)]
        picked = pick(lake, [scene for scene, _ in found], grid, area, sampling)
        for scene, new_time in found:
            timed += [scene] if new_time else []
            new = [
                Wanted(scene, level, places)
                for level in (levels[:1] if scene.photo else levels)
                if (places := picked(scene, missing(lake, scene, grid, level)))
            ]
            wanted += new
            skipped += not new
        for scene in timed:
            lake.scenes.put(scene)
        try:
            if encoder is not None:
                keep(encoder, store.folder)
            chips = make(lake, wanted, grid, name, executor=executor, progress=progress)
        except InputError:
            forget_unused(store)
            raise
        notes = fill_others(lake, executor, progress)
    added = len({w.scene.id for w in wanted})
    return IngestReport(added, chips, skipped, time.monotonic() - start, len(timed), notes)
