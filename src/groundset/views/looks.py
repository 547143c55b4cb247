"""Which layers a scene has, and what becomes black and white in each: one answer for wall, map and canvas."""

from __future__ import annotations

from collections.abc import Mapping

from groundset.chips import Edges, OwnView, View, own_view, view_of
from groundset.core import GroundsetError, InputError
from groundset.imagery.scene import Scene
from groundset.lake import Lake
from groundset.views.lab import GAIN
from groundset.views.statistics import Range, SceneStatistics


class Looks:
    """Layers of a workspace's scenes. Safe to share between threads."""

    def __init__(self, lake: Lake, statistics: SceneStatistics) -> None:
        self._lake = lake
        self._statistics = statistics

    def own(self) -> dict[str, OwnView]:
        """The workspace's own views by name; one with a mistake is left out, :meth:`own_problem` says it."""
        out = {}
        for name, said in self._lake.config.views.items():
            try:
                out[name] = own_view(name, said)
            except GroundsetError:
                continue
        return out

    def view(self, scene: Scene, layer: str) -> View:
        """How a layer of a scene is drawn.

        Raises:
            InputError: No such layer, or a mistake in its formula.
        """
        edges = self.edges(scene) if "optram" in layer.lower() else None
        own = self.own()
        if layer.partition("@")[0] in self._lake.config.views and layer.partition("@")[0] not in own:
            own_view(layer.partition("@")[0], self._lake.config.views[layer.partition("@")[0]])
        return view_of(scene.bands, layer, own=own, edges=edges)

    def edges(self, scene: Scene) -> Edges | None:
        """The scene's dry and wet edge; None where it has none, or its pixels cannot be read."""
        try:
            return self._statistics.edges(scene)
        except GroundsetError:
            return None

    def mark(self, scene: Scene, layer: str) -> str:
        """Part of a picture's mark: changes when the layer is shown otherwise, such as an own view that was edited."""
        return f"{self.view(scene, layer)!r} {self._statistics.mark(scene)}".strip()

    def ranges(self, scene: Scene, view: View) -> list[Range] | None:
        """What becomes black and white in each channel; None: each picture says it for itself.

        Raises:
            MovedError, InputError, ServiceError: The scene would have to be measured and cannot be read.
        """
        count = len(view.channels)
        if view.ranges:
            return list(view.ranges) * (count // len(view.ranges))
        if view.stretch == "chip":
            return None
        known = self._statistics.of(scene)
        if view.lab:
            return self._light(scene, view, known)
        if view.index is not None:
            return [view.index.span or known.get(view.index.name, (-1.0, 1.0))]
        spans = [self._statistics.span(scene, channel, view.bands) for channel in view.channels]
        return None if any(s is None for s in spans) else [s for s in spans if s is not None]

    def _light(self, scene: Scene, view: View, known: Mapping[str, Range]) -> list[Range]:
        """Black and white of light: one width for all three bands, so that the hue is kept.

        Black is what the darkest of each band is, taken for haze (dark-object subtraction, Chavez 1988); white 0.4 of
        reflectance more, or, where values are no reflectance, what the brightest band needs.
        """
        spans = [known.get(band, (0.0, 1.0)) for band in view.bands]
        reflectance = all(b.unit == "1" for b in scene.bands.select(view.bands))
        width = 1 / GAIN if reflectance else max(high - low for low, high in spans)
        return [(low, low + width) for low, _ in (spans[c.bands[0]] for c in view.channels)]


def check_own(name: str, said: Mapping[str, object], scenes: list[Scene]) -> None:
    """Refuse a view that no scene can show.

    Raises:
        InputError: A mistake in it; where every scene lacks a band, that of the first one.
    """
    view = own_view(name, said)
    first: InputError | None = None
    for scene in scenes:
        if name in scene.bands.names:
            raise InputError("a band of this name is there already", asked=name, hint="take another name")
        try:
            view_of(scene.bands, name, own={name: view})
        except InputError as error:
            first = first or error
        else:
            return
    if first is not None:
        raise first
