"""How far down a ranking one must go on, so that a chosen share of the positive chips is kept: a quantile, honestly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

FEWEST = 10
"""Positive chips below which no threshold is drawn: everything goes on that nobody rejected."""
SURE = 0.95
"""Of the interval."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where a ranking is cut.

    Args:
        at: Ranks below it are rejected; None: too few positives, nothing is rejected.
        recall: Share of the positive chips that was asked for.
        estimate: Share of the known positive chips that it keeps.
        low: Lower end of the interval (Clopper and Pearson 1934, 95 %).
        high: Upper end.
        positives: Positive chips that it rests on.
    """

    at: float | None
    recall: float
    estimate: float
    low: float
    high: float
    positives: int

    @property
    def enough(self) -> bool:
        """Whether it rests on enough positive chips to reject anything."""
        return self.at is not None

    def says(self) -> str:
        """For people."""
        n = f"{self.positives} positive chip{'' if self.positives == 1 else 's'}"
        if not self.enough:
            return (
                f"{n} known; from {FEWEST} on a threshold is drawn. Until then everything goes on that nobody rejected."
            )
        if self.positives < needed(self.recall):
            short = (
                f" With fewer than {needed(self.recall)} positive chips {self.recall:.0%} cannot be promised: the "
                "threshold lies at the lowest of them."
            )
        else:
            short = ""
        return f"Rests on {n}; keeps {self.low:.1%} to {self.high:.1%} of them.{short}"


def needed(recall: float) -> int:
    """Positive chips from which a share can be promised: the lowest but none is that quantile (split conformal)."""
    return int(np.ceil(1 / (1 - recall) - 1 - 1e-9)) if recall < 1 else 2**31


def threshold(ranks: npt.ArrayLike, recall: float, *, fewest: int = FEWEST) -> Threshold:
    """The threshold that keeps a share of the positive chips.

    Split conformal (Vovk, Gammerman and Shafer 2005; Angelopoulos and Bates 2021): among n exchangeable positive chips
    and one more, the further one lies below the k-th lowest with probability k / (n + 1), so that the k-th lowest with
    ``k = floor((n + 1) (1 - recall))`` keeps at least ``recall``. Where k is 0 there are too few for a promise; the
    threshold then lies at the lowest of them, and the interval says what is known.

    Args:
        ranks: Of the known positive chips, each by a model that did not learn from it: 0 lowest to 1 highest.
        recall: Above 0, at most 1.
        fewest: With fewer positives nothing is rejected.
    """
    held = np.sort(np.asarray(ranks, np.float64))
    n = len(held)
    if n < fewest:
        return Threshold(None, recall, 1.0, 0.0 if not n else interval(n, n)[0], 1.0, n)
    k = int(np.floor((n + 1) * (1 - recall) + 1e-9))
    at = float(held[max(k, 1) - 1])
    kept = int((held >= at).sum())
    low, high = interval(kept, n)
    return Threshold(at, recall, kept / n, low, high, n)


def interval(kept: int, n: int, sure: float = SURE) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share of which ``kept`` of ``n`` are known."""
    from scipy.special import betaincinv

    if not n:
        return 0.0, 1.0
    tail = (1 - sure) / 2
    low = 0.0 if kept == 0 else float(betaincinv(kept, n - kept + 1, tail))
    high = 1.0 if kept == n else float(betaincinv(kept + 1, n - kept, 1 - tail))
    return low, high


def together(levels: list[Threshold]) -> tuple[float, float, float] | None:
    """Recall of several levels one after the other: estimate, low, high; None where none rejected anything.

    The interval holds for all of them at once (Bonferroni), and so is wide.
    """
    cut = [t for t in levels if t.enough]
    if not cut:
        return None
    sure = 1 - (1 - SURE) / len(cut)
    ends = [interval(round(t.estimate * t.positives), t.positives, sure) for t in cut]
    return (
        float(np.prod([t.estimate for t in cut])),
        float(np.prod([low for low, _ in ends])),
        float(np.prod([high for _, high in ends])),
    )
