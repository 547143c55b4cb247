"""``groundset predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import Task, bars, out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    task: Task = None,
    encoder: Annotated[
        str | None, typer.Option(help="Whose features are read (default: the workspace's encoder).")
    ] = None,
    threshold: Annotated[float, typer.Option(help="Smallest confidence of an answer that is written, 0 to 1.")] = 0.5,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="Answer with this kept model as it is, without training.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the answers here too: .csv or .geojson.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all that is random.")] = 0,
) -> None:
    """Train the chip classifier, answer all chips.

    With the confidence of each answer. People's answers always win.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws, bars() as listen:
        report = ws.predict(
            task=task, encoder=encoder, threshold=threshold, model=model, seed=seed, out=to, progress=listen
        )
    out.print(report.summary() + (f"\nWritten to {to}" if to else ""), markup=False, soft_wrap=True)
