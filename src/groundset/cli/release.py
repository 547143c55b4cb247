"""``groundset release``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import DaskAddress, Workers, bars, executor, names, out
from groundset.core import InputError


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the release, such as v1.")] = None,
    task: Annotated[
        str | None,
        typer.Option(help="Task (default: the segment task with labels, where there is one; else the only one)."),
    ] = None,
    splits: Annotated[str, typer.Option(help="Shares of train, validate and test in percent.")] = "70,15,15",
    block: Annotated[
        str | None, typer.Option(help="Side of a split block, such as 1km (default: the largest).")
    ] = None,
    buffer: Annotated[str, typer.Option(help="Smallest distance between splits.")] = "0.1km",
    license: Annotated[str | None, typer.Option(help="SPDX licence, such as CC-BY-4.0.")] = None,  # noqa: A002
    seed: Annotated[int, typer.Option(help="Seed of the splits.")] = 0,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="Keep unlabelled chips too, in a split of their own.")
    ] = False,
    scenes: Annotated[
        str | None,
        typer.Option(
            help="Only chips of these scenes, joined by commas (default: all); a release has one set of bands."
        ),
    ] = None,
    rebuild: Annotated[str | None, typer.Option(help="Make this release again (a name or a path), with --to.")] = None,
    to: Annotated[Path | None, typer.Option(help="Empty folder for --rebuild.")] = None,
    workers: Workers = None,
    dask: DaskAddress = None,
) -> None:
    """Freeze a version of the labels, with imagery.

    Masks, classes or outlines, splits, scheme, checksums, description, in releases/NAME; never changed afterwards. Of
    an outline task: chips with a shape, and chips marked complete.
    """
    from groundset.workspace import open as open_workspace

    if (rebuild is None) == (name is None):
        raise InputError("name the new release, or take --rebuild RELEASE --to FOLDER", asked=name or rebuild)
    if rebuild is not None and to is None:
        raise InputError("--rebuild needs --to FOLDER", asked=f"--rebuild {rebuild}")
    with open_workspace(root) as ws, executor(workers, dask) as pool, bars() as listen:
        if rebuild is not None and to is not None:
            made = ws.rebuild(rebuild, to=to, executor=pool, progress=listen)
        else:
            made = ws.release(
                str(name),
                task=task,
                splits=_shares(splits),
                block=block,
                buffer=buffer,
                license=license,
                seed=seed,
                unlabelled=unlabelled,
                scenes=names(scenes, "--scenes") or (),
                executor=pool,
                progress=listen,
            )
    out.print(made.summary(), markup=False, soft_wrap=True)


def _shares(text: str) -> tuple[float, ...]:
    from groundset.release import percentages

    try:
        return percentages([float(part) for part in text.split(",")])
    except ValueError:
        raise InputError(
            "splits are three percentages that sum to 100", asked=f"splits = {text}", hint="such as 70,15,15"
        ) from None
