"""``groundset cascade``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundset.cli._common import DaskAddress, Task, Workers, bars, executor, out
from groundset.core import InputError

if TYPE_CHECKING:
    from groundset.cascade import Cascade

app = typer.Typer(
    no_args_is_help=True, help="Look for a class in large scenes, coarse to fine; finer chips are made where needed."
)

Root = Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")]
Name = Annotated[str | None, typer.Argument(help="The cascade; may be left out where one is open.")]
Named = Annotated[str | None, typer.Option("--name", help="The cascade; may be left out where one is open.")]
Who = Annotated[str | None, typer.Option("--actor", help="Who says so (default: the system user name).")]
Recall = Annotated[
    float | None, typer.Option(help="Share of the positive chips that each level is to keep (default: 0.99).")
]


@app.command()
def start(
    root: Root,
    class_: Annotated[str, typer.Option("--class", help="The class that is looked for, by name or code.")],
    task: Task = None,
    scene: Annotated[list[str] | None, typer.Option(help="Only this scene; may be repeated (default: all).")] = None,
    levels: Annotated[
        int | None, typer.Option(help="Levels, at least 3; the grid gets those that it lacks (default: its own).")
    ] = None,
    recall: Recall = None,
    name: Annotated[str | None, typer.Option(help="Its name (default: class and scene).")] = None,
    actor: Who = None,
) -> None:
    """Begin to look for a class."""
    import getpass

    from groundset.cascade import RECALL, Cascade
    from groundset.workspace import open as open_workspace

    who = actor or getpass.getuser()
    with open_workspace(root) as ws:
        record = ws.cascade_room.start(
            class_, actor=who, task=task, scenes=scene or None, levels=levels,
            recall=RECALL if recall is None else recall, name=name,
        )  # fmt: skip
        _say(Cascade(ws.cascade_room, record.id, who))


@app.command("list")
def list_(root: Root) -> None:
    """Say which cascades there are."""
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        for record in ws.cascades():
            far = "done" if record.done else f"level {record.level} of {record.levels[-1]}"
            out.print(
                f"{record.id}  {ws.cascade_room.title(record)}, task {record.task}  {far}", markup=False, soft_wrap=True
            )


@app.command()
def status(root: Root, name: Name = None) -> None:
    """Say how far a cascade is: levels, threshold, recall, what was saved."""
    with _opened(root, name) as cascade:
        _say(cascade)


@app.command()
def suggest(
    root: Root,
    name: Name = None,
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many chips.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Another one gives other chips.")] = 0,
) -> None:
    """Say which chips of the level to answer next, one id a line."""
    from groundset.cascade.making import nothing_asked

    with _opened(root, name) as cascade:
        chips = cascade.suggest(n, seed=seed)
        for chip in chips:
            typer.echo(chip)
        if not chips:
            typer.echo(nothing_asked(cascade.view()), err=True)  # not among the ids


@app.command()
def answer(
    root: Root,
    chips: Annotated[
        list[str] | None, typer.Argument(metavar="CHIP...", help="Chip ids; - reads them line by line.")
    ] = None,
    value: Annotated[
        str, typer.Option(help="positive, negative, unsure, not-applicable, or unlabelled to take it back.")
    ] = "positive",
    name: Named = None,
    actor: Who = None,
) -> None:
    """Answer chips: whether the class is in them. One act."""
    ids = [chip for given in chips or () for chip in (_lines() if given == "-" else (given,))]
    if not ids:
        raise InputError("which chips?", hint="name at least one chip, or - to read them line by line")
    with _opened(root, name, actor) as cascade:
        cascade.answer(ids, value)
    out.print(f"{len(dict.fromkeys(ids)):,} answered {value}", markup=False)


@app.command()
def recall(root: Root, share: Annotated[float, typer.Argument(help="Above 0, at most 1.")], name: Named = None,
           actor: Who = None) -> None:  # fmt: skip
    """Choose another recall for the levels to come. A loss saves most at the level before the finest."""
    with _opened(root, name, actor) as cascade:
        _say(cascade.choose(share))


@app.command()
def advance(
    root: Root,
    name: Name = None,
    recall: Recall = None,
    workers: Workers = None,
    dask: DaskAddress = None,
    actor: Who = None,
) -> None:
    """Leave the level, and make the chips of the next one that lie in chips which go on."""
    with _opened(root, name, actor) as cascade, executor(workers, dask) as pool:
        with bars() as progress:
            made = cascade.advance(recall=recall, executor=pool, progress=progress)
        if not cascade.record.done:
            out.print(made.summary(), markup=False, soft_wrap=True)
        _say(cascade)


@app.command()
def make(root: Root, name: Name = None, workers: Workers = None, dask: DaskAddress = None) -> None:
    """Make chips that are looked at and are not there; a stopped advance is gone on with."""
    with _opened(root, name) as cascade, executor(workers, dask) as pool:
        with bars() as progress:
            made = cascade.make(executor=pool, progress=progress)
        out.print(made.summary(), markup=False, soft_wrap=True)


@app.command()
def back(
    root: Root,
    name: Name = None,
    actor: Who = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Also where the last step is its start: it is gone then.")
    ] = False,
) -> None:
    """Take the last step back. Chips that were made stay."""
    with _opened(root, name, actor) as cascade:
        if not whole and cascade.record.last == cascade.record.first:
            raise InputError(
                "this would take the whole cascade back: its coarsest level was not left yet", asked=cascade.name,
                hint="say --whole: answers stay, and groundset cascade start begins anew with them",
            )  # fmt: skip
        left = cascade.back()
        if left is None:
            out.print(f"cascade {cascade.name} is taken back", markup=False)
        else:
            _say(left)


@app.command()
def conflicts(root: Root, name: Name = None) -> None:
    """Say which answers contradict those above or below, and what would settle them."""
    from groundset.cascade.settle import told

    with _opened(root, name) as cascade:
        view = cascade.view()
        found = told(view, cascade.title)
        for one in found:
            out.print(one.says, markup=False, soft_wrap=True)
            for choice in one.choices:
                value = choice.events[0]["payload"]["value"] if choice.events else "unlabelled"
                chips = " ".join(event["chip_id"] for event in choice.events)
                line = f"groundset cascade answer DIR {chips} --value {value} --name {cascade.name}"
                out.print(f"  {choice.says}: {line}", markup=False, soft_wrap=True)
        if not found:
            out.print("no answers contradict each other", markup=False)


@contextmanager
def _opened(root: Path, name: str | None, actor: str | None = None) -> Iterator[Cascade]:
    from groundset.cascade import Cascade
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        yield Cascade(ws.cascade_room, ws.cascade_room.get(name).id, actor)


def _say(cascade: Cascade) -> None:
    out.print(repr(cascade), markup=False, soft_wrap=True)


def _lines() -> list[str]:
    import sys

    return [line.strip() for line in sys.stdin if line.strip()]
