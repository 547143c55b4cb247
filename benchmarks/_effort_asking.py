"""The questions of the assistant, as the simulated person of ``effort.py`` meets them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from _annotator import KEY, MIND, PURE
from groundset.core import UNLABELLED
from groundset.segment.live.questions import Question, Skip

if TYPE_CHECKING:
    from _effort_ways import Assistant, Labelling

QUEUE = 8
"""Questions that the page has at hand; it asks for new ones when half of them are answered."""
LATELY = (5, 20)
"""Questions by which they judge what asking brings, with all that the model makes of the answers: as many as take
:data:`TRIED` of the time that the rest would take at the rate of pointing, within these."""
TRIED = 0.1
LONG = 60.0
"""Seconds that the rest would take at the rate of pointing, from which on they try questions."""


class Questions:
    """The product's questions, as the page shows them one by one, of the chip at hand."""

    def __init__(self, assistant: Assistant, mine: Labelling) -> None:
        self.assistant, self.mine, self.person = assistant, mine, mine.person
        self.chip = 0
        self.queue: deque[Question] = deque()
        self.skipped: dict[int, list[Skip]] = {}
        self.lately: deque[float] = deque(maxlen=LATELY[1])
        self.given = -1
        self.wrong = 0

    def shown(self) -> Question | None:
        """The one that is shown; the next chip's where this one has none left."""
        for _ in range(len(self.assistant.scene.chips)):
            since = self.person.clock.acts - self.given
            few = self.person.clock.acts <= QUEUE or len(self.queue) <= QUEUE // 2
            if self.given < 0 or (since and (few or since >= QUEUE // 2)):
                skipped = self.skipped.get(self.chip, [])
                self.queue = deque(self.assistant.questions(self.chip, self.mine.drawn, skipped))
                self.given = self.person.clock.acts
            while self.queue:
                if self.mine.drawn[self._at(self.queue[0].at)] == UNLABELLED:
                    return self.queue[0]
                self.queue.popleft()
            self.chip, self.given = (self.chip + 1) % len(self.assistant.scene.chips), -1
        return None

    def turn_to(self, patch: np.ndarray) -> None:
        """The person works at a patch: its chip is asked about."""
        row, col = np.argwhere(patch)[0]
        chip = self.assistant.scene.chip(int(row), int(col))
        if chip is not None and chip != self.chip:
            self.chip, self.given = chip, -1
            self.queue.clear()

    def _at(self, at: tuple[int, int]) -> tuple[int, int]:
        rows, cols, *_ = self.assistant.scene.chips[self.chip]
        return rows.start + at[0], cols.start + at[1]

    def _pixels(self, one: Question) -> np.ndarray:
        """Those of its pixels that are not labelled by now, bool (rows, columns) of the picture."""
        out = np.zeros(self.mine.drawn.shape, bool)
        row, col = self._at((one.box[1], one.box[0]))
        out[row : row + one.box[3], col : col + one.box[2]] = one.mask
        return out & (self.mine.drawn == UNLABELLED)

    def _said(self, pixels: np.ndarray) -> int | None:
        """What the person says of a segment; None: they skip it."""
        true = self.person.truth[pixels]
        counts = [int((true == code).sum()) for code in (0, 1)]
        code = int(np.argmax(counts))
        return code if counts[code] and counts[code] >= PURE * len(true) else None

    def says(self) -> int | None:
        """What the person would say to the question that is shown."""
        one = self.shown()
        return None if one is None else self._said(self._pixels(one))

    def rate(self, pointing: float) -> float:
        """Pixels mended in a second: by the answer to the one that is shown, or by the last ones.

        Args:
            pointing: Pixels that pointing mends in a second: where that takes long, they try what questions bring.
        """
        one = self.shown()
        if one is None:
            return 0.0
        pixels = self._pixels(one)
        code = self._said(pixels)
        now = 0.0 if code is None else self.person.mended(pixels, code, self.mine.mask)
        rest = self.person.wrong(self.mine.mask) / max(pointing, 1e-9)
        enough = int(np.clip(TRIED * rest / (MIND + KEY), *LATELY))
        if len(self.lately) >= enough:
            now = max(now, float(np.mean(list(self.lately)[-enough:])))
        elif rest >= LONG:
            return np.inf
        return now / (MIND + KEY)

    def answer(self) -> None:
        """Press a key: a class, or skip."""
        one = self.shown()
        assert one is not None
        self.queue.popleft()
        pixels = self._pixels(one)
        code = self._said(pixels)
        self.person.clock.take("tool", 4)
        self.person.clock.key()
        self.wrong = self.person.wrong(self.mine.mask)
        if code is None:
            self.skipped.setdefault(self.chip, []).append(Skip(*one.at, one.pixels))
        else:
            self.mine.draw(pixels, code)

    def learn(self) -> None:
        """What the last answer brought, with the model's own."""
        self.lately.append(self.wrong - self.person.wrong(self.mine.mask))
