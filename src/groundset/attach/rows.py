"""Rows that name chips or scenes: what they give to chips."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.attach.join import taken
from groundset.attach.layer import Asked
from groundset.attach.places import NEVER, Floats, Ints, Places
from groundset.attach.source import Features

_LATEST = np.iinfo(np.int64).max


def named(features: Features, places: Places) -> tuple[Ints, Ints]:
    """Pairs (chip, row): the chips that each row names, by chip and then in the file's order."""
    names = places.ids if features.key == "chip_id" else places.scenes
    rows: dict[str, list[int]] = {}
    for i, key in enumerate(features.keys):
        rows.setdefault(key, []).append(i)
    pairs = [(chip, row) for chip, name in enumerate(names) for row in rows.get(name, ())]
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def joined(
    features: Features, micros: Ints | None, asked: Asked, places: Places, columns: dict[str, npt.NDArray[Any]]
) -> dict[str, npt.NDArray[Any]]:
    """Values (n chips,) by join, and by column of the file; see :meth:`groundset.attach.join.Group.joined`.

    Args:
        features: The rows.
        micros: Date of each in microseconds, :data:`NEVER` without one; None where dates do not matter.
        asked: How far a date may lie off, and what is taken of several rows.
        places: The chips.
        columns: Columns of the file whose values are wanted.
    """
    chip, row = named(features, places)
    gap = np.zeros(len(chip), np.int64)
    if micros is not None:
        gap = gaps(micros[row], places.micros[chip])
        near = places.micros[chip] != NEVER
        if asked.within is not None:
            near &= (gap <= asked.within * 1e6) | (gap == _LATEST)
        chip, row, gap = chip[near], row[near], gap[near]
    count = np.bincount(chip, minlength=len(places))
    out: dict[str, npt.NDArray[Any]] = {"inside": count > 0, "count": count}
    least = np.full(len(places), _LATEST)
    np.minimum.at(least, chip, gap)
    latest = gap == least[chip]
    ones: Floats = np.ones(int(latest.sum()))
    for name, values in columns.items():
        out[f"value:{name}"] = taken(values, chip[latest], row[latest], ones, len(places), asked.take)
    return out


def gaps(dated: Ints, when: Any) -> Ints:
    """Microseconds between dates and a chip's; what has no date lies farthest off."""
    out: Ints = np.where(dated == NEVER, _LATEST, np.abs(np.where(dated == NEVER, 0, dated) - when))
    return out
