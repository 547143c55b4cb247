"""A panel of chips of one level to answer next: likely ones, those near the threshold, some below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from groundset.cascade.bags import Bool, Float32, Int64
from groundset.cascade.level import Learned
from groundset.features._blas import one_thread
from groundset.learn.strategies import typical, uncertain

Reason = Literal["typical", "likely", "border", "check"]

BORDER = 0.5
"""Share of the panel that the model cannot tell."""
CHECK = 0.1
"""... and below it, drawn by chance, so that what is rejected is looked at too."""
TYPICAL = 0.3
"""... and that is typical of the level, while nothing is calibrated."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A chip to answer: its row among the candidates, and why it is asked about."""

    row: int
    reason: Reason


@one_thread()
def panel(Z: Float32, open_: Bool, learned: Learned, cut: Bool | None, n: int, *, seed: int = 0) -> list[Asked]:
    """What to ask next, at most n rows, the likeliest first, reasons in turn.

    Args:
        Z: Features of the candidates, float32 (rows, D).
        open_: bool (rows,), candidates without an answer.
        learned: What is known of the level.
        cut: bool (rows,), candidates below the threshold; None where none is drawn.
        n: How many are wanted.
        seed: Of what is drawn.
    """
    free = np.flatnonzero(open_)
    if learned.meaning == "none":
        rows, _ = typical(Z, n, taken=np.flatnonzero(~open_), among=open_, seed=seed)
        return [Asked(int(row), "typical") for row in rows]
    rng = np.random.default_rng(seed)
    kinds: list[tuple[Reason, Int64, int]] = []
    if cut is None:
        rows, _ = typical(Z, round(TYPICAL * n), taken=np.flatnonzero(~open_), among=open_, seed=seed)
        kinds.append(("typical", rows, len(rows)))
    else:
        kinds.append(("check", rng.permutation(free[cut[free]]), round(CHECK * n)))
    if learned.meaning == "score" and not open_.all():
        both = np.stack([-learned.decisions, learned.decisions], axis=1).astype(np.float32) / np.float32(2)
        among = open_ if cut is None else open_ & ~cut
        rows, _ = uncertain(Z, both, round(BORDER * n), taken=np.flatnonzero(~open_), among=among, seed=seed)
        kinds.append(("border", rows, len(rows)))
    elif learned.meaning == "score":  # the bags alone taught
        rows = free[np.argsort(np.abs(learned.decisions[free]), kind="stable")]
        kinds.append(("border", rows, round(BORDER * n)))
    best = free[np.argsort(-learned.decisions[free], kind="stable")]
    there = best[learned.decisions[best] > 0]
    kinds.append(("likely", rng.permutation(there) if len(there) >= n else best, n))
    kinds.append(("likely", best, n))
    return _mixed(kinds, n)


def _mixed(kinds: list[tuple[Reason, Int64, int]], n: int) -> list[Asked]:
    """So many of each kind, each row once; the last kind fills up."""
    taken: set[int] = set()
    out: list[Asked] = []
    for reason, rows, many in kinds:
        for row in rows.tolist():
            if len(out) >= n or sum(a.reason == reason for a in out) >= many:
                break
            if row not in taken:
                taken.add(row)
                out.append(Asked(row, reason))
    return _spread(out)


def _spread(asked: list[Asked]) -> list[Asked]:
    """Reasons by turns, so that a panel which is left half way has been of use."""
    by_reason = {
        reason: [a for a in asked if a.reason == reason] for reason in ("likely", "border", "typical", "check")
    }
    places = [((i + 0.5) / len(some), k, a) for k, some in enumerate(by_reason.values()) for i, a in enumerate(some)]
    return [a for _, _, a in sorted(places, key=lambda place: place[:2])]
