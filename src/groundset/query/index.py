"""The index: finds chips by filter, in an order, page by page. Long-lived, and always up to date."""

from __future__ import annotations

import threading
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from groundset.core import GroundsetError, InputError, MissingError
from groundset.core.layout import TaskConfig
from groundset.query.attached import OutsideReader
from groundset.query.attributes import AttributeReader, Attributes
from groundset.query.chips import ChipReader, Chips, Positions
from groundset.query.coded import Coded
from groundset.query.counts import MaskCounts
from groundset.query.evaluate import keep as keep_where
from groundset.query.facets import Queryable, facets
from groundset.query.found import Found, Hit
from groundset.query.learned import Scorer, Want
from groundset.query.order import LEARNED, Order, check_sort, highest_first, ordered, seen_first
from groundset.query.own import PREFIX
from groundset.query.pins import Pins, check_keep, kept_first
from groundset.query.placed import Asked, among, asked, inside
from groundset.query.ranked import Shown, rows_want, shown, values_of
from groundset.query.ranked import wanted as _wanted
from groundset.query.splits import SplitReader, split_column
from groundset.query.table import LabelTable
from groundset.query.task import TaskTable, Told
from groundset.query.values import Moment
from groundset.query.worded import narrowed
from groundset.query.working import PROPERTIES as WORK

if TYPE_CHECKING:
    from groundset.lake import Lake

_ORDERS_KEPT = 64
_GLANCE = 0.05
"""Seconds between two looks at how far the counting is."""


class _Key(NamedTuple):
    """What a list depends on beside the moment."""

    filter: str
    order: Order
    task: str | None
    box: tuple[float, ...] | None
    want: Want
    actor: str | None
    keep: tuple[str, int] | None
    asked: Asked
    pictures: str


class _List(NamedTuple):
    """A list that was worked out: what it was made from, the chips, its pin."""

    made_from: Mapping[str, weakref.ref[Any]]
    positions: Positions
    pin: str


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
        self._attributes: AttributeReader | None = None
        self._outside = OutsideReader(lake, wait=told is None)
        self._state = State(Chips({}), 0, Coded.of((), 0), None)
        self._orders: OrderedDict[_Key, _List] = OrderedDict()
        self._pins = Pins()
        self.scorer: Scorer | None = None

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
            splits = split_column(chips, self._releases.splits) if released or chips is not was.chips else was.splits
            self._state = State(chips, max(head, was.head), splits, self._releases.release)
            return self._state

    def task(self, name: str | None = None, *, learned: bool = False) -> TaskConfig | None:
        """The task of this name, or the default one; None where the workspace has no task.

        By default the first classify task that has answers, else the first task that has some, else the first; where
        something ``learned`` is asked for, the first classify task of any before others.

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
        classify = [t for t in tasks if t.kind == "classify"] if learned else []
        by_rank = [t for t in answered if t.kind == "classify"] + classify + answered + list(tasks)
        return next(iter(by_rank), None)

    def labels(self, task: str) -> LabelTable:
        """The labels of a task."""
        return self._labels(self.now(), task)

    def find(
        self,
        filter: str | None = None,  # noqa: A002  # its name everywhere
        *,
        sort: str = "id",
        task: str | None = None,
        class_: str | int | None = None,
        like: Sequence[str] = (),
        method: str = "logistic",
        encoder: str | None = None,
        pin: str | None = None,
        keep: str | None = None,
        anew: bool = False,
        limit: int = 100,
        offset: int = 0,
        bbox: Sequence[float] | None = None,
        actor: str | None = None,
        words: str | None = None,
    ) -> Found:
        """The chips that a filter keeps, in an order: one page of them.

        Args:
            filter: CQL2 text; see :meth:`queryables` for the names it may use.
            sort: ``id`` (scene, level, row, column), ``newest`` (latest acquired first), ``random:SEED``,
                ``similar[:CLASS]`` (highest score first; without a class of ``like``, else of ``class_``),
                ``uncertain[:CLASS]`` (most undecided first) or ``typical``.
            task: Task that ``label`` and its like speak of (default: see :meth:`task`).
            class_: Class (name or code) whose scores the rows tell.
            like: Examples whose likeness the rows tell: chip ids or ``SCENE@x_off,y_off,width,height``.
            method: How examples become a score: ``logistic``, ``rocchio`` or ``mean``.
            encoder: Whose features count (default: the workspace's).
            pin: A list as it was when it was told; filter, order and box are then the list's own.
            keep: ``PIN:COUNT``: the first chips of that list stay where they are, the order begins behind them.
            anew: Where the list that ``pin`` or ``keep`` names is forgotten, tell the one that there is now.
            limit: Most chips on the page.
            offset: Chips before it.
            bbox: Only chips that meet west, south, east, north in degrees; west beyond east goes round.
            actor: Whose ``work`` and ``difficulty`` a filter means (default: those of whoever spoke last of a chip).
            words: Only chips that words find; by ``id`` those that fit best come first (:mod:`groundset.query.worded`).

        Raises:
            InputError: The filter, the order, the task, the class or the box is wrong; says where.
            ConflictError: The list that ``pin`` or ``keep`` names is forgotten, and none was to be made ``anew``.
        """
        pin, stays, forgotten = self._pins.still(pin, check_keep(keep), anew=anew)
        learned = _speaks_of_scores(filter, sort) or class_ is not None or bool(like)
        chosen = self.task(task, learned=learned)
        state = self.now()
        moment = self._moment(state, chosen, encoder, actor)
        order = check_sort(sort, moment.scheme)
        want = _wanted(moment, class_, like, method, encoder, words)
        if pin is not None:
            positions, name = self._pins.get(pin, state.chips), pin
        else:
            text = (filter or "").strip()
            whose = actor if any(name in text for name in WORK) else None
            whole, mark = asked(self._lake.config, chosen), self._stamp(moment, want, order)
            box, named = None if bbox is None else tuple(bbox), None if chosen is None else chosen.name
            key = _Key(text, order, named, box, want, whose, stays, whole, mark)
            positions, name = self._list(moment, key)
        page = positions[max(offset, 0) :][: max(limit, 0)]
        tells = rows_want(want, order)
        told = shown(moment, page, tells)
        return Found(
            len(positions), offset, state.head, None if chosen is None else chosen.name, told.hits, name,
            told.meaning, state.chips, positions, moment, tells, forgotten,
        )  # fmt: skip

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
        if chosen is not None:
            self._labels(state, chosen.name, chip_id)
        return shown(self._moment(state, chosen), np.array([at]), Want()).hits[0]

    def queryables(
        self, task: str | None = None, actor: str | None = None, level: int | None = None
    ) -> list[Queryable]:
        """What a filter may ask about, with the values at a level or at all; ``actor``: whose work is told."""
        return facets(self._moment(self.now(), self.task(task), actor=actor), level)

    def settle(self, task: str | None = None) -> None:
        """Wait until the masks of a task's labels are counted; lists and views do not wait, and say so."""
        chosen = self.task(task)
        while chosen is not None and self.labels(chosen.name).pending and not self._closed.wait(_GLANCE):
            pass

    def moment(self, task: str | None = None) -> Moment:
        """Everything that a filter may ask about now."""
        return self._moment(self.now(), self.task(task))

    def keep(
        self,
        filter: str | None,  # noqa: A002  # its name everywhere
        *,
        task: str | None = None,
        encoder: str | None = None,
    ) -> npt.NDArray[np.bool_] | None:
        """The chips that a filter keeps, bool (chips,), in the order of the index; None: all.

        Raises:
            InputError: The filter is wrong; says where.
        """
        text, chosen = (filter or "").strip(), self.task(task)
        state = self.now()
        kept = keep_where(text, self._moment(state, chosen, encoder)) if text else None
        return among(state.chips, asked(self._lake.config, chosen), kept)

    def rows(
        self,
        positions: Sequence[int],
        *,
        task: str | None = None,
        class_: str | int | None = None,
        encoder: str | None = None,
    ) -> Shown:
        """The chips at these places of the index, as :meth:`find` tells them."""
        moment = self._moment(self.now(), self.task(task), encoder)
        return shown(moment, np.array(positions, np.int64), _wanted(moment, class_, (), "logistic", encoder))

    def learned(self, task: str | None = None, encoder: str | None = None) -> Any:
        """What is learned from a task's labels now: a :class:`groundset.query.learned.Learned`.

        Raises:
            InputError: No such task, or the workspace has none.
        """
        chosen = self.task(task, learned=True)
        if chosen is None or self.scorer is None:
            raise InputError("there is no task to learn", hint="add one to groundset.toml: [tasks.chips]")
        state = self.now()
        return self.scorer.learned(state.chips, chosen, self._labels(state, chosen.name), encoder)

    def version(self, task: str | None = None, encoder: str | None = None, actor: str | None = None) -> str:
        """Changes whenever an answer of :meth:`find`, :meth:`queryables` or :meth:`labels` may, also with who asks."""
        state = self.now()
        chosen = self.task(task)
        pending = 0 if chosen is None else self._labels(state, chosen.name).pending
        scheme = None if chosen is None else self._lake.scheme(chosen.name).classes
        declared = self._lake.config.attributes, self._lake.config.series, self._outside.stamp(state.chips)
        learned = None if self.scorer is None else self.scorer.stamp(encoder)
        seen = (state.chips.stamp, state.head, self._releases.stamp, pending, learned, self._pins.stamp)
        return f"{zlib.crc32(repr((seen, chosen, scheme, declared, actor)).encode()):08x}-{state.head}-{pending}"

    def _labels(self, state: State, name: str, wanted: str | None = None) -> LabelTable:
        return self._table(name).fresh(state.chips, state.head, wanted)

    def _table(self, name: str) -> TaskTable:
        config, scheme = self._lake.config.task(name), self._lake.scheme(name)
        with self._lock:
            table = self._tasks.get(name)
            if table is None or table.scheme is not scheme or table.task != config:  # a class was added
                table = TaskTable(self._lake.journal, config, scheme, self._counts, self._told)
                self._tasks[name] = table
        return table

    def _said(self, state: State) -> Attributes:
        with self._lock:
            if self._attributes is None:
                self._attributes = AttributeReader(self._lake.journal)
        return self._attributes.fresh(state.chips, state.head)

    def _moment(
        self, state: State, task: TaskConfig | None, encoder: str | None = None, actor: str | None = None
    ) -> Moment:
        attributes, declared = self._said(state), self._lake.config.attributes
        plain = Moment(
            state.chips, None, state.splits, None, several=False, attributes=attributes, declared=declared,
            outside=self._outside.fresh(state.chips),
        )  # fmt: skip
        if task is None:
            return plain
        labels = self._labels(state, task.name)
        learned = None if self.scorer is None else self.scorer.learned(state.chips, task, labels, encoder)
        return replace(
            plain, labels=labels, scheme=self._lake.scheme(task.name), several=task.multi or task.kind == "outline",
            learned=learned, encoder=encoder, works=self._table(task.name).works, actor=actor,
            pictured=None if self.scorer is None else self.scorer.pictured,
        )  # fmt: skip

    def _stamp(self, moment: Moment, want: Want, order: Order) -> str:
        """Changes when words may find other chips."""
        pictures = "" if self.scorer is None else self.scorer.stamp(want.encoder)
        return f"{pictures} {hash(moment.scheme)}" if order.text or want.words else ""

    def _list(self, moment: Moment, key: _Key) -> tuple[Positions, str]:
        """All chips kept, in order, and their pin; worked out once for as long as what it was made from stays."""
        with self._lock:
            known = self._orders.get(key)
            if known is not None and _stands(known, moment) and self._pins.holds(known.pin):
                self._orders.move_to_end(key)
                return known.positions, known.pin
        positions = self._positions(moment, key)
        parts = {name: getattr(moment, name) for name in moment.used}
        made_from = {name: weakref.ref(part) for name, part in parts.items() if part is not None}
        with self._lock:
            pin = self._pins.put(moment.chips, positions)
            self._orders[key] = _List(made_from, positions, pin)
            while len(self._orders) > _ORDERS_KEPT:
                self._orders.popitem(last=False)
        return positions, pin

    def _positions(self, moment: Moment, key: _Key) -> Positions:
        kept = keep_where(key.filter, moment) if key.filter else None
        if key.box is not None:
            there = inside(moment.chips, key.box)
            kept = there if kept is None else kept & there
        kept = narrowed(moment, key.want, among(moment.chips, key.asked, kept))
        if key.order.learned or (key.want.words is not None and key.order.name == "id"):
            positions = seen_first(moment.chips, highest_first(values_of(moment, key.order, key.want), kept))
        else:
            positions = ordered(moment.chips, key.order, kept)
        if key.keep is None:
            return positions
        first = self._pins.get(key.keep[0], moment.chips)[: key.keep[1]]
        return kept_first(first, positions, len(moment.chips))


def _stands(known: _List, moment: Moment) -> bool:
    """Whether all that a list was made from is as it was."""
    return all(made() is getattr(moment, name) for name, made in known.made_from.items())


def _speaks_of_scores(text: str | None, sort: str) -> bool:
    return sort.partition(":")[0] in LEARNED or PREFIX in (text or "")
