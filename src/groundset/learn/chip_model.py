"""The chip classifier that is kept: from the features of a chip to its class and an honest confidence.

Of a task with one class a chip it is the multinomial classifier (:mod:`~groundset.learn.classifier`). Its confidence is
calibrated where it is used: a logistic curve through the out-of-fold log-odds of the likeliest class, so that out of a
hundred answers written with 0.8 about eighty are right. Where classes stand each for itself (several a chip, or only
one that is labelled) it is a class-balanced logistic regression for each (:mod:`~groundset.learn.similarity`), with the
calibration that ranking shows (:mod:`~groundset.learn.calibration`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.learn.calibration import FEWEST, calibrate, folds, out_of_fold, platt
from groundset.learn.chip_score import ChipScore, score_of
from groundset.learn.classifier import fit_classifier, softmax
from groundset.learn.linear import lengths_of
from groundset.learn.similarity import fit_shrunk
from groundset.learn.space import Space

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Kind = Literal["one", "each"]

MOST = 4000
"""Labels of a class that a model of each class for itself learns from: its calibration takes all their products."""
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Learning:
    """The labels that train, at the rows of their features.

    Args:
        X: Features of the labelled chips, finite, float32 (n, d).
        signs: Of each class by code: int8 (n,), 1 there, -1 not there, 0 nothing known.
        codes: Class of each row, int64 (n,), -1 unknown; None where a chip may have several classes.
        groups: Spatial block of each row, int64 (n,); None for stratified folds.
    """

    X: Float32
    signs: Mapping[int, npt.NDArray[np.int8]]
    codes: Int64 | None
    groups: Int64 | None


@dataclass(frozen=True)
class ChipModel:
    """A linear classifier with its space and calibration.

    Args:
        kind: ``one`` class a chip, or ``each`` class for itself.
        classes: Codes, int64 (K,).
        weights: Float32 (K, D).
        bias: Float32 (K,).
        slope: Of the confidence, float32: (1,) for ``one``, else (K,); NaN where too few labels allow none.
        offset: See there.
        space: From features to what the weights read.
        scores: How well it did out of fold, by class code; -1 for all classes together.
    """

    kind: Kind
    classes: Int64
    weights: Float32
    bias: Float32
    slope: Float32
    offset: Float32
    space: Space
    scores: Mapping[int, ChipScore] = field(default_factory=dict)

    @property
    def calibrated(self) -> bool:
        """Whether answers have a confidence: there were enough labels."""
        return bool(np.isfinite(self.slope).all())

    def decide(self, X: Float32) -> Float32:
        """Decisions float32 (n, K) of features (n, d): log-odds before calibration, above 0 for the class."""
        Z = self.space.transform(X)
        raw = Z @ self.weights.T
        if self.kind == "each":
            return np.asarray(raw / lengths_of(Z)[:, None] + self.bias, np.float32)
        return _odds(softmax(np.asarray(raw + self.bias, np.float32)))

    def confidence(self, decisions: Float32) -> Float32:
        """Confidence 0-1 that the class is there, of decisions (n, K); uncalibrated where there were too few labels."""
        slope, offset = np.nan_to_num(self.slope, nan=1.0), np.nan_to_num(self.offset, nan=0.0)
        return np.asarray(1 / (1 + np.exp(-np.clip(decisions * slope + offset, -60, 60))), np.float32)

    def arrays(self) -> dict[str, Any]:
        """All numbers, as they are kept."""
        parts = {f.name: getattr(self.space, f.name) for f in fields(Space)}
        space = {f"space_{name}": np.asarray(value) for name, value in parts.items() if value is not None}
        own = {name: getattr(self, name) for name in ("classes", "weights", "bias", "slope", "offset")}
        return {"kind": self.kind, **own, **space}

    @classmethod
    def of_arrays(cls, kept: Mapping[str, Any]) -> Self:
        """The model that :meth:`arrays` told; without its scores.

        Raises:
            InputError: Something is missing.
        """
        try:
            parts = {f.name: kept.get(f"space_{f.name}") for f in fields(Space)}
            space = Space(int(kept["space_d"]), **{k: v for k, v in parts.items() if k != "d"})
            codes, weights, bias, slope, offset = (
                np.asarray(kept[name]) for name in ("classes", "weights", "bias", "slope", "offset")
            )
            kind: Kind = "one" if kept["kind"] == "one" else "each"
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError("the model's numbers are not whole", found=f"{type(error).__name__}: {error}") from error
        return cls(kind, codes, weights, bias, slope, offset, space)


def fit_model(learning: Learning, space: Space | None = None, *, seed: int = 0) -> ChipModel:
    """Train, calibrate and score.

    Args:
        learning: Labels and features.
        space: Fitted to the features of many chips, labelled or not; None fits one to the labelled chips.
        seed: Of the folds.

    Raises:
        InputError: No class has chips with it and chips without it.
    """
    space = space or Space.fit(learning.X, seed=seed)
    Z = space.transform(learning.X)
    codes = learning.codes
    if codes is not None and len(np.unique(codes[codes >= 0])) > 1:
        there = codes >= 0
        return _one(Z[there], codes[there], None if learning.groups is None else learning.groups[there], space, seed)
    return _each(Z, learning, space, seed)


def _one(Z: Float32, codes: Int64, groups: Int64 | None, space: Space, seed: int) -> ChipModel:
    made = fit_classifier(Z, codes, seed=seed)
    slope, offset = np.array([np.nan], np.float32), np.array([np.nan], np.float32)
    scores: dict[int, ChipScore] = {}
    if len(codes) >= FEWEST:
        fold = folds(codes, groups, seed)
        decisions, guess = _one_out_of_fold(Z, codes, fold, seed)
        known = np.isfinite(decisions)
        right = guess[known] == codes[known]
        curve, honest = _curve_of(decisions[known], right, fold[known])
        slope[0], offset[0] = curve
        units = None if groups is None else groups[known]
        scores[-1] = score_of(right, units, honest, right, seed=seed)
        for code in made.classes.tolist():
            mine = codes[known] == code
            if mine.any():
                scores[code] = score_of(right[mine], None if units is None else units[mine], None, None, seed=seed)
    return ChipModel("one", made.classes, made.weights, made.bias, slope, offset, space, scores)


def _one_out_of_fold(Z: Float32, codes: Int64, fold: Int64, seed: int) -> tuple[npt.NDArray[np.float64], Int64]:
    """Log-odds and code of the likeliest class of each row by the model without its fold; NaN where none could be."""
    odds, guess = np.full(len(codes), np.nan), np.full(len(codes), -1, np.int64)
    for k in np.unique(fold):
        test = fold == k
        if len(np.unique(codes[~test])) < 2:
            continue
        # from nothing: a fit that began with another fold's weights would keep something of the rows held out here
        made = fit_classifier(Z[~test], codes[~test], seed=seed)
        p = _odds(made.proba(Z[test]))
        odds[test], guess[test] = p.max(axis=1), made.classes[p.argmax(axis=1)]
    return odds, guess


def _each(Z: Float32, learning: Learning, space: Space, seed: int) -> ChipModel:
    rows: list[tuple[int, Float32, float, float, float]] = []
    scores: dict[int, ChipScore] = {}
    for code, sign in learning.signs.items():
        there, absent = sign > 0, sign < 0
        if not there.any() or not absent.any():
            continue
        known = _some(sign, seed)
        positive, groups = there[known], None if learning.groups is None else learning.groups[known]
        model = fit_shrunk(Z[known], positive)
        told = calibrate(Z[known], positive, groups, seed=seed)
        slope, offset = (told.slope, told.offset) if told is not None else (np.nan, np.nan)
        rows.append((code, model.weights, model.bias, slope, offset))
        if told is not None:
            decisions = out_of_fold(Z[known], positive, folds(positive, groups, seed))
            sure = np.isfinite(decisions)
            right = (told.slope * decisions[sure] + told.offset > 0) == positive[sure]
            units = None if groups is None else groups[sure]
            scores[code] = score_of(right, units, None, None, seed=seed, error=told.error)
    if not rows:
        raise no_classes(learning)
    codes, weights, bias, slopes, offsets = (np.array(column) for column in zip(*rows, strict=True))
    as32 = [np.asarray(v, np.float32) for v in (weights, bias, slopes, offsets)]
    return ChipModel("each", codes.astype(np.int64), as32[0], as32[1], as32[2], as32[3], space, scores)


def _some(sign: npt.NDArray[np.int8], seed: int) -> Int64:
    """Rows that are known, at most :data:`MOST`: where there are more, a random share of them."""
    rows = np.flatnonzero(sign)
    if len(rows) <= MOST:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))


def no_classes(learning: Learning) -> InputError:
    """There is nothing to tell apart."""
    counts = [f"{code}: {int((s > 0).sum())} with, {int((s < 0).sum())} without" for code, s in learning.signs.items()
              if (s != 0).any()]  # fmt: skip
    return InputError(
        "a chip classifier needs chips of two classes at least, or of one class and without it",
        found="; ".join(counts) or "no label that trains",
        hint="label some chips of another class, or as negative; a search for similar chips works with one class",
    )


def _curve_of(
    decisions: npt.NDArray[np.float64], right: Bools, fold: Int64
) -> tuple[tuple[float, float], npt.NDArray[np.float64]]:
    """Curve through all decisions, and confidences by the curves without each fold."""
    all_of = platt(decisions, right)
    honest = np.empty(len(right))
    for k in np.unique(fold):
        test = fold == k
        a, b = platt(decisions[~test], right[~test]) if (~test).any() else all_of
        honest[test] = 1 / (1 + np.exp(-np.clip(a * decisions[test] + b, -60, 60)))
    return all_of, honest


def _odds(p: Float32) -> Float32:
    """Log-odds of probabilities, finite."""
    clipped = np.clip(p.astype(np.float64), _CLOSE, 1 - _CLOSE)
    return np.asarray(np.log(clipped) - np.log1p(-clipped), np.float32)
