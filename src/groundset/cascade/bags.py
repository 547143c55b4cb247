"""Labels that travel down the levels as bags (multiple-instance learning).

mi-SVM (Andrews, Tsochantaridis and Hofmann 2002, "Support vector machines for multiple-instance learning"): a positive
chip is a bag of which at least one child is positive, all children of a negative chip are negative. Children of a
positive bag that nobody answered begin as positive; a classifier is fitted, they take the answer that it gives them,
in each bag without a positive child the likeliest one is put back, and so on until hardly any answer changes. The
classifier is the product's own in place of an SVM, so that rankings mean the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Rows = npt.NDArray[np.floating]
Bool = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]
Int64 = npt.NDArray[np.int64]

STEPS = 20
"""Fits at most."""
SETTLED = 0.02
"""Share of the children whose answers may still change when it ends; the last few take as many fits as all before."""


class Decides(Protocol):
    """What tells positive rows from others."""

    def decide(self, Z: Rows) -> Float32:
        """Decisions, float32 (n,), above 0 for the class."""


Fit = Callable[[Rows, Bool], Decides]
"""Fits rows (n, D) to answers (n,)."""


@dataclass(frozen=True)
class Fitted:
    """What came of the bags.

    Args:
        model: Decides.
        sign: int8 (n,), the answers that it was fitted to: 1, -1, and 0 for rows in no positive bag without an answer.
        steps: How many fits it took.
    """

    model: Decides
    sign: Int8
    steps: int


def fit_bags(Z: Rows, known: Int8, bags: Sequence[Int64], fit: Fit, *, inherit: bool = False) -> Fitted | None:
    """Fit to answers and bags.

    Args:
        Z: Features, finite (n, D).
        known: Answers of people, int8 (n,): 1, -1, 0 none. They never change.
        bags: Rows of each positive bag.
        fit: Fits the classifier; it is called with both answers, or with positive ones alone.
        inherit: Plain inheritance in place of bags: each child has its parent's answer. For comparison.

    Returns:
        None where there is no positive row at all.
    """
    sign = np.array(known, np.int8)
    members = np.unique(np.concatenate([np.empty(0, np.int64), *bags]))
    free = members[known[members] == 0]
    sign[free] = 1
    open_ = [bag[known[bag] == 0] for bag in bags if not (known[bag] > 0).any()]
    open_ = [bag for bag in open_ if len(bag)]
    if not (sign > 0).any():
        return None
    model = _fit(Z, sign, fit)
    if inherit or not (sign < 0).any():
        return Fitted(model, sign, 1)
    for step in range(1, STEPS):
        if not len(free):
            return Fitted(model, sign, step)
        decisions = np.full(len(Z), -np.inf, np.float32)
        decisions[free] = model.decide(Z[free])
        told = np.where(decisions > 0, 1, -1).astype(np.int8)
        for bag in open_:
            if not (told[bag] > 0).any():
                told[bag[np.argmax(decisions[bag])]] = 1
        if (told[free] != sign[free]).sum() <= SETTLED * len(free):
            return Fitted(model, sign, step)
        sign[free] = told[free]
        model = _fit(Z, sign, fit)
    return Fitted(model, sign, STEPS)


def _fit(Z: Rows, sign: Int8, fit: Fit) -> Decides:
    rows = np.flatnonzero(sign)
    return fit(Z[rows], sign[rows] > 0)
