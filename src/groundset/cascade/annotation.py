"""The annotation of a scene: of each class the cells that its cascade keeps, one class after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from groundset.cascade.begin import pyramid_of
from groundset.cascade.pyramid import Bool, Int64
from groundset.cascade.said import POSITIVE, answers, placed
from groundset.cascade.steps import Record, read
from groundset.cascade.walk import walk

if TYPE_CHECKING:
    from groundset.lake import Lake


@dataclass(frozen=True)
class Kept:
    """The cells of one class in one scene.

    Args:
        code: The class.
        cascade: Name of the cascade.
        scene: The scene.
        level: Finest level that was left; before any was, the first one with what people answered.
        size: Side of its chips in pixels.
        done: Whether it is the cascade's finest level.
        row: int64 (n,), grid row.
        col: int64 (n,), grid column.
        x: int64 (n,), left pixel column in the scene.
        y: int64 (n,), upper pixel row.
        person: bool (n,), whether a person said so; else it lies above the threshold.
    """

    code: int
    cascade: str
    scene: str
    level: int
    size: int
    done: bool
    row: Int64
    col: Int64
    x: Int64
    y: Int64
    person: Bool


def annotation(lake: Lake, scene: str, task: str | None = None) -> list[Kept]:
    """What the cascades say of a scene, class by class in the order of the scheme; of a class the latest one.

    Reads the journal alone: it stands also where chips were deleted.

    Args:
        lake: The workspace.
        scene: The scene.
        task: A classify task; may be left out where there is one.

    Raises:
        MissingError: There is no such scene.
        InputError: No single classify task fits.
    """
    name = lake.config.task(task, "classify").name
    lake.scenes.get(scene)
    latest = {r.code: r for r in read(lake.journal).values() if r.task == name and scene in r.scenes}
    return [_kept(lake, scene, latest[c.code]) for c in lake.scheme(name).classes if c.code in latest]


def _kept(lake: Lake, scene: str, record: Record) -> Kept:
    pyramid = pyramid_of(lake, record.scenes, record.levels)
    said = placed(pyramid, answers(lake.journal, record.task, record.code))
    walked = walk(pyramid, record, said)
    level = record.advances[-1].level if record.advances else record.levels[0]
    tree = pyramid.level(level)
    there = walked[level].sure if record.advances else said[level].positive
    at = np.flatnonzero(there & (tree.scene == record.scenes.index(scene)))
    return Kept(
        record.code, record.id, scene, level, tree.size, record.done, tree.row[at], tree.col[at], tree.x[at],
        tree.y[at], said[level].value[at] == POSITIVE,
    )  # fmt: skip
