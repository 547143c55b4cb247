"""``groundset serve``."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import out
from groundset.core import MissingError


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR|FOLDER", help="The workspace, or a folder of several.")],
    host: Annotated[str, typer.Option(help="Address of this machine to answer on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    trusted_host: Annotated[
        list[str] | None, typer.Option(help="Name under which a proxy before the server is reached; repeatable.")
    ] = None,
    root_path: Annotated[str, typer.Option(help="Path under which a proxy shows the server.")] = "",
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Folder that an ingest from the page may read, beside the workspace's; repeatable."),
    ] = None,
    allow_private_networks: Annotated[
        bool, typer.Option("--allow-private-networks", help="Let an ingest from the page read from private networks.")
    ] = False,
) -> None:
    """Serve the page and the HTTP API until Ctrl-C. Open the address that it prints."""
    gc.disable()  # what imports make is no garbage, and looking for it costs a tenth of the start
    from groundset.server.context import Settings
    from groundset.server.run import leave, serve

    gc.freeze()
    gc.enable()
    missing = next((folder for folder in data or () if not folder.is_dir()), None)
    if missing is not None:
        raise MissingError("there is no such folder", asked=f"--data {missing}")
    settings = Settings(
        "",
        data_roots=tuple(folder.absolute() for folder in data or ()),
        allow_private_networks=allow_private_networks,
        trusted_hosts=tuple(trusted_host or ()),
        root_path=root_path.rstrip("/"),
    )
    serve(
        root,
        host=host,
        port=port,
        settings=settings,
        say=lambda text: out.print(text, markup=False, soft_wrap=True),
    )
    leave()
