"""``groundset export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import Task, bars, out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help="The format: iris.")],
    path: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write, not there yet or empty.")],
    task: Task = None,
    labelled: Annotated[bool, typer.Option("--labelled", help="Only chips that somebody labelled.")] = False,
    allow_lossy: Annotated[bool, typer.Option("--allow-lossy", help="Go on where something cannot be kept.")] = False,
) -> None:
    """Write a task as a project of another tool: images, classes, views, and what people drew.

    What that tool cannot hold is told before anything is written.
    """
    from groundset.formats import export_project
    from groundset.lake import Lake

    with Lake.open(root) as lake, bars() as listen:
        report = export_project(
            lake, format_name, path, task=task, labelled=labelled, allow_lossy=allow_lossy, progress=listen
        )
    out.print(report.summary(), markup=False, soft_wrap=True)
