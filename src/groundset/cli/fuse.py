"""``groundset fuse``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import Task, bars, names, out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    scenes: Annotated[
        str, typer.Option("--scenes", help="Scenes whose labels meet, joined by commas: A,B; the first comes first.")
    ],
    task: Task = None,
    rule: Annotated[
        str,
        typer.Option(
            "--rule",
            help="agree: what all say; first: what the first says that says anything; both: what each says is kept.",
        ),
    ] = "agree",
    onto: Annotated[
        str | None, typer.Option("--onto", help="Scene whose chips get the answers (default: the first).")
    ] = None,
    level: Annotated[int, typer.Option("--level", help="Level of the chips.")] = 0,
    actor: Annotated[str | None, typer.Option("--actor", help="Who asks (default: the system user name).")] = None,
) -> None:
    """Bring labels of several scenes of one place together on the chips of one: one act, again nothing is doubled.

    Answers of people alone count. Where all scenes agree the origin is consensus, else import, so that what people say
    of a chip itself wins.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws, bars() as listen:
        report = ws.fuse_labels(
            names(scenes, "--scenes") or [], task=task, rule=rule, onto=onto, level=level, actor=actor, progress=listen
        )
    out.print(report.summary(), markup=False, soft_wrap=True)
