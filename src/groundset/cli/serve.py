"""``groundset serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import out


def run(
    root: Annotated[Path, typer.Argument(metavar="DIR|FOLDER", help="The workspace, or a folder of several.")],
    host: Annotated[str, typer.Option(help="Address of this machine to answer on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8000,
    trusted_host: Annotated[
        list[str] | None, typer.Option(help="Name under which a proxy before the server is reached; repeatable.")
    ] = None,
    root_path: Annotated[str, typer.Option(help="Path under which a proxy shows the server.")] = "",
) -> None:
    """Serve the page and the HTTP API until Ctrl-C. Open the address that it prints."""
    from groundset.server.context import Settings
    from groundset.server.run import serve

    settings = Settings("", trusted_hosts=tuple(trusted_host or ()), root_path=root_path.rstrip("/"))
    serve(
        root,
        host=host,
        port=port,
        settings=settings,
        say=lambda text: out.print(text, markup=False, soft_wrap=True),
    )
