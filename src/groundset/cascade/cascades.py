"""The cascades of a workspace: begun, answered, gone on with, taken back; what stands is read from the journal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from groundset.cascade.begin import new_record, pyramid_of
from groundset.cascade.making import Made, make
from groundset.cascade.pyramid import Bool, Pyramid
from groundset.cascade.said import answers, placed
from groundset.cascade.state import State, state_of
from groundset.cascade.steps import (
    RECALL,
    Record,
    advance_event,
    check_recall,
    read,
    recall_event,
    run_lengths,
    start_event,
)
from groundset.cascade.view import View
from groundset.core import ConflictError, GroundsetError, InputError, Listener, MissingError
from groundset.journal import Appended, NewEvent

if TYPE_CHECKING:
    from groundset.ingest import AnnotateReport
    from groundset.lake import Lake
    from groundset.learn.matrix import Features
    from groundset.learn.ranker import Ranker

Append = Callable[[Sequence[NewEvent], str], list[Appended]]
"""Writes events of an actor; gives what became of each."""

KEPT = 8
"""Cascades whose rankings are kept."""


class Cascades:
    """The cascades of one workspace. Safe to share between threads.

    Args:
        lake: The workspace.
        ranker: Gives the features of all chips.
        append: Writes events (default: straight into the journal).
        inherit: Labels go down plainly, not as bags; for comparison.
    """

    def __init__(self, lake: Lake, ranker: Ranker, append: Append | None = None, *, inherit: bool = False) -> None:
        self._lake, self._ranker, self._inherit = lake, ranker, inherit
        self._append = append or (lambda new, actor: lake.annotate(new, actor=actor))
        self._lock = threading.RLock()
        self._views: dict[str, tuple[View, dict[str, tuple[str, bool]]]] = {}

    def all(self, *, task: str | None = None, scene: str | None = None) -> list[Record]:
        """The cascades that stand, latest first."""
        found = [
            record
            for record in read(self._lake.journal).values()
            if task in (None, record.task) and (scene is None or scene in record.scenes)
        ]
        return found[::-1]

    def get(self, name: str | None = None) -> Record:
        """One cascade; the only one, or the only open one, where no name is given.

        Raises:
            MissingError: There is none of this name; names those that are there.
        """
        there = self.all()
        fits = [r for r in there if r.id == name] if name is not None else there
        if name is None and len(fits) > 1:
            fits = [record for record in fits if not record.done]
        if len(fits) == 1:
            return fits[0]
        if name is None and there:
            raise InputError("several cascades are there", found=", ".join(r.id for r in there), hint="name one")
        raise MissingError(
            "there is no such cascade", asked=name or "the only one",
            found=", ".join(r.id for r in there) or "none", hint="begin one: groundset cascade start DIR --class NAME",
        )  # fmt: skip

    def start(
        self,
        class_: str | int,
        *,
        actor: str,
        task: str | None = None,
        scenes: Sequence[str] | None = None,
        levels: int | None = None,
        recall: float = RECALL,
        name: str | None = None,
    ) -> Record:
        """Begin a cascade.

        Args:
            class_: The class that is looked for, by name or code.
            actor: Who begins it.
            task: A classify task; may be left out where there is one.
            scenes: Scenes to look through (default: all that are no photos).
            levels: How many levels of the quadtree; the grid gets those that it lacks (default: all that it has).
            recall: Share of the positive chips that each level is to keep.
            name: Its name (default: class and scene).

        Raises:
            InputError: Fewer than three levels, a chip size that does not divide, no such task or scene.
            ConflictError: A cascade of this class is open in one of these scenes.
        """
        standing = read(self._lake.journal)
        record = new_record(
            self._lake, standing, class_, actor=actor, task=task, scenes=scenes, levels=levels, recall=recall, name=name
        )
        self._write(start_event(record), actor)
        return self.get(record.id)

    def view(self, record: Record) -> View:
        """A cascade at this moment; the same object while nothing of it changes."""
        told = answers(self._lake.journal, record.task, record.code)
        features = self._features(record.task)
        with self._lock:
            known = self._views.pop(record.id, None)
            if known is None or known[0].record != record or known[0].features is not features or known[1] != told:
                pyramid = pyramid_of(self._lake, record.scenes, record.levels)
                same = known is not None and known[0].features is features
                found = known[0].backgrounds if known is not None and same else None
                said = placed(pyramid, told)
                known = View(record, pyramid, said, features, inherit=self._inherit, backgrounds=found), told
            self._views[record.id] = known
            while len(self._views) > KEPT:
                self._views.pop(next(iter(self._views)))
            return known[0]

    def title(self, record: Record) -> str:
        """Title of the class that is looked for; of one that left the scheme its code."""
        try:
            return self._lake.scheme(record.task).find(record.code).title
        except GroundsetError:
            return f"class {record.code}"

    def state(self, record: Record) -> State:
        """How far a cascade is."""
        return state_of(self._lake, self.view(record))

    def answer(self, record: Record, chip_ids: Iterable[str], value: str, *, actor: str) -> AnnotateReport:
        """Answer chips of a cascade, as one act: ``positive``, ``negative``, ``unsure``, ``unlabelled`` ..."""
        from groundset.ingest import annotate_chips

        return annotate_chips(self._lake, chip_ids, record.code, actor=actor, value=value, task=record.task)

    def choose(self, record: Record, recall: float, *, actor: str) -> Record:
        """Choose another recall for the levels to come."""
        if check_recall(recall) == record.recall:
            return record
        self._write(recall_event(record, recall), actor)
        return self.get(record.id)

    def advance(self, record: Record, *, actor: str, recall: float | None = None) -> Record:
        """Leave the level that is worked on: what its threshold rejects does not go on. Makes no chip yet.

        Raises:
            ConflictError: Chips that are looked at are missing, nothing is known yet, or every level is done.
        """
        if recall is not None:
            check_recall(recall)
        view = self.view(record)
        stuck = state_of(self._lake, view).stuck
        if stuck is not None:
            raise ConflictError("this level cannot be left", asked=record.id, found=stuck,
                                hint=f"groundset cascade status DIR {record.id}")  # fmt: skip
        level = record.level
        drawn, score = view.threshold(level, recall)
        cut = view.cut(level, recall)
        empty = view.empty(level)
        rejected = {} if cut is None else _by_scene(view.pyramid, level, cut)
        without = _by_scene(view.pyramid, level, empty) if empty.any() else {}
        at = 0.0 if cut is not None and score is None else score
        self._write(advance_event(record, level, drawn, at, rejected, without), actor)
        return self._moved(record)

    def back(self, record: Record, *, actor: str) -> Record | None:
        """Take the last step back: the last level, another recall, at the very start the cascade itself (None).

        Chips that were made stay, and need not be made again.
        """
        self._write(NewEvent("undo", undoes=record.last), actor)
        return next((r for r in self.all() if r.id == record.id), None)

    def make(self, record: Record, *, executor: Executor | None = None, progress: Listener | None = None) -> Made:
        """Make the chips that are looked at and are not there.

        Raises:
            ConflictError: An ingest is running.
        """
        return make(self._lake, self.view(record), executor=executor, progress=progress)

    def _features(self, task: str) -> Features:
        return self._ranker.state(task).features

    def _write(self, event: NewEvent, actor: str) -> None:
        told = self._append([event], actor)[0]
        if told.status == "refused":
            raise ConflictError("this step was refused", found=told.error, hint="look at the cascade again")

    def _moved(self, before: Record) -> Record:
        now = self.get(before.id)
        if len(now.advances) <= len(before.advances):
            raise ConflictError("somebody took another step meanwhile", asked=before.id, hint="look at it again")
        return now


def _by_scene(pyramid: Pyramid, level: int, cells: Bool) -> dict[str, list[int]]:
    return {e.scene: run_lengths(cells[pyramid.cells_of(level, i)]) for i, e in enumerate(pyramid.extents)}
