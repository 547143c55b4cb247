"""Rows that name chips or scenes: what they give to chips, and which name none or one twice."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.attach.join import taken
from groundset.attach.layer import Asked
from groundset.attach.places import NEVER, Floats, Ints, Places
from groundset.attach.source import Features
from groundset.core import InputError

_TOLD = 5
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


def check_twice(file: str, features: Features, asked: Asked) -> None:
    """Refuse rows that name one chip or scene and give it several values, unless somebody says what to take of them.

    Rows with dates may: the date chooses among them. Rows that are only counted may too.

    Raises:
        InputError: Names the first such chip or scene, and its lines.
    """
    if features.key == "place" or asked.take or asked.date_column or "value" not in asked.joins:
        return
    rows: dict[str, list[str]] = {}
    for key, name in zip(features.keys, features.names, strict=True):
        rows.setdefault(key, []).append(name)
    twice = [key for key, names in rows.items() if key and len(names) > 1]
    if twice:
        more = f", and {len(twice) - 1:,} more" if len(twice) > 1 else ""
        raise InputError(
            f"{file} names a {_what(features)} more than once", asked=twice[0], found=_few(rows[twice[0]]) + more,
            hint="leave one row for each, or say what to take of several: --take mean, sum, minimum, maximum, most",
        )  # fmt: skip


def unknown(features: Features, there: Collection[str]) -> list[int]:
    """Rows that name a chip or scene that is not there."""
    return [] if features.key == "place" else [i for i, key in enumerate(features.keys) if key not in there]


def check_known(file: str, features: Features, there: Collection[str]) -> None:
    """Refuse rows of which none names a chip or scene of the workspace; one without chips knows none yet.

    Raises:
        InputError: Names the first few, with their lines.
    """
    none = unknown(features, there)
    if there and none and len(none) == len(features):
        raise InputError(
            f"no row of {file} names a {_what(features)} of this workspace", found=_rows(none, features),
            hint=f"its {_what(features)} ids look like {min(there)}",
        )  # fmt: skip


def said_of_unknown(features: Features, there: Collection[str]) -> list[str]:
    """What is to be said of rows that name no chip or scene of the workspace."""
    none = unknown(features, there) if there else []
    name = "name" if len(none) > 1 else "names"
    return [f"{_rows(none, features)} {name} no {_what(features)} of this workspace"] if none else []


def _what(features: Features) -> str:
    return "chip" if features.key == "chip_id" else "scene"


def _rows(which: list[int], features: Features) -> str:
    few = _few([f"{features.names[i]}: {features.keys[i]!r}" for i in which])
    return f"{len(which):,} row{'' if len(which) == 1 else 's'} ({few})"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _TOLD:,} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more


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
