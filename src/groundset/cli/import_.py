"""``groundset import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import Task, bars, out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace; made where there is none.")],
    format_name: Annotated[str, typer.Argument(metavar="FORMAT", help="The format: iris.")],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The project: of IRIS its JSON file, or its folder.")],
    task: Task = None,
    actor: Annotated[
        str | None, typer.Option(help="Who brings it, where it does not say who answered (default: the system user).")
    ] = None,
    allow_lossy: Annotated[bool, typer.Option("--allow-lossy", help="Go on where something cannot be kept.")] = False,
) -> None:
    """Bring a project of another tool in: images, classes, views, and what people drew.

    All of it is checked before anything is written; the same project twice adds nothing.
    """
    import getpass

    from groundset.formats import import_project

    with bars() as listen:
        report = import_project(
            root, format_name, path, task=task, actor=actor or getpass.getuser(), allow_lossy=allow_lossy,
            progress=listen,
        )  # fmt: skip
    out.print(report.summary(), markup=False, soft_wrap=True)
