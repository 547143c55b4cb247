"""``groundset check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import bars, out


def run(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of a release.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print every finding as JSON.")] = False,
    require: Annotated[
        str | None, typer.Option(help="Fail unless this level passed in full: Q0, Q1, Q2 or Q3.")
    ] = None,
) -> None:
    """Check the quality of a release.

    Q0 whole, Q1 valid STAC, Q2 ready for machine learning, Q3 curated.
    """
    from groundset.core import InputError
    from groundset.release import LEVELS, check

    level = next((known for known in LEVELS if known == require), None)
    if require is not None and level is None:
        raise InputError("no such quality level", asked=require, found=", ".join(LEVELS))
    with bars() as listen:
        report = check(path, progress=listen)
    if as_json:
        import json

        typer.echo(json.dumps(report.to_dict(), indent=2))
    else:
        out.print(report.render(), markup=False, soft_wrap=True)
    raise typer.Exit(report.exit_code(require=level))
