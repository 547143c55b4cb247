"""What a model sees of a place: one date, or two where the task asks about a place on several dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from groundset.chips import Chip
from groundset.core import BandSet, ChipId, InputError, Window
from groundset.core.layout import TaskConfig
from groundset.imagery import Pixels, Scene, SceneReader
from groundset.lake import Lake
from groundset.segment.features import LATER, FeatureSpec, default_spec, live_spec


@dataclass(frozen=True)
class Seen:
    """The chips and scenes of a task as its model sees them.

    Of a task about a period or a change a place is the chip of the first date, with the bands of the first and of the
    last date of its series; only bands that both have.

    Args:
        lake: The workspace.
        task: A segment task.
    """

    lake: Lake
    task: TaskConfig

    @cached_property
    def last(self) -> dict[str, str]:
        """:func:`last_dates`."""
        return last_dates(self.lake, self.task)

    @property
    def two(self) -> bool:
        """Whether it sees two dates."""
        return self.task.about != "date"

    def chips(self) -> list[Chip]:
        """The chips that are asked about.

        Raises:
            InputError: The task asks about places, and there is none on two dates.
        """
        chips = self.lake.chips.chips()
        if not self.two:
            return list(chips)
        out = [c for c in chips if c.id.scene in self.last and str(self._later(c.id)) in self.lake.chips]
        if not out:
            raise InputError(
                f"this task asks about the {self.task.about} of places, and no place has chips on two dates",
                asked=f"task = {self.task.name}", hint="make a series: groundset add series DIR NAME SCENE SCENE",
            )  # fmt: skip
        return out

    def _later(self, chip: ChipId) -> ChipId:
        return ChipId(self.last[chip.scene], chip.level, chip.row, chip.col)

    def scene(self, scene_id: str) -> Scene:
        """What is read of a scene: its own bands, and those of the last date behind them."""
        first = self.lake.scenes.get(scene_id)
        return paired(first, self.lake.scenes.get(self.last[scene_id])) if scene_id in self.last else first

    def asks(self, scene_id: str) -> bool:
        """Whether the chips of a scene are asked about."""
        return not self.two or scene_id in self.last

    def place(self, scene_id: str) -> Scene:
        """:meth:`scene`, of a place that the task asks about.

        Raises:
            InputError: The task asks about places on two dates, and this is the first date of none.
        """
        if not self.asks(scene_id):
            raise InputError(
                f"this task asks about the {self.task.about} of places: their chips are those of the first date",
                asked=scene_id, found=", ".join(sorted(self.last)) or "no series of two dates",
                hint="make a series: groundset add series DIR NAME SCENE SCENE",
            )  # fmt: skip
        return self.scene(scene_id)

    def live(self, band_sets: Sequence[BandSet]) -> FeatureSpec:
        """The features of the live assistant for chips of these bands.

        Raises:
            InputError: The scenes have no band in common; there is no place on two dates.
        """
        if not self.two:
            return live_spec(band_sets)
        pairs = self.pairs()
        if not pairs:
            self.place("")
        return replace(live_spec([first_date(bands) for bands in pairs]), dates=2)

    def spec(self, band_sets: Sequence[BandSet]) -> FeatureSpec:
        """The features for chips of these bands.

        Raises:
            InputError: The scenes have no band in common.
        """
        if not self.two:
            return default_spec(band_sets)
        return replace(default_spec([*band_sets, *map(first_date, self.pairs())]), dates=2)

    def pairs(self) -> list[BandSet]:
        """The bands of both dates, of each series that is asked about; none of tasks about each date."""
        return [self.scene(first).bands for first in sorted(self.last)]


def last_dates(lake: Lake, task: TaskConfig) -> dict[str, str]:
    """The last date's scene by the first one's, of the series that a task asks about; none of one about each date."""
    there = ([s for s in series.scenes if s in lake.scenes] for series in lake.config.asked_of(task))
    return {scenes[0]: scenes[-1] for scenes in there if len(scenes) > 1}


def paired(first: Scene, last: Scene) -> Scene:
    """The first date's scene with the bands of the last date behind its own; of both those that both have by name.

    Args:
        first: A scene.
        last: One on the same pixel grid.

    Raises:
        InputError: They have no band in common.
    """
    names = [name for name in first.bands.names if name in last.bands.names]
    if not names:
        raise InputError(
            "the two dates have no band in common", asked=f"{first.id}: {', '.join(first.bands.names)}",
            found=f"{last.id}: {', '.join(last.bands.names)}",
        )  # fmt: skip
    here, there = ([scene.bands.names.index(name) for name in names] for scene in (first, last))
    later = [replace(last.bands[i], name=f"{last.bands[i].name}{LATER}") for i in there]
    sources = (*(first.sources[i] for i in here), *(last.sources[i] for i in there))
    return replace(first, bands=BandSet((*(first.bands[i] for i in here), *later)), sources=sources)


def first_date(bands: BandSet) -> BandSet:
    """The bands of the first date, of a scene that is :func:`paired`."""
    return BandSet(bands.bands[: len(bands) // 2])


def read_seen(lake: Lake, scene: Scene, window: Window) -> Pixels:
    """The pixels of a window, of a scene as a task sees it."""
    if scene is lake.scenes.get(scene.id):
        return lake.reader(scene.id).read(window)
    with SceneReader(scene, cache=lake.layout.cache) as reader:  # two dates
        return reader.read(window)
