"""``groundset segment``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import DaskAddress, Task, Workers, bars, executor, out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    task: Task = None,
    model: Annotated[str, typer.Option(help="forest, boost, linear, or a file: an ONNX or skops model.")] = "forest",
    seed: Annotated[int, typer.Option(help="Seed of all that is random.")] = 0,
    workers: Workers = None,
    dask: DaskAddress = None,
) -> None:
    """Train on the labelled pixels, propose a mask for every chip.

    People's pixels always win.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws, executor(workers, dask) as pool, bars() as listen:
        report = ws.segment(task=task, model=model, seed=seed, executor=pool, progress=listen)
    out.print(report.summary(), markup=False, soft_wrap=True)
