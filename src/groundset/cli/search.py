"""``groundset search``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._chips import FORMATS, show


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    filter: Annotated[  # noqa: A002  # its name everywhere
        str | None,
        typer.Argument(metavar="CQL2", help='What to keep: "cloud_cover < 10 AND score_water > 0.8".'),
    ] = None,
    like: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHIP", help="An example; or a rectangle, SCENE@x_off,y_off,width,height. May be repeated."
        ),
    ] = None,
    words: Annotated[
        str | None, typer.Option(help="Words that chips are to fit, by label, score or picture: 'frozen lake'.")
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(help="id, newest, random:SEED, similar[:CLASS], uncertain[:CLASS], typical or words:TEXT."),
    ] = None,
    class_: Annotated[str | None, typer.Option("--class", help="Class whose scores are told.")] = None,
    task: Annotated[str | None, typer.Option(help="Task that labels and classes speak of.")] = None,
    method: Annotated[str, typer.Option(help="logistic, rocchio or mean.")] = "logistic",
    encoder: Annotated[str | None, typer.Option(help="Whose features count (default: the workspace's).")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Most chips; 0 for all.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Chips before them.")] = 0,
    saved: Annotated[str | None, typer.Option(metavar="NAME", help="Ask a saved query; CQL2 narrows it.")] = None,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Keep this query for everybody.")] = None,
    form: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "table",
) -> None:
    """Find chips.

    By a filter over metadata, labels and scores, and by likeness to examples.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        found = ws.search(
            filter, like=like, sort=sort, task=task, class_=class_, method=method, encoder=encoder,
            limit=limit or None, offset=offset, saved=saved, words=words,
        )  # fmt: skip
        if save is not None:
            kept = None if method == "logistic" else method
            ws.save_query(
                save, filter or "", like=like or (), sort=sort, task=task, class_=class_, method=kept, encoder=encoder
            )
        show(found, form)
