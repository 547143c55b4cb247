"""Several dates of one place in a release: which chips belong together, and what a place's label says of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from groundset.core import ChipId, InputError
from groundset.core.layout import TaskConfig
from groundset.core.series import SeriesConfig
from groundset.journal import Event
from groundset.release import stac
from groundset.release._json import rfc3339
from groundset.release.kinds.base import Labels

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.release.kinds.parts import OnChip
    from groundset.release.kinds.said import OutlineLabels
    from groundset.release.recipe import Recipe

Kept = Mapping[str, Mapping[str, Sequence[str]]]
"""Of each series by name: ``scenes`` and their ``times`` (RFC 3339), the earliest first."""


def series_of(
    lake: Lake, task: TaskConfig, labels: Labels, only: Collection[str] = ()
) -> dict[str, dict[str, list[str]]]:
    """The series that a release keeps: those of which a scene has a label, of the scenes that count.

    Raises:
        InputError: A scene has no time, or the task is about places and some of a place's dates do not count.
    """
    used = {ChipId.parse(chip_id).scene for chip_id in labels.chip_ids}
    there = lake.config.asked_of(task) if task.about != "date" else lake.config.series
    out = {}
    for series in there:
        if used & set(series.scenes):
            named = [scene for scene in series.scenes if not only or scene in only]
            if task.about != "date" and len(named) < len(series.scenes):
                raise InputError(
                    "labels of this task are about all dates of a place", asked=f"scenes = {', '.join(sorted(only))}",
                    found=f"series {series.name}: {', '.join(series.scenes)}", hint="name all scenes of the series",
                )  # fmt: skip
            scenes = [lake.scenes.get(scene) for scene in named if scene in lake.scenes]
            times = [rfc3339(scene.datetime) for scene in scenes if scene.datetime is not None]
            if len(times) != len(scenes):
                raise InputError("a scene of this series has no time any more", asked=series.name)
            if len(scenes) < 2:
                continue
            out[series.name] = {"scenes": [scene.id for scene in scenes], "times": times}
    return out


@dataclass(frozen=True)
class Dates:
    """The series of a release.

    Args:
        recipe: Its recipe.
        written: Ids of the chips that it has.
    """

    recipe: Recipe
    written: frozenset[str]

    @cached_property
    def _home(self) -> dict[str, SeriesConfig]:
        kept = {name: SeriesConfig(name, tuple(said["scenes"])) for name, said in self.recipe.series.items()}
        return {scene: series for series in kept.values() for scene in series.scenes}

    def place(self, chip_id: str) -> str | None:
        """What chips of one place share; None of chips in no series."""
        series = self._home.get(ChipId.parse(chip_id).scene)
        return None if series is None else series.place(chip_id)

    def fields(self, chip_id: str) -> dict[str, Any]:
        """Properties of a chip's item."""
        series = self._home.get(ChipId.parse(chip_id).scene)
        if series is None:
            return {}
        out = {"groundset:series": series.name, "groundset:place": series.place(chip_id)}
        return out if self.recipe.about == "date" else {**out, "groundset:about": self.recipe.about}

    def links(self, chip_id: str) -> list[dict[str, Any]]:
        """Links to the items of the same place: ``prev`` and ``next`` by time, the first and the last ``related``."""
        series = self._home.get(ChipId.parse(chip_id).scene)
        if series is None:
            return []
        there = [one for one in series.chip_ids(chip_id) if one in self.written]
        at = there.index(chip_id)
        near = [("prev", at - 1), ("next", at + 1)]
        ends = [("related", end) for end in (0, len(there) - 1) if abs(end - at) > 1]
        return [
            {"rel": rel, "href": f"../{there[i]}/{there[i]}.json", "type": stac.GEOJSON, "title": there[i]}
            for rel, i in (*near, *ends)
            if 0 <= i < len(there)
        ]

    def notes(self) -> tuple[str, ...]:
        """What a user of the release should know."""
        out = [
            f"Series {name}: {len(said['scenes'])} dates, {said['times'][0][:10]} to {said['times'][-1][:10]}"
            for name, said in self.recipe.series.items()
        ]
        if self.recipe.about != "date":
            what = "all dates of a place together" if self.recipe.about == "period" else "the change between two dates"
            out.append(f"Each label is about {what}: the items of all its dates carry it, and it counts on each")
        return tuple(out)


class PlaceLabels:
    """Labels of a task about places, as each date's chip has them: those of the place, kept with its first date.

    Args:
        lake: The workspace.
        labels: What is said of the chips of the first dates.
        series: The series of the release.
    """

    def __init__(self, lake: Lake, labels: Labels, series: Kept) -> None:
        self._labels = labels
        self.as_of = labels.as_of
        self.task = getattr(labels, "task", "")
        said = set(labels.chip_ids)
        self._first: dict[str, str] = {}
        for name, kept in series.items():
            one = SeriesConfig(name, tuple(kept["scenes"]))
            for chip_id in said:
                if ChipId.parse(chip_id).scene == one.scenes[0]:
                    there = [c for c in one.chip_ids(chip_id) if c in lake.chips]
                    self._first |= {c: chip_id for c in there if c == chip_id or lake.chips.get(c).valid_fraction > 0}

    @property
    def chip_ids(self) -> tuple[str, ...]:
        """Chips of all dates whose place has a label, sorted; without those that have no data at their date."""
        return tuple(sorted(self._first))

    def events(self, chip_id: object) -> list[Event]:
        """Current answers about a chip's place, as if they had been given on it."""
        first = self._first.get(str(chip_id))
        return [] if first is None else [replace(e, chip_id=str(chip_id)) for e in self._labels.events(first)]

    def actors(self, chip_id: object) -> tuple[str, ...]:
        """Who has a current answer about a chip's place."""
        first = self._first.get(str(chip_id))
        return () if first is None else self._labels.actors(first)

    def __getattr__(self, name: str) -> Any:
        """What labels of outlines have beside."""
        return getattr(self._labels, name)

    def on(self, chip_id: object) -> OnChip:
        """The shapes on a chip's place, of an outline task."""
        return cast("OutlineLabels", self._labels).on(self._first.get(str(chip_id), chip_id))
