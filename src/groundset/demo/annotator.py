"""A simulated annotator: a few connected strokes, in training chips only, seen once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError

UInt8 = npt.NDArray[np.uint8]
Bool = npt.NDArray[np.bool_]

_STEPS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def paint(
    reference: Mapping[str, UInt8],
    codes: Sequence[int],
    *,
    budget: int = 300,
    stroke: int = 15,
    seed: int = 0,
) -> dict[str, UInt8]:
    """Paint strokes one pixel wide, turn by turn for each class, until the budget of pixels is spent.

    Every stroke is a walk that stays inside one connected region of the reference and never crosses a painted pixel,
    as a person paints inside an object that can be seen. Regions are drawn at random, each as likely as the other, so
    that small objects are painted too.

    Args:
        reference: uint8 (rows, columns) of class codes by chip id, 255 where unknown; training chips only.
        codes: Classes to paint.
        budget: Largest number of painted pixels.
        stroke: Largest length of a stroke in pixels.
        seed: Seed of the walk.

    Returns:
        uint8 (rows, columns) by chip id, 255 where not painted; only chips that were painted.

    Raises:
        InputError: A class is in no training chip.
    """
    rng = np.random.default_rng(seed)
    regions = {code: _regions(reference, code) for code in codes}
    absent = [code for code in codes if not regions[code]]
    if absent:
        raise InputError(
            "the annotator sees no pixel of a class in the training chips",
            asked=f"class codes {absent}",
            found=f"{len(reference)} training chips",
            hint="take another seed of the split",
        )
    painted: dict[str, UInt8] = {}
    left = budget
    misses = 0
    while left > 0 and misses < 50 * len(codes):
        for code in codes:
            chip, region = regions[code][rng.integers(len(regions[code]))]
            canvas = painted.setdefault(chip, np.full(region.shape, UNLABELLED, np.uint8))
            walked = _walk(region & (canvas == UNLABELLED), min(stroke, left), rng)
            misses += not walked
            for row, col in walked:
                canvas[row, col] = code
            left -= len(walked)
    return {chip: canvas for chip, canvas in painted.items() if (canvas != UNLABELLED).any()}


def _regions(reference: Mapping[str, UInt8], code: int) -> list[tuple[str, Bool]]:
    from scipy.ndimage import find_objects, label

    out: list[tuple[str, Bool]] = []
    for chip, codes in reference.items():
        labelled, _ = label(codes == code, structure=np.ones((3, 3)))
        out += [(chip, labelled == i + 1) for i, found in enumerate(find_objects(labelled)) if found is not None]
    return out


def _walk(free: Bool, length: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """A walk over free pixels that keeps its heading where it can (8-connected)."""
    rows, cols = np.nonzero(free)
    if not len(rows) or length < 1:
        return []
    start = rng.integers(len(rows))
    here = (int(rows[start]), int(cols[start]))
    walked = [here]
    seen = {here}
    heading = int(rng.integers(8))
    while len(walked) < length:
        turns = (0, *rng.permutation([-1, 1]), *rng.permutation([-2, 2]))
        for turn in turns:
            step = _STEPS[(heading + int(turn)) % 8]
            there = (here[0] + step[0], here[1] + step[1])
            inside = 0 <= there[0] < free.shape[0] and 0 <= there[1] < free.shape[1]
            if inside and free[there] and there not in seen:
                heading = (heading + int(turn)) % 8
                here = there
                walked.append(here)
                seen.add(here)
                break
        else:
            break
    return walked
