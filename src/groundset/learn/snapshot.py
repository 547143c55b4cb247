"""What the labels of one task say of all chips at one moment; worked out when it is asked for, then kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from groundset.core import Scheme
from groundset.learn._product import THREADS
from groundset.learn.examples import find_examples
from groundset.learn.guess import Guesser
from groundset.learn.matrix import Features
from groundset.learn.model import Float32, Model, of_class, of_examples, score_all
from groundset.learn.training import Training
from groundset.query.learned import Scores, Want

if TYPE_CHECKING:
    from groundset.journal import Journal
    from groundset.lake import Lake
    from groundset.learn.classifier import Classifier
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
        before: The snapshot before this one, to begin from.
        each: Features of each date, for likeness, where ``features`` are those of places on two dates.
    """

    def __init__(
        self,
        lake: Lake,
        features: Features,
        training: Training,
        before: Snapshot | None = None,
        *,
        each: Features | None = None,
    ) -> None:
        self.features, self.training = features, training
        self._each = features if each is None else each
        self.classifiers: dict[str, Classifier] = {} if before is None else dict(before.classifiers)
        self._lake = lake
        self._lock = threading.RLock()
        self._models: dict[Want, Model] = {}
        self._scores: dict[Want, Scores] = {}
        self._doubts: dict[Want, Float32] = {}
        self._typical: Float32 | None = None
        self._guesser: Guesser | None = None

    @property
    def journal(self) -> Journal:
        """The workspace's journal."""
        return self._lake.journal

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
                models = self._models_of(new)
                told = score_all(models, len(self.features.chips))
                for want, model, (values, order) in zip(new, models, told, strict=True):
                    self._scores[want] = Scores(values, order, model.meaning, self._without(values, want))
                self._forget()
            return [self._scores[want] for want in wants]

    def _models_of(self, wants: Sequence[Want]) -> list[Model]:
        """Models of several classes, fitted side by side."""
        with ThreadPoolExecutor(THREADS if len(wants) > 1 else 1) as pool:
            new = [want for want in wants if want not in self._models]
            self._models.update(zip(new, pool.map(self._learn, new), strict=True))
        return [self._models[want] for want in wants]

    def missing(self, code: int) -> int:
        """Chips without a score of a class; told without scoring."""
        if not (self.training.sign(code) > 0).any():
            return self._asked
        return self._asked - sum(len(f.matrix.usable) for f in self.model(Want(code)).fitted)

    @property
    def _asked(self) -> int:
        return len(self.features.chips) if self.features.asked is None else self.features.asked

    def _without(self, values: Float32, want: Want) -> int:
        return int(np.isnan(values).sum()) - (0 if want.like else len(values) - self._asked)

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
        """The likeliest class of some chips and, where it is calibrated (two classes to choose from), how likely."""
        with self._lock:
            if self._guesser is None:
                self._guesser = Guesser(self)
        return self._guesser.guess(page)

    def _learn(self, want: Want) -> Model:
        method = want.method
        if want.like:
            positions, rows = find_examples(self._lake, self._each, want.like)
            return of_examples(self._each, positions, rows, method)  # type: ignore[arg-type]  # checked by Want
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
