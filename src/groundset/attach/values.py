"""The values of a layer for chips, group by group."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.attach import rows
from groundset.attach.join import Group
from groundset.attach.layer import Layer
from groundset.attach.places import NEVER, Ints, Places
from groundset.attach.project import Ground
from groundset.attach.source import Features
from groundset.attach.store import arrow
from groundset.core import Progress

_THREADS = 4
_AT_ONCE = 20_000
"""Chips of one CRS and time that are joined at once."""


@dataclass(frozen=True, slots=True)
class Made:
    """Values of chips.

    Args:
        columns: Arrow column (n chips,) by name.
        met: Chips that some feature meets, or a row names.
        unplaced: Chips without CRS.
    """

    columns: dict[str, Any]
    met: int
    unplaced: int


def made(layer: Layer, features: Features, places: Places, told: Progress) -> Made:
    """What a layer says of chips; null where it says nothing: no CRS, no date where dates matter, no feature."""
    micros = None if features.times is None else _micros(features)
    wanted = {c.source: features.columns[c.source] for c in layer.columns if c.source is not None}
    dateless = places.micros == NEVER if micros is not None else np.zeros(len(places), bool)
    if features.key == "place":
        unplaced = np.array([crs is None for crs in places.crs], bool)
        found = _placed(layer, features, micros, places, wanted, told)
    else:
        unplaced = np.zeros(len(places), bool)
        found = rows.joined(features, micros, layer.asked, places, wanted)
        told.advance(len(places))
    nothing = unplaced | dateless
    columns = {}
    for column in layer.columns:
        values = found[column.join if column.source is None else f"value:{column.source}"]
        columns[column.name] = arrow(values, column.kind, nothing)
    met = int((found["inside"].astype(bool) & ~nothing).sum()) if len(places) else 0
    return Made(columns, met, int(unplaced.sum()))


def _placed(
    layer: Layer, features: Features, micros: Ints | None, places: Places, columns: dict[str, Any], told: Progress
) -> dict[str, npt.NDArray[Any]]:
    import pyproj

    assert features.geometry is not None
    ground, n = Ground(features.geometry, features.crs), len(places)
    out: dict[str, npt.NDArray[Any]] = {"inside": np.zeros(n, bool), "share": np.zeros(n)}
    out |= {"count": np.zeros(n, np.int64), "distance": np.full(n, np.nan)}
    for name, values in columns.items():
        out[f"value:{name}"] = np.full(n, np.nan) if values.dtype == np.float64 else np.full(n, None, object)
    told.advance(sum(crs is None for crs in places.crs))
    groups: list[tuple[Ints, Group]] = []
    for crs, when, at in places.groups(by_time=micros is not None):
        gap = wanted = None
        if micros is not None:
            if when == NEVER:
                told.advance(len(at))
                continue
            gap = rows.gaps(micros, when)
            if layer.asked.within is not None:
                wanted = (gap <= layer.asked.within * 1e6) | (micros == NEVER)
        target = pyproj.CRS(crs)
        for some in np.array_split(at, max(1, -(-len(at) // _AT_ONCE))):
            group = Group(ground, places.some(some), target, wanted, gap, layer.asked.joins, layer.asked.take)
            groups.append((some, group))
    with ThreadPoolExecutor(min(_THREADS, len(os.sched_getaffinity(0)))) as pool:  # GEOS and numpy let others work
        for (some, _), found in zip(groups, pool.map(lambda one: one[1].joined(columns), groups), strict=True):
            for name, values in found.items():
                out[name][some] = values
            told.advance(len(some))
    return out


def _micros(features: Features) -> Ints:
    assert features.times is not None
    return np.array([NEVER if t is None else round(t.timestamp() * 1e6) for t in features.times], np.int64)
