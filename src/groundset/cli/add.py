"""``groundset add``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from groundset.cli._common import out

app = typer.Typer(no_args_is_help=True, help="Add a class, a task, an attribute or a series to a workspace.")

Root = Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")]
Title = Annotated[str | None, typer.Option(help="For people (default: the name).")]
Who = Annotated[str | None, typer.Option("--actor", help="Who adds it (default: the system user name).")]


class Kind(StrEnum):
    """What a task asks."""

    CLASSIFY = "classify"
    SEGMENT = "segment"
    OUTLINE = "outline"


class About(StrEnum):
    """What a task asks about."""

    DATE = "date"
    PERIOD = "period"
    CHANGE = "change"


@app.command("class")
def add_class(
    root: Root,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, unique in the scheme.")],
    task: Annotated[str | None, typer.Option(help="Whose scheme (default: the workspace's).")] = None,
    title: Title = None,
    color: Annotated[str | None, typer.Option(help="#rrggbb (default: one unlike those there).")] = None,
    definition: Annotated[str | None, typer.Option(help="What belongs to it.")] = None,
    actor: Who = None,
) -> None:
    """Add a class to a scheme.

    It gets the next free code; no other class changes.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        new = ws.add_class(name, task=task, title=title, color=color, definition=definition, actor=actor)
    _say(f"class {new.name} ({new.code}), {new.color}")


@app.command("task")
def add_task(
    root: Root,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")],
    multi: Annotated[bool, typer.Option("--multi", help="A chip may have several classes.")] = False,
    kind: Annotated[Kind, typer.Option(help="Classes of chips, of pixels, or shapes.")] = Kind.CLASSIFY,
    scheme: Annotated[
        Path | None, typer.Option(help="Scheme CSV of its own, copied to NAME.csv (default: the workspace's).")
    ] = None,
    about: Annotated[
        About, typer.Option(help="Each date, all dates of a place together, or the change between two of them.")
    ] = About.DATE,
    series: Annotated[
        str | None, typer.Option(help="Of a period or change: the only series asked about (default: all of them).")
    ] = None,
    actor: Who = None,
) -> None:
    """Add a task: which classes chips have, which class pixels have, or shapes."""
    from groundset.taxonomy import read_scheme
    from groundset.workspace import open as open_workspace

    classes = None if scheme is None else read_scheme(scheme).classes
    with open_workspace(root) as ws:
        task = ws.add_task(
            name, kind=kind.value, multi=multi, classes=classes, about=about.value, series=series, actor=actor
        )
        there = ", ".join(c.name for c in ws.lake.scheme(name))
    asks = f", {'several classes' if multi else 'one class'} a chip" if task.kind == "classify" else ""
    of = "" if task.about == "date" else f", about the {task.about} of {task.series or 'every series'}"
    _say(f"task {name} ({task.kind}{asks}{of}): {there}")


@app.command("series")
def add_series(
    root: Root,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Its name; none: say which could be made.")] = None,
    scenes: Annotated[
        list[str] | None, typer.Argument(metavar="SCENE...", help="Scenes on one grid, one for each date.")
    ] = None,
    title: Title = None,
    actor: Who = None,
) -> None:
    """Add a series: several dates of one place on one grid.

    Without a name it says which scenes share a grid; with the name of a proposal and no scenes it makes that one.
    """
    from groundset.core import MissingError
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        proposed = {p.name: p for p in ws.propose_series() if name is None or not scenes}
        if name is None:
            for one in proposed.values():
                days = ", ".join(f"{s} ({t:%Y-%m-%d})" for s, t in zip(one.scenes, one.times, strict=True))
                out.print(f"{one.name}: {days}", markup=False, soft_wrap=True)
            if not proposed:
                out.print("no scenes share a grid that are in no series yet")
            return
        if not scenes and name not in proposed:
            there = ", ".join(proposed) or "none"
            raise MissingError("name the scenes of the series", asked=name, found=f"proposals: {there}")
        new = ws.add_series(name, scenes or proposed[name].scenes, title=title, actor=actor)
    _say(f"series {new.name}: {', '.join(new.scenes)}")


@app.command("attribute")
def add_attribute(
    root: Root,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, in filters too: day, cloudy, roadworks.")],
    kind: Annotated[str, typer.Option(help="flag, choice or number.")] = "flag",
    title: Title = None,
    choice: Annotated[list[str] | None, typer.Option(help="Of a choice: one of its values; say it for each.")] = None,
    minimum: Annotated[float | None, typer.Option(help="Of a number: the least.")] = None,
    maximum: Annotated[float | None, typer.Option(help="Of a number: the most.")] = None,
    actor: Who = None,
) -> None:
    """Add something that people may say of a chip's situation."""
    from groundset.core import InputError
    from groundset.core.layout import ATTRIBUTE_KINDS
    from groundset.workspace import open as open_workspace

    if kind not in ATTRIBUTE_KINDS:
        raise InputError("unknown kind of attribute", asked=kind, hint=f"one of {', '.join(ATTRIBUTE_KINDS)}")
    options: dict[str, Any] = {"title": title, "choices": choice or (), "minimum": minimum, "maximum": maximum}
    with open_workspace(root) as ws:
        new = ws.add_attribute(name, kind, actor=actor, **options)
    _say(f"attribute {new.name} ({new.kind})")


def _say(what: str) -> None:
    out.print(f"added {what}", markup=False, soft_wrap=True)
