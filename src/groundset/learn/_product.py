"""Rows times a few directions, as fast as memory is read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from groundset.features._blas import one_thread

Float32 = npt.NDArray[np.float32]

THREADS = max(1, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))
PIECE = 16_384
"""Rows that a thread takes at once."""
ALONE = 1 << 22
"""Fewer numbers than this are not worth a second thread."""
SMALL = 400_000
"""Multiplications of one small product. OpenBLAS copies the factors of larger ones together first, which for a few
directions costs more than the product; measured, products of half a million are still done as they lie."""


def products(blocks: Sequence[Float32], directions: Float32) -> Float32:
    """Products of all rows with all directions.

    Threads share the rows, each with a BLAS of its own: one core alone cannot read memory as fast as it is.

    Args:
        blocks: Rows (n, D) each.
        directions: (K, D).

    Returns:
        Float32 (K, rows of all blocks), each direction's together.
    """
    count, dim = directions.shape
    out = np.empty((count, sum(map(len, blocks))), np.float32)
    pieces = list(_cut(blocks))
    with one_thread():
        if out.shape[1] * dim < ALONE:
            for start, rows in pieces:
                _some(rows, directions, out[:, start : start + len(rows)])
        else:
            with ThreadPoolExecutor(THREADS) as pool:
                list(pool.map(lambda p: _some(p[1], directions, out[:, p[0] : p[0] + len(p[1])]), pieces))
    return out


def _some(rows: Float32, directions: Float32, out: Float32) -> None:
    """One piece: a matrix-vector product, or one product of many small ones."""
    count, dim = directions.shape
    if count == 1:
        np.dot(rows, directions[0], out=out[0])
        return
    each = min(max(SMALL // (count * dim), 8), len(rows))
    whole = len(rows) - len(rows) % each if each else 0
    if whole:
        by_few = rows[:whole].reshape(-1, each, dim).transpose(0, 2, 1)
        np.matmul(directions, by_few, out=out[:, :whole].reshape(count, -1, each).transpose(1, 0, 2))
    np.matmul(directions, rows[whole:].T, out=out[:, whole:])


def _cut(blocks: Sequence[Float32]) -> Iterator[tuple[int, Float32]]:
    start = 0
    for block in blocks:
        for at in range(0, len(block), PIECE):
            yield start + at, block[at : at + PIECE]
        start += len(block)
