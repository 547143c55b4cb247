"""The threshold tool, as the simulated person of ``effort.py`` uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from skimage.filters import threshold_otsu

from _annotator import Clock, Person
from _effort_scenes import Picture
from groundset.core import UNLABELLED

FIRST = ("NDWI", "MNDWI", "NDVI")
"""Indices that the page begins with, where the bands allow them; then the others, in their order."""
STILL = 0.01
"""Share of the chip's width by which the pointer may shake before the cut moves."""


@dataclass(frozen=True)
class Cut:
    """Both sides of a cut through a chip.

    Attributes:
        classes: uint8 (rows, columns) of the picture: 1 or 0 where it says something, 255 elsewhere.
        level: Where it lies.
        rate: Pixels mended in a second.
        how: What the hand does.
    """

    classes: np.ndarray
    level: float
    rate: float
    how: Callable[[Clock], None]


class Cutting:
    """The tool in its first layer: press a pixel, drag sideways until it looks best, let go.

    At first it lies where Otsu's method has it, and once it was dragged where it was left: there a key takes it as it
    is. A chip is cut once; one that was cut by Otsu's method may be cut by hand yet.
    """

    def __init__(self, scene: Picture, person: Person) -> None:
        self.scene, self.person = scene, person
        names = scene.spec.indices
        first = next((name for name in (*FIRST, *names) if name in names), None)
        self.values = None if first is None else scene.features[len(scene.spec.bands) + names.index(first)]
        self.level: float | None = None
        self.done: set[int] = set()
        """Chips that were cut."""
        self.byhand: set[int] = set()

    def offer(self, patch: np.ndarray, drawn: np.ndarray, mask: np.ndarray) -> Cut | None:
        """The best cut through the chip of a patch; None where it was cut by hand, or painted on before."""
        spot = self.person.spot(patch)
        i = self.scene.chip(*spot)
        if self.values is None or i is None or i in self.byhand:
            return None
        rows, cols, _, nodata = self.scene.chips[i]
        if (drawn[rows, cols] != UNLABELLED).any():
            return None
        there = np.zeros(mask.shape, bool)
        there[rows, cols] = ~nodata
        values = self.values[there]
        low, high = max(-1.0, float(values.min())), min(1.0, float(values.max()))
        width = cols.stop - cols.start
        way = np.arange(-width, width + 1)
        share = np.sign(way) * np.maximum(0, np.abs(way) / width - STILL)
        levels = float(self.values[spot]) + share * (high - low)
        best = int(np.argmax(self._mended(values, there, mask, levels)))
        ways = [(float(levels[best]), _dragged(abs(int(way[best]))))]
        if i not in self.done:
            automatic = float(threshold_otsu(values[(values >= low) & (values <= high)]))
            ways.append((automatic if self.level is None else self.level, _taken))
        cuts = [self._cut(level, how, values, there, mask) for level, how in ways]
        return max(cuts, key=lambda cut: cut.rate)

    def do(self, cut: Cut) -> np.ndarray:
        """Make a cut: what it says of the picture."""
        cut.how(self.person.clock)
        row, col = np.argwhere(cut.classes != UNLABELLED)[0]
        chip = self.scene.chip(int(row), int(col))
        assert chip is not None
        self.done.add(chip)
        if cut.how is not _taken:
            self.level = cut.level
        if self.level is not None:
            self.byhand.add(chip)
        return cut.classes

    def _cut(
        self, level: float, how: Callable[[Clock], None], values: np.ndarray, there: np.ndarray, mask: np.ndarray
    ) -> Cut:
        took = Clock(holding=dict(self.person.clock.holding))
        how(took)
        classes = np.full(mask.shape, UNLABELLED, np.uint8)
        classes[there] = values >= level
        mended = self._mended(values, there, mask, np.array([level]))[0]
        return Cut(classes, level, float(mended) / took.seconds, how)

    def _mended(self, values: np.ndarray, there: np.ndarray, mask: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Pixels that become right less those that become wrong, for each level."""
        true = self.person.truth[there]
        seen = true != UNLABELLED
        now = int((mask[there][seen] == true[seen]).sum())
        water, land = (np.sort(values[seen & (true == code)]) for code in (1, 0))
        right = (len(water) - np.searchsorted(water, levels)) + np.searchsorted(land, levels)
        return np.asarray(right - now)


def _dragged(pixels: int) -> Callable[[Clock], None]:
    def how(clock: Clock) -> None:
        clock.take("class", 1)
        clock.take("tool", 5)
        clock.stroke(pixels)

    return how


def _taken(clock: Clock) -> None:
    clock.take("class", 1)
    clock.take("tool", 5)
    clock.key()
