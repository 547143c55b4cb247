"""Which labelled pixels speak for a place, so that a large answer does not drown the small ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundset.segment.blocks import Places

Float64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

CELL, MOST = 32, 15
"""Side of a cell of the ground in pixels, and how many pixels of a class speak for it: neighbours look alike, and
hundreds of them teach what a few do. Chosen on the left half of the Sen1Floods11 chip, Boadella, and other classes of
wake."""


def sparse(places: Places, codes: UInt8, chance: Float64) -> Ints:
    """Positions of at most :data:`MOST` pixels of each class in each cell, ascending.

    Args:
        places: Where they lie on the ground (n,).
        codes: Of their classes (n,).
        chance: Of a class in a cell those with the smallest are taken (n,).
    """
    cell = np.stack([places.ground, places.y // CELL, places.x // CELL, codes])
    order = np.lexsort((chance, *cell))
    sorted_ = cell[:, order]
    first = np.ones(len(order), bool)
    first[1:] = (sorted_[:, 1:] != sorted_[:, :-1]).any(axis=0)
    begun = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    return np.sort(order[np.arange(len(order)) - begun < MOST])
