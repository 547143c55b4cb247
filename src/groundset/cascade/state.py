"""What people are told of a cascade: how far it is, what it keeps, how sure that is, what it saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from groundset.cascade.making import Saved, encode_hint, saved
from groundset.cascade.said import NEGATIVE, NOT_APPLICABLE, POSITIVE, UNSURE
from groundset.cascade.threshold import Threshold, together

if TYPE_CHECKING:
    from groundset.cascade.steps import Record
    from groundset.cascade.view import View
    from groundset.lake import Lake


@dataclass(frozen=True, slots=True)
class Drawn:
    """The threshold of a level and what it does.

    Args:
        threshold: What it rests on.
        score: Likeness below which chips are rejected; None where nothing is.
        bags: Positive chips of the level above that teach as bags.
        keeps: Candidates that go on.
        rejects: Candidates that do not.
    """

    threshold: Threshold
    score: float | None
    bags: int
    keeps: int
    rejects: int


@dataclass(frozen=True, slots=True)
class LevelState:
    """One level; what is not known before the level is begun is None.

    Args:
        level: Its number.
        chip_size: Side of its chips in pixels.
        cells: Chips that it has in these scenes.
        candidates: Cells that are looked at.
        made: Of them, those of which there is a chip.
        missing: Of them, those of which there is none.
        kept: Candidates that go on by an answer or the threshold.
        rejected: Candidates that do not go on.
        undecided: Candidates that go on because nothing speaks for or against them.
        positive: Chips answered positive.
        negative: Chips answered negative.
        unsure: Chips that people could not answer.
        removed: Answered chips that do not train.
        state: Whether it was left, is worked on, or lies ahead.
        drawn: Its threshold.
        left_at: When it was left, RFC 3339.
    """

    level: int
    chip_size: int
    cells: int
    candidates: int | None
    made: int
    missing: int | None
    kept: int | None
    rejected: int | None
    undecided: int | None
    positive: int
    negative: int
    unsure: int
    removed: int
    state: Literal["done", "current", "ahead"]
    drawn: Drawn | None
    left_at: str | None


@dataclass(frozen=True)
class State:
    """How far a cascade is.

    Args:
        record: Its steps.
        levels: Coarsest first.
        looked_at: Chips of the finest level that were made of its candidates; None before the finest level is begun.
        finest: Chips that the finest level has.
        recall: Estimate of the share of positive chips that all levels left keep, low and high of its interval; None
            while no threshold was drawn.
        positives: Fewest positive chips that one of these thresholds rests on.
        saved: What was not made.
        conflicts: Answers that contradict each other.
        problems: What stands in the way, in sentences.
        stuck: Why the level cannot be left, None where it can.
    """

    record: Record
    levels: tuple[LevelState, ...]
    looked_at: int | None
    finest: int
    recall: tuple[float, float, float] | None
    positives: int
    saved: Saved
    conflicts: int
    problems: tuple[str, ...]
    stuck: str | None

    @property
    def share_looked_at(self) -> float | None:
        """Share of the finest level that was ever looked at."""
        return None if self.looked_at is None else self.looked_at / max(self.finest, 1)

    @property
    def missing(self) -> int:
        """Candidates of which there is no chip."""
        return sum(level.missing or 0 for level in self.levels)

    @property
    def answers(self) -> tuple[int, int, int]:
        """Chips answered positive, negative, unsure, on all levels."""
        told = self.levels
        return sum(x.positive for x in told), sum(x.negative for x in told), sum(x.unsure for x in told)


def state_of(lake: Lake, view: View) -> State:
    """How far a cascade is."""
    record = view.record
    levels = tuple(_level(view, number) for number in record.levels)
    drawn = [level.drawn.threshold for level in levels if level.state == "done" and level.drawn is not None]
    cut = [t.positives for t in drawn if t.enough]
    found = view.conflicts()
    finest = record.levels[-1]
    return State(
        record=record,
        levels=levels,
        looked_at=levels[-1].made if finest in view.begun else None,
        finest=levels[-1].cells,
        recall=together(drawn),
        positives=min(cut, default=0),
        saved=saved(lake, view),
        conflicts=len(found),
        problems=tuple(_problems(view, levels, len(found))),
        stuck=_stuck(record, levels),
    )


def _level(view: View, number: int) -> LevelState:
    said, tree = view.said[number], view.pyramid.level(number)
    begun = number in view.begun
    left = view.record.advance(number)
    count = {value: int((said.value == value).sum()) for value in (POSITIVE, NEGATIVE, UNSURE, NOT_APPLICABLE)}
    walked = view.walked(number) if begun else None
    there = view.position(number) >= 0
    candidate = walked.candidate if walked is not None else None
    decision = np.bincount(walked.decision[walked.candidate], minlength=3).tolist() if walked is not None else None
    return LevelState(
        level=number,
        chip_size=tree.size,
        cells=len(tree),
        candidates=None if candidate is None else int(candidate.sum()),
        made=int((there if candidate is None else there & candidate).sum()),
        missing=None if candidate is None else int((candidate & ~there).sum()),
        kept=None if decision is None else decision[0],
        rejected=None if decision is None else decision[1],
        undecided=None if decision is None else decision[2],
        positive=count[POSITIVE],
        negative=count[NEGATIVE],
        unsure=count[UNSURE] + count[NOT_APPLICABLE],
        removed=int(((said.value != 0) & ~said.trains).sum()),
        state="done" if left is not None else "current" if begun else "ahead",
        drawn=drawn_of(view, number) if begun else None,
        left_at=None if left is None else left.at,
    )


def drawn_of(view: View, number: int, recall: float | None = None) -> Drawn:
    """The threshold of a level that is begun: as it was left, or as it would be drawn now."""
    threshold, score = view.threshold(number, recall)
    walked = view.walked(number, recall)
    levels = view.record.levels
    at = levels.index(number)
    bags = int((view.said[levels[at - 1]].sign > 0).sum()) if at else 0
    return Drawn(threshold, score, bags, int(walked.on.sum()), int(walked.rejected.sum()))


def _stuck(record: Record, levels: tuple[LevelState, ...]) -> str | None:
    if record.done:
        return "Every level is done."
    now = next(level for level in levels if level.level == record.level)
    if not now.candidates:
        return "No chip of this level is left: take the last step back, or answer a coarser chip as positive."
    missing = sum(level.missing or 0 for level in levels)
    if missing:
        return f"{missing:,} chips that are looked at are not there: make them first."
    if not any(level.positive for level in levels):
        return "No chip with the class is known yet: answer at least one as positive."
    return None


def _problems(view: View, levels: tuple[LevelState, ...], conflicts: int) -> list[str]:
    out = []
    for level in levels:
        if level.missing and (level.state == "done" or not level.made):
            gone = "No chip" if not level.made else f"Only {level.made:,} of {level.candidates:,} chips"
            out.append(f"{gone} of level {level.level} there: it was deleted or not made yet. Make it: "
                       f"groundset cascade make DIR {view.record.id}")  # fmt: skip
        if level.state != "ahead" and view.bare(level.level):
            out.append(f"No chip of level {level.level} has features; {encode_hint(view)}")
    if conflicts:
        says = "answer contradicts" if conflicts == 1 else "answers contradict"
        until = (
            "it teaches nothing until you settle it" if conflicts == 1 else "they teach nothing until you settle them"
        )
        out.append(f"{conflicts:,} {says} those of the chips above or below; {until}.")
    outside = sum(
        int((view.pyramid.level(n).down(np.ones(view.pyramid.level(n).above, bool)) == 0).sum())
        for n in view.record.levels[1:]
    )
    if outside:
        grid = view.pyramid.grid
        out.append(
            f"{outside:,} chips of finer levels lie in no coarser chip (edge {grid.edge}, stride {grid.stride}); a "
            "cascade never comes to them."
        )
    return out
