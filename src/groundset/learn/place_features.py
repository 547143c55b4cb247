"""Features of places on two dates, for tasks about a period or a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from groundset.core import ChipId
from groundset.features import FeatureStore
from groundset.learn.chip_features import ChipFeatures, Float32, Spoken

if TYPE_CHECKING:
    from groundset.query.chips import Chips, Positions


class PlaceFeatures(ChipFeatures):
    """Of the chips of first dates: their features, and behind them how much each is more at the last date.

    Places without data at one of the two have none.

    Args:
        store: Where the features are.
        chips: The chips.
        weights: Weight by sensor.
        last: The last date's scene by the first one's.
    """

    def __init__(
        self, store: FeatureStore, chips: Chips, weights: Mapping[str, float] | None, last: Mapping[str, str]
    ) -> None:
        super().__init__(store, chips, weights)
        self._last = last
        self._kept: dict[tuple[str, str], tuple[Positions, Float32]] = {}

    def part(self, group: Spoken, part: str, dim: int | None = None) -> tuple[Positions, Float32] | None:
        """Position and features of the places of a part."""
        scene = part.rpartition("_")[0]
        found = super().part(group, part) if scene in self._last else None
        if found is None:
            return None
        positions, X = found
        row_of, later = self._scene(group, self._last[scene])
        ids = self.chips.ids
        there = [self.chips.places.get(str(self._later(ids[at]))) for at in positions.tolist()]
        rows = np.array([-1 if at is None else row_of[at] for at in there], np.int64)
        good = (rows >= 0) & X.any(axis=1)
        good[good] &= later[rows[good]].any(axis=1)
        if X.shape[1] != later.shape[1] or (dim is not None and dim != 2 * X.shape[1]):
            return None
        first = np.asarray(X[good], np.float32)
        return positions[good], np.hstack([first, later[rows[good]] - first])

    def _later(self, chip_id: str) -> ChipId:
        here = ChipId.parse(chip_id)
        return ChipId(self._last[here.scene], here.level, here.row, here.col)

    def _scene(self, group: Spoken, scene: str) -> tuple[Positions, Float32]:
        """Row of each chip in the features of a scene, int64 (chips,), -1 of others; and these features."""
        key = group.key, scene
        if key not in self._kept:
            parts = (super(PlaceFeatures, self).part(group, p) for p in group.parts if p.rpartition("_")[0] == scene)
            found = [one for one in parts if one is not None]
            row_of = np.full(len(self.chips), -1, np.int64)
            if found:
                at = np.concatenate([positions for positions, _ in found])
                row_of[at] = np.arange(len(at))
            X = np.concatenate([x for _, x in found]) if found else np.empty((0, 0), np.float32)
            self._kept = {key: (row_of, np.asarray(X, np.float32))}
        return self._kept[key]
