"""Shapes that lie on several chips: each belongs to one split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from groundset.release.blocks import Place
from groundset.release.facts import SPLITS

Ints = npt.NDArray[np.int64]
_NONE = len(SPLITS)


class Shared:
    """Which chips have a shape in common.

    Args:
        places: The chips.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        on: dict[str, list[int]] = {}
        for i, place in enumerate(places):
            for shape in place.shapes:
                on.setdefault(shape, []).append(i)
        several = [chips for _, chips in sorted(on.items()) if len(chips) > 1]
        self._chip: Ints = np.array([i for chips in several for i in chips], np.int64)
        self._shape: Ints = np.repeat(np.arange(len(several)), [len(chips) for chips in several]).astype(np.int64)

    def apart(self, split: Ints, yields: Sequence[int]) -> Ints:
        """The splits with no shape in two of them: of its chips, those not in its own split go to none.

        A shape's own split is the one that has most of its chips; of splits with as many, the later in ``yields``.

        Args:
            split: Index into SPLITS of each chip, 3 for none.
            yields: The splits in use, the one that gives way first of all first.
        """
        out = split.copy()
        if not len(self._chip):
            return out
        count = np.zeros((int(self._shape[-1]) + 1, _NONE + 1), np.int64)
        np.add.at(count, (self._shape, out[self._chip]), 1)
        order = list(reversed(yields))  # the first of equals wins
        own = np.array(order, np.int64)[count[:, order].argmax(axis=1)]
        out[self._chip[out[self._chip] != own[self._shape]]] = _NONE
        return out

    def left(self, split: Ints) -> int:
        """How many chips are in no split though a shape on them lies in one."""
        if not len(self._chip):
            return 0
        there = np.zeros(int(self._shape[-1]) + 1, bool)
        there[self._shape[split[self._chip] != _NONE]] = True
        return len(np.unique(self._chip[there[self._shape] & (split[self._chip] == _NONE)]))
