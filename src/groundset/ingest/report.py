"""What an ingest did, for people and programs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did.

    Args:
        scenes: Scenes of which chips were added.
        chips: Chips added.
        skipped: Scenes of which every chip was there already.
        seconds: How long it took.
        timed: Scenes that were there without a time and have one now.
        notes: What the workspace's further encoders could not encode, and why.
    """

    scenes: int
    chips: int
    skipped: int
    seconds: float
    timed: int = 0
    notes: tuple[str, ...] = ()

    @property
    def chips_per_second(self) -> float:
        """Chips added in a second, all steps together; 0 where none was added."""
        return self.chips / self.seconds if self.seconds > 0 else 0.0

    def summary(self) -> str:
        """One line for the terminal, and one for each note."""
        return "\n".join((self._line(), *self.notes))

    def _line(self) -> str:
        if not self.scenes:
            return f"Nothing new: {self._there()}"
        line = f"{_count(self.scenes, 'scene')}, {_count(self.chips, 'chip')}, {self.chips_per_second:.1f} chips/s"
        return line + (f"; {self._there()}" if self.skipped or self.timed else "")

    def _there(self) -> str:
        there = f"{_count(self.skipped, 'scene')} already there"
        if not self.timed:
            return there
        return f"{there}, time noted" + ("" if self.timed == self.skipped else f" of {self.timed}")


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
