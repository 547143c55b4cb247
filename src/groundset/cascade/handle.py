"""One cascade in Python: what ``ws.cascade("water")`` returns."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Self

import numpy as np

from groundset.cascade.said import VALUES
from groundset.cascade.walk import DECISIONS
from groundset.cascade.words import summary

if TYPE_CHECKING:
    import pyarrow as pa

    from groundset.cascade.cascades import Cascades
    from groundset.cascade.making import Made
    from groundset.cascade.said import Conflict
    from groundset.cascade.state import State
    from groundset.cascade.steps import Record
    from groundset.cascade.view import View
    from groundset.core import Listener


class Cascade:
    """One cascade; always as the journal has it now.

    Args:
        room: The cascades of the workspace.
        name: Its name.
        actor: Who takes its steps and answers (default: the system user name).
    """

    def __init__(self, room: Cascades, name: str, actor: str | None = None) -> None:
        self._room, self.name, self._actor = room, name, actor or getpass.getuser()

    @property
    def record(self) -> Record:
        """Its steps.

        Raises:
            MissingError: It was taken back.
        """
        return self._room.get(self.name)

    @property
    def level(self) -> int:
        """The level that is worked on."""
        return self.record.level

    @property
    def title(self) -> str:
        """Title of the class that is looked for."""
        return self._room.title(self.record)

    def view(self) -> View:
        """It at this moment, for whoever draws it."""
        return self._room.view(self.record)

    def state(self) -> State:
        """How far it is."""
        return self._room.state(self.record)

    def suggest(self, n: int = 50, *, seed: int = 0) -> list[str]:
        """Chips of the level that is worked on to answer next: ids."""
        view = self._room.view(self.record)
        return [view.pyramid.chip_id(view.record.level, cell) for cell, _ in view.ask(n, seed)]

    def answer(self, chip_ids: str | Iterable[str], value: str = "positive") -> Self:
        """Answer chips: ``positive``, ``negative``, ``unsure``, ``not-applicable``, or ``unlabelled``."""
        ids = [chip_ids] if isinstance(chip_ids, str) else list(chip_ids)
        if ids:
            self._room.answer(self.record, ids, value, actor=self._actor)
        return self

    def advance(
        self, *, recall: float | None = None, executor: Executor | None = None, progress: Listener | None = None
    ) -> Made:
        """Leave the level, and make the chips of the next one that lie in chips which go on."""
        record = self._room.advance(self.record, actor=self._actor, recall=recall)
        return self._room.make(record, executor=executor, progress=progress)

    def make(self, *, executor: Executor | None = None, progress: Listener | None = None) -> Made:
        """Make chips that are looked at and are not there: a level was deleted, or a coarser answer changed."""
        return self._room.make(self.record, executor=executor, progress=progress)

    def back(self) -> Self | None:
        """Take the last step back; None where that was the first one, and the cascade is gone."""
        return None if self._room.back(self.record, actor=self._actor) is None else self

    def choose(self, recall: float) -> Self:
        """Choose another recall for the levels to come.

        Levels lose one after the other. A loss saves most at the level before the finest, whose chips have the most
        children, and nothing at the finest.
        """
        self._room.choose(self.record, recall, actor=self._actor)
        return self

    def conflicts(self) -> list[Conflict]:
        """Answers that contradict each other."""
        return self._room.view(self.record).conflicts()

    def cells(self, level: int | None = None) -> pa.Table:
        """The chips of a level that are looked at (default: the level that is worked on), as an Arrow table.

        Columns: chip_id, scene, row, col, decision (kept, rejected, undecided), score, answer, made.
        """
        import pyarrow as pa

        view = self._room.view(self.record)
        number = view.begun[-1] if level is None else view.begun_level(level)
        tree, walked, score = view.pyramid.level(number), view.walked(number), view.scores(number)
        at = np.flatnonzero(walked.candidate)
        said = [VALUES[v] or None for v in view.said[number].value[at].tolist()]
        return pa.table(
            {
                "chip_id": [view.pyramid.chip_id(number, cell) for cell in at.tolist()],
                "scene": [view.pyramid.extents[i].scene for i in tree.scene[at].tolist()],
                "row": tree.row[at],
                "col": tree.col[at],
                "decision": [DECISIONS[d] for d in walked.decision[at].tolist()],
                "score": pa.array(score[at], mask=np.isnan(score[at])),
                "answer": pa.array(said, pa.string()),
                "made": view.position(number)[at] >= 0,
            }
        )

    def __repr__(self) -> str:
        return summary(self.state(), self._room.title(self.record))
