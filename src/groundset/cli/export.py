"""``groundset export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import Task, bars, out
from groundset.core import InputError

LABEL_MAP = "label-map"


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help="The format: iris or label-map.")],
    path: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write, not there yet or empty.")],
    task: Task = None,
    scene: Annotated[
        list[str] | None, typer.Option("--scene", help="label-map: only this scene; may be said again.")
    ] = None,
    level: Annotated[
        int | None, typer.Option("--level", help="label-map: only chips of this level (default: the finest decided).")
    ] = None,
    labelled: Annotated[bool, typer.Option("--labelled", help="Only chips that somebody labelled.")] = False,
    allow_lossy: Annotated[bool, typer.Option("--allow-lossy", help="Go on where something cannot be kept.")] = False,
) -> None:
    """Write a task as a project of another tool, or as label maps: GeoTIFFs of whole scenes.

    iris: images, classes, views, and what people drew. label-map: for each scene class codes, colours and origins as
    GeoTIFFs, and the class table. What cannot be held is told before anything is written.
    """
    from groundset.formats import Format, export_project
    from groundset.lake import Lake

    form: str | Format = format_name
    if format_name == LABEL_MAP:
        from groundset.cascade import annotation
        from groundset.formats.labelmap import LabelMaps

        form = LabelMaps(tuple(scene or ()), level, annotation)
    elif scene or level is not None:
        raise InputError("only label maps take scenes and a level", asked=format_name, hint="leave them out")
    with Lake.open(root) as lake, bars() as listen:
        report = export_project(
            lake, form, path, task=task, labelled=labelled, allow_lossy=allow_lossy, progress=listen
        )
    out.print(report.summary(), markup=False, soft_wrap=True)
