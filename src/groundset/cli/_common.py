"""What the verbs share: progress bars, executors, splitting of lists."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from groundset.core import InputError, Listener, Step

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Workers = Annotated[int | None, typer.Option("--workers", help="Processes to work with (default: one a core).")]
DaskAddress = Annotated[str | None, typer.Option("--dask", help="Address of a Dask scheduler to work on instead.")]
Task = Annotated[str | None, typer.Option("--task", help="Task; may be left out where only one fits.")]


@contextmanager
def bars() -> Iterator[Listener]:
    """A listener that draws one bar for each piece of work, with its rate and the time to go."""
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]} {task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        tasks: dict[str, object] = {}

        def listen(step: Step) -> None:
            rate = f"{step.rate:,.0f}/s" if step.rate >= 10 else f"{step.rate:.1f}/s"
            if step.what not in tasks:
                tasks[step.what] = progress.add_task(step.what, total=step.total, unit=step.unit, rate=rate)
            progress.update(tasks[step.what], completed=step.done, total=step.total, rate=rate)  # type: ignore[arg-type]

        yield listen


@contextmanager
def executor(workers: int | None, dask: str | None) -> Iterator[Executor | None]:
    """Processes on this machine, a Dask cluster, or None for one worker."""
    if dask is not None:
        if workers is not None:
            raise InputError("take --workers or --dask, not both", asked=f"--workers {workers} --dask {dask}")
        with _dask(dask) as pool:
            yield pool
        return
    import os

    count = len(os.sched_getaffinity(0)) if workers is None else workers
    if count < 1:
        raise InputError("--workers must be at least 1", asked=count)
    if count == 1:
        yield None
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(count, mp_context=get_context("forkserver")) as pool:
        yield pool


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("Dask is not installed", asked=address, hint="pip install 'groundset[dask]'") from error
    try:
        client: Any = Client(address, timeout="10s")  # type: ignore[no-untyped-call]
    except OSError as error:
        raise InputError("no Dask scheduler answers there", asked=address, found=error) from error
    with client:
        yield client.get_executor()


def names(text: str | None, option: str) -> list[str] | None:
    """``"B02,B03"`` as a list, None as None.

    Raises:
        InputError: Nothing, or nothing between the commas: an empty variable of the shell does not mean all.
    """
    if text is None:
        return None
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found:
        raise InputError(
            f"{option} names nothing", asked=f"{option} {text!r}", hint="write names joined by commas: a,b"
        )
    return found


def seconds(value: float) -> str:
    """A duration for people."""
    return f"{value:.1f} s" if value < 120 else f"{int(value // 60)} min {int(value % 60)} s"
