"""Scenes as the pages show them: a list that costs little, one with all that is needed to draw it, a preview."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from groundset.chips import encode_image
from groundset.core import GroundsetError, InputError
from groundset.imagery.scene import Scene
from groundset.imagery.whereabouts import check_there, moved, stamp
from groundset.lake import Lake
from groundset.views._kept import Kept
from groundset.views.draw import LOOK, draw
from groundset.views.looks import Looks
from groundset.views.statistics import Range, SceneStatistics

LARGEST = 2048
"""Longest side of a preview, in pixels."""
_MEMORY = 32 << 20


class SceneViews:
    """Scenes of a workspace and their pictures. Safe to share between threads."""

    def __init__(self, lake: Lake, statistics: SceneStatistics, looks: Looks) -> None:
        self._lake = lake
        self._statistics = statistics
        self._looks = looks
        self._kept = Kept(_MEMORY)

    def chips(self) -> Mapping[str, int]:
        """Number of chips by scene id; of its coarsest level, so that no place counts twice."""
        counts: dict[tuple[str, int], int] = {}
        for part in self._lake.chips.parts():
            scene, _, level = part.partition("~")[0].rpartition("_")
            counts[scene, int(level)] = counts.get((scene, int(level)), 0) + self._lake.chips.rows(part)
        return {scene: counts[scene, level] for scene, level in sorted(counts, reverse=True)}

    def ranges(self, scene: Scene) -> Mapping[str, Range]:
        """The scene's statistics; empty where its files cannot be read, which is said elsewhere."""
        try:
            return self._statistics.of(scene)
        except GroundsetError:
            return {}

    def problem(self, scene: Scene) -> GroundsetError | None:
        """Why a scene's pixels cannot be read, as far as one look at the folder tells."""
        return moved(scene)

    def preview_mark(self, scene_id: str, layer: str, size: int) -> str:
        """Changes when the preview does.

        Raises:
            MissingError, MovedError, InputError: No such scene or layer, or its file is not there.
        """
        scene = self._lake.scenes.get(scene_id)
        shown = self._looks.mark(scene, layer)
        check_size(size)
        check_there(scene)
        return hashlib.sha256(f"{LOOK} {stamp(scene)} {shown} {size}".encode()).hexdigest()[:32]

    def preview(self, scene_id: str, layer: str, size: int) -> bytes:
        """The whole scene as WebP, its longest side ``size`` pixels at most; no data is transparent."""
        mark = self.preview_mark(scene_id, layer, size)
        return self._kept.get(mark, lambda: self._drawn(self._lake.scenes.get(scene_id), layer, size))

    def _drawn(self, scene: Scene, layer: str, size: int) -> bytes:
        view = self._looks.view(scene, layer)
        pixels = self._lake.reader(scene.id).read_small(size, view.bands)
        return encode_image(draw(pixels, view, self._looks.ranges(scene, view)))


def check_size(size: int) -> None:
    """Refuse a picture of no size, or of one that would cost too much.

    Raises:
        InputError: Names what may be asked for.
    """
    if not 16 <= size <= LARGEST:
        raise InputError("no picture of this size", asked=f"size = {size}", found=f"16 to {LARGEST}")
