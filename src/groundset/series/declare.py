"""Series of a workspace: made, proposed, taken back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from groundset._additions import tell_added
from groundset._config import add_table, editing, remove_table
from groundset.core import ConflictError, InputError, MissingError
from groundset.core.series import SeriesConfig, check_apart
from groundset.imagery import Scene
from groundset.lake import Lake
from groundset.series.grid import check_one_grid, difference, grid_key

_DAY = re.compile(r"[-_.T]*\d{4}[-_]?\d{2}[-_]?\d{2}(T?\d{4,6}Z?)?[-_.]*")


@dataclass(frozen=True, slots=True)
class Proposed:
    """Scenes that lie on one grid and are in no series yet.

    Args:
        name: A name for it that is free.
        scenes: Their ids, the earliest first.
        times: When they were taken, UTC.
    """

    name: str
    scenes: tuple[str, ...]
    times: tuple[datetime, ...]


def add_series(lake: Lake, name: str, scenes: Iterable[str], *, actor: str, title: str | None = None) -> SeriesConfig:
    """Make a series of scenes of one place: ``[series.NAME]`` in the settings, the earliest scene first.

    Args:
        lake: The workspace.
        name: Its name.
        scenes: Ids of scenes; in any order.
        actor: Who makes it.
        title: For people.

    Raises:
        ConflictError: There is a series of this name, or a scene is in another one.
        MissingError: There is no such scene.
        InputError: The grids differ (says in what), a scene has no time, or two have the same.
    """
    given = list(dict.fromkeys(scenes))
    found = ordered([lake.scenes.get(scene) for scene in given])
    new = SeriesConfig(name, tuple(s.id for s in found), title)
    with editing(lake.layout) as config:
        if any(s.name.lower() == name.lower() for s in config.series):
            raise ConflictError("there is a series of this name", asked=name, hint="take another name")
        try:
            check_apart((*config.series, new))
        except InputError as error:
            raise ConflictError(error.message, asked=error.asked, found=error.found, hint=error.hint) from None
        key = f'"{name}"' if "." in name else name
        add_table(lake.layout.config, ("series", key), {"scenes": list(new.scenes), "title": title})
    tell_added(lake, lake.layout.config, actor, None, {"series": name})
    return new


def remove_series(lake: Lake, name: str) -> None:
    """Take a series out of the settings; scenes, chips and answers stay.

    Answers about its places stay in the journal and count again once a series has the same first scene.

    Raises:
        MissingError: There is none of this name.
        ConflictError: A task asks about it alone.
    """
    with editing(lake.layout) as config:
        if all(s.name != name for s in config.series):
            raise MissingError(
                "there is no such series", asked=name, found=", ".join(s.name for s in config.series) or "none"
            )
        asking = [t.name for t in config.tasks if t.series == name]
        if asking:
            raise ConflictError("a task asks about this series", asked=name, found=", ".join(asking))
        remove_table(lake.layout.config, ("series", name))
    lake.refresh()


def ordered(scenes: Sequence[Scene]) -> list[Scene]:
    """The scenes by time, once they are seen to be a series.

    Times are compared as instants, so that zones do not matter.

    Raises:
        InputError: Fewer than two, different grids, no time, or the same time twice.
    """
    if len(scenes) < 2:
        named = ", ".join(s.id for s in scenes) or "none"
        raise InputError("a series has two scenes or more", found=named, hint="name one for each date")
    check_one_grid(scenes)
    undated = [s.id for s in scenes if s.datetime is None]
    if undated:
        raise InputError(
            "the scenes of a series have a time each", found=f"none: {', '.join(undated)}",
            hint="ingest them with --time, RFC 3339 with a zone",
        )  # fmt: skip
    by_time = sorted(scenes, key=_time)
    for one, other in pairwise(by_time):
        if _time(one) == _time(other):
            raise InputError(
                "two scenes of a series have the same time", asked=f"{one.id}, {other.id}", found=_time(one),
                hint="fuse two sensors into one scene: groundset ingest --fuse",
            )  # fmt: skip
    return by_time


def proposals(lake: Lake) -> list[Proposed]:
    """Series that could be made: scenes in none yet that share a grid, two or more with times that differ."""
    taken = {scene for s in lake.config.series for scene in s.scenes}
    alike: dict[tuple[object, ...], list[list[Scene]]] = {}
    for scene in (lake.scenes.get(i) for i in lake.scenes.ids() if i not in taken):
        if scene.datetime is None:
            continue
        groups = alike.setdefault(grid_key(scene.geobox), [])
        own = next((g for g in groups if difference(g[0].geobox, scene.geobox) is None), None)
        if own is None:
            groups.append([scene])
        else:
            own.append(scene)
    names = {s.name.lower() for s in lake.config.series}
    out = []
    for group in (g for groups in alike.values() for g in groups):
        if group[0].geobox.crs is None:  # photos of one size are not one place
            continue
        dated = list({_time(s): s for s in sorted(group, key=lambda s: s.id, reverse=True)}.values())
        if len(dated) > 1:
            dated.sort(key=_time)
            name = _free(_name(dated), names)
            names.add(name.lower())
            out.append(Proposed(name, tuple(s.id for s in dated), tuple(_time(s) for s in dated)))
    return sorted(out, key=lambda p: p.name)


def _time(scene: Scene) -> datetime:
    assert scene.datetime is not None
    return scene.datetime


def _name(scenes: Sequence[Scene]) -> str:
    """What the ids begin with in common, without days."""
    ids = [_DAY.sub("-", s.id) for s in scenes]
    end = 0
    while all(len(i) > end and i[end] == ids[0][end] for i in ids):
        end += 1
    return ids[0][:end].strip("-_.").lower() or "series"


def _free(name: str, taken: set[str]) -> str:
    out, n = name, 2
    while out.lower() in taken:
        out, n = f"{name}-{n}", n + 1
    return out
