"""What a run of ``segment`` did."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from groundset.segment.score import Score


@dataclass(frozen=True, slots=True)
class SegmentReport:
    """Result of :func:`~groundset.segment.segment`.

    Args:
        name: Of the model; it answers as the actor ``model:NAME``.
        model: Its folder.
        chips: Chips that have its mask now.
        proposed: Pixels that got a class.
        trained: Pixels that trained, by class name; empty for somebody else's model.
        labelled: Labelled pixels there are, by class name, before thinning.
        score: From blocked cross-validation; None where there is none.
        note: Why there is no score, or what else to know.
        seconds: By step.
        unchanged: Nothing was redone: same labels, same chips, same settings.
    """

    name: str
    model: Path
    chips: int
    proposed: int = 0
    trained: dict[str, int] = field(default_factory=dict)
    labelled: dict[str, int] = field(default_factory=dict)
    score: Score | None = None
    note: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    unchanged: bool = False

    def summary(self) -> str:
        """Lines for people."""
        if self.unchanged:
            return f"Nothing has changed since model {self.name} proposed masks for {self.chips} chips: nothing redone."
        lines = [f"Model {self.name} proposed masks for {self.chips} chips ({self.proposed:,} pixels): {self.model}"]
        if self.trained:
            lines.append("Trained on " + ", ".join(map(self._trained, self.trained)))
        if self.score is not None:
            lines.append(f"{self.score.how}: {self.score.summary()}")
        if self.note:
            lines.append(self.note)
        lines.append("Seconds: " + ", ".join(f"{step} {s:.1f}" for step, s in self.seconds.items()))
        return "\n".join(lines)

    def _trained(self, name: str) -> str:
        used, there = self.trained[name], self.labelled.get(name, self.trained[name])
        return f"{used:,} pixels of {name}" + (f" (drawn from {there:,})" if there > used else "")

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "model": str(self.model),
            "chips": self.chips,
            "proposed": self.proposed,
            "trained": self.trained,
            "labelled": self.labelled,
            "score": None if self.score is None else self.score.to_dict(),
            "note": self.note,
            "seconds": {k: round(v, 3) for k, v in self.seconds.items()},
            "unchanged": self.unchanged,
        }
