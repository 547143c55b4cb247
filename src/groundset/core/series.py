"""A series: scenes of one place on one grid, and where an answer about more than one of its dates belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundset.core.errors import InputError
from groundset.core.ids import ChipId, check_name, is_plain

About = Literal["date", "period", "change"]
ABOUT: tuple[About, ...] = ("date", "period", "change")
"""What a task asks about: each date for itself, all dates of a place together, or the change between two of them."""


@dataclass(frozen=True, slots=True)
class SeriesConfig:
    """``[series.NAME]``: scenes of one place on one pixel grid, the earliest first.

    Args:
        name: Its name.
        scenes: Ids of the scenes, in the order of their dates.
        title: For people; None: the name.
    """

    name: str
    scenes: tuple[str, ...]
    title: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "series")
        if not is_plain(self.title or ""):
            raise InputError("a title has no control characters", asked=self.name)
        for scene in self.scenes:
            check_name(scene, "scene")
        if len(self.scenes) < 2:
            raise InputError(
                "a series has two scenes or more", asked=self.name, found=", ".join(self.scenes) or "none",
                hint="name the scenes of one place, one for each date",
            )  # fmt: skip
        twice = sorted({s for s in self.scenes if self.scenes.count(s) > 1})
        if twice:
            raise InputError("a scene is in a series once", asked=self.name, found=f"{', '.join(twice)} twice")

    def chip_ids(self, chip_id: str) -> tuple[str, ...]:
        """The chips of the same place at each date, the earliest first; whether they are there is not looked up."""
        here = ChipId.parse(chip_id)
        return tuple(str(ChipId(scene, here.level, here.row, here.col)) for scene in self.scenes)

    def place(self, chip_id: str) -> str:
        """What all chips of one place share: ``SERIES_LEVEL_ROW_COL``."""
        here = ChipId.parse(chip_id)
        return f"{self.name}_{here.level}_{here.row}_{here.col}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where an answer about a place is kept: with the chip of the first date.

    Args:
        chip_id: That chip.
        said: What the payload of the event says further: ``series``, and the ``dates`` (ids of scenes) it speaks of.
    """

    chip_id: str
    said: Mapping[str, Any]


def address(series: SeriesConfig, about: About, chip_id: str) -> Address:
    """Where an answer given while looking at a chip belongs.

    A period is all dates of the series; a change is from its first to its last, unless the payload names two others.
    """
    dates = series.scenes if about == "period" else (series.scenes[0], series.scenes[-1])
    return Address(series.chip_ids(chip_id)[0], {"series": series.name, "dates": list(dates)})


def check_apart(all_series: Iterable[SeriesConfig]) -> None:
    """Refuse a scene that is in two series.

    Raises:
        InputError: Names scene and series.
    """
    home: dict[str, str] = {}
    for one in all_series:
        for scene in one.scenes:
            if home.setdefault(scene, one.name) != one.name:
                raise InputError(
                    "a scene is in one series", asked=f"{scene} in {one.name}", found=f"{scene} in {home[scene]}",
                    hint="leave it out of one of them",
                )  # fmt: skip
