"""Chips of a level made when they are asked for, what that took, and what was saved against making all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from groundset._files import write_text
from groundset.chips import part_name
from groundset.core import InputError, Listener, MissingError
from groundset.core.layout import DEFAULT_ENCODER

if TYPE_CHECKING:
    from groundset.cascade.view import View
    from groundset.lake import Lake

TIMES = Path("cascade") / "seconds.json"
"""Below the workspace's cache: how long each part took. Without it the time saved is not known, nothing else."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made.

    Args:
        level: Level of the chips.
        chips: Chips made now.
        seconds: How long it took.
    """

    level: int
    chips: int
    seconds: float

    def summary(self) -> str:
        """One line for the terminal."""
        if not self.chips:
            return f"Nothing to make: every chip of level {self.level} that is looked at is there."
        return f"Level {self.level}: {self.chips:,} chip{'' if self.chips == 1 else 's'} made in {self.seconds:.1f} s."


@dataclass(frozen=True, slots=True)
class Saved:
    """What was not made of the levels that a cascade has come to.

    Args:
        chips: Chips that were not made.
        bytes: Size that their rows, quicklooks and features would have, as those that were made.
        seconds: Time that they would have taken; None where no chip of a level was timed.
    """

    chips: int
    bytes: int
    seconds: float | None

    def says(self) -> str:
        """For people."""
        if not self.chips:
            return "No chip of the levels so far was left out."
        size = f"{self.bytes / 1e6:.1f} MB" if self.bytes >= 100_000 else f"{self.bytes / 1e3:.0f} kB"
        time = "" if self.seconds is None else f" and {self.seconds:.1f} s of work"
        return f"{self.chips:,} chips never made: {size}{time} saved."


def make(lake: Lake, view: View, *, executor: Executor | None = None, progress: Listener | None = None) -> Made:
    """Make the chips that a cascade looks at and that are not there, scene by scene, from the coarsest level on.

    Raises:
        ConflictError: An ingest is running.
        InputError: No chip is missing, but a level's chips have no features.
        StoppedError: ``progress`` stopped it; what was finished is kept.
    """
    from groundset.ingest import make_level

    added, seconds, level = 0, 0.0, view.record.level
    for number in view.begun:
        cells = np.flatnonzero(view.missing(number))
        tree = view.pyramid.level(number)
        for i, extent in enumerate(view.pyramid.extents):
            ids = [view.pyramid.chip_id(number, int(cell)) for cell in cells[tree.scene[cells] == i]]
            if ids:
                part = part_name(extent.scene, number, len(lake.chips.batches(extent.scene, number)))
                report = make_level(lake, extent.scene, number, ids, executor=executor, progress=progress)
                added, seconds, level = added + report.chips, seconds + report.seconds, number
                _keep(lake, part, report.chips, report.seconds)
    if not added:
        for number in view.begun:
            _check_features(view, number)
    return Made(level, added, seconds)


def nothing_asked(view: View) -> str:
    """Why no chip of the level that is worked on is asked about, where nothing is wrong.

    Raises:
        MissingError: Its chips are not there.
        InputError: They are there, and have no features.
    """
    level = view.record.level
    candidate = view.candidate(level)
    if candidate.any() and not (candidate & (view.position(level) >= 0)).any():
        raise MissingError(
            f"no chip of level {level} is there", asked=view.record.id, found="it was deleted or not made yet",
            hint=f"make it: groundset cascade make DIR {view.record.id}",
        )  # fmt: skip
    _check_features(view, level)
    if view.record.done:
        return "Every level is done."
    return f"Nothing is left to ask on level {level}: every chip that is looked at is answered or without data."


def _check_features(view: View, level: int) -> None:
    bare = view.bare(level)
    if bare:
        raise InputError(
            f"chips of level {level} have no features", asked=view.record.id,
            found=f"{bare:,} chip{'' if bare == 1 else 's'}, none with features by {view.features.encoder}",
            hint=encode_hint(view),
        )  # fmt: skip


def encode_hint(view: View) -> str:
    """What brings features that are gone."""
    return f"compute them: groundset encode DIR --encoder {view.features.encoder}"


def saved(lake: Lake, view: View) -> Saved:
    """What a cascade did not make, measured by what it did."""
    times = _times(lake)
    chips = size = 0
    seconds: float | None = 0.0
    for number in view.begun:
        left = int((view.position(number) < 0).sum())
        parts = [p for e in view.pyramid.extents for p in lake.chips.batches(e.scene, number)]
        there = sum(lake.chips.rows(part) for part in parts)
        if not left or not there:
            continue
        chips += left
        size += round(left * sum(_size(lake, part) for part in parts) / there)
        timed = [times[part] for part in parts if part in times]
        many = sum(n for n, _ in timed)
        seconds = None if seconds is None or not many else seconds + left * sum(s for _, s in timed) / many
    return Saved(chips, size, seconds)


def _size(lake: Lake, part: str) -> int:
    """Bytes of a part: its rows, quicklooks and features."""
    encoder = lake.config.encoder or DEFAULT_ENCODER
    files = [lake.chips.path(part), lake.features(encoder).folder / f"{part}.npy"]
    files += lake.quicklooks.folder.glob(f"*/{part}.*")
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size
    return total


def _times(lake: Lake) -> Mapping[str, tuple[int, float]]:
    try:
        told = json.loads((lake.layout.cache / TIMES).read_text(encoding="utf-8"))
        return {str(part): (int(n), float(s)) for part, (n, s) in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _keep(lake: Lake, part: str, chips: int, seconds: float) -> None:
    """Note how long a part took; nothing depends on it but the figure."""
    path = lake.layout.cache / TIMES
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps({**_times(lake), part: (chips, round(seconds, 3))}))
