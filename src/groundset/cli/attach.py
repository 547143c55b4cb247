"""``groundset attach``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from groundset.cli._common import Task, bars, names, out


class _Attach(TyperGroup):
    """``attach DIR FILE`` is ``attach file DIR FILE``: a first word that is no verb is the workspace."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["file", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Attach,
    no_args_is_help=True,
    help="Join outside knowledge to chips: attach DIR FILE; attach list, refresh, label or remove.",
)

Root = Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")]
Who = Annotated[str | None, typer.Option("--actor", help="Who labels (default: the system user name).")]
When = Annotated[
    str | None,
    typer.Option(help='Which chips to label: a filter with short column names, "share > 0.5" (default: inside).'),
]


@app.command("file")
def attach_file(
    root: Root,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="GeoJSON, GeoPackage, Shapefile, FlatGeobuf, GeoParquet or CSV."),
    ],
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="What its columns begin with (default: the file's name).")
    ] = None,
    join: Annotated[
        str | None, typer.Option(help="inside,share,distance,count,value (default: those that fit the file).")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="COL", help="Column whose value chips get. May be repeated.")
    ] = None,
    take: Annotated[
        str | None,
        typer.Option(help="Value of several features: mean (by area), most, sum, minimum, maximum or nearest."),
    ] = None,
    date_column: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of dates; the value is that of the nearest date.")
    ] = None,
    within: Annotated[str | None, typer.Option(help="Farthest date from the chip's that counts: 30d, 12h.")] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of a file that states none: EPSG:32630.")] = None,
    x: Annotated[str | None, typer.Option(help="Column of a CSV's x or longitude.")] = None,
    y: Annotated[str | None, typer.Option(help="Column of a CSV's y or latitude.")] = None,
    refuse_broken: Annotated[
        bool, typer.Option("--refuse-broken", help="Polygons that cross themselves are an error, not repaired.")
    ] = False,
    label: Annotated[
        str | None, typer.Option(metavar="CLASS", help="Label the chips over it; one act that can be undone.")
    ] = None,
    when: When = None,
    task: Task = None,
    actor: Who = None,
) -> None:
    """Join a vector file or a CSV to the chips (the default: attach DIR FILE).

    Its columns NAME_inside, NAME_share, NAME_distance (metres), NAME_count and NAME_COLUMN are there for every search.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws, bars() as listen:
        report = ws.attach(
            file, name=name, join=names(join, "--join") or (), column=column or (),  # type: ignore[arg-type]  # checked there
            take=take, date_column=date_column, within=within, crs=crs, x=x, y=y,  # type: ignore[arg-type]
            repair=not refuse_broken, label=label, when=when, task=task, actor=actor, progress=listen,
        )  # fmt: skip
    out.print(report.summary(), markup=False, soft_wrap=True)


@app.command("list")
def list_layers(root: Root) -> None:
    """List what is attached, and whether its files are as they were."""
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        told = [state.summary() for state in ws.attached()]
    out.print("\n".join(told) or "nothing is attached", markup=False, soft_wrap=True)


@app.command("refresh")
def refresh_layers(
    root: Root,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The layer (default: all).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Make all values anew.")] = False,
) -> None:
    """Read files that have changed, and give new chips their values."""
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws, bars() as listen:
        done = ws.refresh_attached(name, force=force, progress=listen)
        told = [report.summary() for report in done]
        told += [s.summary() for s in ws.attached() if s.file != "current" and name in (None, s.layer.name)]
    out.print("\n".join(told) or "nothing new: every file is as it was", markup=False, soft_wrap=True)


@app.command("label")
def label_chips(
    root: Root,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The layer.")],
    class_: Annotated[str, typer.Argument(metavar="CLASS", help="The class.")],
    when: When = None,
    task: Task = None,
    actor: Who = None,
) -> None:
    """Label chips by what is attached.

    One act with origin import, which one undo takes back. What people answered stands before it.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        report = ws.label_attached(name, class_, when=when, task=task, actor=actor)
    out.print(report.summary(), markup=False, soft_wrap=True)


@app.command("remove")
def remove_layer(root: Root, name: Annotated[str, typer.Argument(metavar="NAME", help="The layer.")]) -> None:
    """Take a layer away with its columns; its file and labels made from it stay."""
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        layer = ws.detach(name)
    out.print(f"{layer.name} is attached no more; {layer.file} is as it was", markup=False, soft_wrap=True)
