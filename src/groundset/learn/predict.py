"""The verb: train the chip classifier of a task, keep it, and write its answers with their confidence."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset._files import folder_lock, sha256_file
from groundset.core import ConflictError, InputError, Listener, MissingError, Progress, check_name, of_option, safe_name
from groundset.core.layout import TaskConfig
from groundset.features import encoder_name, kept_encoders
from groundset.lake import Lake
from groundset.learn import answering
from groundset.learn.answering import ACTOR, Said
from groundset.learn.chip_features import ChipFeatures, Spoken
from groundset.learn.chip_model import ChipModel, Learning, fit_model, no_classes
from groundset.learn.chip_store import MODEL_FILE, chip_model_item, load_chip_model, save_chip_model
from groundset.learn.place_features import PlaceFeatures
from groundset.learn.predict_report import PredictReport
from groundset.learn.training import Training, blocks
from groundset.query import Index
from groundset.query.placed import asked, count
from groundset.segment import state
from groundset.segment.dates import last_dates

FORMAT = 1
"""Raised when answers are made differently, so that old runs do not count as the same."""

Bools = npt.NDArray[np.bool_]


def check_request(
    lake: Lake, *, task: str | None = None, encoder: str | None = None, threshold: float = 0.5, model: str | None = None
) -> TaskConfig:
    """Refuse what :func:`predict` cannot do, before anything is computed; the arguments are its own.

    Returns:
        The task to answer.

    Raises:
        InputError: No such task, no chips, a threshold that is none, nothing labelled.
        MissingError: No such model, or no features of this encoder.
    """
    with of_option("task"):
        chosen = lake.config.task(task, "classify")
    if not 0 <= threshold <= 1:
        raise InputError("a threshold is a confidence from 0 to 1", asked=f"threshold = {threshold}")
    if not len(lake.chips):
        raise InputError("there are no chips to answer", asked=lake.root, hint="run groundset ingest first")
    if model is not None:
        load_chip_model(lake.layout.models / check_name(model, "model"))
    elif not lake.journal.count(chosen.name):
        raise InputError(
            "a chip classifier needs labelled chips of two classes at least, or of one class and without it",
            asked=f"task = {chosen.name}",
            found="no labelled chip",
            hint="label some first, on the page or with groundset annotate",
        )
    if encoder is not None:
        with of_option("encoder"):
            name = encoder_name(encoder)
            if not lake.features(name).parts():
                raise MissingError(
                    "there are no features of this encoder",
                    asked=encoder,
                    found=", ".join(kept_encoders(lake.layout.features)),
                    hint=f"run groundset encode {lake.root} --encoder {encoder}",
                )
    return chosen


def predict(
    lake: Lake,
    *,
    task: str | None = None,
    encoder: str | None = None,
    threshold: float = 0.5,
    model: str | None = None,
    seed: int = 0,
    progress: Listener | None = None,
) -> PredictReport:
    """Answer a classify task for all chips by a model, which is kept in ``models/TASK-chips``.

    The model learns from all labels that train. Its answers are of the actor ``model:TASK-chips``, entered as one act
    that one undo takes back; each has its confidence. Chips (of a task with several classes a chip: classes of a chip)
    that people answered are left to them. A rerun takes the place of what it said before. Run again with the same
    labels, chips and settings it does nothing.

    Args:
        lake: The workspace.
        task: A ``classify`` task; may be left out where there is one.
        encoder: Whose features are read (default: the workspace's).
        threshold: Smallest confidence of an answer that is written.
        model: Name of a kept model to answer with as it is, for scenes that came later; None to train.
        seed: Of all that is random.
        progress: Hears how far it is.

    Raises:
        InputError: No chips, no class with chips that have it and chips that do not, labelled chips without features.
        MissingError: No such model or encoder.
        ConflictError: Another run is under way; the encoder changed since the kept model was trained.
    """
    start = time.monotonic()
    chosen = check_request(lake, task=task, encoder=encoder, threshold=threshold, model=model)
    with folder_lock(lake.layout.cache / "predict.lock", "a prediction"):
        index = Index(lake)
        try:
            run = _Run(lake, index, chosen, threshold, seed, progress)
            return run.apply(model, encoder, start) if model is not None else run.train(encoder, start)
        finally:
            index.close()


@dataclass(frozen=True, slots=True)
class _Ready:
    """A model with the features that it reads."""

    name: str
    model: ChipModel
    features: ChipFeatures
    group: Spoken
    labels: int
    notes: tuple[str, ...] = ()


class _Run:
    """One prediction: the chips and labels as they are when it begins."""

    def __init__(
        self, lake: Lake, index: Index, task: TaskConfig, threshold: float, seed: int, progress: Listener | None
    ) -> None:
        self.lake, self.task, self.threshold, self.seed, self.progress = lake, task, threshold, seed, progress
        self.scheme = lake.scheme(task.name)
        now = index.now()
        self.chips, self.head = now.chips, now.head
        self.training = Training(task, self.scheme, index.labels(task.name))
        self.last = last_dates(lake, task)

    def train(self, encoder: str | None, start: float) -> PredictReport:
        """Learn from the labels, keep the model, answer."""
        features = self._features(None if encoder is None else encoder_name(encoder))
        name = safe_name(f"{self.task.name}-chips")
        signs = {c.code: self.training.sign(c.code) for c in self.scheme.answerable}
        codes = None if self.task.multi else self.training.codes
        labelled = np.logical_or.reduce([s != 0 for s in signs.values()]) if signs else np.zeros(len(self.chips), bool)
        if codes is not None:
            labelled |= codes >= 0
        group, at, X = self._labelled(features, labelled)
        mark = self._mark(name, features, group, None)
        if (known := self._unchanged(name, mark)) is not None:
            return self._same(name, features, known)
        told = Progress("training", None, "labels", self.progress)
        mine = {code: s[at] for code, s in signs.items()}
        kinds = np.zeros(len(at)) if codes is None or (codes[at] < 0).any() else codes[at]
        learning = Learning(X, mine, None if codes is None else codes[at], blocks(self.chips, at, kinds))
        model = fit_model(learning, features.space(group, X.shape[1], seed=self.seed), seed=self.seed)
        told.advance(len(at))
        self._save(name, model, features, group, at)
        notes = self._notes(model, signs, labelled, len(at))
        return self._answer(_Ready(name, model, features, group, len(at), notes), mark, start)

    def apply(self, name: str, encoder: str | None, start: float) -> PredictReport:
        """Answer with a kept model as it is."""
        folder = self._folder(name)
        model, spec, facts = load_chip_model(folder)
        if facts["task"] != self.task.name:
            raise ConflictError(
                "this model answers another task",
                asked=self.task.name,
                found=f"{name}: {facts['task']}",
                hint=f"say --task {facts['task']}",
            )
        if encoder is not None and encoder_name(encoder) != spec["name"]:
            raise ConflictError(
                "this model reads the features of another encoder",
                asked=encoder,
                found=f"{name}: {spec['name']}",
                hint="leave --encoder out, or train anew",
            )
        features = self._features(str(spec["name"]))
        group = features.groups.get(str(spec["sha256"]))
        if group is None:
            raise ConflictError(
                "the encoder changed since this model was trained, or no chip has features of it",
                asked=f"{name}, with {spec['name']} {spec['sha256'][:12]}",
                found=", ".join(f"{g.key[:12]} ({len(g.parts)} parts)" for g in features.groups.values()) or "none",
                hint="train anew: groundset predict without --model",
            )
        mark = self._mark(name, features, group, sha256_file(folder / MODEL_FILE))
        if (known := self._unchanged(name, mark)) is not None:
            return self._same(name, features, known)
        return self._answer(_Ready(name, model, features, group, int(facts["chips"])), mark, start)

    def _features(self, encoder: str | None) -> ChipFeatures:
        store, weights = self.lake.features(encoder), self.lake.config.weights
        features = (
            ChipFeatures(store, self.chips, weights)
            if self.task.about == "date"
            else PlaceFeatures(store, self.chips, weights, self.last)
        )
        if not features.groups:
            raise MissingError(
                "there are no features to learn from",
                asked=features.store.encoder,
                found=", ".join(kept_encoders(self.lake.layout.features)) or "none",
                hint=f"run groundset encode {self.lake.root} --encoder {features.store.encoder}",
            )
        return features

    def _labelled(self, features: ChipFeatures, labelled: Bools) -> tuple[Spoken, Any, Any]:
        """The features of the labelled chips; of chips with other bands those with the most labels."""
        found = [(group, *features.rows(group, labelled)) for group in features.groups.values()]
        group, at, X = max(found, key=lambda one: len(one[1]))
        if not labelled.any():
            raise no_classes(Learning(np.empty((0, 1), np.float32), {}, None, None))
        if not len(at):
            raise InputError(
                "no labelled chip has features",
                asked=f"{int(labelled.sum())} labelled chips",
                found=f"features by {features.store.encoder}: {', '.join(features.store.parts()[:5])}",
                hint=f"run groundset encode {self.lake.root} --encoder {features.store.encoder}",
            )
        return group, at, X

    def _save(self, name: str, model: ChipModel, features: ChipFeatures, group: Spoken, at: Any) -> None:
        created = next((e.at for e in self.lake.journal.events(since=self.head - 1, limit=1)), datetime.now(UTC))
        counted = {
            self.scheme.find(int(c)).name: int((self.training.sign(int(c))[at] > 0).sum()) for c in model.classes
        }
        facts = {"task": self.task.name, "journal_event": self.head, "seed": self.seed, "chips": len(at),
                 "trained": counted, "kind": model.kind}  # fmt: skip
        encoder = {**group.spec, "name": features.store.encoder, "sha256": group.key}
        item = chip_model_item(
            name, model, self.scheme, encoder,
            bounds=self.chips.bounds[at], times=self.chips.column("datetime").take(at).to_pylist(),
            created=created, facts=facts,
        )  # fmt: skip
        save_chip_model(self._folder(name), model, self.scheme, encoder, item)

    def _answer(self, ready: _Ready, mark: str, start: float) -> PredictReport:
        """Score all chips, write what is sure enough, and tell."""
        told = Progress("predicting", sum(self.chips.size(p) for p in ready.group.parts), "chips", self.progress)
        theirs = answering.people(self.lake, self.task, self.chips)
        said = Said.empty(len(self.chips))
        for positions, X in ready.features.each(ready.group, ready.model.space.d):
            there = X.any(axis=1)  # a chip without any data stands at 0 in every encoder
            said.add(ready.model, positions[there], ready.model.decide(X[there]), self.threshold, theirs)
            told.advance(len(positions))
        name = ready.name
        answering.write(self.lake, self.task, name, self.chips, said, mark, ready.model.calibrated, self.progress)
        self._remember(name, mark, said)
        names = {c.code: c.name for c in self.scheme}
        scores = {names[c]: s for c, s in ready.model.scores.items() if c in names}
        return PredictReport(
            name, self._folder(name), self.task.name, ready.features.store.encoder, said.chips,
            {names[c]: n for c, n in said.counts(1).items()}, {names[c]: n for c, n in said.counts(-1).items()},
            int(said.unsure.sum()), int(said.people.sum()), self._asked() - int(said.seen.sum()), ready.labels,
            ready.model.scores.get(-1), scores, ready.model.calibrated, ready.notes, time.monotonic() - start,
        )  # fmt: skip

    def _asked(self) -> int:
        return count(self.chips, asked(self.lake.config, self.task))

    def _notes(self, model: ChipModel, signs: Any, labelled: Bools, used: int) -> tuple[str, ...]:
        notes = []
        if not model.calibrated:
            notes.append("Fewer than 20 labels: the answers have no confidence, since none would hold what it says.")
        missing = int(labelled.sum()) - used
        if missing:
            notes.append(f"{missing:,} labelled chips have no such features and did not train.")
        left = [self.scheme.find(c).name for c, s in signs.items() if (s > 0).any() and c not in model.classes]
        if left:
            notes.append(f"Not learned, for want of chips without it: {', '.join(left)}.")
        return tuple(notes)

    def _mark(self, name: str, features: ChipFeatures, group: Spoken, kept: str | None) -> str:
        """One hash of everything but the labels that the answers depend on."""
        said = [FORMAT, name, features.store.encoder, group.key, kept, self.threshold, self.seed, len(self.chips),
                features.stamps(group), [asdict(c) for c in self.scheme], asdict(self.task),
                *([sorted(self.last.items())] if self.last else [])]  # fmt: skip
        return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()

    def _unchanged(self, name: str, mark: str) -> int | None:
        return state.unchanged(self.lake, self._folder(name), mark, self.task.name, needs_labels=True)

    def _remember(self, name: str, mark: str, said: Said) -> None:
        """Note what the answers were made from; somebody's answer that came meanwhile is one to learn from."""
        events = self.lake.journal.events(since=self.head)
        others = any(e.actor != ACTOR + name and (e.kind == "undo" or e.task == self.task.name) for e in events)
        head = self.head if others else self.lake.journal.head()
        state.remember(self._folder(name), mark, head, said.chips)

    def _same(self, name: str, features: ChipFeatures, chips: int) -> PredictReport:
        """Nothing has changed since the last run."""
        return PredictReport(name, self._folder(name), self.task.name, features.store.encoder, chips, unchanged=True)

    def _folder(self, name: str) -> Path:
        return self.lake.layout.models / name
