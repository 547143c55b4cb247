"""The index: finds chips by filter, in an order, page by page. Long-lived, and always up to date."""

from __future__ import annotations

import threading
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundset.core import GroundsetError, InputError, MissingError
from groundset.core.layout import TaskConfig
from groundset.query import places
from groundset.query.chips import ChipReader, Chips, Positions
from groundset.query.coded import Coded
from groundset.query.counts import MaskCounts
from groundset.query.evaluate import keep
from groundset.query.facets import Queryable, facets
from groundset.query.found import Found, Hit, hits
from groundset.query.order import check_sort, ordered
from groundset.query.splits import SplitReader
from groundset.query.table import LabelTable
from groundset.query.task import TaskTable, Told
from groundset.query.values import Moment

if TYPE_CHECKING:
    from groundset.lake import Lake

_ORDERS_KEPT = 64
_Key = tuple[str, str, str | None, tuple[float, ...] | None]
"""Filter, order, task and box."""


@dataclass(frozen=True, slots=True)
class State:
    """What there is at one moment."""

    chips: Chips
    head: int
    splits: Coded[str]
    release: str | None


class Index:
    """Chips, labels and splits of a workspace in memory. Safe to share between threads.

    New parts of the chip table, new events and new releases are seen at the next question; asking whether there are any
    costs well under a millisecond. Close it, so that no counting goes on behind.

    Args:
        lake: The workspace.
        told: Called with a task and chips whose labels came to be known behind the requests: their masks were counted.
    """

    def __init__(self, lake: Lake, told: Told | None = None) -> None:
        self._lake = lake
        self._told = told
        self._warmer: threading.Thread | None = None
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._reader = ChipReader(lake)
        self._releases = SplitReader(lake.layout.releases)
        self._counts = MaskCounts(lake.masks, lake.layout.cache)
        self._tasks: dict[str, TaskTable] = {}
        self._state = State(Chips({}), 0, Coded.of((), 0), None)
        self._orders: OrderedDict[_Key, tuple[Mapping[str, weakref.ref[Any]], Positions]] = OrderedDict()

    def close(self) -> None:
        """Stop what goes on behind the requests."""
        self._closed.set()
        if self._warmer is not None:
            self._warmer.join()
        for table in list(self._tasks.values()):
            table.close()

    def warm(self) -> None:
        """Read everything behind the requests, so that the first one need not wait."""
        if self._warmer is None:
            self._warmer = threading.Thread(target=self._warm, name="warm index", daemon=True)
            self._warmer.start()

    def _warm(self) -> None:
        with suppress(GroundsetError):  # whoever asks is told
            for task in self._lake.config.tasks:
                if self._closed.is_set():
                    return
                self.find(task=task.name, limit=1)

    def now(self) -> State:
        """What there is now."""
        head = self._lake.journal.head()
        with self._lock:
            chips = self._reader.fresh()
            released = self._releases.refresh()
            was = self._state
            if chips is was.chips and head <= was.head and not released:
                return was
            splits = _splits(chips, self._releases.splits) if released or chips is not was.chips else was.splits
            self._state = State(chips, max(head, was.head), splits, self._releases.release)
            return self._state

    def task(self, name: str | None = None) -> TaskConfig | None:
        """The task of this name, or the default one; None where the workspace has no task.

        By default the first classify task that has answers, else the first task that has some, else the first.

        Raises:
            InputError: There is no such task.
        """
        tasks = self._lake.config.tasks
        if name is not None:
            found = next((t for t in tasks if t.name == name), None)
            if found is None:
                raise InputError("there is no such task", asked=name, found=", ".join(t.name for t in tasks) or "none")
            return found
        answered = [t for t in tasks if self.labels(t.name).labelled]
        return next(iter([t for t in answered if t.kind == "classify"] + answered + list(tasks)), None)

    def labels(self, task: str) -> LabelTable:
        """The labels of a task."""
        return self._labels(self.now(), task)

    def find(
        self,
        filter: str | None = None,  # noqa: A002  # its name everywhere
        *,
        sort: str = "id",
        task: str | None = None,
        limit: int = 100,
        offset: int = 0,
        bbox: Sequence[float] | None = None,
    ) -> Found:
        """The chips that a filter keeps, in an order: one page of them.

        Args:
            filter: CQL2 text; see :data:`groundset.query.PROPERTIES` for the names it may use.
            sort: ``id`` (scene, level, row, column), ``newest`` (latest acquired first) or ``random:SEED``.
            task: Task that ``label`` and its like speak of (default: see :meth:`task`).
            limit: Most chips on the page.
            offset: Chips before it.
            bbox: Only chips that meet west, south, east, north in degrees; west beyond east goes round.

        Raises:
            InputError: The filter, the order, the task or the box is wrong; says where.
        """
        chosen = self.task(task)
        state = self.now()
        order = check_sort(sort)
        moment = self._moment(state, chosen)
        name = None if chosen is None else chosen.name
        box = None if bbox is None else tuple(bbox)
        positions = self._positions(moment, ((filter or "").strip(), order, name, box))
        start = max(offset, 0)
        page = positions[start : start + max(limit, 0)]
        told = hits(state.chips, state.splits, moment.labels, page)
        return Found(len(positions), offset, state.head, name, told)

    def one(self, chip_id: str, task: str | None = None) -> Hit:
        """One chip as :meth:`find` tells it, with its label of one task; its masks are counted at once.

        Raises:
            MissingError: There is no such chip.
            InputError: There is no such task.
        """
        chosen = self.task(task)
        state = self.now()
        at = state.chips.places.get(chip_id)
        if at is None:
            raise MissingError("no such chip", asked=chip_id, found=f"{len(state.chips)} chips")
        labels = None if chosen is None else self._labels(state, chosen.name, chip_id)
        return hits(state.chips, state.splits, labels, np.array([at]))[0]

    def queryables(self, task: str | None = None) -> list[Queryable]:
        """What a filter may ask about, with the values that there are."""
        chosen = self.task(task)
        return facets(self._moment(self.now(), chosen))

    def version(self, task: str | None = None) -> str:
        """Changes whenever an answer of :meth:`find`, :meth:`queryables` or :meth:`labels` may."""
        state = self.now()
        chosen = self.task(task)
        pending = 0 if chosen is None else self._labels(state, chosen.name).pending
        told = (state.chips.stamp, state.head, self._releases.stamp, chosen, pending)
        return f"{zlib.crc32(repr(told).encode()):08x}-{state.head}-{pending}"

    def _labels(self, state: State, name: str, wanted: str | None = None) -> LabelTable:
        with self._lock:
            table = self._tasks.get(name)
            if table is None:
                config = self._lake.config.task(name)
                table = TaskTable(self._lake.journal, config, self._lake.scheme(name), self._counts, self._told)
                self._tasks[name] = table
        return table.fresh(state.chips, state.head, wanted)

    def _moment(self, state: State, task: TaskConfig | None) -> Moment:
        if task is None:
            return Moment(state.chips, None, state.splits, None, several=False)
        several = task.multi or task.kind == "outline"
        return Moment(state.chips, self._labels(state, task.name), state.splits, self._lake.scheme(task.name), several)

    def _positions(self, moment: Moment, key: _Key) -> Positions:
        """All chips kept, in order; worked out once for as long as what it was made from stays."""
        text, sort, _, bbox = key
        with self._lock:
            known = self._orders.get(key)
            if known is not None and all(made() is getattr(moment, name) for name, made in known[0].items()):
                self._orders.move_to_end(key)
                return known[1]
        kept = keep(text, moment) if text else None
        if bbox is not None:
            inside = _inside(moment.chips, bbox)
            kept = inside if kept is None else kept & inside
        positions = ordered(moment.chips, sort, kept)
        parts = {name: getattr(moment, name) for name in moment.used}
        made_from = {name: weakref.ref(part) for name, part in parts.items() if part is not None}
        with self._lock:
            self._orders[key] = made_from, positions
            while len(self._orders) > _ORDERS_KEPT:
                self._orders.popitem(last=False)
        return positions


def _splits(chips: Chips, told: Mapping[str, str]) -> Coded[str]:
    return Coded.of(map(told.get, chips.ids), len(chips)) if told else Coded.none(len(chips))


def _inside(chips: Chips, bbox: Sequence[float]) -> npt.NDArray[np.bool_]:
    try:
        box = places.box(bbox)
    except ValueError as error:
        raise InputError(str(error), asked=f"bbox={','.join(f'{v:g}' for v in bbox)}") from None
    inside = np.zeros(len(chips), bool)
    inside[chips.tree.query(box, predicate="intersects")] = True
    return inside
