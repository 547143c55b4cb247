"""Which labelled pixels speak for a place, so that a large answer does not drown the small ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundset.segment.blocks import Places

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

CELL, MOST = 32, 15
"""Side of a cell of the ground in pixels, and how many pixels of a class speak for it: neighbours look alike, and
hundreds of them teach what a few do. Chosen on the left half of the Sen1Floods11 chip, Boadella, and other classes of
wake."""
STROKES, ENOUGH, GROUND = 3, 200, 64
"""How many painted pixels of a class speak for a cell once so many of the class are of segments, and the side of the
ground in pixels on which a single segment silences them. By then a person paints where the model errs, not all over the
ground, and that would drown what the segments teach of the rest. Chosen on the left half of the Sen1Floods11 chip."""


def sparse(places: Places, codes: UInt8, painted: Bool, chance: Float64) -> Ints:
    """Positions of a few pixels of each class in each cell, ascending.

    Args:
        places: Where they lie on the ground (n,).
        codes: Of their classes (n,).
        painted: Whether a pixel was painted, and is not of a segment that was named (n,). Of a class that has
            :data:`ENOUGH` of the others at most :data:`STROKES` of these are taken, and none near a segment.
        chance: Of a class in a cell those with the smallest are taken (n,).
    """
    corrects = painted & (np.bincount(codes[~painted], minlength=256)[codes] >= ENOUGH)
    silent = corrects & _shared(places, ~painted)
    order = np.lexsort((chance, *(cell := np.stack([*_cells(places, CELL), codes, corrects]))))
    sorted_ = cell[:, order]
    first = np.ones(len(order), bool)
    first[1:] = (sorted_[:, 1:] != sorted_[:, :-1]).any(axis=0)
    begun = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    few = np.arange(len(order)) - begun < np.where(corrects[order], STROKES, MOST)
    return np.sort(order[few & ~silent[order]])


def _shared(places: Places, some: Bool) -> Bool:
    """Which pixels share their ground with one of some."""
    if not some.any():
        return some
    _, ground = np.unique(np.stack(_cells(places, GROUND)), axis=1, return_inverse=True)
    return np.isin(ground.ravel(), ground.ravel()[some])


def _cells(places: Places, side: int) -> tuple[Ints, Ints, Ints]:
    return places.ground, places.y // side, places.x // side
