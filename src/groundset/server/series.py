"""Series as the HTTP contract's models."""

from __future__ import annotations

from collections.abc import Sequence

from groundset.chips import Chip
from groundset.core.series import SeriesConfig
from groundset.lake import Lake
from groundset.series import proposals
from groundset.server.models import ChipDate, SeriesDate, SeriesInfo, SeriesList


def listed(lake: Lake) -> list[SeriesInfo]:
    """All series with their dates; scenes that were taken out of the workspace are left out."""
    return [told(lake, one) for one in lake.config.series]


def everything(lake: Lake) -> SeriesList:
    """The series that there are, and those that could be made."""
    proposed = [
        SeriesInfo(name=p.name, dates=[_date(s, t.isoformat()) for s, t in zip(p.scenes, p.times, strict=True)])
        for p in proposals(lake)
    ]
    return SeriesList(series=listed(lake), proposed=proposed)


def told(lake: Lake, series: SeriesConfig) -> SeriesInfo:
    """One series."""
    times = [(scene, _when(lake, scene)) for scene in series.scenes if scene in lake.scenes]
    return SeriesInfo(name=series.name, title=series.title, dates=[_date(scene, time) for scene, time in times])


def dates_of(lake: Lake, chip: Chip) -> tuple[str | None, Sequence[ChipDate]]:
    """The series of a chip, and its place at each date."""
    series = lake.config.series_of(chip.id.scene)
    if series is None:
        return None, []
    out = []
    for scene, chip_id in zip(series.scenes, series.chip_ids(str(chip.id)), strict=True):
        if scene in lake.scenes:
            there = chip_id in lake.chips
            valid = lake.chips.get(chip_id).valid_fraction if there else 0.0
            when = _when(lake, scene)
            out.append(
                ChipDate(scene_id=scene, datetime=when, chip_id=chip_id if there else None, valid_fraction=valid)
            )
    return series.name, out


def _date(scene_id: str, when: str) -> SeriesDate:
    return SeriesDate(scene_id=scene_id, datetime=when)


def _when(lake: Lake, scene_id: str) -> str:
    time = lake.scenes.get(scene_id).datetime
    return "" if time is None else time.isoformat()
