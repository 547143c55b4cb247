"""One stretch for all small scenes of a kind: drawn each by itself, sea would be as bright as a town."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from groundset.chips import Common, CommonStore, Stretch, kind_of, part_name, stretch_of
from groundset.chips.commons import ENOUGH, SETTLED
from groundset.core import GroundsetError, MissingError, Window
from groundset.imagery import Pixels, Scene
from groundset.ingest._survey import samples
from groundset.lake import Lake

FEW = 4
"""A scene of at most so many chips is small."""
MOST = 64
"""Scenes that are looked at for a common stretch."""
Windows = Sequence[Window]


class Commons:
    """What small scenes are drawn with in one ingest.

    Args:
        lake: The workspace.
        wanted: Scenes of which chips are made, with the windows of these chips.
        cache: For :class:`SceneReader`.
    """

    def __init__(self, lake: Lake, wanted: Sequence[tuple[Scene, Windows]], cache: Path | None) -> None:
        self._lake, self._cache = lake, cache
        self._store = CommonStore(lake.quicklooks.folder)
        self._new: dict[str, dict[str, tuple[Scene, Windows]]] = {}
        for scene, windows in wanted:
            if _small(scene, windows):
                self._new.setdefault(_kind(scene), {}).setdefault(scene.id, (scene, windows))
        self._found: dict[str, Stretch | None] = {}

    def of(self, scene: Scene, windows: Windows) -> tuple[str | None, Stretch] | None:
        """The kind of a scene, None where it has none, and the stretch to draw with; None to take it from these chips.

        A further level of a scene is drawn as its first one was.
        """
        first = part_name(scene.id, 0)
        if self._lake.quicklooks.has(first):
            kind = self._lake.quicklooks.common(first)
            stretch = self._lake.quicklooks.stretch(first)
            return None if stretch is None else (kind, stretch)
        if not _small(scene, windows):
            return None
        kind = _kind(scene)
        if kind not in self._found:
            self._found[kind] = self._find(kind, self._new[kind])
        stretch = self._found[kind]
        return None if stretch is None else (kind, stretch)

    def _find(self, kind: str, new: Mapping[str, tuple[Scene, Windows]]) -> Stretch | None:
        known = self._store.get(kind) or Common(())
        if known.stretch is not None and len(known.scenes) >= SETTLED:
            return known.stretch
        ids = [*known.scenes, *(one for one in new if one not in known.scenes)]
        ids = [ids[i] for i in np.linspace(0, len(ids) - 1, min(MOST, len(ids))).round().astype(int)]
        stretch = stretch_of(self._looked(ids, new)) if len(ids) >= ENOUGH else None
        self._store.put(kind, Common(tuple(ids), stretch))
        return stretch

    def _looked(self, ids: Sequence[str], new: Mapping[str, tuple[Scene, Windows]]) -> Iterator[Pixels]:
        """A sample of each scene; those without data, or whose file has gone, are passed over."""
        for one in ids:
            with suppress(GroundsetError):
                scene, windows = new.get(one) or self._former(one)
                yield from samples(scene, windows, 1, self._cache)

    def _former(self, scene_id: str) -> tuple[Scene, Windows]:
        part = part_name(scene_id, 0)
        if not self._lake.quicklooks.has(part):
            raise MissingError("an earlier ingest began this scene and did not end it", asked=scene_id)
        return self._lake.scenes.get(scene_id), [chip.window for chip in self._lake.chips.chips(part)]


def _small(scene: Scene, windows: Windows) -> bool:
    return not scene.photo and len(windows) <= FEW


def _kind(scene: Scene) -> str:
    return kind_of(scene.sensor, scene.bands)
