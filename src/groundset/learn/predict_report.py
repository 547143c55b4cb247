"""What a run of ``predict`` did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundset.learn.chip_score import ChipScore


@dataclass(frozen=True, slots=True)
class PredictReport:
    """Result of :func:`~groundset.learn.predict.predict`.

    Args:
        name: Of the model; it answers as the actor ``model:NAME``.
        model: Its folder.
        task: The task.
        encoder: Whose features it reads.
        chips: Chips that have its answer now.
        counts: Answers by class name, that it is there.
        absent: Answers by class name, that it is not there.
        unsure: Chips without an answer, because the confidence was below the threshold.
        people: Chips left to people, who answered them.
        without_features: Chips that could not be looked at.
        labels: Labelled chips that it learned from.
        score: How it did on chips that it did not learn from; None with too few labels.
        scores: The same by class name.
        calibrated: Whether its confidence is calibrated.
        notes: What else to know.
        seconds: How long it took.
        unchanged: Nothing was redone: same labels, same chips, same settings.
    """

    name: str
    model: Path
    task: str
    encoder: str
    chips: int
    counts: Mapping[str, int] = field(default_factory=dict)
    absent: Mapping[str, int] = field(default_factory=dict)
    unsure: int = 0
    people: int = 0
    without_features: int = 0
    labels: int = 0
    score: ChipScore | None = None
    scores: Mapping[str, ChipScore] = field(default_factory=dict)
    calibrated: bool = True
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    unchanged: bool = False

    def summary(self) -> str:
        """Lines for people."""
        if self.unchanged:
            return f"Nothing has changed since model {self.name} answered {self.chips:,} chips: nothing redone."
        lines = [f"Model {self.name} answered {self.chips:,} chips of task {self.task}: {self.model}"]
        said = [f"{n:,} {name}" for name, n in self.counts.items() if n]
        said += [f"{n:,} not {name}" for name, n in self.absent.items() if n]
        if said:
            lines.append("Answers: " + ", ".join(said))
        if self.people:
            lines.append(f"{self.people:,} chips were left to the people who answered them")
        if self.unsure:
            lines.append(f"{self.unsure:,} chips are below the threshold and have no answer")
        lines += self._scored()
        if self.without_features:
            lines.append(
                f"{self.without_features:,} chips have no such features of {self.encoder}: run groundset encode, "
                "or they have other bands"
            )
        return "\n".join((*lines, *self.notes, f"{self.seconds:.1f} s"))

    def _scored(self) -> list[str]:
        if not self.labels:
            return []
        learned = f"Learned from {self.labels:,} labelled chips"
        if self.score is None and not self.scores:
            return [f"{learned}; too few to say how good it is"]
        how = "in spatial blocks" if self._any.folds == "blocked" else "in stratified folds: chips without a place"
        lines = [f"{learned}; accuracy on chips it did not see, {how}, with 95 % interval:"]
        if self.score is not None:
            error = "" if self.score.error is None else f"; calibration error {self.score.error:.3f}"
            lines.append(f"  all classes {self.score}{error}")
        return lines + [f"  {name} {one}" for name, one in self.scores.items()]

    @property
    def _any(self) -> ChipScore:
        return self.score or next(iter(self.scores.values()))

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "model": str(self.model),
            "task": self.task,
            "encoder": self.encoder,
            "chips": self.chips,
            "counts": dict(self.counts),
            "absent": dict(self.absent),
            "unsure": self.unsure,
            "people": self.people,
            "without_features": self.without_features,
            "labels": self.labels,
            "score": None if self.score is None else self.score.to_dict(),
            "scores": {name: one.to_dict() for name, one in self.scores.items()},
            "calibrated": self.calibrated,
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
            "unchanged": self.unchanged,
        }
