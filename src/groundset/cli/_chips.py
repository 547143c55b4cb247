"""Chips on the command line: as a table, ids, CSV or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from groundset.cli._common import out
from groundset.core import InputError

if TYPE_CHECKING:
    from groundset.query.results import Results

FORMATS = ("table", "ids", "csv", "json")


def show(found: Results, form: str) -> None:
    """Print chips.

    Raises:
        InputError: There is no such format.
    """
    if form not in FORMATS:
        raise InputError("there is no such format", asked=f"--format {form}", found=", ".join(FORMATS))
    if form == "ids":
        for chip_id in found.ids:
            typer.echo(chip_id)
    elif form == "json":
        import json

        typer.echo(json.dumps(found.rows(), indent=1))
    elif form == "csv":
        _csv(found)
    else:
        _table(found)


def _csv(found: Results) -> None:
    import csv
    import sys

    rows = found.rows()
    writer = csv.DictWriter(sys.stdout, rows[0] if rows else ["chip_id", "score"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "label": " ".join(row["label"])} for row in rows)


def _table(found: Results) -> None:
    from rich import box
    from rich.table import Table

    told = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=None)
    score = {"none": None, "similarity": "similarity", "score": "score", "confidence": "confidence"}[found.meaning]
    names = ["chip", *([score] if score else []), *(["why"] if found.reasons is not None else []), "label", "guess"]
    for name in (*names, "acquired"):
        told.add_column(name, justify="right" if name == score else "left", overflow="fold")
    for row in found.rows():
        number = [] if score is None else ["" if row["score"] is None else f"{row['score']:.3f}"]
        why = [] if found.reasons is None else [row["reason"]]
        label = ", ".join(row["label"]) or (row["value"] or "")
        told.add_row(row["chip_id"], *number, *why, label, row["guess"] or "", (row["datetime"] or "")[:10])
    out.print(told)
    left = found.total - len(found)
    out.print(f"{len(found):,} of {found.total:,} chips" if left else f"{found.total:,} chips", markup=False)
