"""Pixels into shapes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import NO_CONFIDENCE, UNLABELLED, InputError, LabelMask, Origin


@dataclass(frozen=True, slots=True)
class Traced:
    """A connected patch of pixels of one class.

    Args:
        geometry: Shapely polygon, holes kept, in the pixels of the mask (column, row) moved by the offset asked for.
        code: Class.
        origin: That of most of its pixels.
        pixels: How many pixels it has.
        score: Mean confidence of the pixels that have one, 0 to 1.
    """

    geometry: Any
    code: int
    origin: Origin
    pixels: int
    score: float | None


def vectorise(
    mask: LabelMask,
    *,
    offset: tuple[int, int] = (0, 0),
    by_origin: bool = False,
    min_pixels: int = 1,
    simplify: float = 0.0,
) -> list[Traced]:
    """The outlines of a mask's patches: pixels of one class that share sides. Unlabelled pixels have none.

    Drawn again with the default rule and without ``simplify``, the shapes give the mask's classes exactly (and with
    ``by_origin`` its origins), less what is smaller than ``min_pixels``.

    Args:
        mask: The mask.
        offset: (column, row) of its upper left pixel on the scene.
        by_origin: Whether a patch also has one origin.
        min_pixels: Smaller patches are left out, before anything is simplified.
        simplify: Tolerance in pixels; borders that patches share stay shared. 0: pixel edges as they are.

    Raises:
        InputError: A tolerance or size below 0.
    """
    import cc3d
    from affine import Affine
    from rasterio.features import shapes

    if not 0 <= simplify < math.inf or min_pixels < 0:
        raise InputError(
            "sizes are finite and not below 0",
            asked=f"simplify = {simplify:g}, min_pixels = {min_pixels}",
            hint="0 leaves it out",
        )
    there = mask.labelled
    if not there.any():
        return []
    values = np.where(there, mask.classes.astype(np.uint16) + 1, 0)
    if by_origin:
        values = np.where(there, values + (mask.origin.astype(np.uint16) << 8), 0)
    patches = cc3d.connected_components(values.astype(np.uint16), connectivity=4, out_dtype=np.uint32).astype(np.int32)
    found = shapes(patches, mask=there, connectivity=4, transform=Affine.translation(*offset))
    facts = _facts(mask, patches)
    out = [_traced(geometry, facts[int(value)]) for geometry, value in found]
    kept = [one for one in out if one.pixels >= min_pixels]
    return _simplified(kept, simplify) if simplify > 0 and kept else kept


_Fact = tuple[int, Origin, int, float | None]


def _facts(mask: LabelMask, patches: npt.NDArray[np.int32]) -> list[_Fact]:
    """Class, origin of most pixels, number of pixels, mean confidence: of each patch, by its number."""
    flat = patches.ravel()
    n = int(flat.max()) + 1
    pixels = np.bincount(flat, minlength=n)
    classes = np.full(n, UNLABELLED, np.uint8)
    classes[flat] = mask.classes.ravel()
    by_origin = np.stack([np.bincount(flat[mask.origin.ravel() == o], minlength=n) for o in range(max(Origin) + 1)])
    origins = by_origin[1:].argmax(axis=0) + 1
    sure = mask.confidence.ravel()
    known = sure != NO_CONFIDENCE
    count = np.bincount(flat[known], minlength=n)
    total = np.bincount(flat[known], weights=sure[known], minlength=n)
    scores = [None if not k else round(float(t) / k / 100, 4) for t, k in zip(total, count, strict=True)]
    return [(int(c), Origin(int(o)), int(p), s) for c, o, p, s in zip(classes, origins, pixels, scores, strict=True)]


def _traced(geometry: Any, fact: _Fact) -> Traced:
    import shapely

    rings = geometry["coordinates"]
    return Traced(shapely.Polygon(rings[0], rings[1:]), *fact)


def _simplified(traced: list[Traced], tolerance: float) -> list[Traced]:
    import shapely

    simple = shapely.coverage_simplify(np.array([one.geometry for one in traced], object), tolerance)
    return [
        Traced(g, one.code, one.origin, one.pixels, one.score)
        for g, one in zip(simple, traced, strict=True)
        if not g.is_empty
    ]
