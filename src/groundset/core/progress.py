"""Progress of long work: told to whoever listens, and the place where it can be stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """One report: what is being done, how far it is, and how fast (units per second; seconds to go)."""

    what: str
    unit: str
    done: int
    total: int | None
    rate: float
    to_go: float | None


Listener = Callable[[Step], None]
"""Hears each step. Raising :class:`~groundset.core.errors.StoppedError` in it stops the work cleanly."""


@dataclass(slots=True)
class Progress:
    """Counts units of one piece of work and tells ``listener`` at most ten times a second.

    Args:
        what: What is being done, for people: "cutting chips".
        total: Number of units, None where it is not known.
        unit: Name of a unit: "chips".
        listener: Hears each step; None to be silent.
    """

    what: str
    total: int | None = None
    unit: str = "chips"
    listener: Listener | None = None
    done: int = 0
    _start: float = field(default_factory=time.monotonic)
    _told: float = 0.0

    def advance(self, n: int = 1) -> None:
        """Count ``n`` more finished units."""
        self.done += n
        now = time.monotonic()
        if self.listener is None or (now - self._told < 0.1 and self.done != self.total):
            return
        self._told = now
        rate = self.done / max(now - self._start, 1e-9)
        to_go = None if self.total is None or rate == 0 else (self.total - self.done) / rate
        self.listener(Step(self.what, self.unit, self.done, self.total, rate, to_go))
