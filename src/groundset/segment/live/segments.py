"""The candidates of a chip, with what a live model says of them: where regions and the assistant meet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.lake import Lake
from groundset.segment.live.assistant import Assistant
from groundset.segment.live.models import DEFAULT
from groundset.segment.live.proposal import NotEnoughError, confidences, likeliest
from groundset.segment.regions import Candidates, Extra, Hierarchy, RegionStore, candidates, pieces, vote

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]


def segments(
    lake: Lake, regions: RegionStore, assistant: Assistant, chip: Chip, task: str | None = None, model: str = DEFAULT
) -> tuple[str, Callable[[], Candidates]]:
    """The candidates of a chip: their mark, which changes when they do, and what makes them.

    While nothing can be learned they have no class, and the shortlist is the scheme's.

    Args:
        lake: The workspace.
        regions: Its hierarchies.
        assistant: Its assistant.
        chip: The chip.
        task: A task of pixels; None where there is one.
        model: A segmenter, or the name of a folder in ``models/``.

    Raises:
        MissingError: No such model.
        MovedError: A file of the scene is not there.
        InputError: No such task; bands that differ.
    """
    about = lake.config.task(task, "segment")
    chosen = about.name
    codes = [c.code for c in lake.scheme(chosen).classes]
    mark = regions.mark(chip, about)
    said: Callable[[], tuple[Float32, UInt8]] | None = None
    version = ""
    with suppress(NotEnoughError):
        version, said = assistant.probabilities(chosen, str(chip.id), model)

    def make() -> Candidates:
        tree = regions.of(chip, about)
        if said is None:
            return candidates(tree, codes=codes)
        probabilities, classes = said()
        return candidates(tree, probabilities, classes, extras=_pieces(tree, probabilities, classes, model))

    return hashlib.sha256(f"{mark} {version} {codes}".encode()).hexdigest()[:32], make


def _pieces(tree: Hierarchy, probabilities: Float32, classes: UInt8, model: str) -> tuple[Extra, ...]:
    """What the model itself takes for one thing: connected pieces of its answer, smoothed by the leaves."""
    silent = np.asarray(~np.isfinite(probabilities).all(axis=0))
    codes = vote(likeliest(np.nan_to_num(probabilities), classes, silent), tree.leaves)
    return pieces(codes, confidences(probabilities, classes, codes), model)
