"""Classes of chips, gathered from rows or points: one answer a chip."""

from __future__ import annotations

from collections.abc import Mapping

from groundset.chips import Chip
from groundset.core import Origin
from groundset.ingest._annotate.act import Act
from groundset.ingest._annotate.report import AnnotateReport
from groundset.journal import answer, answers


class Answers:
    """Collects classes per chip; a task with ``multi`` takes all of them, another the last one."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._chips: dict[str, Chip] = {}
        self._codes: dict[str, list[int]] = {}

    def add(self, chip: Chip, code: int) -> None:
        """One more class for a chip, in file order."""
        self._chips[str(chip.id)] = chip
        codes = self._codes.setdefault(str(chip.id), [])
        if code in codes:
            codes.remove(code)
        codes.append(code)

    def commit(self, what: Mapping[str, object]) -> AnnotateReport:
        """Write one answer a chip, as one act."""
        act = self._act
        for chip_id, codes in self._codes.items():
            event_id = act.event_id(chip_id)
            if event_id is None:
                continue
            if act.task.multi:
                act.add_answer(self._chips[chip_id], event_id, answers(codes, origin=Origin.IMPORT), sorted(codes))
                continue
            act.report.overlaps += len(codes) > 1
            payload = answer(codes[-1], origin=Origin.IMPORT)
            act.add_answer(self._chips[chip_id], event_id, payload, codes[-1:])
        return act.commit(what)
