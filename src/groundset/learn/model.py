"""One class, or one set of examples, learned: fitted for each band set, calibrated where there are labels enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from groundset.features._blas import one_thread
from groundset.learn.calibration import Calibration, calibrate
from groundset.learn.linear import Linear
from groundset.learn.matrix import Features, Matrix
from groundset.learn.similarity import Background, Likeness, Method, Whitening, likeness
from groundset.learn.training import Int8, blocks
from groundset.query.learned import Meaning

if TYPE_CHECKING:
    from groundset.query.chips import Chips, Positions

Float32 = npt.NDArray[np.float32]
T = TypeVar("T")

MOST = 2_000
"""Labels of a kind that a model is fitted to: more would hardly change it, and each answer fits anew."""
MOST_CALIBRATED = 200
"""Labels of a kind that calibrate."""
FLAT = 1e-3
"""Slope of a calibration that tells nothing apart."""
SAMPLE = 4_000
"""Chips that whitening and background are fitted to."""
RANK: dict[Meaning, int] = {"none": 0, "similarity": 1, "score": 2, "confidence": 3}


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learned for the chips of one matrix.

    Args:
        matrix: The chips.
        likeness: Decides.
        calibration: Turns decisions into confidence; None while there are too few labels.
        labels: Number of labels that it was fitted to.
    """

    matrix: Matrix
    likeness: Likeness
    calibration: Calibration | None
    labels: int

    @property
    def meaning(self) -> Meaning:
        """What its numbers are."""
        return "confidence" if self.calibration is not None else self.likeness.meaning

    def told(self, decisions: Float32) -> Float32:
        """Decisions as numbers 0-1, in the same order."""
        return self.likeness.scores(decisions) if self.calibration is None else self.calibration.apply(decisions)

    def at(self, positions: Positions, *, calibrated: bool = True) -> Float32:
        """Numbers of some chips that have features, float32 (k,)."""
        decisions = self.likeness.decide(self.matrix.rows(positions))
        return self.told(decisions) if calibrated else self.likeness.scores(decisions)


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned for all chips.

    Args:
        fitted: One for each matrix that has labels enough for ``meaning``, most labels first.
        meaning: What the numbers are, alike for all chips; ``none`` where nothing could be learned.
        left_out: Labelled chips of other band sets that have fewer labels, and so no numbers of this meaning.
    """

    fitted: tuple[Fitted, ...]
    meaning: Meaning
    left_out: int = 0

    @property
    def calibration(self) -> Calibration | None:
        """That of the matrix with most labels."""
        return self.fitted[0].calibration if self.fitted else None


def of_class(features: Features, sign: Int8, method: Method) -> Model:
    """Learn a class from labels, int8 (chips,): 1, -1, and 0 for those without one."""
    return _model([_fit(m, *_examples(m, features.chips, sign), method, features.chips) for m in features.matrices])


def of_examples(
    features: Features, positions: Positions, rows: Sequence[tuple[Matrix, Float32]], method: Method
) -> Model:
    """Learn likeness to examples: chips at positions, and rows (1, D) in a matrix that are no chips."""
    made = []
    for matrix in features.matrices:
        here = positions[matrix.row_of[positions] >= 0]
        further = [row for of, row in rows if of is matrix]
        if len(here) or further:
            Z = np.concatenate([matrix.rows(here), *further])
            made.append(Fitted(matrix, _likeness(matrix, Z, Z[:0], method), None, len(Z)))
    return _model(made)


def _model(made: Sequence[Fitted | None]) -> Model:
    """Only numbers of one meaning stand beside each other: those of the matrix with most labels decide which."""
    there = sorted((f for f in made if f is not None), key=lambda f: -f.labels)
    if not there:
        return Model((), "none")
    meaning = there[0].meaning
    alike = tuple(f for f in there if f.meaning == meaning)
    return Model(alike, meaning, sum(f.labels for f in there) - sum(f.labels for f in alike))


def _examples(matrix: Matrix, chips: Chips, sign: Int8) -> tuple[Positions, Positions]:
    """Positive and negative chips with features; of very many some, the same ones as long as they are labelled."""
    labelled = np.flatnonzero(sign)
    labelled = labelled[matrix.row_of[labelled] >= 0]
    both = []
    for value in (1, -1):
        there = labelled[sign[labelled] == value]
        both.append(there[np.argsort(chips.keys[there], kind="stable")[:MOST]] if len(there) > 1 else there)
    return both[0], both[1]


def _fit(matrix: Matrix, positive: Positions, negative: Positions, method: Method, chips: Chips) -> Fitted | None:
    if not len(positive):
        return None
    P, N = matrix.rows(positive), matrix.rows(negative)
    made = _likeness(matrix, P, N, method)
    calibration = None
    if method == "logistic" and len(negative):
        p, n = positive[:MOST_CALIBRATED], negative[:MOST_CALIBRATED]
        answers = np.arange(len(p) + len(n)) < len(p)
        where = blocks(chips, np.concatenate([p, n]), answers)
        with one_thread():
            Z = np.concatenate([P[: len(p)], N[: len(n)]])
            share = len(positive) / (len(positive) + len(negative))
            calibration = calibrate(Z, answers, where, background=background_of(matrix), share=share)
        if calibration is not None and calibration.slope <= FLAT:
            calibration = None  # out of fold it told nothing apart: one confidence for all chips would be no ranking
    return Fitted(matrix, made, calibration, len(positive) + len(negative))


def _likeness(matrix: Matrix, positive: Float32, negative: Float32, method: Method) -> Likeness:
    with one_thread():
        if method == "mean":
            return likeness(positive, negative, method, whitening=_known(matrix, "whitening", Whitening.fit))
        background = background_of(matrix) if method == "logistic" else None
        return likeness(positive, negative, method, background=background)


def background_of(matrix: Matrix) -> Background:
    """What the chips of a matrix are like on the whole."""
    return _known(matrix, "background", Background.fit)


def _known(matrix: Matrix, name: str, fit: Callable[[Float32], T]) -> T:
    """What is learned of all chips of a matrix, from a sample of them; once."""
    if name not in matrix.told:
        some = matrix.usable
        matrix.told[name] = fit(matrix.rows(some[:: max(1, len(some) // SAMPLE)]))
    known: T = matrix.told[name]
    return known


def score_all(models: Sequence[Model], chips: int) -> list[tuple[Float32, Float32]]:
    """Numbers of all chips by several models and what they are ordered by, float32 (chips,) each, NaN where none.

    Linear models of one matrix are decided together, so that its features are read once. Decisions tell chips apart
    that have the same confidence within rounding, so where one matrix has all the chips they are what is ordered by.
    """
    values: list[Float32 | None] = [None for _ in models]
    orders: list[Float32 | None] = [None for _ in models]
    by_matrix: dict[int, list[tuple[int, Fitted]]] = {}
    for k, model in enumerate(models):
        for fitted in model.fitted:
            by_matrix.setdefault(id(fitted.matrix), []).append((k, fitted))
    for pairs in by_matrix.values():
        matrix = pairs[0][1].matrix
        for k, fitted, decisions in _decided(matrix, pairs):
            values[k] = matrix.spread(fitted.told(decisions), values[k])
            if len(models[k].fitted) == 1:
                orders[k] = matrix.spread(decisions)
    told = [np.full(chips, np.nan, np.float32) if v is None else v for v in values]
    return [(v, v if order is None else order) for v, order in zip(told, orders, strict=True)]


def _decided(matrix: Matrix, pairs: Sequence[tuple[int, Fitted]]) -> Iterator[tuple[int, Fitted, Float32]]:
    """Decisions of all rows, NaN of those that are not usable."""
    straight = [(k, f, f.likeness.model) for k, f in pairs if isinstance(f.likeness.model, Linear)]
    if straight:
        decisions = matrix.decide([model for _, _, model in straight])
        for column, (k, fitted, _) in enumerate(straight):
            yield k, fitted, decisions[:, column]
    for k, fitted in pairs:
        if not isinstance(fitted.likeness.model, Linear):
            out = np.empty(len(matrix.at), np.float32)
            for rows, Z, lengths in matrix.each():
                out[rows] = fitted.likeness.decide(Z, lengths)
            out[np.isnan(matrix.lengths)] = np.nan
            yield k, fitted, out
