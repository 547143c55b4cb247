"""Spatial blocks of labelled pixels, and their folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

WANTED_BLOCKS = 10
SMALLEST_SIDE = 8
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Places:
    """Where labelled pixels lie: ``ground`` names the grid (same CRS and pixel size), x and y count its pixels.

    Pixels of two dates at one place have the same ground, x and y, so they never end up on two sides of a split.
    """

    ground: Ints
    x: Ints
    y: Ints

    def block(self, side: int) -> Ints:
        """A number per pixel that is the same for all pixels of one ``side`` x ``side`` block."""
        keys = np.stack([self.ground, self.y // side, self.x // side])
        return np.unique(keys, axis=1, return_inverse=True)[1].astype(np.int64)


def choose_blocks(places: Places, codes: UInt8, chip_size: int) -> tuple[Ints, int, str | None]:
    """The largest blocks that give enough of them, with every class in at least two.

    Returns:
        Block number per pixel, the side in pixels, and None, or why no split is possible.
    """
    sides = [chip_size * f for f in (4, 2, 1)]
    while sides[-1] // 2 >= SMALLEST_SIDE:
        sides.append(sides[-1] // 2)
    best: tuple[Ints, int] | None = None
    for side in sides:
        block = places.block(side)
        if min(len(np.unique(block[codes == c])) for c in np.unique(codes)) < 2:
            continue
        best = block, side
        if block.max() + 1 >= WANTED_BLOCKS:
            return block, side, None
    if best is not None:
        return *best, None
    return (
        places.block(sides[0]),
        sides[0],
        "some class lies in one spatial block only: label it at two places at least",
    )


def folds_of(blocks: Ints, codes: UInt8, seed: int, folds: int = FOLDS) -> Ints:
    """Fold (0 ...) of every block: whole blocks, each class spread as evenly as blocks allow, repeatable for a seed."""
    n = int(blocks.max()) + 1
    kinds, code = np.unique(codes, return_inverse=True)
    counts = np.zeros((n, len(kinds)), np.float64)
    np.add.at(counts, (blocks, code), 1)
    share = counts / counts.sum(axis=0)
    folds = min(folds, n)
    load = np.zeros((folds, len(kinds)))
    tie = np.random.default_rng(seed).permutation(n)
    out = np.zeros(n, np.int64)
    for b in sorted(range(n), key=lambda b: (-share[b].max(), tie[b])):
        # The fold that then has the least of what this block brings, weighed by how much of each class it brings.
        fold = int(np.argmin((load * (share[b] > 0)).sum(axis=1) + 1e-9 * load.sum(axis=1)))
        out[b], load[fold] = fold, load[fold] + share[b]
    return out
