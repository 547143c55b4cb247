"""What the labels of one task say of all chips at one moment; worked out when it is asked for, then kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from groundset.core import Scheme
from groundset.learn.examples import find_examples
from groundset.learn.matrix import Features
from groundset.learn.model import Float32, Model, of_class, of_examples, score_all
from groundset.learn.training import Training
from groundset.query.learned import Scores, Want

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.query.chips import Positions
    from groundset.query.table import LabelTable

LIKENESSES = 8
"""Sets of examples whose scores are kept."""


class Snapshot:
    """Scores from one set of labels and features. Safe to share between threads.

    Args:
        lake: The workspace, for the pixels of rectangles.
        features: Features of all chips.
        training: Labels of all chips.
    """

    def __init__(self, lake: Lake, features: Features, training: Training) -> None:
        self.features, self.training = features, training
        self._lake = lake
        self._lock = threading.RLock()
        self._models: dict[Want, Model] = {}
        self._scores: dict[Want, Scores] = {}
        self._doubts: dict[Want, Float32] = {}
        self._typical: Float32 | None = None

    def stands(self, features: Features, labels: LabelTable, scheme: Scheme) -> bool:
        """Whether it is made of these."""
        return self.features is features and self.training.labels is labels and self.training.scheme is scheme

    def model(self, want: Want) -> Model:
        """What was learned of a class or of examples."""
        with self._lock:
            known = self._models.get(want)
            if known is None:
                known = self._models[want] = self._learn(want)
            return known

    def scores(self, want: Want) -> Scores:
        """Numbers 0-1 of all chips."""
        return self.scores_of([want])[0]

    def scores_of(self, wants: Sequence[Want]) -> list[Scores]:
        """Numbers of several classes; those that are not known yet are worked out in one pass."""
        with self._lock:
            wants = [_plain(want) for want in wants]
            new = [want for want in dict.fromkeys(wants) if want not in self._scores]
            if new:
                models = [self.model(want) for want in new]
                for want, model, values in zip(new, models, score_all(models, len(self.features.chips)), strict=True):
                    self._scores[want] = Scores(values, model.meaning, int(np.isnan(values).sum()))
                self._forget()
            return [self._scores[want] for want in wants]

    def doubt(self, want: Want) -> Float32:
        """How undecided the model is, of a class or between the classes: float32 (chips,), 1 undecided."""
        want = _plain(want)
        with self._lock:
            known = self._doubts.get(want)
            if known is None:
                known = self._doubts[want] = self._doubt(want)
            return known

    def typical(self) -> Float32:
        """How typical chips are of all, the most typical one of each kind first: float32 (chips,)."""
        from groundset.learn.typical import typicality

        with self._lock:
            if self._typical is None:
                self._typical = typicality(self.features)
            return self._typical

    def guess(self, page: Positions) -> Sequence[tuple[int, float | None] | None]:
        """The likeliest class of some chips and, where it is calibrated, how likely."""
        classes = [c.code for c in self.training.scheme.answerable]
        models = [self.model(Want(code)) for code in classes]
        able = [(code, m) for code, m in zip(classes, models, strict=True) if m.meaning in ("score", "confidence")]
        best = np.full(len(page), -1.0)
        code_of = np.full(len(page), -1)
        calibrated = np.zeros(len(page), bool)
        for code, model in able:
            for fitted in model.fitted:
                here = np.flatnonzero(fitted.matrix.row_of[page] >= 0)
                if len(here):
                    told = fitted.at(page[here])
                    more = here[told > best[here]]
                    best[more], code_of[more] = told[told > best[here]], code
                    calibrated[more] = fitted.calibration is not None
        sure = [round(float(v), 4) if c else None for v, c in zip(best, calibrated, strict=True)]
        return [None if code < 0 else (code, s) for code, s in zip(code_of.tolist(), sure, strict=True)]

    def _learn(self, want: Want) -> Model:
        method = want.method
        if want.like:
            positions, rows = find_examples(self._lake, self.features, want.like)
            return of_examples(self.features, positions, rows, method)  # type: ignore[arg-type]  # checked by Want
        if want.code is None:
            return Model((), "none")
        return of_class(self.features, self.training.sign(want.code), method)  # type: ignore[arg-type]

    def _doubt(self, want: Want) -> Float32:
        wants = [want] if want.code is not None else [Want(c.code) for c in self.training.scheme.answerable]
        told = [s.values for s in self.scores_of(wants) if s.meaning in ("score", "confidence")]
        if not told:
            return np.full(len(self.features.chips), np.nan, np.float32)
        if len(told) > 2 and not self.training.task.multi:
            both = np.sort(np.stack(told), axis=0)[-2:]
            return np.asarray(1 - (both[1] - both[0]), np.float32)
        return np.asarray(1 - np.abs(2 * np.stack(told) - 1).min(axis=0), np.float32)

    def _forget(self) -> None:
        likes = [want for want in self._scores if want.like]
        for want in likes[:-LIKENESSES]:
            del self._scores[want]
            self._models.pop(want, None)


def _plain(want: Want) -> Want:
    """Examples go before the class; the encoder is that of the snapshot."""
    return Want(None if want.like else want.code, want.like, want.method)
