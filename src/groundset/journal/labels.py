"""Labels: what the current answers of all actors come to, for each chip of a task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundset.core import (
    NO_CONFIDENCE,
    PEOPLE_ORIGINS,
    TRAINING_ORIGINS,
    UNLABELLED,
    LabelMask,
    Origin,
    Scheme,
    merge,
)
from groundset.journal.answers import Answer, resolve
from groundset.journal.events import Event
from groundset.journal.outlines import without_outdated
from groundset.journal.payloads import UNSAID, removed

if TYPE_CHECKING:
    from groundset.chips import Chip
    from groundset.journal.journal import Journal
    from groundset.journal.masks import MaskStore

UInt8 = npt.NDArray[np.uint8]
Reasons = Callable[["Chip"], UInt8]
"""Gives a chip's reasons, uint8 (rows, columns): 0 none, else why the product says that it cannot be answered."""


class TaskLabels:
    """The labels of one task at one moment: later events do not change them.

    Args:
        journal: Where the answers are.
        masks: Where the masks are.
        task: Name of the task.
        scheme: Its classes.
        reasons: Product flags of a chip; None to leave them out.
        multi: Whether a chip may have several classes.
        as_of: Number of the last event that counts; default the last one now.
        chip_ids: Only these chips; default all.
    """

    def __init__(
        self,
        journal: Journal,
        masks: MaskStore,
        task: str,
        scheme: Scheme,
        *,
        reasons: Reasons | None = None,
        multi: bool = False,
        as_of: int | None = None,
        chip_ids: Sequence[str] | None = None,
    ) -> None:
        self.task, self.scheme, self.multi = task, scheme, multi
        self.as_of = journal.head() if as_of is None else as_of
        self._masks, self._reasons = masks, reasons
        self._events: dict[str, list[Event]] = {}
        for event in journal.current(task, chip_ids=chip_ids, as_of=self.as_of):
            self._events.setdefault(str(event.chip_id), []).append(event)

    @property
    def chip_ids(self) -> tuple[str, ...]:
        """Chips of which a current answer says something, sorted."""
        return tuple(sorted(filter(self._says, self._events)))

    def _says(self, chip_id: str) -> bool:
        """Not where all that was said was taken back by answers ``unlabelled``."""
        said = without_outdated(self._events[chip_id])
        if said and all(map(_something, said)):
            return True
        return any(e.kind != "answer" and _something(e) for e in said) or self.answer(chip_id) is not None

    def events(self, chip_id: object) -> list[Event]:
        """Current answers about a chip, oldest first, those that say ``unlabelled`` too."""
        return self._events.get(str(chip_id), [])

    def actors(self, chip_id: object) -> tuple[str, ...]:
        """Who has a current answer that says something of a chip, sorted."""
        return tuple(sorted({e.actor for e in self.events(chip_id) if _something(e)}))

    def answer(self, chip_id: object) -> Answer | None:
        """What a chip is, by the latest answer of the strongest origin; None where nobody answered."""
        return resolve([e for e in self.events(chip_id) if e.kind == "answer"], self.scheme, multi=self.multi)

    def mask(self, chip: Chip, *, flags: bool = True, only: Callable[[Event], bool] | None = None) -> LabelMask:
        """The class of each pixel: human > consensus > import > product flag > region > model, then the latest.

        All current masks take part, those of one actor in several layers too: each counts from when it was said.

        Args:
            chip: The chip; the mask has its shape (rows, columns).
            flags: Whether the product's flags take part.
            only: Says which of the current masks take part (default: all).

        Raises:
            MissingError, ConflictError, InputError: A mask file is missing, damaged, or not of this chip.
        """
        flagged: list[LabelMask] = []
        if flags and self._reasons is not None and (reasons := self._reasons(chip)).any():
            flagged = [self._flagged(reasons)]
        return merge(chain(flagged, self._answered(chip, only)), _shape(chip))

    def training_mask(self, chip: Chip) -> LabelMask:
        """The label of a chip with only the pixels that may train: of people, imports, consensus and regions.

        A pixel that the product's flags hide, or that a model proposed, is unlabelled. A pixel that a person labelled
        counts whatever the flags say.
        """
        mask = self.mask(chip)
        trains = np.isin(mask.origin, [int(o) for o in TRAINING_ORIGINS]) & mask.labelled
        return LabelMask(
            np.where(trains, mask.classes, np.uint8(UNLABELLED)),
            np.where(trains, mask.origin, np.uint8(Origin.NONE)),
            np.where(trains, mask.confidence, np.uint8(NO_CONFIDENCE)),
        )

    def reasons(self, chip: Chip) -> UInt8:
        """Why pixels of a chip are not applicable, as the product says: uint8 (rows, columns), 0 none."""
        return np.zeros(_shape(chip), np.uint8) if self._reasons is None else self._reasons(chip)

    def said_reasons(self, chip_id: object) -> dict[str, int]:
        """Pixels by reason (cloud, shadow, nodata, unsure ...) as people's masks of a chip state them."""
        total: Counter[str] = Counter()
        for event in self.events(chip_id):
            if event.kind == "mask":
                total.update(event.payload.get("reasons", {}))
        return dict(sorted(total.items()))

    def methods(self, chip: Chip) -> tuple[str, ...]:
        """``label:methods`` of a chip, told truly from its pixels; see :func:`methods_of`."""
        return methods_of(self.mask(chip))

    def _answered(self, chip: Chip, only: Callable[[Event], bool] | None = None) -> Iterator[LabelMask]:
        """One by one: a chip may have many layers."""
        for event in self.events(chip.id):
            if event.kind == "mask" and (only is None or only(event)):
                yield self._masks.get(event.payload["sha256"], chip.geobox)

    def _flagged(self, reasons: UInt8) -> LabelMask:
        other = self.scheme.not_applicable
        flagged = reasons != 0
        classes = np.full(reasons.shape, UNLABELLED, np.uint8)
        if other is not None:
            classes[flagged] = other.code
        origin = np.where(flagged, np.uint8(Origin.PRODUCT), np.uint8(Origin.NONE))
        return LabelMask(classes, origin, np.full(reasons.shape, NO_CONFIDENCE, np.uint8))


def _something(event: Event) -> bool:
    """Not where it takes an answer, or an outline, away."""
    return not removed(event.payload) if event.kind == "shapes" else event.payload.get("value") != UNSAID


def methods_of(mask: LabelMask) -> tuple[str, ...]:
    """``manual`` without model pixels, ``automated`` without people's, else both. Flags alone are ``automated``.

    Only pixels with a class count. Those of a region are people's where a person said what it is: these state no
    confidence.
    """
    origins = mask.count_origins().keys()
    people = bool(origins & {int(o) for o in PEOPLE_ORIGINS}) or bool(mask.named.any())
    model = int(Origin.MODEL) in origins
    if people and model:
        return ("manual", "automated")
    return ("manual",) if people else ("automated",)


def _shape(chip: Chip) -> tuple[int, int]:
    rows, cols = chip.geobox.shape
    return int(rows), int(cols)
