"""What chips probably are: told of the rows of a page, so it must cost next to nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from groundset.features._blas import one_thread
from groundset.learn.classifier import Classifier, fit_classifier
from groundset.query.learned import Want

if TYPE_CHECKING:
    from groundset.learn.matrix import Matrix
    from groundset.learn.snapshot import Snapshot
    from groundset.query.chips import Positions

MOST = 600
"""Labels that the classifier of several classes learns from here."""

Guess = tuple[int, float | None]


class Guesser:
    """The likeliest class of chips, from a snapshot.

    Where there are two classes to choose from, the score of one says which, and how likely where it is calibrated.
    Between more the classifier of all classes says which; how likely is not calibrated, and so not told. In a task with
    several classes a chip it is the one with the highest score.

    Args:
        snapshot: Labels and features.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._fitted: dict[str, Classifier | None] = {}
        self._classes = [c.code for c in snapshot.training.scheme.answerable]

    def guess(self, page: Positions) -> Sequence[Guess | None]:
        """One a chip; None where nothing can be told."""
        if self._snapshot.training.task.multi:
            return self._highest(page)
        return self._either(page) if len(self._classes) == 2 else self._several(page)

    def _either(self, page: Positions) -> Sequence[Guess | None]:
        """One of two: by the class last in the scheme that has labels of both kinds."""
        out: list[Guess | None] = [None] * len(page)
        for code, other in (self._classes[::-1], self._classes):
            model = self._snapshot.model(Want(code))
            if model.meaning not in ("score", "confidence"):
                continue
            for fitted in model.fitted:
                here = np.flatnonzero(fitted.matrix.row_of[page] >= 0)
                for i, score in zip(here.tolist(), fitted.at(page[here]).tolist(), strict=True):
                    sure = round(max(score, 1 - score), 4) if fitted.calibration is not None else None
                    out[i] = (code if score >= 0.5 else other), sure
            break
        return out

    def _several(self, page: Positions) -> Sequence[Guess | None]:
        out: list[Guess | None] = [None] * len(page)
        for matrix in self._snapshot.features.matrices:
            here = np.flatnonzero(matrix.row_of[page] >= 0)
            classifier = self._classifier(matrix) if len(here) else None
            if classifier is not None:
                with one_thread():
                    codes = classifier.predict(matrix.rows(page[here]))
                for i, code in zip(here.tolist(), codes.tolist(), strict=True):
                    out[i] = code, None
        return out

    def _classifier(self, matrix: Matrix) -> Classifier | None:
        """That of a matrix, begun from the one of the snapshot before; None with labels of one class."""
        snapshot = self._snapshot
        with self._lock:
            if matrix.key not in self._fitted:
                codes = snapshot.training.codes
                known = np.flatnonzero((codes >= 0) & (matrix.row_of >= 0))
                known = known[np.argsort(snapshot.features.chips.keys[known], kind="stable")[:MOST]]
                made = None
                if len(np.unique(codes[known])) > 1:
                    before = snapshot.classifiers.get(matrix.key)
                    with one_thread():
                        made = fit_classifier(matrix.rows(known), codes[known], start=before)
                    snapshot.classifiers[matrix.key] = made
                self._fitted[matrix.key] = made
            return self._fitted[matrix.key]

    def _highest(self, page: Positions) -> Sequence[Guess | None]:
        best = np.full(len(page), 0.5)
        out: list[Guess | None] = [None] * len(page)
        for code in self._classes:
            model = self._snapshot.model(Want(code))
            for fitted in model.fitted if model.meaning in ("score", "confidence") else ():
                here = np.flatnonzero(fitted.matrix.row_of[page] >= 0)
                told = fitted.at(page[here])
                for i, score in zip(here.tolist(), told.tolist(), strict=True):
                    if score > best[i]:
                        best[i] = score
                        out[i] = code, round(score, 4) if fitted.calibration is not None else None
        return out
