"""``groundset demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import bars, executor, out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the demo.")] = Path("demo"),
    sample: Annotated[str, typer.Option(help="auto, sentinel2, itaipu or wake.")] = "auto",
    serve: Annotated[bool, typer.Option("--serve/--no-serve", hidden=True)] = False,
) -> None:
    """Run the main job on a real scene.

    Ingest, label as an annotator would, segment, release, check; a second run finds everything done.
    """
    from groundset.demo import demo

    del serve  # the page comes with the server; until then the demo always ends here
    with executor(None, None) as pool, bars() as listen:
        summary = demo(
            root,
            sample=sample,
            executor=pool,
            progress=listen,
            say=lambda text: out.print(text, markup=False, soft_wrap=True),
        )
    out.print(summary, markup=False, soft_wrap=True)
