"""One bulk act: what an actor says about many chips at once, written as one undoable thing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from groundset.chips import Chip
from groundset.core import InputError, LabelMask, Scheme
from groundset.core.layout import TaskConfig
from groundset.ingest._annotate.report import AnnotateReport
from groundset.journal import NewEvent, mask_payload, new_id
from groundset.journal.derive import undone_counts
from groundset.journal.payloads import subject
from groundset.lake import Lake
from groundset.series import at_place

NAMESPACE = uuid.UUID("6f1d2f0e-6f5e-5c0b-9d0a-2b9c8f0f4a11")
"""Of the ids made from a file's checksum, so that one file answers a chip once."""


class Act:
    """Collects annotations of one actor for one task; nothing is in the journal before :meth:`commit`.

    Its masks are a layer of their own: they hold only the pixels that this act says, never what the actor said before.
    So undoing an act takes back its pixels and no others, and restates nothing that somebody else has answered since.

    Args:
        lake: The workspace.
        task: The task that is answered.
        actor: Who answers.
        key: What makes ids repeatable (the file's checksum and the options that it was read with); None for fresh ids.
        source: Goes into each payload: file name and checksum.
        report: Filled as the act grows.
    """

    def __init__(
        self,
        lake: Lake,
        task: TaskConfig,
        actor: str,
        *,
        key: str | None,
        source: Mapping[str, object],
        report: AnnotateReport,
    ) -> None:
        self.lake, self.task, self.actor, self.report = lake, task, actor, report
        self.scheme: Scheme = lake.scheme(task.name)
        self._key, self._source = key, dict(source)
        self._layer = new_id() if key is None else str(uuid.uuid5(NAMESPACE, key))
        self._events: list[NewEvent] = []
        self._placed: set[tuple[str, str]] = set()
        self._known = _standing(lake, actor, task.name, report.kind) if key is not None else {}
        self._names = {c.code: c.name for c in self.scheme}

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said, now or before."""
        return not self._events and not self.report.known

    def event_id(self, chip_id: str) -> str | None:
        """Id of this act's annotation of a chip; None (and counted as known) where it stands already.

        An annotation that was undone gets the next id of its row, so that the same file can be brought again.
        """
        if self._key is None:
            return new_id()
        turn = 0
        while True:
            event_id = str(uuid.uuid5(NAMESPACE, "|".join((self._key, self.task.name, self.actor, chip_id, str(turn)))))
            if event_id not in self._known:
                return event_id
            if self._known[event_id]:
                self.report.known += 1
                return None
            turn += 1

    def add_masks(self, answers: Sequence[tuple[Chip, str, LabelMask]], **extra: object) -> None:
        """Add masks, (chip, event id, mask): only the pixels that this act says, in its layer."""
        sums = self.lake.masks.put_many([(mask, chip.geobox) for chip, _, mask in answers], self.scheme)
        for (chip, event_id, new), sha256 in zip(answers, sums, strict=True):
            if self._add(event_id, "mask", chip, {**mask_payload(sha256, layer=self._layer), **extra}):
                for code, pixels in new.count().items():
                    self._count(code, pixels)

    def add_answer(self, chip: Chip, event_id: str, payload: Mapping[str, object], codes: Sequence[int]) -> None:
        """Add an answer to the question of a classify task."""
        if self._add(event_id, "answer", chip, payload):
            for code in codes:
                self._count(code, 1)

    def commit(self, what: Mapping[str, object]) -> AnnotateReport:
        """Write all annotations as one bulk act; returns when they are durable."""
        if self._events:
            done = self.lake.journal.append_bulk(self._events, actor=self.actor, payload={**what, **self._source})
            refused = [m for m in done.members if m.status == "refused"]
            if done.status == "refused" or refused:
                raise InputError(
                    "the journal refuses these annotations", found=refused[0].error if refused else done.error
                )
            self.report.bulk = done.id
        self.report.created = len(self._events)
        return self.report

    def _add(self, event_id: str, kind: str, chip: Chip, payload: Mapping[str, object]) -> bool:
        """Whether it says something: of a place that was looked at on two dates the same is said once."""
        body: dict[str, Any] = {**payload, **({"source": self._source} if self._source else {})}
        new = NewEvent(id=event_id, kind=kind, task=self.task.name, chip_id=str(chip.id), payload=body)
        placed = at_place(self.lake.config, new)
        if placed is not new:
            said = (str(placed.chip_id), subject(kind, placed.payload))
            if said in self._placed:
                return False
            self._placed.add(said)
        self._events.append(placed)
        return True

    def _count(self, code: int, n: int) -> None:
        name = self._names.get(code, str(code))
        self.report.counts[name] = self.report.counts.get(name, 0) + n


def _standing(lake: Lake, actor: str, task: str, kind: str) -> dict[str, bool]:
    """Ids of the actor's annotations, and whether each stands (neither it nor its bulk act is undone)."""
    undone = undone_counts((e.id, str(e.undoes)) for e in lake.journal.events(kind="undo"))
    events = lake.journal.events(actor=actor, task=task, kind=kind)
    return {e.id: not undone.get(e.id) and not undone.get(e.bulk or "") for e in events}
