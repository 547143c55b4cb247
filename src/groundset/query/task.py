"""Keeps the labels of one task up: reads the journal where it went on, counts masks behind the requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

from groundset.core import GroundsetError, Scheme
from groundset.core.layout import TaskConfig
from groundset.core.memory import no_collecting
from groundset.query.chips import Chips
from groundset.query.counts import MaskCounts
from groundset.query.labels import Label, Labeller, trains
from groundset.query.table import LabelTable
from groundset.query.working import Works, works

if TYPE_CHECKING:
    from groundset.journal import Journal

AT_ONCE = 8
"""Masks that a request waits for; more are counted behind it."""

Told = Callable[[str, list[str]], None]

_TELL_SECONDS = (0.5, 15.0)
"""First and longest wait between two tellings, since whoever hears may ask for everything again."""

_ANEW = 20_000
_BATCH = 64


class TaskTable:
    """The labels of one task, as of the journal's last event. Safe to share between threads.

    Args:
        journal: Where the answers are.
        task: The task.
        scheme: Its classes.
        counts: What masks hold.
        told: Called with the name of the task and the chips whose masks were counted behind the requests, now and then.
    """

    def __init__(
        self, journal: Journal, task: TaskConfig, scheme: Scheme, counts: MaskCounts, told: Told | None = None
    ) -> None:
        self.task, self.scheme = task, scheme
        self._told = told or (lambda _task, _chips: None)
        self._journal, self._counts = journal, counts
        self._labeller = Labeller(task, scheme, counts.get)
        self._lock = threading.RLock()
        self._head = 0
        self.works: Works | None = None if task.kind == "classify" else Works(Chips({}), {})
        self._by_id: dict[str, Label] = {}
        self._removed: set[str] = set()
        self._pending: dict[str, Label] = {}
        self._table = LabelTable.of(Chips({}), {})
        self._counter: threading.Thread | None = None
        self._closed = threading.Event()

    def fresh(self, chips: Chips, head: int, wanted: str | None = None) -> LabelTable:
        """The labels of these chips as event ``head`` (or a later one) left them.

        The masks of the chip that is ``wanted`` are counted at once, however many others wait.
        """
        with self._lock:
            changes, training = self._follow(chips, head)
            if chips is not self._table.chips:
                with no_collecting():
                    several = self.task.multi or self.task.kind == "outline"
                    self._table = LabelTable.of(chips, self._by_id, removed=self._removed, several=several)
            elif changes or training:
                self._table = self._table.patched(changes, training)
            if wanted is not None and wanted in self._pending:
                self._count({wanted: self._pending[wanted]})
            if self._pending:
                self._count_some()
            return self._table

    def close(self) -> None:
        """Stop counting."""
        self._closed.set()
        if self._counter is not None:
            self._counter.join()

    def _follow(self, chips: Chips, head: int) -> tuple[dict[str, Label | None], dict[str, bool]]:
        """Take in what the journal said since: labels that changed, None for those that are no more; what trains."""
        if self.works is not None:
            self.works = self.works.patched(chips, {})
        if head <= self._head:
            return {}, {}
        everything = self._head == 0
        touched: set[str] = set()
        if not everything:
            touched = {chip_id for task, chip_id in self._journal.touched(self._head) if task == self.task.name}
            everything = len(touched) > _ANEW
            if not touched:
                self._head = head
                return {}, {}
        with no_collecting() if everything else nullcontext():
            rows = self._journal.standing(self.task.name, None if everything else sorted(touched))
            told = self._labeller.labels(rows)
        if self.works is not None:
            said = works(rows)
            self.works = (
                Works(chips, said)
                if everything
                else self.works.patched(chips, {chip_id: said.get(chip_id, {}) for chip_id in touched})
            )
        training = dict.fromkeys(self._removed if everything else touched, True) | trains(rows)
        self._removed = (self._removed - training.keys()) | {chip_id for chip_id, use in training.items() if not use}
        gone = (self._by_id.keys() if everything else touched) - told.keys()
        changes: dict[str, Label | None] = {**told, **dict.fromkeys(gone)}
        for chip_id, label in changes.items():
            self._pending.pop(chip_id, None)
            if label is None:
                self._by_id.pop(chip_id, None)
            else:
                self._by_id[chip_id] = label
                if not label.counted:
                    self._pending[chip_id] = label
        self._head = head
        return changes, training

    def _count_some(self) -> None:
        """Count a few masks at once; begin to count many behind the requests."""
        if len(self._pending) <= AT_ONCE:
            self._count(dict(self._pending))
        elif self._counter is None and not self._closed.is_set():
            self._counter = threading.Thread(target=self._count_all, name=f"count {self.task.name}", daemon=True)
            self._counter.start()

    def _count_all(self) -> None:
        done: list[str] = []
        last, wait = time.monotonic(), _TELL_SECONDS[0]
        while not self._closed.is_set():
            with self._lock:
                some = dict(list(self._pending.items())[:_BATCH])
                if not some:
                    self._counter = None
                    break
            done += self._count(some)
            if time.monotonic() - last > wait:
                self._tell(done)
                done, last, wait = [], time.monotonic(), min(2 * wait, _TELL_SECONDS[1])
        self._tell(done)

    def _tell(self, done: list[str]) -> None:
        if done:
            with suppress(GroundsetError):  # counting goes on though nobody can be told
                self._told(self.task.name, done)

    def _count(self, some: dict[str, Label]) -> list[str]:
        """Count the masks of some chips; which of them now have their label."""
        found = self._counts.count(label.masks for label in some.values())
        with self._lock:
            # a chip may have a newer mask by now
            changes = {c: self._labeller.counted(label, found[label.masks]) for c, label in some.items()
                       if self._pending.get(c) is label}  # fmt: skip
            for chip_id, label in changes.items():
                self._by_id[chip_id] = label
                del self._pending[chip_id]
            self._table = self._table.patched(changes)
        return list(changes)
