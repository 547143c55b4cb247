"""``groundset sql``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundset.cli._common import out
from groundset.core import InputError

if TYPE_CHECKING:
    from groundset.query.sql import Answer

FORMATS = ("table", "csv", "json", "parquet")
_SHOWN = 100


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    sql: Annotated[
        str,
        typer.Argument(
            metavar="SQL", help='"SELECT label, count(*) FROM labels GROUP BY label"; - reads it from stdin.'
        ),
    ],
    form: Annotated[
        str | None, typer.Option("--format", help=f"{', '.join(FORMATS)} (default: by --output, else table).")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of printing.")] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Longest that it may take.")] = 60.0,
    memory: Annotated[str, typer.Option(help="Most memory for it, and again for its rows.")] = "2GB",
) -> None:
    """Ask with SQL (DuckDB's), reading only.

    Views are scenes, chips, labels, annotations, scores and attributes; "DESCRIBE chips" tells columns.
    """
    from groundset.workspace import open as open_workspace

    chosen = _form(form, output)
    with open_workspace(root) as ws:
        answer = ws.sql(sys.stdin.read() if sql == "-" else sql, seconds=seconds, memory=memory)
    if chosen == "table":
        _table(answer)
    elif output is not None:
        from groundset._files import write_bytes

        write_bytes(output, b"".join(_pieces(answer, chosen)))
        out.print(f"{output}: {len(answer):,} rows", markup=False)
    else:
        if chosen == "parquet" and sys.stdout.isatty():
            raise InputError("Parquet is no text", asked="--format parquet", hint="name a file with --output")
        for piece in _pieces(answer, chosen):
            sys.stdout.buffer.write(piece)


def _form(form: str | None, output: Path | None) -> str:
    ending = "" if output is None else output.suffix.removeprefix(".")
    if form is None:
        form = ending if output is not None else "table"
    if form not in FORMATS or (form == "table" and output is not None):
        raise InputError("there is no such format", asked=form or output, found=", ".join(FORMATS),
                         hint="a file is csv, json or parquet")  # fmt: skip
    if ending in FORMATS and ending != form:
        raise InputError("the ending of the file and the format differ", asked=f"--format {form}", found=f"{output}",
                         hint="leave --format out")  # fmt: skip
    return form


def _pieces(answer: Answer, form: str) -> Iterator[bytes]:
    from groundset.query import written

    if form == "csv":
        return written.csv_pieces(answer.table)
    return written.json_pieces(answer.table) if form == "json" else iter([written.parquet(answer.table)])


def _table(answer: Answer) -> None:
    import pyarrow as pa
    from rich import box
    from rich.table import Table

    told = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    numbers = {f.name for f in answer.table.schema if pa.types.is_integer(f.type) or pa.types.is_floating(f.type)}
    for name in answer.columns:
        told.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for row in answer.table.slice(0, _SHOWN).to_pylist():
        told.add_row(*(_cell(value) for value in row.values()))
    out.print(told)
    more = f"the first {_SHOWN} of " if len(answer) > _SHOWN else ""
    out.print(f"{more}{len(answer):,} row{'' if len(answer) == 1 else 's'}", markup=False)


def _cell(value: object) -> str:
    from rich.markup import escape

    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list):
        return escape(", ".join(_cell(v) for v in value))
    return escape(str(value))
