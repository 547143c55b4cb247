"""What came of bringing labels together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SHOWN = 5
"""Disagreements that the terminal lists."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A chip of which the scenes say different things.

    Args:
        chip_id: The chip of the target scene.
        said: What each scene says, in words, in the order of the scenes: ``water``, ``not water``, ``-`` for nothing.
        pixels: Of masks: pixels on which they differ.
    """

    chip_id: str
    said: tuple[str, ...]
    pixels: int | None = None

    def __str__(self) -> str:
        told = " | ".join(self.said)
        return f"{self.chip_id}: {told}" if self.pixels is None else f"{self.chip_id}: {self.pixels:,} pixels"


@dataclass(frozen=True, slots=True)
class FuseReport:
    """What was written.

    Args:
        task: The task.
        rule: ``agree``, ``both`` or ``first``.
        scenes: The scenes whose labels met.
        onto: The scene whose chips have the answers now.
        created: Answers or masks that are new.
        known: Those that were there already.
        removed: Those of the last time that do not hold any more.
        agreed: Chips (of masks: pixels) of which all scenes say the same.
        alone: Chips (of masks: pixels) of which only some of the scenes say something.
        disagreements: Where they differ.
        bulk: The act to undo; None where nothing changed.
        unit: What ``agreed`` and ``alone`` count: ``chips`` or ``pixels``.
        notes: What a person should know.
    """

    task: str
    rule: str
    scenes: tuple[str, ...]
    onto: str
    created: int
    known: int
    removed: int
    agreed: int
    alone: int
    disagreements: Sequence[Disagreement]
    bulk: str | None
    unit: str
    notes: tuple[str, ...] = ()

    def summary(self) -> str:
        """The report as one text, for a terminal."""
        where = f"{' + '.join(self.scenes)} -> {self.onto}, task {self.task}, rule {self.rule}"
        done = f"{self.created:,} written, {self.known:,} were so already, {self.removed:,} taken back"
        met = f"agreed on {self.agreed:,} {self.unit}, said by some scenes alone {self.alone:,}"
        chips = f"{len(self.disagreements):,} chip{'' if len(self.disagreements) == 1 else 's'}"
        lines = [f"{where}: {done}", f"{met}, disagreed on {chips}"]
        lines += [f"  {one}" for one in self.disagreements[:SHOWN]]
        if len(self.disagreements) > SHOWN:
            lines.append(f"  and {len(self.disagreements) - SHOWN:,} more")
        lines += [f"note: {text}" for text in self.notes]
        if self.bulk is not None:
            lines.append(f"one act, which one undo takes back: {self.bulk}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        told = [{"chip_id": d.chip_id, "said": list(d.said), "pixels": d.pixels} for d in self.disagreements]
        names = ("task", "rule", "onto", "created", "known", "removed", "agreed", "alone", "unit", "bulk")
        return {**{n: getattr(self, n) for n in names}, "scenes": list(self.scenes), "disagreements": told,
                "notes": list(self.notes)}  # fmt: skip
