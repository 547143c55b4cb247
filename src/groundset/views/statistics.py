"""The 2nd and 98th percentile of every band of a scene: what is black and what is white in every view of it."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping

import numpy as np

from groundset._files import write_text
from groundset.chips import part_name
from groundset.chips.render import HIGH, LOW
from groundset.core import MissingError
from groundset.imagery.scene import Scene
from groundset.imagery.whereabouts import check_there, stamp
from groundset.lake import Lake

Range = tuple[float, float]
_SIZE = 768
"""Longest side, in pixels, of the shrunken scene that is looked at."""


class SceneStatistics:
    """Ranges of bands by scene, measured once and kept in the workspace's cache."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._known: dict[str, Mapping[str, Range]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def of(self, scene: Scene) -> Mapping[str, Range]:
        """Physical (low, high) by band name; a band without any data is not in it.

        Raises:
            MovedError: A file of the scene is not there, and nobody measured it before.
            InputError, ServiceError: A file cannot be read.
        """
        mark = stamp(scene)
        with self._guard:
            lock = self._locks.setdefault(mark, threading.Lock())
        with lock:
            if mark not in self._known:
                self._known[mark] = self._kept(scene, mark) | self._drawn_with(scene)
        return self._known[mark]

    def _kept(self, scene: Scene, mark: str) -> dict[str, Range]:
        path = self._lake.layout.cache / "statistics" / f"{mark}.json"
        try:
            return {name: (low, high) for name, (low, high) in json.loads(path.read_text()).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            check_there(scene)
        found = measure(self._lake, scene)
        write_text(path, json.dumps(found, allow_nan=False))
        return found

    def _drawn_with(self, scene: Scene) -> dict[str, Range]:
        """What the scene's stored quicklooks were stretched with, so that all views look alike."""
        try:
            stretch = self._lake.quicklooks.stretch(part_name(scene.id, 0))
        except MissingError:
            return {}
        if stretch is None:
            return {}
        names = scene.bands.names
        return {
            names[band]: (low, high)
            for band, low, high in zip(stretch.bands, stretch.low, stretch.high, strict=True)
            if band < len(names)
        }


def measure(lake: Lake, scene: Scene) -> dict[str, Range]:
    """Percentiles of each band from the shrunken scene; single pixels, not averages, so that extremes stay."""
    out: dict[str, Range] = {}
    reader = lake.reader(scene.id)
    for band in scene.bands:  # one by one: a scene of 13 bands at once would be memory for nothing
        values = reader.read_small(_SIZE, [band.name], smooth="nearest").physical()
        values = values[np.isfinite(values)]
        if values.size:
            low, high = (float(v) for v in np.percentile(values, (LOW, HIGH)))
            if math.isfinite(low) and math.isfinite(high):
                out[band.name] = low, high
    return out
