"""The shapes of one task: who wins where several speak of one, and which lie where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from groundset.core.memory import no_collecting
from groundset.journal.events import Event, format_time
from groundset.outlines.shape import Said, Shape, Told, parse, read

if TYPE_CHECKING:
    from groundset.journal import Journal
    from groundset.outlines.places import Places

_LOOSE = 500
"""Shapes changed since the tree of a scene was made, above which it is made again."""
_ANEW = 20_000
"""Events, or chips, above which everything is read again."""

Key = tuple[str, str, str]
"""Chip, actor and layer of a statement: the later one takes the place of the former."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of a scene."""


class Table:
    """The shapes of one task as the journal's last event left them. Not safe to share between threads.

    A shape is known by its id over all chips and actors: of what is said of it, people's word goes before a model's
    and the later before the earlier.

    Args:
        journal: Where the events are.
        task: Name of the task.
        places: Where scenes and chips lie.
    """

    def __init__(self, journal: Journal, task: str, places: Places) -> None:
        self.task = task
        self.head = 0
        self.changed = 0
        """Journal's head when something changed last."""
        self.scenes: dict[str, OnScene] = {}
        self._journal, self._places = journal, places
        self._said: dict[Key, tuple[int, tuple[Told, ...]]] = {}
        self._of_chip: dict[str, set[Key]] = {}
        self._of_shape: dict[str, set[Key]] = {}
        self._now: dict[str, Shape] = {}

    def __len__(self) -> int:
        return len(self._now)

    def get(self, shape_id: str) -> Shape | None:
        """The shape of this id as it stands."""
        return self._now.get(shape_id)

    def spoken_of(self, shape_id: str) -> bool:
        """Whether anything that stands speaks of it, if only that it is removed."""
        return bool(self._of_shape.get(shape_id))

    def shapes(self) -> Iterable[Shape]:
        """All shapes, in no order."""
        return self._now.values()

    def follow(self) -> None:
        """Take in what the journal said since."""
        head = self._journal.head()
        if head == self.head:
            return
        since, self.head = self.head, head
        try:
            self._follow(since)
        except BaseException:
            self.head = since  # what could not be read now is read the next time
            raise

    def _follow(self, since: int) -> None:
        if since == 0:
            self._anew()
        elif any(True for _ in self._journal.events(since=since, kind="undo", limit=1)):
            chips = {chip for task, chip in self._journal.touched(since) if task == self.task}
            if len(chips) > _ANEW:
                self._anew()
            elif chips:
                self._again(chips)
        else:
            new = self._journal.events(since=since, task=self.task, kind="shapes", limit=_ANEW)
            events = [event for event in new if event.seq <= self.head]
            if len(events) == _ANEW:
                self._anew()
            elif events:
                self._take([said_by(event) for event in events])

    def load(self, events: Sequence[Event]) -> None:
        """Take events in that stand, whatever the journal says."""
        self._take([said_by(event) for event in events])

    def _anew(self) -> None:
        self._again(None)

    def _again(self, chips: set[str] | None) -> None:
        """Read what stands about some chips (None: all); what was read before is not read twice."""
        rows = [r for r in self._journal.standing(self.task, None if chips is None else sorted(chips))
                if r.kind == "shapes"]  # fmt: skip
        keys = self._said.keys() if chips is None else {k for chip in chips for k in self._of_chip.get(chip, ())}
        known = {self._said[key][0] for key in keys}
        stands = {row.seq for row in rows}
        gone = [key for key in keys if self._said[key][0] not in stands]
        with no_collecting():
            self._take([_said_in(row) for row in rows if row.seq not in known], gone)

    def _take(self, new: Sequence[Said], gone: Iterable[Key] = ()) -> None:
        touched: set[str] = set()
        for key in list(gone):
            touched |= self._drop(key)
        for said, told in zip(new, read(new, self._places), strict=True):
            key = said.chip_id, said.actor, str(said.payload.get("layer", ""))
            if key in self._said:
                if self._said[key][0] >= said.seq:
                    continue
                touched |= self._drop(key)
            self._said[key] = said.seq, told
            self._of_chip.setdefault(said.chip_id, set()).add(key)
            for one in told:
                self._of_shape.setdefault(one.id, set()).add(key)
                touched.add(one.id)
        self._decide(touched)
        if touched:
            self.changed = self.head

    def _drop(self, key: Key) -> set[str]:
        _, told = self._said.pop(key)
        self._of_chip[key[0]].discard(key)
        for one in told:
            self._of_shape[one.id].discard(key)
        return {one.id for one in told}

    def _decide(self, ids: Iterable[str]) -> None:
        for own in ids:
            told = [one for key in self._of_shape.get(own, ()) for one in self._said[key][1] if one.id == own]
            now = max(told, key=lambda one: (one.rank, one.seq)).shape if told else None
            was = self._now.pop(own, None)
            if was is not None and (now is None or now.scene != was.scene):
                self.scenes[was.scene].put(own, None)
            if now is not None:
                self._now[own] = now
                self.scenes.setdefault(now.scene, OnScene()).put(own, now)


class OnScene:
    """The shapes of one scene, found by place: a tree of most of them, and a list of those that changed since."""

    def __init__(self) -> None:
        self.shapes: dict[str, Shape] = {}
        self._tree: Any = None
        self._ids: list[str] = []
        self._loose: set[str] = set()

    def put(self, own: str, shape: Shape | None) -> None:
        """Take in a shape as it is now; None: it is gone."""
        if shape is None:
            self.shapes.pop(own, None)
        else:
            self.shapes[own] = shape
        self._loose.add(own)

    def meets(self, box: Box) -> list[Shape]:
        """Shapes whose bounds meet a box, in no order."""
        import shapely

        if self._tree is None or len(self._loose) > _LOOSE:
            self._plant()
        area = shapely.box(*box)
        found = [self._ids[i] for i in self._tree.query(area).tolist()]
        near = [self.shapes[own] for own in found if own not in self._loose]
        loose = [shape for own in self._loose if (shape := self.shapes.get(own)) is not None]
        return near + [shape for shape in loose if _meet(shape.geometry.bounds, box)]

    def _plant(self) -> None:
        import shapely

        self._ids = list(self.shapes)
        self._tree = shapely.STRtree(np.array([self.shapes[i].geometry for i in self._ids], object))
        self._loose = set()


def said_by(event: Event) -> Said:
    """An event, lean."""
    geometry = [json.dumps(f["geometry"]) for f in event.payload["features"]]
    return Said(event.seq, format_time(event.at), event.actor, str(event.chip_id), event.payload, geometry)


def _said_in(row: Any) -> Said:
    payload, geometry = parse(row.payload)
    return Said(row.seq, row.at, row.actor, row.chip_id, payload, geometry)


def _meet(bounds: tuple[float, ...], box: Box) -> bool:
    return bounds[0] <= box[2] and bounds[2] >= box[0] and bounds[1] <= box[3] and bounds[3] >= box[1]
