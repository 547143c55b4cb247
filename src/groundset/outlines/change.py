"""Many shapes changed in one act: an imported layer moved, crossed polygons repaired."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from groundset.core import InputError, MissingError
from groundset.core.memory import no_collecting
from groundset.journal import NewEvent
from groundset.outlines.act import Append, removed, stated, write
from groundset.outlines.shape import POLYGONS, Geometries, Shape, problems_of
from groundset.outlines.shapes import Shapes

_FARTHEST = 100_000
"""Pixels that shapes are moved by at most."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of shapes.

    Args:
        shapes: How many were changed.
        bulk: The act to undo; None where there was nothing to change.
        left: Ids of shapes that could not be repaired.
    """

    shapes: int
    bulk: str | None
    left: tuple[str, ...] = ()


def shift(
    shapes: Shapes,
    dx: float,
    dy: float,
    *,
    scene: str,
    actor: str,
    append: Append,
    task: str | None = None,
    source: str | None = None,
    ids: Collection[str] | None = None,
) -> Changed:
    """Move shapes of a scene, as one act.

    Args:
        shapes: The workspace's shapes.
        dx: By how much to the right, in units of the scene's CRS; in pixels where it has none.
        dy: By how much up in the CRS; down in pixels.
        scene: The scene.
        actor: Who moves them.
        append: Appends events.
        task: An outline task.
        source: Only shapes of this import.
        ids: Only these.

    Raises:
        InputError: No finite numbers.
        MissingError: There is no such shape on this scene.
    """
    if not (math.isfinite(dx) and math.isfinite(dy)):
        raise InputError("a shift is two finite numbers", asked=f"dx = {dx}, dy = {dy}")
    name = shapes.task(task)
    chosen = _chosen(shapes, name, scene, source, ids)
    step = np.array([dx, dy])
    if shapes.places.coordinates(scene) == "map":
        a, b, _, d, e, _ = shapes.places.affine(scene)[:6]
        step = np.linalg.solve(np.array([[a, b], [d, e]]), step)

    if np.abs(step).max() > _FARTHEST:
        raise InputError(
            "this is farther than shapes are moved",
            asked=f"{dx:g}, {dy:g}",
            found=f"{np.abs(step).max():,.0f} pixels",
            hint=f"at most {_FARTHEST:,}: check the units",
        )

    def moved(geometry: Geometries) -> Geometries:
        import shapely

        return np.asarray(shapely.transform(geometry, lambda points: np.round(points + step, 6)))

    what = {"verb": "shift", "scene": scene, "dx": dx, "dy": dy, "import": source}
    return _change(shapes, name, chosen, moved, actor, append, what)


def repair(
    shapes: Shapes,
    *,
    actor: str,
    append: Append,
    task: str | None = None,
    scene: str | None = None,
    ids: Collection[str] | None = None,
) -> Changed:
    """Make polygons that cross themselves valid, all their parts kept, as one act.

    A figure of eight becomes a shape of two parts; lines of no area that this leaves are dropped.

    Args:
        shapes: The workspace's shapes.
        actor: Who repairs them.
        append: Appends events.
        task: An outline task.
        scene: Only those on this scene.
        ids: Only these.

    Raises:
        MissingError: There is no such shape.
    """
    name = shapes.task(task)
    broken = [s for s in _chosen(shapes, name, scene, None, ids, some=False) if s.problem is not None]
    fixed = {s.id: made for s in broken if (made := mended(s.geometry)) is not None}
    left = tuple(s.id for s in broken if s.id not in fixed)
    chosen = [s for s in broken if s.id in fixed]

    def valid(_geometry: Geometries) -> Geometries:
        out = np.empty(len(chosen), object)
        out[:] = [fixed[s.id] for s in chosen]
        return out

    done = _change(shapes, name, chosen, valid, actor, append, {"verb": "repair"})
    return replace(done, left=left)


def mended(geometry: Any) -> Any:
    """A valid geometry with all parts of area of a polygon; None where nothing of it is left, or it is none."""
    import shapely

    if geometry.geom_type not in POLYGONS:
        return None
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(geometry)))  # collections hold multipolygons
    faces = [p for p in parts if p.geom_type in POLYGONS and p.area > 0]
    if not faces:
        return None
    joined = shapely.union_all(faces)
    return joined if joined.is_valid and not joined.is_empty else None


def _change(
    shapes: Shapes,
    task: str,
    chosen: Sequence[Shape],
    make: Callable[[Geometries], Geometries],
    actor: str,
    append: Append,
    what: dict[str, Any],
) -> Changed:
    """The same shapes with other geometries; one that comes to lie on another chip leaves its former one."""
    if not chosen:
        return Changed(0, None)
    with no_collecting():
        before = np.empty(len(chosen), object)
        before[:] = [s.geometry for s in chosen]
        after = make(before)
        homes: list[str] = [s.chip_id for s in chosen]
        for scene_id in {s.scene for s in chosen}:
            there = [i for i, s in enumerate(chosen) if s.scene == scene_id]
            for i, home in zip(there, shapes.places.homes(after[there], scene_id), strict=True):
                homes[i] = home
        new = [
            replace(s, geometry=g, chip_id=home, problem=problem, kind="polygon" if problem != s.problem else s.kind)
            for s, g, home, problem in zip(chosen, after, homes, problems_of(after), strict=True)
        ]
        events: list[NewEvent] = [removed(s, task) for s, home in zip(chosen, homes, strict=True) if s.chip_id != home]
        events += stated(new, task, shapes.places)
        bulk, _ = write(events, task=task, actor=actor, append=append,
                        what={k: v for k, v in what.items() if v is not None})  # fmt: skip
    return Changed(len(new), bulk)


def _chosen(
    shapes: Shapes, task: str, scene: str | None, source: str | None, ids: Collection[str] | None, *, some: bool = True
) -> list[Shape]:
    if ids is None:
        found = shapes.of(task, scene=scene, source=source)
    else:
        found = [s for s in shapes.get(task, ids) if scene in (None, s.scene) and source in (None, s.source)]
        missing = sorted(set(ids) - {s.id for s in found})
        if missing:
            raise MissingError("there is no such shape", asked=", ".join(missing[:5]), found=f"{len(found)} of them")
    if some and not found:
        raise MissingError(
            "there are no such shapes", asked=f"scene {scene}" + (f", import {source}" if source else "")
        )
    return found
