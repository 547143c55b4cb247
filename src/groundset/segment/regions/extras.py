"""Candidates that are not of the tree: masks that a model gave, which may overlap anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.core import NO_CONFIDENCE, UNLABELLED
from groundset.core.rle import Rle

UInt8 = npt.NDArray[np.uint8]
_MOST = 200
_LEAST = 16


@dataclass(frozen=True, slots=True)
class Extra:
    """A mask that a model gave.

    Args:
        rle: Its pixels.
        bbox: x, y, width, height.
        size: In pixels.
        sure: How sure the model is, 0 to 1.
        code: Its class; None: unknown.
        source: Name of the model.
        score: What to show first, 0 to 1, in line with the nodes of a tree; :func:`candidates` sets it.
    """

    rle: Rle
    bbox: tuple[int, int, int, int]
    size: int
    sure: float
    code: int | None
    source: str
    score: float = 0.0

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {
            "rle": self.rle.to_dict(),
            "bbox": list(self.bbox),
            "size": self.size,
            "sure": round(self.sure, 3),
            "score": round(self.score, 4),
            "class": self.code,
            "source": self.source,
        }


def pieces(
    classes: UInt8, confidence: UInt8, source: str, *, most: int = _MOST, least: int = _LEAST
) -> tuple[Extra, ...]:
    """The connected pieces of a model's mask, the largest first.

    Args:
        classes: Class codes (rows, columns), 255 where the model says nothing.
        confidence: In percent (rows, columns), 255 none.
        source: Name of the model.
        most: How many at most.
        least: The smallest, in pixels.
    """
    import cc3d

    said = np.where(classes == UNLABELLED, 0, classes.astype(np.uint32) + 1).astype(np.uint32)
    found, count = cc3d.connected_components(said, connectivity=4, return_N=True)
    if not count:
        return ()
    facts = cc3d.statistics(found)
    sizes = facts["voxel_counts"][1:]
    order = np.argsort(-sizes.astype(np.int64), kind="stable")[:most]
    boxes = facts["bounding_boxes"][1:]
    return tuple(_extra(found, int(i), boxes[i][:2], classes, confidence, source) for i in order if sizes[i] >= least)


def _extra(
    found: npt.NDArray[np.unsignedinteger[Any]],
    piece: int,
    box: tuple[slice, slice],
    classes: UInt8,
    confidence: UInt8,
    source: str,
) -> Extra:
    inside = found[box] == piece + 1
    sure = confidence[box][inside]
    sure = sure[sure != NO_CONFIDENCE]
    rows, cols = box
    return Extra(
        Rle.within(inside, (int(cols.start), int(rows.start)), (found.shape[0], found.shape[1])),
        (int(cols.start), int(rows.start), int(cols.stop - cols.start), int(rows.stop - rows.start)),
        int(inside.sum()),
        float(sure.mean()) / 100 if len(sure) else 0.5,
        int(classes[box][inside][0]),
        source,
    )
