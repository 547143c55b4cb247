"""What ranks the places of a task about a period or a change: the features of both dates, in one row a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from groundset.core import ChipId
from groundset.learn.matrix import Block, Features, Matrix
from groundset.learn.space import Space

if TYPE_CHECKING:
    from groundset.query.chips import Chips, Positions


def of_places(features: Features, last: Mapping[str, str]) -> Features:
    """Of the chips of first dates: their features, and behind them how much each is more at the last date.

    Places that lack features of one date, or whose dates have other bands, have none. No other chip has any.

    Args:
        features: Of all chips.
        last: The last date's scene by the first one's.
    """
    first, later = _pairs(features.chips, last)
    made = (_paired(matrix, first, later) for matrix in features.matrices)
    there = sorted((m for m in made if len(m.at)), key=lambda m: -len(m.at))
    return replace(features, matrices=tuple(there), asked=len(first))


def _paired(matrix: Matrix, first: Positions, later: Positions) -> Matrix:
    both = (matrix.row_of[first] >= 0) & (later >= 0)
    both[both] &= matrix.row_of[later[both]] >= 0
    here, there = matrix.rows(first[both]), matrix.rows(later[both])
    rows = np.hstack([here, there - here])
    space = Space(2 * matrix.dim)
    block = Block(rows, space, ())
    return Matrix(f"{matrix.key}, two dates", matrix.band_sets, space, (block,), first[both], matrix.chips)


def _pairs(chips: Chips, last: Mapping[str, str]) -> tuple[Positions, Positions]:
    """Positions of the chips of first dates, and of the same place at the last date: -1 where there is no such chip."""
    scenes = pa.array(sorted(last), pa.string())
    first = np.flatnonzero(pc.is_in(chips.column("scene_id"), value_set=scenes).to_numpy(zero_copy_only=False))
    ids = chips.ids
    here = (ChipId.parse(ids[at]) for at in first.tolist())
    there = (str(ChipId(last[chip.scene], chip.level, chip.row, chip.col)) for chip in here)
    return first, np.array([chips.places.get(chip, -1) for chip in there], np.int64)
