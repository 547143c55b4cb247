"""``groundset suggest``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._chips import FORMATS, show


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    class_: Annotated[
        str | None, typer.Option("--class", help="Class to look for (default: all classes of the task).")
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many chips.")] = 50,
    filter: Annotated[  # noqa: A002  # its name everywhere
        str | None, typer.Option(metavar="CQL2", help="Only chips that it keeps.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="A classify task.")] = None,
    doubted: Annotated[float, typer.Option(min=0, max=1, help="Share of labelled chips that the model doubts.")] = 0.1,
    encoder: Annotated[str | None, typer.Option(help="Whose features count (default: the workspace's).")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another one gives other chips.")] = 0,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
) -> None:
    """Say which chips to label next.

    Typical ones at first, then those that the model cannot tell; no two nearly alike.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        found = ws.suggest(class_, n=n, task=task, filter=filter, doubted=doubted, encoder=encoder, seed=seed)
        show(found, form)
