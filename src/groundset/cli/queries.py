"""``groundset queries``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundset.cli._common import out
from groundset.core import InputError

if TYPE_CHECKING:
    from groundset.query.saved import Saved


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    remove: Annotated[str | None, typer.Option(metavar="NAME", help="Take a query away.")] = None,
    undo: Annotated[str | None, typer.Option(metavar="NAME", help="Take a query's last change back.")] = None,
) -> None:
    """List the saved queries, take one away, or bring one back.

    They are kept with: groundset search DIR "CQL2" --save NAME; and asked with: groundset search DIR --saved NAME.
    """
    from groundset.workspace import open as open_workspace

    if remove is not None and undo is not None:
        raise InputError("take --remove or --undo, not both", asked=f"--remove {remove} --undo {undo}")
    with open_workspace(root) as ws:
        if remove is not None:
            ws.remove_query(remove)
            out.print(
                f"{remove} is removed; to have it again: groundset queries {root} --undo '{remove}'", markup=False
            )
        elif undo is not None:
            left = ws.undo_query(undo)
            out.print(f"{undo} is gone" if left is None else f"{undo}: {asked(left)}", markup=False)
        else:
            _show(ws.saved_queries.all())


def asked(saved: Saved) -> str:
    """What a saved query asks, in one line."""
    query = saved.query
    parts = [query.filter or "all chips", *(f"like {one}" for one in query.like)]
    named = {"by": query.sort, "task": query.task, "class": query.class_, "method": query.method}
    return ", ".join([*parts, *(f"{name} {value}" for name, value in named.items() if value)])


def _show(there: list[Saved]) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    if not there:
        out.print("no saved queries", markup=False)
        return
    told = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("name", "asks", "saved by", "at"):
        told.add_column(name, overflow="fold")
    for one in there:
        told.add_row(escape(one.name), escape(asked(one)), escape(one.by), one.at)
    out.print(told)
