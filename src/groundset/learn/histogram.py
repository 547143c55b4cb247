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
    code = None if want.like else want.code
    sign = np.zeros(len(scores.values), np.int8) if code is None else snapshot.training.answered(code)
    sign = sign if keep is None else sign[keep]
    known = ~np.isnan(values)
    place = np.minimum((values[known] * np.float32(bins)).astype(np.int64), bins - 1)
    by = np.bincount(place + bins * (sign[known] % 3), minlength=3 * bins).reshape(3, bins).tolist()
    return Counted(
        snapshot.training.task.name, code, scores.meaning, np.linspace(0, 1, bins + 1).round(6).tolist(), by[0], by[1],
        by[2], int((~known).sum()), head,
    )  # fmt: skip
