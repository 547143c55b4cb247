"""What the assistant asks of a chip: where questions, labels, regions and the live model meet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import UNLABELLED, InputError
from groundset.lake import Lake
from groundset.segment.live.assistant import Assistant
from groundset.segment.live.models import DEFAULT
from groundset.segment.live.proposal import NotEnoughError
from groundset.segment.live.questions import Asked, Sight, Skip, ask
from groundset.segment.live.rows import trained_pixels
from groundset.segment.regions import RegionStore

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

MOST_SKIPS = 500


@dataclass(frozen=True, slots=True)
class Asking:
    """What will be asked of a chip.

    Args:
        mark: Changes when the questions do.
        head: Number of the last event that is known.
        learned: Whether there is enough to learn from.
        make: Chooses the questions.
    """

    mark: str
    head: int
    learned: bool
    make: Callable[[], Asked]


def asking(
    lake: Lake,
    regions: RegionStore,
    assistant: Assistant,
    chip: Chip,
    task: str | None = None,
    *,
    n: int = 8,
    model: str = DEFAULT,
    skipped: Sequence[Skip] = (),
) -> Asking:
    """What to ask of a chip: segments that one key answers, those first where an answer helps most.

    Args:
        lake: The workspace.
        regions: Its hierarchies.
        assistant: Its assistant.
        chip: The chip.
        task: A task of pixels; None where there is one.
        n: How many questions at most.
        model: A segmenter, or the name of a folder in ``models/``.
        skipped: Questions that were skipped: see :func:`~groundset.segment.live.questions.ask`.

    Raises:
        MissingError: No such model.
        MovedError: A file of the scene is not there.
        InputError: No such task; bands that differ; a skip beyond the chip, or too many of them.
    """
    about = lake.config.task(task, "segment")
    chosen = about.name
    _check_skips(skipped, chip)
    head = lake.journal.head()
    said: Callable[[], tuple[Float32, UInt8]] | None = None
    version = ""
    with suppress(NotEnoughError):
        version, said = assistant.probabilities(chosen, str(chip.id), model)
    labels = lake.labels(chosen, chip_ids=[str(chip.id)])
    painted = tuple(e.seq for e in labels.events(str(chip.id)) if e.kind == "mask")
    codes = np.array([c.code for c in lake.scheme(chosen).classes], np.uint8)
    parts = (regions.mark(chip, about), version, chosen, model, painted, codes.tolist(), n, tuple(skipped))

    def make() -> Asked:
        planes = assistant.planes(chosen, chip)
        there = ~planes.nodata
        if painted:
            there &= trained_pixels(labels, chip).codes == UNLABELLED
        probabilities, classes = (None, codes) if said is None else said()
        if probabilities is not None:
            there &= np.isfinite(probabilities).all(axis=0)
            probabilities = np.nan_to_num(probabilities)
        return ask(Sight(there, regions.of(chip, about), planes.values, probabilities, classes), n, skipped)

    return Asking(hashlib.sha256(repr(parts).encode()).hexdigest()[:32], head, said is not None, make)


def _check_skips(skipped: Sequence[Skip], chip: Chip) -> None:
    rows, cols = (int(v) for v in chip.geobox.shape)
    if len(skipped) > MOST_SKIPS:
        raise InputError("too many skipped questions", asked=f"{len(skipped)}", found=f"{MOST_SKIPS} at most")
    for one in skipped:
        if not (0 <= one.row < rows and 0 <= one.col < cols and one.pixels > 0):
            raise InputError(
                "a skipped question lies in the chip", asked=f"{one.row},{one.col},{one.pixels}",
                found=f"{rows} rows and {cols} columns", hint="skip = ROW,COLUMN,PIXELS of the question",
            )  # fmt: skip
