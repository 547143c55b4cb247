"""How well each class of a task is known, and what stands in the way: told for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from groundset.core import Origin
from groundset.learn.calibration import FEWEST, Calibration
from groundset.query.learned import Meaning, Want

if TYPE_CHECKING:
    from groundset.learn.snapshot import Snapshot

MOST_DISPUTED = 5_000
"""Chips with answers of several people that are looked at."""
_MEANINGS = {
    "none": "nothing known",
    "similarity": "ranked by similarity",
    "score": "scored",
    "confidence": "calibrated",
}


@dataclass(frozen=True, slots=True)
class ClassStanding:
    """How well one class is known.

    Args:
        code: The class.
        name: Its name.
        positive: Chips labelled with it that train.
        negative: Chips labelled as without it that train.
        removed: Labelled chips that were removed from training.
        meaning: What its scores are.
        calibration: How confidence came about; None where there is none.
    """

    code: int
    name: str
    positive: int
    negative: int
    removed: int
    meaning: Meaning
    calibration: Calibration | None


@dataclass(frozen=True)
class Standing:
    """How well the classes of a task are known.

    Args:
        task: The task.
        encoder: Whose features count.
        classes: One for each class that can be answered.
        problems: What stands in the way, in sentences.
    """

    task: str
    encoder: str
    classes: tuple[ClassStanding, ...]
    problems: tuple[str, ...]

    def summary(self) -> str:
        """In a few lines for people."""
        lines = [f"task {self.task}, features of {self.encoder}"]
        for c in self.classes:
            known = c.calibration
            sure = "" if known is None else f", accuracy {known.accuracy:.2f}, calibration error {known.error:.3f}"
            lines.append(f"{c.name}: {c.positive} positive, {c.negative} negative, {_MEANINGS[c.meaning]}{sure}")
        return "\n".join([*lines, *self.problems])

    def __repr__(self) -> str:
        return self.summary()


def standing(snapshot: Snapshot) -> Standing:
    """How well the classes of a snapshot's task are known."""
    classes = class_standings(snapshot)
    name, encoder = snapshot.training.task.name, snapshot.features.encoder
    return Standing(name, encoder, tuple(classes), tuple(problems(snapshot, classes)))


def class_standings(snapshot: Snapshot) -> list[ClassStanding]:
    """One for each class that can be answered, in the scheme's order."""
    training = snapshot.training
    out = []
    for klass in training.scheme.answerable:
        sign = training.sign(klass.code)
        model = snapshot.model(Want(klass.code))
        out.append(
            ClassStanding(
                klass.code,
                klass.name,
                int((sign > 0).sum()),
                int((sign < 0).sum()),
                training.removed(klass.code),
                model.meaning,
                model.calibration,
            )
        )
    return out


def problems(snapshot: Snapshot, classes: list[ClassStanding]) -> list[str]:
    """What stands in the way, in sentences."""
    return [*_of_features(snapshot), *_of_labels(snapshot, classes)]


def _of_features(snapshot: Snapshot) -> list[str]:
    features = snapshot.features
    total, out = len(features.chips), []
    missing, command = features.missing - features.stale, f"groundset encode DIR --encoder {features.encoder}"
    if total and not features.matrices and not features.stale:
        none = f"No chip has features of the encoder {features.encoder}, so that nothing can be ranked."
        return [f"{none} Compute them: {command}"]
    if missing:
        out.append(f"{_chips(missing)} of {total:,} without features of the encoder {features.encoder}; they have no "
                   f"score. Compute them: {command}")  # fmt: skip
    if features.stale:
        out.append(f"{_chips(features.stale)} with features that the encoder {features.encoder} did not write as it "
                   f"is now; they have no score. Compute them again: {command}")  # fmt: skip
    broken = sum(matrix.broken for matrix in features.matrices)
    if broken:
        out.append(f"{_chips(broken)} with features that are not numbers (NaN); they are left out.")
    return out


def _of_labels(snapshot: Snapshot, classes: list[ClassStanding]) -> list[str]:
    training, out = snapshot.training, []
    kinds = [c for c in classes if c.positive]
    if training.task.kind != "classify":
        return [f"The task {training.task.name} is answered by pixel; ranking learns from tasks of kind classify."]
    if not kinds:
        return ["No label yet. Begin with a few chips of the class that you look for."]
    if all(c.negative == 0 for c in kinds):
        names = " and ".join(c.name for c in kinds)
        out.append(f"Only {names} is labelled: chips are ranked by similarity. Label a few chips that are not.")
    for c in kinds:
        labels = c.positive + c.negative
        if c.negative and labels < FEWEST:
            out.append(f"{c.name}: {labels} labels; from {FEWEST} on its scores are calibrated.")
        elif c.negative and c.meaning == "score":
            out.append(f"{c.name}: its scores order chips but cannot be calibrated yet, as the labels lie too close "
                       "together. Label some chips with it and some without it in other places.")  # fmt: skip
    return [
        *out,
        *_disputes(snapshot),
        *_contradictions(snapshot, kinds),
        *_other_bands(snapshot, kinds),
        *_without_features(snapshot),
    ]


def _disputes(snapshot: Snapshot) -> list[str]:
    """Chips of which people say different things; the latest answer counts."""
    labels, training = snapshot.training.labels, snapshot.training
    column = labels.column("actors")
    several = np.array([len(actors) > 1 for actors in column.values] + [False])[column.codes]
    ids = [snapshot.features.chips.ids[at] for at in np.flatnonzero(several).tolist()[:MOST_DISPUTED]]
    said: dict[str, dict[str, set[object]]] = {}
    for row in snapshot.journal.standing(training.task.name, ids) if ids else ():
        payload = json.loads(row.payload)
        if row.kind == "answer" and payload.get("origin", 1) != Origin.MODEL:
            about = "*" if "classes" in payload or not training.task.multi else str(payload["class"])
            told = (payload.get("value"), payload.get("class", str(payload.get("classes"))))
            said.setdefault(row.chip_id, {}).setdefault(about, set()).add(told)
    n = sum(any(len(told) > 1 for told in by.values()) for by in said.values())
    if not n:
        return []
    return [f"{_chips(n)} {_are(n)} answered differently by different people; the latest answer counts."]


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _contradictions(snapshot: Snapshot, kinds: list[ClassStanding]) -> list[str]:
    """Chips that look exactly alike and are answered differently."""
    out = []
    for c in kinds:
        sign = snapshot.training.sign(c.code)
        there: int = 0
        for matrix in snapshot.features.matrices:
            labelled = np.flatnonzero((sign != 0) & (matrix.row_of >= 0))
            if len(labelled) > 1:
                _, same = np.unique(matrix.rows(labelled), axis=0, return_inverse=True)
                both = np.zeros((same.max() + 1, 2), bool)
                both[same, (sign[labelled] > 0).astype(int)] = True
                there += int(both.min(axis=1)[same].sum())
        if there:
            out.append(f"{c.name}: {_chips(there)} with the same features and contradictory answers.")
    return out


def _other_bands(snapshot: Snapshot, kinds: list[ClassStanding]) -> list[str]:
    matrices = snapshot.features.matrices
    if len(matrices) < 2:
        return []
    out = []
    for c in kinds:
        known = {id(f.matrix) for f in snapshot.model(Want(c.code)).fitted}
        without = sum(len(m.at) for m in matrices if id(m) not in known)
        if without:
            out.append(f"{c.name}: {_chips(without)} with other bands than the labelled ones; each set of bands has "
                       "features of its own. Label some of them too.")  # fmt: skip
    return out


def _without_features(snapshot: Snapshot) -> list[str]:
    usable = np.zeros(len(snapshot.features.chips), bool)
    for matrix in snapshot.features.matrices:
        usable |= matrix.row_of >= 0
    column = snapshot.training.labels.column("teaches").codes >= 0
    n = int((column & ~usable).sum())
    return [f"{_chips(n)} labelled but without features; they do not train."] if n else []


def _chips(n: int) -> str:
    return f"{n:,} chip{'' if n == 1 else 's'}"
