"""What a new cascade needs: a class, scenes, levels that the grid has or can have, and a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from groundset._config import editing, update_config
from groundset.cascade.pyramid import Extent, Pyramid
from groundset.cascade.steps import Record, check_recall, free_name
from groundset.core import ConflictError, Grid, InputError, safe_name

if TYPE_CHECKING:
    from groundset.lake import Lake

FEWEST_LEVELS = 3


def new_record(
    lake: Lake,
    standing: Mapping[str, Record],
    class_: str | int,
    *,
    actor: str,
    task: str | None,
    scenes: Sequence[str] | None,
    levels: int | None,
    recall: float,
    name: str | None,
) -> Record:
    """A cascade that has not begun yet; the grid gets the levels that it lacks.

    Raises:
        MissingError: No such class or scene.
        InputError: No classify task fits, too few levels, a chip size that does not divide, or a scene that cannot be
            cut.
        ConflictError: There is an open cascade of this class and scene.
    """
    chosen = lake.config.task(task, "classify")
    found = lake.scheme(chosen.name).find(class_)
    if found.not_applicable:
        raise InputError("a cascade looks for a class that chips can have", asked=found.name)
    check_recall(recall)
    ids = _scenes(lake, scenes)
    _check_open(standing, chosen.name, found.code, found.name, ids)
    grid = _grid(lake, levels)
    numbers = tuple(range(grid.levels if levels is None else levels))
    pyramid_of(lake, ids, numbers, grid)  # refuses a scene that is smaller than a chip before anything is written
    if grid != lake.config.grid.grid():
        with editing(lake.layout):
            update_config(lake.layout.config, grid)
        lake.refresh()
    wanted = name or safe_name(f"{found.name}-{ids[0]}" if len(ids) == 1 else found.name)
    if name is not None and name in standing:
        raise ConflictError("there is a cascade of this name", asked=name, hint="take another name")
    return Record(free_name(wanted, standing), chosen.name, found.code, ids, numbers, recall, actor, "", "")


def pyramid_of(lake: Lake, scenes: Sequence[str], levels: Sequence[int], grid: Grid | None = None) -> Pyramid:
    """The quadtree of some scenes.

    Raises:
        MissingError: A scene is not there any more.
        InputError: The workspace has fewer levels than that.
    """
    grid = grid or lake.config.grid.grid()
    if grid is None:
        raise InputError("this workspace has no chips yet", hint="groundset ingest DIR SOURCE")
    if max(levels) >= grid.levels:
        raise InputError(
            "the grid of this workspace has fewer levels than the cascade", asked=f"level {max(levels)}",
            found=f"levels = {grid.levels} in {lake.layout.config}", hint=f"set levels = {max(levels) + 1} there",
        )  # fmt: skip
    stored = [lake.scenes.get(scene) for scene in scenes]
    for scene in stored:
        grid.counts(scene.width, scene.height)
    return Pyramid(grid, [Extent(scene.id, scene.width, scene.height) for scene in stored], levels)


def _scenes(lake: Lake, asked: Sequence[str] | None) -> tuple[str, ...]:
    ids = lake.scenes.ids() if asked is None else list(dict.fromkeys(asked))
    stored = [lake.scenes.get(scene) for scene in ids]
    photos = [scene.id for scene in stored if scene.photo]
    if asked is not None and photos:
        raise InputError("a photo is one chip and has no finer levels", asked=photos[0])
    out = tuple(scene.id for scene in stored if not scene.photo)
    if not out:
        raise InputError("there is no scene to look through", found="photos alone" if photos else "no scene",
                         hint="groundset ingest DIR SOURCE")  # fmt: skip
    return out


def _check_open(standing: Mapping[str, Record], task: str, code: int, name: str, scenes: Sequence[str]) -> None:
    for known in standing.values():
        same = known.task == task and known.code == code and set(known.scenes) & set(scenes)
        if same and not known.done:
            raise ConflictError(
                "a cascade of this class is open in this scene", asked=name, found=known.id,
                hint="go on with it, or take its steps back first",
            )  # fmt: skip


def _grid(lake: Lake, levels: int | None) -> Grid:
    """The workspace's grid with as many levels as are asked for."""
    grid = lake.config.grid.grid()
    if grid is None:
        raise InputError("this workspace has no chips yet", hint="groundset ingest DIR SOURCE")
    wanted = grid.levels if levels is None else levels
    if wanted < FEWEST_LEVELS:
        sizes = [grid.chip_size >> n for n in range(4)]
        most = _divides(grid)
        fits = "" if most < FEWEST_LEVELS else f"; say levels = {min(most, 4)} for chips of " + ", ".join(
            map(str, sizes[: min(most, 4)])
        ) + " pixels"  # fmt: skip
        raise InputError(
            f"a cascade needs at least {FEWEST_LEVELS} levels",
            asked="the grid's own" if levels is None else f"levels = {levels}",
            found=f"{grid.levels} in {lake.layout.config}, chips of {grid.chip_size} pixels",
            hint=f"finer levels are added when they are asked for{fits}",
        )
    most = _divides(grid)
    if wanted > most:
        raise InputError(
            "the chip size does not divide by 2 so often", asked=f"levels = {wanted}",
            found=f"chips of {grid.chip_size} pixels, stride {grid.stride}, in {lake.layout.config}",
            hint=f"levels = {most} at most" if most >= FEWEST_LEVELS else
            "ingest the scene in another workspace with --chip-size 256",
        )  # fmt: skip
    return grid if wanted <= grid.levels else replace(grid, levels=wanted)


def _divides(grid: Grid) -> int:
    """How many levels this chip size and stride can have."""
    levels = 1
    while grid.chip_size % 2**levels == 0 and grid.stride % 2**levels == 0 and grid.chip_size >> levels:
        levels += 1
    return levels
