"""``groundset encode``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import DaskAddress, Workers, bars, executor, out, seconds


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")],
    encoder: Annotated[
        str,
        typer.Option(help="An encoder by name (default, efficientnet-lite0), or onnx:FILE with its card STEM.json."),
    ],
    text: Annotated[
        Path | None, typer.Option(help="Text half of a pair such as CLIP's: images are then found by words.")
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Of the text half: tokenizer.json, or vocab.json with merges.txt beside it.")
    ] = None,
    prompt: Annotated[str, typer.Option(help="What words are put into: 'a satellite photo of {}'.")] = "{}",
    workers: Workers = None,
    dask: DaskAddress = None,
) -> None:
    """Compute the features of a further encoder.

    For every chip; stopped in the middle it goes on. Later scenes get them when they are ingested.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws, executor(workers, dask) as pool, bars() as listen:
        report = ws.encode(encoder, text=text, tokenizer=tokenizer, prompt=prompt, executor=pool, progress=listen)
    out.print(f"{report.summary()} ({seconds(report.seconds)})", markup=False, soft_wrap=True)
