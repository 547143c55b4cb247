"""What a foreign project says, as events: one act for each person, the same again adds nothing."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from groundset.chips import Chip
from groundset.core import InputError, LabelMask
from groundset.core.layout import TaskConfig
from groundset.journal import NewEvent, mask_payload
from groundset.journal.derive import undone_counts
from groundset.lake import Lake


class Saying:
    """Collects what people said for one task; nothing is in the journal before :meth:`commit`.

    Ids are made from what is said, so that the same again is known. What was undone here in the meantime gets the next
    id of its row, so that it can be brought again.

    Args:
        lake: The workspace.
        task: The task that is answered.
        source: Goes into each act: format and project.
        namespace: Of the ids.
    """

    def __init__(self, lake: Lake, task: TaskConfig, source: Mapping[str, str], namespace: uuid.UUID) -> None:
        self._lake, self._task, self._source, self._namespace = lake, task, dict(source), namespace
        self._events: dict[str, list[NewEvent]] = {}
        self._standing: dict[str, bool] | None = None
        self.created: Counter[str] = Counter()
        self.known = 0

    def mask(
        self, actor: str, chip: Chip, mask: LabelMask, layer: str, *, at: datetime | None = None, **extra: object
    ) -> None:
        """A person's mask in a layer; a later one of the same layer takes its place."""
        sha256 = self._lake.masks.put(mask, chip.geobox, self._lake.scheme(self._task.name))
        self.say(actor, "mask", chip, {**mask_payload(sha256, layer=layer), **extra}, at=at)

    def say(self, actor: str, kind: str, chip: Chip, payload: Mapping[str, Any], *, at: datetime | None = None) -> None:
        """Anything else of a chip."""
        what = json.dumps([*self._source.values(), self._task.name, actor, kind, str(chip.id), payload], sort_keys=True)
        turn = 0
        while (stands := self._known(event_id := str(uuid.uuid5(self._namespace, f"{what}|{turn}")))) is False:
            turn += 1
        if stands:
            self.known += 1
            return
        event = NewEvent(kind, self._task.name, str(chip.id), payload, id=event_id, at=at)
        self._events.setdefault(actor, []).append(event)
        self.created[kind] += 1

    def commit(self) -> None:
        """Write all, one act a person; returns when it is durable.

        Raises:
            InputError: The journal refuses something; nothing of that person's act is written then.
        """
        for events in self._events.values():
            for event in events:
                self._lake.check(event)
        for actor, events in self._events.items():
            done = self._lake.journal.append_bulk(events, actor=actor, payload={"verb": "import", **self._source})
            refused = [m for m in done.members if m.status == "refused"]
            if done.status == "refused" or refused:
                raise InputError("the journal refuses this", found=refused[0].error if refused else done.error)

    def _known(self, event_id: str) -> bool | None:
        """Whether an event stands; None where it was never said."""
        if self._standing is None:
            journal, task = self._lake.journal, self._task.name
            undone = undone_counts((e.id, str(e.undoes)) for e in journal.events(kind="undo"))
            current = {e.id for e in journal.current(task)}  # a mask that a later import replaced may be said again
            self._standing = {
                e.id: e.id in current if e.kind == "mask" else not undone.get(e.id) and not undone.get(e.bulk or "")
                for e in journal.events(task=task)
            }
        return self._standing.get(event_id)
