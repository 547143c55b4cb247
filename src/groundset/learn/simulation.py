"""A simulated annotator: the active-learning loop run with somebody who knows the truth, to compare ways of asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.learn.classifier import Classifier, fit_classifier
from groundset.learn.loop import UNKNOWN, suggest

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

Asker = Callable[[Float32, Int64, int, Classifier | None, int], Int64]
"""A way of asking: (Z, codes with -1 unknown, how many, the model if there is one, seed) -> rows to ask about."""


@dataclass
class Annotator:
    """Somebody who knows the truth, and may err.

    Args:
        truth: The true classes (rows,), 0 or above.
        error: Share of answers that are wrong, 0 to 1.
        confusion: How alike classes look, (K, K) in the order of the codes that ``truth`` has; a wrong answer is drawn
            by it. Default: any other class alike. See :func:`look_alikes`.
        seconds: Time that one answer takes.
        seed: Of the errors.
    """

    truth: Int64
    error: float = 0.0
    confusion: Float64 | None = None
    seconds: float = 2.0
    seed: int = 0
    spent: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.truth = np.asarray(self.truth, np.int64)
        self.classes = np.unique(self.truth)
        self._rng = np.random.default_rng(self.seed)
        if not 0 <= self.error <= 1 or self.seconds < 0:
            raise InputError(
                "an annotator errs in a share of answers from 0 to 1, each takes 0 seconds or more",
                asked=f"error {self.error:g}, seconds {self.seconds:g}",
            )
        K = len(self.classes)
        if self.confusion is not None and np.shape(self.confusion) != (K, K):
            raise InputError("confusion needs a row and a column a class", asked=np.shape(self.confusion), found=(K, K))

    def answer(self, rows: Int64) -> Int64:
        """Codes said of the rows (n,). The same row may be answered otherwise when it is asked again."""
        said = self.truth[np.asarray(rows, np.int64)]
        self.spent += self.seconds * len(said)
        K = len(self.classes)
        if K < 2 or not self.error:
            return said.copy()
        alike = np.ones((K, K)) if self.confusion is None else np.asarray(self.confusion, np.float64)
        chance = np.where(np.eye(K, dtype=bool), 0.0, alike) + 1e-12 * (1 - np.eye(K))
        chance /= chance.sum(axis=1, keepdims=True)
        out = said.copy()
        for i in np.flatnonzero(self._rng.random(len(said)) < self.error):
            out[i] = self._rng.choice(self.classes, p=chance[np.searchsorted(self.classes, said[i])])
        return out


@dataclass(frozen=True)
class Trace:
    """What a simulated annotator's work came to.

    Args:
        labels: Answers given so far, at each round, int64 (rounds,).
        accuracy: Share of the test rows that the model then got right, float64 (rounds,).
        balanced: Mean over classes of that share, float64 (rounds,).
        seconds: The annotator's time so far, float64 (rounds,).
        asked: Rows asked about, in order.
        codes: The answers at the end, (rows,), -1 where nothing was asked.
    """

    labels: Int64
    accuracy: Float64
    balanced: Float64
    seconds: Float64
    asked: Int64
    codes: Int64


def simulate(
    Z: Float32,
    truth: Int64 | Annotator,
    *,
    test: tuple[Float32, Int64] | None = None,
    strategy: str | Asker = "groundset",
    budget: int = 300,
    batch: int = 10,
    seed: int = 0,
) -> Trace:
    """Label with a simulated annotator, round by round, and score the model after each.

    Features of a workspace and the labels of a reference, say, tell what a way of asking would have cost::

        from groundset.learn import Annotator, Space, look_alikes, simulate

        X, truth = np.load("features.npy"), np.load("truth.npy")
        Z = Space.fit(X).transform(X)
        person = Annotator(truth, error=0.05, confusion=look_alikes(Z, truth), seconds=3)
        ours = simulate(Z, person, budget=200)
        random = simulate(Z, truth, strategy="random", budget=200)
        print(ours.labels, ours.accuracy, random.accuracy)

    Args:
        Z: Features of the chips that can be asked about, float32 (rows, D).
        truth: Their classes (rows,), or an annotator who knows them.
        test: Features and true classes to score on; default: all rows themselves, by their true classes.
        strategy: ``groundset`` (the loop of :func:`groundset.learn.loop.suggest`), ``random``, or a function (`Asker`).
        budget: Answers in all.
        batch: Answers a round.
        seed: Of all that is drawn.

    Raises:
        InputError: No such strategy; a budget or batch below 1; features and classes that do not fit together.
    """
    person = truth if isinstance(truth, Annotator) else Annotator(truth)
    _check(Z, person, budget, batch)
    ask = _asker(strategy, len(person.classes))
    codes = np.full(len(Z), UNKNOWN, np.int64)
    asked: list[int] = []
    rounds: list[tuple[int, float, float, float]] = []
    model: Classifier | None = None
    Z_test, y_test = test or (Z, person.truth)
    while len(asked) < min(budget, len(Z)):
        rows = ask(Z, codes, min(batch, budget - len(asked)), model, seed + len(asked))
        if not len(rows):
            break
        codes[rows] = person.answer(rows)
        asked.extend(int(r) for r in rows)
        known = codes != UNKNOWN
        if len(np.unique(codes[known])) > 1:
            model = fit_classifier(Z[known], codes[known], start=model)
        said = np.full(len(Z_test), codes[asked[0]]) if model is None else model.predict(Z_test)
        rounds.append((len(asked), *_score(said, y_test), person.spent))
    labels, accuracy, balanced, seconds = (np.array(column) for column in zip(*rounds, strict=True))
    return Trace(labels, accuracy, balanced, seconds, np.array(asked, np.int64), codes)


def look_alikes(Z: Float32, truth: Int64) -> Float64:
    """How alike classes look, (K, K): exp(-squared distance of their means over the mean one), 0 on the diagonal."""
    classes = np.unique(truth)
    means = np.stack([Z[truth == c].mean(axis=0, dtype=np.float64) for c in classes])
    squares = ((means[:, None] - means[None]) ** 2).sum(axis=2)
    typical = squares[~np.eye(len(classes), dtype=bool)].mean() if len(classes) > 1 else 1.0
    return np.asarray(np.where(np.eye(len(classes), dtype=bool), 0.0, np.exp(-4 * squares / max(typical, 1e-12))))


def _asker(strategy: str | Asker, classes: int) -> Asker:
    if not isinstance(strategy, str):
        return strategy
    if strategy not in _ASKERS:
        raise InputError("no such strategy", asked=strategy, found=", ".join(_ASKERS))
    return partial(_groundset, classes=classes) if strategy == "groundset" else _random


def _groundset(Z: Float32, codes: Int64, n: int, model: Classifier | None, seed: int, *, classes: int) -> Int64:
    picks = suggest(Z, codes, n=n, classes=classes, doubted=0, model=model, seed=seed)
    return np.array([p.row for p in picks], np.int64)


def _random(Z: Float32, codes: Int64, n: int, model: Classifier | None, seed: int) -> Int64:
    del Z, model
    free = np.flatnonzero(codes == UNKNOWN)
    return np.random.default_rng(seed).choice(free, min(n, len(free)), replace=False)


_ASKERS = ("groundset", "random")


def _score(said: Int64, truth: Int64) -> tuple[float, float]:
    right = said == truth
    return float(right.mean()), float(np.mean([right[truth == c].mean() for c in np.unique(truth)]))


def _check(Z: Float32, person: Annotator, budget: int, batch: int) -> None:
    if len(Z) != len(person.truth):
        raise InputError("features and classes do not fit together", asked=len(person.truth), found=f"{len(Z)} rows")
    if budget < 1 or batch < 1:
        raise InputError("budget and batch begin at 1", asked=f"budget {budget}, batch {batch}")
