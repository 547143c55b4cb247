"""The ``groundset`` command."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from groundset.cli import (
    add,
    annotate,
    attach,
    cascade,
    check,
    demo,
    encode,
    export,
    fuse,
    import_,
    ingest,
    init,
    outlines,
    predict,
    publish,
    queries,
    release,
    search,
    segment,
    serve,
    sql,
    status,
    suggest,
)
from groundset.cli._common import err
from groundset.core import GroundsetError, InputError, QueryError

app = typer.Typer(
    name="groundset",
    help="From satellite imagery to a reviewed, published training dataset, with the fewest labels.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
_LABELLING = (annotate, suggest, search, queries, sql, encode, predict, segment, fuse)
for verb in (demo, init, ingest, status, *_LABELLING, import_, export, release, check, publish, serve):
    app.command(verb.__name__.rsplit(".", 1)[1].removesuffix("_"))(verb.run)
app.add_typer(add.app, name="add")
app.add_typer(attach.app, name="attach")
app.add_typer(cascade.app, name="cascade")
app.add_typer(outlines.app, name="outlines")

STOPPED = 130
_STOPPED = "stopped; what was finished is kept, run it again to go on"


def _version(value: bool) -> None:
    if value:
        from groundset import __version__

        typer.echo(f"groundset {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line; turn errors into messages and exit codes."""
    try:
        app()
    except SystemExit as done:
        if done.code == STOPPED:  # Typer has caught the Ctrl-C
            err.print(_STOPPED, markup=False)
        raise
    except GroundsetError as error:
        if os.environ.get("GROUNDSET_TRACEBACK"):
            raise
        _tell(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err.print(_STOPPED, markup=False)
        sys.exit(STOPPED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if os.environ.get("GROUNDSET_TRACEBACK") or error.filename is None:
            raise
        _tell(InputError(f"a file or folder cannot be used: {error.strerror}", asked=error.filename2 or error.filename))
        sys.exit(InputError.exit_code)


def _tell(error: GroundsetError) -> None:
    err.print(f"error: {error.message}", markup=False, style="bold red", soft_wrap=True)
    pointed = error.pointed() if isinstance(error, QueryError) else None
    if pointed is not None:
        for line in pointed:
            err.print(f"  {line}", markup=False, soft_wrap=True)
    for name in ("found", "hint") if pointed else ("asked", "found", "hint"):
        value = getattr(error, name)
        if value is not None:
            err.print(f"  {name + ':':<7}{value}", markup=False, soft_wrap=True)
