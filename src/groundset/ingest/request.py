"""Whether an ingest can do what was asked for: told before anything is opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from groundset.core import ConflictError, Edge, Grid, InputError, check_name, of_option
from groundset.imagery import get_sensor, parse_time
from groundset.imagery.vectors import refuse_vector
from groundset.ingest._settings import DEFAULT_CHIP_SIZE
from groundset.lake import Lake


def check_request(
    lake: Lake,
    sources: Sequence[str],
    *,
    sensor: str | None = None,
    time: str | datetime | None = None,
    bands: Sequence[str] | None = None,
    scene_id: str | None = None,
    chip_size: int | None = None,
    stride: int | None = None,
    edge: Edge | None = None,
    levels: int | None = None,
) -> Grid | None:
    """Refuse what an ingest cannot do; the arguments are those of :meth:`groundset.Workspace.ingest`.

    Returns:
        The grid to cut with; None for the workspace's own.

    Raises:
        InputError: A bad option (``asked`` begins with its name), or a vector file among the sources.
        ConflictError: The workspace has another grid.
    """
    with of_option("source"):
        for source in sources:
            if "://" not in source and not source.startswith("/vsi"):
                refuse_vector(Path(source).expanduser())
    with of_option("sensor"):
        get_sensor(sensor)
    with of_option("time"):
        if time is not None:
            parse_time(time)
    if scene_id is not None:
        with of_option("scene_id"):
            check_name(scene_id, "scene")
    _check_bands(bands, sensor)
    return asked_grid(lake, chip_size=chip_size, stride=stride, edge=edge, levels=levels)


def asked_grid(
    lake: Lake, *, chip_size: int | None, stride: int | None, edge: Edge | None, levels: int | None
) -> Grid | None:
    """The grid of these options with the workspace's own for what they leave open; None where all is left open.

    Raises:
        InputError: There is no such grid.
        ConflictError: The workspace has another one.
    """
    options = {"chip_size": chip_size, "stride": stride, "levels": levels, "edge": edge}
    given = {name: value for name, value in options.items() if value is not None}
    known = lake.config.grid.grid()
    if known is not None:
        for name, value in given.items():
            if value != getattr(known, name):
                raise ConflictError(
                    "this workspace has another chip grid",
                    asked=f"{name} = {value}",
                    found=f"{name} = {getattr(known, name)} in {lake.layout.config}",
                    hint="leave the option out, or make another workspace",
                )
        return None
    if not given:
        return None
    for name in ("chip_size", "stride", "levels"):
        if name in given and int(given[name]) < 1:
            raise InputError(f"the {name.replace('_', ' ')} must be at least 1", asked=f"{name} = {given[name]}")
    with of_option(next(iter(given))):
        size = chip_size or DEFAULT_CHIP_SIZE
        return Grid(size, stride or size, levels or 1, edge or "pad")


def _check_bands(bands: Sequence[str] | None, sensor: str | None) -> None:
    if bands is None:
        return
    names = [name.strip() for name in bands]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not names or not all(names) or twice:
        raise InputError(
            "band names must be there and differ",
            asked=f"bands = {', '.join(names)}",
            found=f"twice: {', '.join(twice)}" if twice else "an empty name",
        )
    product = get_sensor(sensor)
    if product is not None:
        with of_option("bands"):
            for name in names:
                product.band(name)
