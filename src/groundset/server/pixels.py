"""What the routes of pixels, pictures and masks ask of the rooms: each answer is its mark, and how it is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from groundset.core import InputError, Window
from groundset.server import describe, listing
from groundset.server.context import Context
from groundset.server.door import Visitor, may
from groundset.server.models import AnnotationResult, ChipDetail
from groundset.server.replies import marks
from groundset.views import PutMask, Tile, Which, parse_places
from groundset.views.chips import npy, pixels_mark, read_pixels, valid_pixels
from groundset.views.overlays import PREFIX
from groundset.views.windows import SceneWindow, read_window, valid_window, window_mark

Made = tuple[str, Callable[[], bytes]]
"""A mark that changes when the bytes do, and what makes them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A mask to send."""

    mark: str
    media_type: str
    make: Callable[[], bytes]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Put:
    """A mask that came in."""

    data: bytes
    layer: str
    id: str | None
    if_match: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a mask, and the mark of the label that it left."""

    result: AnnotationResult
    mark: str


def chip_detail(ctx: Context, chip_id: str) -> ChipDetail:
    """One chip."""
    chip = ctx.lake.chips.get(chip_id)
    (row,) = listing.rows([ctx.index.one(str(chip.id))], ctx.index.moment())
    labels = {task.name: ctx.index.one(str(chip.id), task.name).label for task in ctx.lake.config.tasks}
    told = {name: label for name, said in labels.items() if (label := listing.chip_label(said)) is not None}
    return describe.chip_detail(ctx.views, chip, row, told)


def pixels(ctx: Context, chip_id: str, bands: str | None, margin: int = 0) -> Made:
    """A chip's stored values, and those around it."""
    chip = ctx.lake.chips.get(chip_id)
    names = None if bands is None else _names(bands)
    mark = pixels_mark(ctx.lake, chip, names, margin)
    return mark, lambda: npy(read_pixels(ctx.lake, chip, names, margin).data)


def valid(ctx: Context, chip_id: str, margin: int = 0) -> Made:
    """Which pixels of a chip are data."""
    chip = ctx.lake.chips.get(chip_id)
    return "v" + pixels_mark(ctx.lake, chip, None, margin), lambda: npy(valid_pixels(ctx.lake, chip, margin))


def scene_window(ctx: Context, scene_id: str, window: str, size: str | None, bands: str | None) -> Made:
    """Stored values of a window of a scene, shrunk to a size."""
    wanted = _scene_window(scene_id, window, size, bands)
    return window_mark(ctx.lake, wanted), lambda: npy(read_window(ctx.lake, wanted).data)


def scene_valid(ctx: Context, scene_id: str, window: str, size: str | None, bands: str | None) -> Made:
    """Which pixels of a window of a scene are data."""
    wanted = _scene_window(scene_id, window, size, bands)
    return "v" + window_mark(ctx.lake, wanted), lambda: npy(valid_window(ctx.lake, wanted))


def quicklook(ctx: Context, chip_id: str, layer: str, size: int | None) -> Made:
    """A small picture of a chip."""
    place = [ctx.lake.chips.row(chip_id)]
    pages = ctx.views.pages
    return pages.mark(place, layer, size), lambda: pages.images(place, layer, size)[0]


def enlarged(ctx: Context, chip_id: str, layer: str) -> Made:
    """A picture of a chip, enlarged by the workspace's own model."""
    place = ctx.lake.chips.row(chip_id)
    pages = ctx.views.pages
    return pages.enlarged_mark(place, layer), lambda: pages.enlarged(place, layer)


def page(ctx: Context, parts: Sequence[str], rows: Sequence[str], layer: str) -> Made:
    """Packed quicklooks, or the labels that lie over them."""
    places = parse_places(parts, rows)
    if layer.startswith(PREFIX):
        overlays = ctx.views.overlays.page(places, layer.removeprefix(PREFIX))
        return overlays.mark, overlays.draw
    pages = ctx.views.pages
    return pages.mark(places, layer), lambda: pages.page(places, layer)


def preview(ctx: Context, scene_id: str, layer: str, size: int) -> Made:
    """The whole scene as one picture."""
    scenes = ctx.views.scenes
    return scenes.preview_mark(scene_id, layer, size), lambda: scenes.preview(scene_id, layer, size)


def tile(ctx: Context, scene_id: str, zxy: tuple[int, int, int, int], layer: str) -> Made:
    """A map tile."""
    wanted = Tile(*zxy)
    tiles = ctx.views.tiles
    return tiles.mark(scene_id, wanted, layer), lambda: tiles.draw(scene_id, wanted, layer)


def mask(
    ctx: Context, chip_id: str, task: str | None, which: Which, form: Literal["tif", "npy"], *, flags: bool
) -> Found:
    """The current mask of a chip."""
    found = ctx.views.masks.label(chip_id, task, which, flags=flags)
    if form == "npy":
        return Found(found.mark + "n", "application/octet-stream", lambda: npy(found.stack()), {})
    named = {"Content-Disposition": f'attachment; filename="{found.file_name}"'}
    return Found(found.mark, "image/tiff", found.tif, named)


def put_mask(ctx: Context, who: Visitor, actor: str, chip_id: str, task: str | None, put: Put) -> Kept:
    """Keep a mask that came in."""
    brought = PutMask(
        put.data,
        actor,
        layer=put.layer,
        id=put.id,
        may_review=may(who.role, "review"),
        if_match=tuple(m.removesuffix("n") for m in marks(put.if_match)),
    )
    done = ctx.views.masks.put(chip_id, task, brought)
    result = AnnotationResult(id=done.id, status=done.status, seq=done.seq, error=done.error)
    return Kept(result, ctx.views.masks.label(chip_id, task).mark)


def _scene_window(scene_id: str, window: str, size: str | None, bands: str | None) -> SceneWindow:
    x, y, width, height = _whole(window, 4, "window = x,y,width,height")
    cols, rows = (width, height) if size is None else _whole(size, 2, "size = columns,rows")
    return SceneWindow(
        scene_id, Window(x, y, width, height), (cols, rows), None if bands is None else tuple(_names(bands))
    )


def _whole(text: str, count: int, form: str) -> list[int]:
    parts = text.split(",")
    if len(parts) != count or not all(re.fullmatch(r"\s*-?[0-9]{1,9}\s*", part) for part in parts):
        raise InputError(f"this is {count} whole numbers joined by commas", asked=text[:80], hint=f"such as {form}")
    return [int(part) for part in parts]


def _names(bands: str) -> list[str]:
    names = [name.strip() for name in bands.split(",")]
    if not all(names) or len(set(names)) != len(names):
        raise InputError("bands are names joined by commas, each once", asked=f"bands = {bands[:200]}")
    return names
