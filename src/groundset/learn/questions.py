"""What to ask next, from a snapshot: the loop over a pool of chips that is small enough for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundset.features._blas import one_thread
from groundset.learn.loop import Pick, suggest
from groundset.query.learned import Want

if TYPE_CHECKING:
    from groundset.learn.snapshot import Snapshot
    from groundset.query.chips import Positions

POOL = 10_000
"""Chips without an answer among which questions are looked for: half of them the most undecided, the rest by chance."""
SEEN = 0.1
"""Share of its pixels that a chip must have to be asked about."""
ANSWERED = 2_000
"""Answered chips that speak, at most."""


def questions(
    snapshot: Snapshot,
    *,
    code: int | None = None,
    n: int = 50,
    keep: npt.NDArray[np.bool_] | None = None,
    doubted: float = 0.1,
    seed: int = 0,
) -> list[Pick]:
    """Chips to answer next, the most useful first; ``row`` of a pick is the chip's position.

    Chips that were answered, unsure and not-applicable ones among them, are asked about again only where the model
    doubts the answer.

    Args:
        snapshot: Labels and features.
        code: Class; None: all classes of the task.
        n: How many are wanted.
        keep: Chips that may be asked about, bool (chips,); all by default.
        doubted: Share of answered chips that the model doubts.
        seed: Of what is drawn.
    """
    matrix = next(iter(snapshot.features.matrices), None)
    if matrix is None:
        return []
    codes = _codes(snapshot, code)
    usable = matrix.row_of >= 0
    told = snapshot.features.chips.column("valid_fraction").to_numpy(zero_copy_only=False)
    seen = usable & ~(told < SEEN)
    answered = snapshot.training.labels.column("value").codes >= 0
    open_ = seen & ~answered & (codes < 0)
    free = np.flatnonzero(open_ if keep is None else open_ & keep)
    known = np.flatnonzero((codes >= 0) & usable)
    known = _drawn(snapshot, known, ANSWERED, seed)
    pool = np.sort(np.concatenate([_pool(snapshot, free, code, seed), known]))
    with one_thread():
        picks = suggest(
            matrix.rows(pool), codes[pool], n=n, code=None if code is None else 1,
            classes=None if code is not None else len(snapshot.training.scheme.answerable), doubted=doubted,
            among=None if keep is None else keep[pool], seed=seed,
        )  # fmt: skip
    chosen = [Pick(int(pool[p.row]), p.reason, p.score) for p in picks]
    return chosen if keep is None else [p for p in chosen if keep[p.row]]  # all that is known teaches, some is asked


def _codes(snapshot: Snapshot, code: int | None) -> npt.NDArray[np.int64]:
    """Answers of all chips, -1 where there is none; of one class 1 and 0."""
    if code is not None:
        sign = snapshot.training.sign(code)
        return np.where(sign == 0, -1, sign > 0).astype(np.int64)
    return snapshot.training.codes


def _pool(snapshot: Snapshot, free: Positions, code: int | None, seed: int) -> Positions:
    if len(free) <= POOL:
        return free
    doubt = snapshot.doubt(Want(code))[free]
    if np.isnan(doubt).all():
        return _drawn(snapshot, free, POOL, seed)
    best = np.argpartition(-np.nan_to_num(doubt, nan=-1), POOL // 2)[: POOL // 2]
    return np.union1d(free[best], _drawn(snapshot, free, POOL // 2, seed))


def _drawn(snapshot: Snapshot, positions: Positions, most: int, seed: int) -> Positions:
    """Some of them by chance, the same ones for as long as they are there."""
    if len(positions) <= most:
        return positions
    from groundset.query.chips import mix

    key = mix(snapshot.features.chips.keys[positions] + np.uint64(seed))
    return positions[np.argpartition(key, most)[:most]]
