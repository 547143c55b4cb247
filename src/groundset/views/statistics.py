"""The 2nd and 98th percentile of every band of a scene: what is black and what is white in every view of it.

Small scenes whose quicklooks share a stretch share their ranges too: what is measured is pixels of all of them.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from groundset._files import write_text
from groundset.chips import CommonStore, Edges, indices_of, part_name
from groundset.chips.expression import BandOf, Expression
from groundset.chips.layers import moisture_bands
from groundset.chips.render import HIGH, LOW
from groundset.core import GroundsetError, MissingError, Window
from groundset.imagery import SceneReader
from groundset.imagery.scene import Scene
from groundset.imagery.whereabouts import check_there, stamp
from groundset.lake import Lake
from groundset.views.moisture import DRY, WET, find_edges

Range = tuple[float, float]
Plane = npt.NDArray[np.float32]
_SIZE = 768
"""Longest side, in pixels, of the shrunken scene that is looked at."""
_OF_MANY = 4096
"""Pixels of each of many small scenes that are looked at."""
_LARGE = 16 << 20
_LONGEST = 1024
_WINDOW, _WINDOWS = 256, 8
_NARROWEST = 0.05
_SPANS = 256
"""Formulas whose ranges are remembered."""
_FORM = 2
"""Of the kept file: raise it when more is measured."""


class SceneStatistics:
    """Ranges of bands by scene, measured once and kept in the workspace's cache."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._known: dict[str, Mapping[str, Range]] = {}
        self._spans: dict[tuple[str, str, tuple[str, ...]], Range | None] = {}
        self._common = CommonStore(lake.quicklooks.folder)
        self._kinds: dict[str, str | None] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def of(self, scene: Scene) -> Mapping[str, Range]:
        """Physical (low, high) by name of a band or index; what has no data anywhere is not in it.

        Raises:
            MovedError: A file of the scene is not there, and nobody measured it before.
            InputError, ServiceError: A file cannot be read.
        """
        mark = self.mark(scene) or stamp(scene)
        with self._guard:
            lock = self._locks.setdefault(mark, threading.Lock())
        with lock:
            if mark not in self._known:
                self._known[mark] = self._kept(scene, mark) | self._drawn_with(scene)
        return self._known[mark]

    def mark(self, scene: Scene) -> str:
        """Stands for the scenes that this one shares its ranges with; empty where they are its own."""
        alike = self._alike(scene)
        return "common-" + hashlib.sha256(json.dumps(alike).encode()).hexdigest()[:24] if alike else ""

    def _alike(self, scene: Scene) -> tuple[str, ...]:
        """Ids of scenes that stand for all that share a stretch with this one."""
        if scene.id not in self._kinds:
            try:
                self._kinds[scene.id] = self._lake.quicklooks.common(part_name(scene.id, 0))
            except MissingError:
                return ()
        kind = self._kinds[scene.id]
        common = None if kind is None else self._common.get(kind)
        return () if common is None else common.scenes

    def _look(self, scene: Scene, names: Sequence[str]) -> list[Plane]:
        """Pixels of each band, of the scene or of those that it shares its ranges with.

        Raises:
            MovedError, InputError, ServiceError: None of them can be read.
        """
        looked = []
        for one in self._alike(scene):
            with suppress(GroundsetError):
                other = self._lake.scenes.get(one)
                check_there(other)
                looked.append(_small(self._lake.reader(one), other, names))
        if not looked:
            check_there(scene)
            return _look(self._lake.reader(scene.id), scene, names)
        return [np.concatenate(planes) for planes in zip(*looked, strict=True)]

    def edges(self, scene: Scene) -> Edges | None:
        """The scene's dry and wet edge for soil moisture; None where it has none.

        Raises:
            MovedError, InputError, ServiceError: As :meth:`of`.
        """
        known = self.of(scene)
        return Edges(*known[DRY], *known[WET]) if DRY in known and WET in known else None

    def span(self, scene: Scene, channel: Expression, bands: Sequence[str]) -> Range | None:
        """The 2nd and 98th percentile of a formula over the scene; None where it has no value anywhere.

        A normalised difference has a range that is the same to both sides of 0.

        Args:
            scene: Whose pixels.
            channel: Over the positions of ``bands``.
            bands: Names of the scene's bands.

        Raises:
            MovedError, InputError, ServiceError: As :meth:`of`.
        """
        if isinstance(channel.root, BandOf):
            return self.of(scene).get(bands[channel.root.band])
        key = self.mark(scene) or stamp(scene), channel.text, tuple(bands)
        if key not in self._spans:
            looked = self._look(scene, [bands[i] for i in channel.bands])
            span = _span(channel.at(dict(zip(channel.bands, looked, strict=True))))
            self._spans[key] = _even(span) if span is not None and channel.normalised else span
            while len(self._spans) > _SPANS:
                self._spans.pop(next(iter(self._spans)), None)
        return self._spans[key]

    def _kept(self, scene: Scene, mark: str) -> dict[str, Range]:
        path = self._lake.layout.cache / "ranges" / f"{mark}-{_FORM}.json"
        try:
            return {name: (low, high) for name, (low, high) in json.loads(path.read_text()).items()}
        except (OSError, ValueError, TypeError, AttributeError):
            found = measure(scene, self._look(scene, scene.bands.names))
        with suppress(GroundsetError, OSError):  # a disk that is full or only read: measured again by the next server
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


def measure(scene: Scene, looked: Sequence[Plane]) -> dict[str, Range]:
    """Percentiles of each band and index, from single pixels all over the scene: not from means, so that extremes stay.

    An index has a range that is the same to both sides of 0, so that its middle colour stays 0.

    Args:
        scene: Whose bands.
        looked: Pixels of each band, float32, NaN without data.
    """
    planes = dict(zip(scene.bands.names, looked, strict=True))
    out = {name: span for name, plane in planes.items() if (span := _span(plane)) is not None}
    for index in indices_of(scene.bands):
        if index.span is None:
            a, b = (planes[name] for name in index.bands)
            with np.errstate(divide="ignore", invalid="ignore"):
                span = _span((a - b) / (a + b))
            if span is not None:
                out[index.name] = _even(span)
    moist = moisture_bands(scene.bands)
    edges = None if moist is None else find_edges(*(planes[name] for name in moist))
    if edges is not None:
        out[DRY], out[WET] = (edges.dry, edges.dry_slope), (edges.wet, edges.wet_slope)
    return out


def _even(span: Range) -> Range:
    """The same to both sides of 0, so that the middle colour stays 0."""
    reach = float(np.clip(max(map(abs, span)), _NARROWEST, 1.0))
    return -reach, reach


def _look(reader: SceneReader, scene: Scene, names: Sequence[str]) -> list[Plane]:
    """Pixels of each band: of the shrunken scene, or of windows all over it where shrinking would read it whole."""
    if scene.width * scene.height <= _LARGE or reader.has_overviews():
        return [reader.read_small(_SIZE, [name], smooth="nearest").physical().ravel() for name in names]
    x_step, y_step = (max(1, (n - _WINDOW) // (_WINDOWS - 1)) for n in (scene.width, scene.height))
    windows = [Window(x * x_step, y * y_step, _WINDOW, _WINDOW) for y in range(_WINDOWS) for x in range(_WINDOWS)]
    seen = [reader.read(w, names).physical()[:, ::2, ::2] for w in windows]
    return list(np.stack(seen, axis=1).reshape(len(names), -1))


def _small(reader: SceneReader, scene: Scene, names: Sequence[str]) -> list[Plane]:
    """Pixels of each band of a scene of a few chips, read at once."""
    middle = Window(max(0, scene.width - _LONGEST) // 2, max(0, scene.height - _LONGEST) // 2,
                    min(scene.width, _LONGEST), min(scene.height, _LONGEST))  # fmt: skip
    planes = reader.read(middle, names).physical().reshape(len(names), -1)
    return list(planes[:, :: max(1, planes.shape[1] // _OF_MANY)])


def _span(values: Plane) -> Range | None:
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    low, high = (float(v) for v in np.percentile(known, (LOW, HIGH)))
    return low, high
