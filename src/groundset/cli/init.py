"""``groundset init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    scheme: Annotated[str, typer.Option(help="Scheme CSV (code,name,title,color), or 'water'.")],
    name: Annotated[str | None, typer.Option(help="Name of the workspace (default: the folder's).")] = None,
    database: Annotated[
        str | None, typer.Option(help="Database URL: sqlite:///journal.db (default) or postgresql://...")
    ] = None,
) -> None:
    """Make a workspace.

    It has the tasks `chips` (classify) and `pixels` (segment).
    """
    from groundset.workspace import create

    with create(root, scheme=scheme, name=name, database=database) as ws:
        classes = ", ".join(f"{c.name} ({c.code})" for c in ws.scheme())
        tasks = ", ".join(f"{t.name} ({t.kind})" for t in ws.lake.config.tasks)
        out.print(f"made workspace {ws.lake.config.name} in {root}", markup=False, soft_wrap=True)
        out.print(f"  classes  {classes}\n  tasks    {tasks}", markup=False, soft_wrap=True)
        out.print(f"next: groundset ingest {root} SCENE", markup=False, soft_wrap=True)
