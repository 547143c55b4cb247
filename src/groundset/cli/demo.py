"""``groundset demo``."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import bars, executor, out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the demo.")] = Path("demo"),
    sample: Annotated[str, typer.Option(help="auto, sentinel2, itaipu or wake.")] = "auto",
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the page when it is done.")] = True,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the page; a free one where it is in use.")
    ] = 8000,
) -> None:
    """Run the main job on a real scene, then serve the page.

    Ingest, label as an annotator would, segment, release, check; a second run finds everything done.
    """
    from groundset.demo import demo

    with executor(None, None) as pool, bars() as listen:
        summary = demo(
            root,
            sample=sample,
            executor=pool,
            progress=listen,
            say=lambda text: out.print(text, markup=False, soft_wrap=True),
        )
    out.print(summary, markup=False, soft_wrap=True)
    if serve:
        _serve(root, port)


def _serve(root: Path, port: int) -> None:
    from groundset.server.run import leave, serve

    def say(text: str) -> None:
        out.print(f"\n{text}", markup=False, soft_wrap=True)

    serve(root, port=port if _free(port) else 0, say=say)
    leave()


def _free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
