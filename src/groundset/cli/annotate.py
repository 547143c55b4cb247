"""``groundset annotate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import Task, bars, out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Points, polygons, a raster, or a CSV.")],
    task: Task = None,
    actor: Annotated[str | None, typer.Option(help="Who answers (default: the system user name).")] = None,
    sheet: Annotated[Path | None, typer.Option(help="CSV that maps the file's classes to the scheme.")] = None,
    column: Annotated[str, typer.Option(help="Column that names the class.")] = "class",
    label: Annotated[
        str | None, typer.Option("--class", help="Class of every feature or row, in place of a column.")
    ] = None,
    within: Annotated[
        str | None, typer.Option(help="Window in which dated features match an acquisition: 3d, 12h.")
    ] = None,
) -> None:
    """Bring labels from a file into the journal.

    The whole file is one act, which one undo takes back; the same file twice changes nothing.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws, bars() as listen:
        report = ws.annotate(
            file, label, actor=actor, task=task, sheet=sheet, column=column, within=within, progress=listen
        )
    out.print(report.summary(), markup=False, soft_wrap=True)
