"""Scores, counted: what stands beside the wall."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from groundset.query.learned import Meaning, Want

if TYPE_CHECKING:
    from groundset.learn.snapshot import Snapshot


class Counted(NamedTuple):
    """Chips by score: bins between ``edges``, of chips without an answer about the class, with it, and without it."""

    task: str
    code: int | None
    meaning: Meaning
    edges: list[float]
    unlabelled: list[int]
    positive: list[int]
    negative: list[int]
    missing: int
    head: int


def counted(snapshot: Snapshot, want: Want, keep: npt.NDArray[np.bool_] | None, bins: int, head: int) -> Counted:
    """Count the scores of the chips to keep (all where None)."""
    scores = snapshot.scores(want)
    values = scores.values if keep is None else scores.values[keep]
    by = np.zeros((3, bins), np.int64)
    by[0], missing = _count(values, bins)
    if not want.like and want.code is not None:
        answered, sign = snapshot.training.answers(want.code)
        some = slice(None) if keep is None else keep[answered]
        answered, sign = answered[some], sign[some]
        for place, said in ((1, 1), (2, -1)):
            by[place], _ = _count(scores.values[answered[sign == said]], bins)
            by[0] -= by[place]
    return Counted(
        snapshot.training.task.name, None if want.like else want.code, scores.meaning,
        np.linspace(0, 1, bins + 1).round(6).tolist(), by[0].tolist(), by[1].tolist(), by[2].tolist(), missing, head,
    )  # fmt: skip


def _count(values: npt.NDArray[np.float32], bins: int) -> tuple[npt.NDArray[np.int64], int]:
    """Values 0-1 by bin, int64 (bins,), and how many are NaN."""
    unknown = np.isnan(values)
    missing = int(np.count_nonzero(unknown))
    known = values[~unknown] if missing else values
    count = np.bincount((known * np.float32(bins)).astype(np.int64), minlength=bins + 1)
    count[bins - 1] += count[bins]  # a score of 1
    return count[:bins], missing
