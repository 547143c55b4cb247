"""What the routes of shapes ask of the rooms."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from groundset import outlines
from groundset.core import InputError
from groundset.outlines.geojson import Coordinates
from groundset.server.context import Context
from groundset.server.models import (
    ImportReport,
    RasteriseShapes,
    RepairShapes,
    ShapeImport,
    ShapesChanged,
    ShiftShapes,
    VectoriseMasks,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which shapes are asked for, and how."""

    task: str | None
    scene: str | None
    bbox: str | None
    chip: str | None
    actor: str | None
    source: str | None
    coordinates: Coordinates
    limit: int


def collection(ctx: Context, wanted: Wanted) -> tuple[str, Callable[[], bytes]]:
    """A mark that changes when the shapes do, and what makes their GeoJSON."""
    shapes = ctx.shapes
    task = shapes.task(wanted.task)
    box = None if wanted.bbox is None else _numbers(wanted.bbox)
    said = f"{task} {shapes.version(task)} {wanted} {[c.code for c in ctx.lake.scheme(task)]}"

    def make() -> bytes:
        if wanted.scene is not None:
            ctx.lake.scenes.get(wanted.scene)
        found = shapes.of(
            task, scene=wanted.scene, bbox=box, chip=wanted.chip, actor=wanted.actor, source=wanted.source
        )
        kept = found[max(0, len(found) - wanted.limit) :]
        return outlines.feature_collection(kept, shapes.places, wanted.coordinates, matched=len(found))

    return hashlib.sha256(said.encode()).hexdigest()[:32], make


def imports(ctx: Context, task: str | None) -> list[ShapeImport]:
    """The imports of a task that have shapes, by scene, the latest first."""
    name = ctx.shapes.task(task)
    files = {
        str(e.payload["import"]): e
        for e in ctx.lake.journal.events(task=name, kind="bulk", chipless=True)
        if "import" in e.payload and "file" in e.payload
    }
    counts: dict[tuple[str, str], int] = {}
    for shape in ctx.shapes.of(name):
        if shape.source in files:
            counts[shape.source, shape.scene] = counts.get((shape.source, shape.scene), 0) + 1
    told = [(files[own], own, scene, n) for (own, scene), n in counts.items()]
    return [
        ShapeImport(id=own, file=e.payload["file"], scene=scene, shapes=n, actor=e.actor, at=e.as_json()["at"])
        for e, own, scene, n in sorted(told, key=lambda one: (-one[0].seq, one[2]))
    ]


def bring_in(
    ctx: Context,
    data: bytes,
    name: str,
    *,
    task: str | None,
    actor: str,
    column: str,
    within: str | None,
    label: str | None = None,
) -> ImportReport:
    """Shapes of a file that was sent."""
    layer = outlines.read_bytes(data, name)
    how = outlines.How.of(column, None, within, label)
    done = outlines.bring(ctx.shapes, layer, how, task=task, actor=actor, append=ctx.append)
    return ImportReport.model_validate({
        "task": done.task, "import": done.layer, "bulk": done.bulk, "features": done.features, "created": done.created,
        "known": done.known, "counts": done.counts, "crossing": done.crossing, "says": done.lines(),
    })  # fmt: skip


def rasterised(ctx: Context, actor: str, said: RasteriseShapes) -> ShapesChanged:
    """Shapes drawn into masks."""
    rule = outlines.Rule(said.all_touched, said.line_width, said.point_size)
    done = outlines.to_masks(
        ctx.shapes, task=said.task, to=said.to, actor=actor, append=ctx.append, scene=said.scene, chips=said.chip_ids,
        rule=rule,
    )  # fmt: skip
    return _converted(done)


def vectorised(ctx: Context, actor: str, said: VectoriseMasks) -> ShapesChanged:
    """Masks traced into shapes."""
    how = outlines.Trace(said.min_pixels, said.simplify, said.by_origin)
    done = outlines.to_shapes(
        ctx.shapes, of=said.of, task=said.task, actor=actor, append=ctx.append, scene=said.scene, chips=said.chip_ids,
        how=how,
    )  # fmt: skip
    return _converted(done)


def shifted(ctx: Context, actor: str, said: ShiftShapes) -> ShapesChanged:
    """Shapes moved."""
    done = outlines.shift(
        ctx.shapes, said.dx, said.dy, scene=said.scene, actor=actor, append=ctx.append, task=said.task,
        source=said.import_, ids=said.ids,
    )  # fmt: skip
    return ShapesChanged(bulk=done.bulk, created=done.shapes)


def repaired(ctx: Context, actor: str, said: RepairShapes) -> ShapesChanged:
    """Outlines mended."""
    done = outlines.repair(
        ctx.shapes, actor=actor, append=ctx.append, task=said.task, scene=said.scene, ids=said.ids
    )  # fmt: skip
    return ShapesChanged(bulk=done.bulk, created=done.shapes, left=list(done.left))


def _converted(done: outlines.Converted) -> ShapesChanged:
    return ShapesChanged(bulk=done.bulk, created=done.created, known=done.known, removed=done.removed)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError("a box is four numbers joined by commas", asked=f"bbox = {text}") from None
