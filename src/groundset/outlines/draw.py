"""Shapes into pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundset.core import NO_CONFIDENCE, UNLABELLED, InputError, LabelMask, Origin, Window
from groundset.outlines.shape import LINES, POINTS, Shape


@dataclass(frozen=True, slots=True)
class Rule:
    """Which pixels a shape covers.

    A polygon covers the pixels whose centre it holds; one that crosses itself, those that it goes round an odd number
    of times. A line covers the pixels whose centre lies within half of ``line_width`` of it, and at least one pixel a
    step along it; a point those within half of ``point_size``, and the one that holds it.

    Args:
        all_touched: Every pixel that is touched, however little.
        line_width: Width of lines, pixels.
        point_size: Diameter of points, pixels.
    """

    all_touched: bool = False
    line_width: float = 1.0
    point_size: float = 1.0

    def __post_init__(self) -> None:
        for name, value in (("line_width", self.line_width), ("point_size", self.point_size)):
            if not 0 < value <= 1000:
                raise InputError("a width is a number of pixels above 0, at most 1,000", asked=f"{name} = {value:g}")


DEFAULT = Rule()


def rasterise(shapes: Sequence[Shape], window: Window, rule: Rule = DEFAULT) -> LabelMask:
    """Draw shapes on a window of their scene: class, origin and (from the score) confidence of each pixel.

    Human shapes lie over consensus, imports, regions and models; then the nearer (``depth``) over the farther, then
    the later over the earlier.

    Args:
        shapes: In any order; those outside of the window do not matter.
        window: In pixels of the scene.
        rule: Which pixels a shape covers.
    """
    from rasterio.features import rasterize

    ordered = sorted(shapes, key=lambda shape: shape.order)
    burnt = list(_burnt(ordered, window, rule))
    if not burnt:
        return LabelMask.empty(window.shape)
    top = rasterize(burnt, out_shape=window.shape, fill=0, dtype="int32", all_touched=rule.all_touched)
    classes = [UNLABELLED] + [shape.code for shape in ordered]
    origins = [int(Origin.NONE)] + [int(shape.origin) for shape in ordered]
    sure = [NO_CONFIDENCE] + [NO_CONFIDENCE if s.score is None else round(100 * s.score) for s in ordered]
    return LabelMask(*(np.array(values, np.uint8)[top] for values in (classes, origins, sure)))


def _burnt(shapes: Sequence[Shape], window: Window, rule: Rule) -> Iterator[tuple[Any, int]]:
    """Geometries relative to the window, with the place of their shape counted from 1."""
    import shapely

    if not shapes:
        return
    corner = np.array([window.x_off, window.y_off], float)
    geometry = shapely.transform(np.array([s.geometry for s in shapes], object), lambda points: points - corner)
    for i, one in enumerate(geometry, start=1):
        width = {**dict.fromkeys(LINES, rule.line_width), **dict.fromkeys(POINTS, rule.point_size)}.get(one.geom_type)
        if width is not None:
            thick = shapely.buffer(one, width / 2)
            if not thick.is_empty:
                yield thick, i
        yield one, i
