"""What the workspace has already: the same scene is passed over, another of the same name is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace

from groundset.chips import scene_windows
from groundset.core import ConflictError, Grid
from groundset.imagery import Scene
from groundset.imagery.scene_item import scene_from_item, scene_to_item
from groundset.ingest._part import Place
from groundset.lake import Lake


def different(scenes: Iterable[Scene]) -> Iterator[Scene]:
    """Each scene once.

    Raises:
        ConflictError: Two of them have one id.
    """
    seen: dict[str, Scene] = {}
    for scene in scenes:
        if scene.id in seen:
            _refuse(scene, seen[scene.id], "two scenes of this ingest have the same id")
            continue
        seen[scene.id] = scene
        yield scene


def known(lake: Lake, scene: Scene) -> tuple[Scene, bool]:
    """The scene to go on with, and whether it tells the time that the stored one lacks.

    A scene may be brought again with a time where nobody said one before, or without the time that is known; all else
    must be the same.

    Raises:
        ConflictError: Its id belongs to another scene of which there are chips; names what differs.
    """
    if scene.id not in lake.scenes or not lake.chips.batches(scene.id, 0):
        return scene, False
    stored = lake.scenes.get(scene.id)
    if scene.datetime is None:
        scene = replace(scene, datetime=stored.datetime)
    timed = stored.datetime is None and scene.datetime is not None
    there = replace(stored, datetime=scene.datetime) if timed else stored
    _refuse(scene, there, "another scene of this id is there already")
    return scene, timed


def same(a: Scene, b: Scene) -> bool:
    """Whether two scenes say the same, NaN and all; a CRS may be written otherwise after it was kept."""
    if a.geobox == b.geobox:
        b = replace(b, geobox=a.geobox)
    return item_text(a) == item_text(b)


def item_text(scene: Scene) -> str:
    """A scene's STAC Item as text, always the same for the same scene."""
    item = scene_to_item(scene).to_dict(include_self_link=False, transform_hrefs=False)
    return json.dumps(item, sort_keys=True, default=str)


def missing(lake: Lake, scene: Scene, grid: Grid, level: int) -> list[Place]:
    """Chips (grid row, column, window) of a level that are not in the chip table yet.

    Raises:
        InputError: The scene is smaller than one chip.
    """
    parts = lake.chips.batches(scene.id, level)
    if parts and sum(lake.chips.rows(p) for p in parts) == _count(scene, grid, level):
        return []
    there = _there(lake, parts)
    return [place for place in scene_windows(scene, grid, level) if place[:2] not in there]


def _there(lake: Lake, parts: Sequence[str]) -> set[tuple[int, int]]:
    if not parts:
        return set()
    table = lake.chips.table(["row", "col"], parts=parts)
    return set(zip(table.column("row").to_pylist(), table.column("col").to_pylist(), strict=True))


def _count(scene: Scene, grid: Grid, level: int) -> int:
    if scene.photo:
        return 1
    rows, cols = grid.counts(scene.width, scene.height, level)
    return rows * cols


def _refuse(new: Scene, old: Scene, message: str) -> None:
    if same(new, old):
        return
    new, old = (scene_from_item(scene_to_item(s)) for s in (new, old))
    differ = [f.name for f in fields(Scene) if repr(getattr(new, f.name)) != repr(getattr(old, f.name))]
    raise ConflictError(
        message,
        asked=f"{new.id}: " + _words(new, differ),
        found=_words(old, differ),
        hint="give the other one a name of its own with --id",
    )


def _words(scene: Scene, names: Sequence[str]) -> str:
    said = []
    for name in names:
        value = getattr(scene, name)
        if name == "sources":
            value = sorted({s.href for band in value for s in band})
        elif name == "bands":
            value = ", ".join(value.names)
        text = str(value)
        said.append(f"{name} {text if len(text) <= 160 else text[:157] + '...'}")
    return "; ".join(said)
