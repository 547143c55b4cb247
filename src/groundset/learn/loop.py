"""The active-learning loop, whole: labels in, what to ask next out.

    labels -> model -> what it cannot tell -> questions -> a person's answers -> labels -> ...

It begins with no label at all. While a class is still unknown, what the model doubts says little: the questions are
chips that are *typical* of many others (TypiClust). Once every class has a few labels, the questions are chips
*between* classes, each in a way of its own (margin sampling with cluster diversity). A share of the questions are
chips that *have* an answer which the model, asked without it, would not give: people err too.

Nothing here knows of files, workspaces or people. Rows are chips, Z is what the model reads (see `space`), and a code
of -1 is a chip without an answer. `simulate` runs this very loop with an annotator that knows the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.features._blas import one_thread
from groundset.learn.classifier import Classifier, fit_classifier
from groundset.learn.space import usable
from groundset.learn.strategies import doubted as doubted_rows
from groundset.learn.strategies import typical, uncertain

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Strategy = Literal["typical", "margin"]
Reason = Literal["typical", "uncertain", "doubted"]

UNKNOWN = -1
EACH = 2
"""Labels of every class before the model is asked what it doubts."""
PATIENCE = 5
"""After so many labels a class, classes that were never found are no longer waited for."""


@dataclass(frozen=True)
class Pick:
    """A chip to ask about.

    Args:
        row: Its row in Z.
        reason: ``typical`` of chips nobody answered, ``uncertain`` (between classes), or ``doubted`` (answered).
        score: How typical, uncertain or doubted, 0 to 1.
    """

    row: int
    reason: Reason
    score: float


def suggest(
    Z: Float32,
    codes: Int64,
    *,
    n: int = 50,
    code: int | None = None,
    classes: int | None = None,
    doubted: float = 0.1,
    among: Bool | None = None,
    groups: Int64 | None = None,
    model: Classifier | None = None,
    decisions: Float32 | None = None,
    seed: int = 0,
) -> list[Pick]:
    """What to ask next: at most n rows, the most useful first, no two nearly alike.

    Args:
        Z: Features of all chips, float32 (rows, D); rows that are not finite are left out.
        codes: Their answers (rows,), -1 where there is none.
        n: How many are wanted.
        code: One class: others count as without it, so that the questions are about its border.
        classes: How many classes there are to find; default those that have labels, two at least.
        doubted: Share of the questions that are answered chips which the model doubts, 0 to 1.
        among: Which chips without an answer may be asked about, bool (rows,); default all.
        groups: Blocks in space of all chips (rows,): the model that doubts never saw a chip's own block.
        model: Fitted to these codes already, to save the time; with ``code`` to ``codes == code``.
        decisions: Its decision values, float32 (rows, K), to save the time.
        seed: Of all that is drawn.

    Raises:
        InputError: Rows that do not fit together, n below 0, a share outside of 0 to 1.
    """
    codes = np.array(codes, np.int64)
    _check(Z, codes, n, doubted)
    if code is not None:
        codes, classes = np.where(codes == UNKNOWN, UNKNOWN, codes == code).astype(np.int64), 2
    free = (codes == UNKNOWN) if among is None else (codes == UNKNOWN) & among
    known = np.flatnonzero(codes != UNKNOWN)
    codes[known[~usable(Z[known])]] = UNKNOWN  # without features an answer teaches nothing
    known = np.flatnonzero(codes != UNKNOWN)
    if strategy(codes, classes=classes) == "typical":
        with one_thread():
            rows, scores = typical(Z, n, taken=known, among=free, seed=seed)
        return [Pick(int(r), "typical", float(s)) for r, s in zip(rows, scores, strict=True)]

    again, doubt = doubted_rows(
        Z[known], codes[known], round(doubted * n), groups=None if groups is None else groups[known], seed=seed
    )
    model = model or fit_classifier(Z[known], codes[known])
    decisions = model.decide(Z) if decisions is None else decisions
    counts = np.array([(codes[known] == c).sum() for c in model.classes])
    with one_thread():
        rows, scores = uncertain(Z, decisions, n - len(again), taken=known, counts=counts, among=free, seed=seed)
    asked = [Pick(int(r), "uncertain", float(s)) for r, s in zip(rows, scores, strict=True)]
    return _mixed(asked, [Pick(int(known[r]), "doubted", float(s)) for r, s in zip(again, doubt, strict=True)])


def strategy(codes: Int64, *, classes: int | None = None) -> Strategy:
    """``typical`` until every class has a few labels, then ``margin``.

    Args:
        codes: Answers of all chips, -1 where there is none.
        classes: How many classes there are to find; default those that have labels, two at least. Classes that were
            not found after five labels a class are no longer waited for.
    """
    _, counts = np.unique(codes[codes != UNKNOWN], return_counts=True)
    if len(counts) < 2:
        return "typical"
    wanted = max(classes or 0, len(counts))
    if counts.min() >= EACH and len(counts) == wanted:
        return "margin"
    return "margin" if counts.sum() >= PATIENCE * wanted else "typical"


def _check(Z: Float32, codes: Int64, n: int, doubted: float) -> None:
    if codes.shape != (len(Z),):
        raise InputError("features and answers do not fit together", asked=codes.shape, found=f"{len(Z)} rows")
    if n < 0 or not 0 <= doubted <= 1:
        raise InputError(
            "n begins at 0, and a share of the questions lies between 0 and 1", asked=f"n {n}, doubted {doubted:g}"
        )


def _mixed(asked: list[Pick], again: list[Pick]) -> list[Pick]:
    """The questions with the doubted ones spread evenly among them."""
    if not again:
        return asked
    every = (len(asked) + len(again)) / len(again)
    out = list(asked)
    for i, pick in enumerate(again):
        out.insert(min(int((i + 0.5) * every), len(out)), pick)
    return out
