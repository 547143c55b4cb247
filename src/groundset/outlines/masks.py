"""Between tasks: shapes of an outline task into masks of a segment task, and masks into shapes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundset.core import NO_CONFIDENCE, UNLABELLED, InputError, LabelMask, MissingError, Origin, Scheme, Window, merge
from groundset.ingest._annotate.burn import inside_scene
from groundset.journal import NewEvent, mask_payload
from groundset.outlines.act import Append, removed, stated, write
from groundset.outlines.draw import DEFAULT, Rule, rasterise
from groundset.outlines.shape import Shape, kind_of
from groundset.outlines.shapes import Shapes, window_box
from groundset.outlines.trace import Traced, vectorise

if TYPE_CHECKING:
    from groundset.chips import Chip

NAMESPACE = uuid.UUID("5a0b3d6e-52c0-4a8c-8c58-8f2a1f0f3d21")
LARGEST = 1 << 27
"""Most pixels that are traced at once."""
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of shapes or masks.

    Args:
        created: Masks or shapes that are new.
        known: Those that were there already.
        removed: Those of the last time that are no more.
        bulk: The act to undo; None where nothing changed.
    """

    created: int
    known: int
    removed: int
    bulk: str | None


def to_masks(
    shapes: Shapes,
    *,
    task: str | None,
    to: str | None,
    actor: str,
    append: Append,
    scene: str | None = None,
    chips: Collection[str] | None = None,
    rule: Rule = DEFAULT,
) -> Converted:
    """Draw the shapes of an outline task into a segment task, as one act.

    The masks are a layer of the actor's own, named after the outline task: drawn again, they take the place of those
    of the last time. Each pixel has the origin of the shape that lies on top; those beyond the scene say nothing.

    Args:
        shapes: The workspace's shapes.
        task: The outline task.
        to: The segment task; classes are matched by name.
        actor: Who draws.
        append: Appends events.
        scene: Only chips of this scene.
        chips: Only these chips of level 0.
        rule: Which pixels a shape covers.

    Raises:
        InputError: No such task, or a class that the segment task's scheme lacks.
    """
    lake, name = shapes.lake, shapes.task(task)
    target = lake.config.task(to, "segment").name
    codes = _codes(lake.scheme(name), lake.scheme(target), {s.code for s in shapes.of(name, scene=scene)})
    layer = _layer(name)
    former = {
        str(e.chip_id): str(e.payload["sha256"])
        for e in lake.journal.current(target, kind="mask", actor=actor)
        if e.payload.get("layer") == layer
    }
    created = known = gone = 0
    events: list[NewEvent] = []
    for some in _in_batches(_chips(shapes, scene, chips)):
        drawn = [(chip, _drawn(shapes, name, chip, codes, rule)) for chip in some]
        said = [(c, m) for c, m in drawn if m.labelled.any() or str(c.id) in former]
        sums = lake.masks.put_many([(mask, chip.geobox) for chip, mask in said], lake.scheme(target))
        for (chip, mask), sha256 in zip(said, sums, strict=True):
            if former.get(str(chip.id)) == sha256:
                known += bool(mask.labelled.any())
                continue
            created += bool(mask.labelled.any())
            gone += not mask.labelled.any()
            body = {**mask_payload(sha256, layer=layer), "source": {"task": name}}
            events.append(NewEvent("mask", target, str(chip.id), body))
    what = {"verb": "rasterise", "from": name, "all_touched": rule.all_touched, "line_width": rule.line_width,
            "point_size": rule.point_size}  # fmt: skip
    bulk, _ = write(events, task=target, actor=actor, append=append, what=what)
    return Converted(created, known, gone, bulk)


@dataclass(frozen=True, slots=True)
class Trace:
    """How masks are traced: see :func:`groundset.outlines.trace.vectorise`."""

    min_pixels: int = 4
    simplify: float = 0.0
    by_origin: bool = False


def to_shapes(
    shapes: Shapes,
    *,
    of: str | None,
    task: str | None,
    actor: str,
    append: Append,
    scene: str | None = None,
    chips: Collection[str] | None = None,
    how: Trace | None = None,
) -> Converted:
    """Trace the labels of a segment task's pixels into shapes of an outline task, as one act.

    Patches go on across chips. Traced again, what is no more is removed, but for shapes that people changed since;
    what people removed does not come back. Product flags are left out.

    Args:
        shapes: The workspace's shapes.
        of: The segment task.
        task: The outline task; classes are matched by name.
        actor: Who says so.
        append: Appends events.
        scene: Only this scene.
        chips: Only these chips of level 0.
        how: How masks are traced.

    Raises:
        InputError: No such task, a class that the outline task's scheme lacks, or too many pixels at once.
    """
    lake, name = shapes.lake, shapes.task(task)
    origin_task = lake.config.task(of, "segment").name
    how = how or Trace()
    by_scene: dict[str, list[Chip]] = {}
    for chip in _chips(shapes, scene, chips):
        by_scene.setdefault(chip.id.scene, []).append(chip)
    source = f"masks:{origin_task}"
    events: list[NewEvent] = []
    created = known = gone = 0
    for scene_id, there in sorted(by_scene.items()):
        ids, new = _traced_shapes(shapes, scene_id, there, origin_task, name, source, how)
        last = _former(shapes, name, scene_id, {str(c.id) for c in there}, source)
        old = [shape for shape in last if shape.id not in ids]
        events += [removed(shape, name) for shape in old] + stated(new, name, shapes.places)
        created, known, gone = created + len(new), known + len(ids) - len(new), gone + len(old)
    what = {"verb": "vectorise", "from": origin_task, "min_pixels": how.min_pixels, "simplify": how.simplify}
    bulk, _ = write(events, task=name, actor=actor, append=append, what=what)
    return Converted(created, known, gone, bulk)


def _traced_shapes(
    shapes: Shapes, scene_id: str, chips: Sequence[Chip], of: str, task: str, source: str, how: Trace
) -> tuple[set[str], list[Shape]]:
    """Ids of all that is traced on a scene, and the shapes that are new."""
    window = _window(chips)
    mask = _labels(shapes, of, chips, window)
    codes = _codes(shapes.lake.scheme(of), shapes.lake.scheme(task), set(mask.count()))
    traced = vectorise(mask, offset=(window.x_off, window.y_off), by_origin=how.by_origin, min_pixels=how.min_pixels,
                       simplify=how.simplify)  # fmt: skip
    ids = [_id(scene_id, codes[one.code], one.geometry) for one in traced]
    fresh = set(ids) - shapes.spoken_of(task, ids)
    new = [(own, one) for own, one in zip(ids, traced, strict=True) if own in fresh]
    return set(ids), _made(shapes, scene_id, new, codes, source)


def _made(
    shapes: Shapes, scene_id: str, new: Sequence[tuple[str, Traced]], codes: dict[int, int], source: str
) -> list[Shape]:
    if not new:
        return []
    geometry = np.empty(len(new), object)
    geometry[:] = [one.geometry for _, one in new]
    homes = shapes.places.homes(geometry, scene_id)
    return [
        Shape(own, scene_id, home, one.geometry, codes[one.code], kind_of(one.geometry), origin=one.origin,
              score=one.score, source=source)
        for (own, one), home in zip(new, homes, strict=True)
    ]  # fmt: skip


def _former(shapes: Shapes, task: str, scene: str, chips: set[str], source: str) -> list[Shape]:
    """What was traced on these chips the last time, and nobody changed since."""
    found = [s for s in shapes.of(task, scene=scene, source=source) if s.chip_id in chips]
    return [s for s in found if s.id == _id(scene, s.code, s.geometry)]


def _id(scene: str, code: int, geometry: Any) -> str:
    """Of a traced shape, so that the same patch finds itself again."""
    digest = hashlib.sha256(np.round(_points(geometry), 6).tobytes()).hexdigest()
    return str(uuid.uuid5(NAMESPACE, f"{scene}|{code}|{digest}"))


def _points(geometry: Any) -> npt.NDArray[np.float64]:
    import shapely

    return np.asarray(shapely.get_coordinates(geometry))


def _drawn(shapes: Shapes, task: str, chip: Chip, codes: dict[int, int], rule: Rule) -> LabelMask:
    """A chip's mask of the shapes that meet it, wide lines and points of its neighbourhood too."""
    window = chip.window
    far = max(rule.line_width, rule.point_size) / 2 + 1
    left, top, right, bottom = window_box(chip)
    near = shapes.of(task, scene=chip.id.scene, bbox=(left - far, top - far, right + far, bottom + far))
    mask = rasterise(near, window, rule)
    scene = shapes.lake.scenes.get(chip.id.scene)
    there = inside_scene(window, scene.width, scene.height) & mask.labelled
    table = np.full(256, UNLABELLED, np.uint8)
    for code, other in codes.items():
        table[code] = other
    return LabelMask(
        np.where(there, table[mask.classes], np.uint8(UNLABELLED)),
        np.where(there, mask.origin, np.uint8(Origin.NONE)),
        np.where(there, mask.confidence, np.uint8(NO_CONFIDENCE)),
    )


def _labels(shapes: Shapes, task: str, chips: Sequence[Chip], window: Window) -> LabelMask:
    """The labels of some chips beside each other; where chips overlap, merged by precedence."""
    labels = shapes.lake.labels(task, chip_ids=[str(c.id) for c in chips])
    out = LabelMask.empty(window.shape)
    for chip in chips:
        if not labels.events(chip.id):
            continue
        mask = labels.mask(chip, flags=False)
        rows, cols = chip.window.relative_to(window).slices
        there = LabelMask(out.classes[rows, cols], out.origin[rows, cols], out.confidence[rows, cols])
        both = merge([there, mask], mask.shape)
        out.classes[rows, cols], out.origin[rows, cols] = both.classes, both.origin
        out.confidence[rows, cols] = both.confidence
    return out


def _window(chips: Sequence[Chip]) -> Window:
    left, top = min(c.window.x_off for c in chips), min(c.window.y_off for c in chips)
    right, bottom = max(c.window.right for c in chips), max(c.window.bottom for c in chips)
    if (right - left) * (bottom - top) > LARGEST:
        raise InputError(
            "too many pixels to trace at once",
            asked=f"{right - left:,} x {bottom - top:,}",
            found=f"at most {LARGEST:,} pixels",
            hint="name fewer chips that lie together",
        )
    return Window(left, top, right - left, bottom - top)


def _chips(shapes: Shapes, scene: str | None, chips: Collection[str] | None) -> list[Chip]:
    """Chips of level 0: those named, or all of a scene, or all there are.

    Raises:
        MissingError: There is no such scene or chip.
        InputError: A chip of another level.
    """
    lake = shapes.lake
    if chips is not None:
        found = [lake.chips.get(own) for own in dict.fromkeys(chips)]
        other = [str(c.id) for c in found if c.id.level or scene not in (None, c.id.scene)]
        if other:
            raise InputError("shapes and masks go with chips of level 0 of one scene", asked=", ".join(other[:5]))
        return found
    scenes = lake.scenes.ids() if scene is None else [lake.scenes.get(scene).id]
    out = [c for own in scenes for part in shapes.places.chips(own) for c in lake.chips.chips(part)]
    if not out:
        raise MissingError("there are no chips", asked=scene, hint="run groundset ingest first")
    return out


def _codes(scheme: Scheme, to: Scheme, used: set[int]) -> dict[int, int]:
    """Codes of one scheme as another has them, by the names of the classes."""
    names = {c.code: c.name for c in scheme}
    there = {c.name: c.code for c in to}
    missing = sorted(names[code] for code in used if names.get(code) not in there and code in names)
    if missing:
        raise InputError(
            f"the scheme {to.name} lacks classes", asked=", ".join(missing), found=", ".join(there),
            hint="add them to the task's scheme",
        )  # fmt: skip
    return {code: there[name] for code, name in names.items() if name in there}


def _layer(task: str) -> str:
    name = f"outlines:{task}"
    fits = len(name) <= 64 and all(c.isascii() and (c.isalnum() or c in "._:-") for c in name)
    return name if fits else str(uuid.uuid5(NAMESPACE, name))


def _in_batches(chips: Iterable[Chip]) -> Iterable[list[Chip]]:
    from itertools import islice

    rest = iter(chips)
    while some := list(islice(rest, _BATCH)):
        yield some
