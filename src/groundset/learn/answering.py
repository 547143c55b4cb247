"""A model's answers about chips: what it says, what people said already, and the one act that says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from uuid import NAMESPACE_URL, uuid5

import numpy as np
import numpy.typing as npt

from groundset.core import InputError, Listener, Origin, Progress
from groundset.core.layout import TaskConfig
from groundset.journal import UNSAID, NewEvent, answer
from groundset.lake import Lake
from groundset.learn.chip_model import ChipModel, Float32
from groundset.segment.sampling import ACTOR
from groundset.series import at_place

if TYPE_CHECKING:
    from groundset.query.chips import Chips, Positions

__all__ = ["ACTOR", "People", "Said", "people", "write"]

Bools = npt.NDArray[np.bool_]

_DIGITS = 4


@dataclass(frozen=True)
class People:
    """What people answered, and a model leaves to them.

    Args:
        left: bool (chips,), chips of which nothing is left to say.
        classes: bool (chips,) by class code, in a task with several classes a chip.
    """

    left: Bools
    classes: Mapping[int, Bools]


def people(lake: Lake, task: TaskConfig, chips: Chips) -> People:
    """Who must not be overruled: in a task with one class a chip, every answer of a person settles the chip."""
    left = np.zeros(len(chips), bool)
    codes = [c.code for c in lake.scheme(task.name)]
    classes = {code: np.zeros(len(chips), bool) for code in codes}
    for row in lake.journal.standing(task.name):
        at = chips.places.get(row.chip_id)
        if at is None or row.kind != "answer" or '"origin":2' in row.payload:
            continue
        said = json.loads(row.payload)
        if said.get("value") == UNSAID:
            continue
        named = said.get("class")
        if not task.multi or named is None or said["value"] in ("unsure", "not-applicable"):
            left[at] = True
        elif named in classes:
            classes[named][at] = True
    return People(left, classes)


@dataclass
class Said:
    """The answers of a run, by position of the chip.

    Args:
        seen: bool (chips,), chips that were looked at.
        unsure: bool (chips,), those of which nothing is said because nothing is sure enough.
        people: bool (chips,), those that people have answered, as far as the model could.
        rows: (positions, codes, signs, confidences) of the answers, block by block.
    """

    seen: Bools
    unsure: Bools
    people: Bools
    rows: list[tuple[Positions, npt.NDArray[np.int64], npt.NDArray[np.int8], Float32]] = field(default_factory=list)

    @classmethod
    def empty(cls, chips: int) -> Self:
        """Nothing is said yet."""
        return cls(np.zeros(chips, bool), np.zeros(chips, bool), np.zeros(chips, bool))

    @property
    def chips(self) -> int:
        """Chips with an answer."""
        return len(np.unique(np.concatenate([r[0] for r in self.rows]))) if self.rows else 0

    def counts(self, sign: int) -> dict[int, int]:
        """Answers by class code that say that it is there (1) or not (-1)."""
        if not self.rows:
            return {}
        codes, signs = (np.concatenate([r[i] for r in self.rows]) for i in (1, 2))
        found, counts = np.unique(codes[signs == sign], return_counts=True)
        return dict(zip(found.tolist(), counts.tolist(), strict=True))

    def add(self, model: ChipModel, at: Positions, decisions: Float32, threshold: float, theirs: People) -> None:
        """Take what the model decides of some chips, (n, K), where it is sure enough and people are silent."""
        confidence = model.confidence(decisions)
        self.seen[at] = True
        free = ~theirs.left[at]
        self.people[at] = theirs.left[at]
        if model.kind == "one":
            best = decisions.argmax(axis=1)
            sure = confidence[np.arange(len(at)), best]
            kept = free & (sure >= threshold) if model.calibrated else free
            self.unsure[at] = free & ~kept
            self._keep(at[kept], model.classes[best[kept]], np.ones(int(kept.sum()), np.int8), sure[kept])
            return
        silent, left = free.copy(), np.zeros(len(at), bool)
        for k, code in enumerate(model.classes.tolist()):
            p = confidence[:, k]
            there = p >= 0.5 if model.calibrated else decisions[:, k] > 0
            sure = np.where(there, p, 1 - p)
            asked = free & ~theirs.classes[code][at]
            kept = asked & ((sure >= threshold) | (not model.calibrated))
            silent &= ~kept
            left |= asked
            signs = np.where(there[kept], 1, -1).astype(np.int8)
            self._keep(at[kept], np.full(int(kept.sum()), code, np.int64), signs, sure[kept])
        self.unsure[at] = silent & left
        self.people[at] |= ~left

    def _keep(self, at: Positions, codes: npt.NDArray[np.int64], signs: npt.NDArray[np.int8], sure: Float32) -> None:
        if len(at):
            self.rows.append((at, codes, signs, sure))


def write(
    lake: Lake,
    task: TaskConfig,
    name: str,
    chips: Chips,
    said: Said,
    mark: str,
    calibrated: bool,
    progress: Listener | None,
) -> None:
    """Enter the answers as one act, which takes back what the model said before and does not say again."""
    before = lake.journal.head()
    former = {
        (str(e.chip_id), int(e.payload["class"]))
        for e in lake.journal.current(task.name, kind="answer", actor=ACTOR + name)
        if e.payload.get("value") != UNSAID
    }
    ids = chips.ids
    events: list[NewEvent] = []
    told = Progress("writing answers", sum(len(r[0]) for r in said.rows), "answers", progress)
    for at, codes, signs, sure in said.rows:
        for place, code, sign, p in zip(at.tolist(), codes.tolist(), signs.tolist(), sure.tolist(), strict=True):
            confidence = round(min(max(p, 0.0), 1.0), _DIGITS) if calibrated else None
            value = "positive" if sign > 0 else "negative"
            payload = answer(code, value, origin=Origin.MODEL, confidence=confidence)
            events.append(
                NewEvent("answer", task.name, ids[place], payload, id=_id(name, ids[place], code, mark, before))
            )
            former.discard((ids[place], code))
        told.advance(len(at))
    for chip_id, code in sorted(former):
        payload = answer(code, UNSAID, origin=Origin.MODEL)
        events.append(NewEvent("answer", task.name, chip_id, payload, id=_id(name, chip_id, code, mark, before)))
    if not events:
        return
    done = lake.journal.append_bulk(
        [at_place(lake.config, event) for event in events],
        actor=ACTOR + name,
        payload={"verb": "predict", "model": name, "fingerprint": mark},
    )
    if done.status == "refused":
        raise InputError("the journal refused the answers", found=done.error)


def _id(name: str, chip_id: str, code: int, mark: str, before: int) -> str:
    """Made from what is said and when: sent twice it is one act, said again after an undo it is another."""
    return str(uuid5(NAMESPACE_URL, f"{name} {chip_id} {code} {mark} {before}"))
