"""What every route needs: the workspace, the chip index, the jobs, the events; one for each app, no module state."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from groundset.lake import Lake

if TYPE_CHECKING:
    from groundset.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server was asked to run.

    Args:
        token: What the printed address carries; whoever knows it is the admin.
        ui: Folder of the built page (default: the one in the package).
        data_roots: Folders that an ingest from the page may read; the workspace's own is always one.
        allow_private_networks: Whether scene addresses may point to private networks.
        frame_ancestors: Origins whose pages may show ours in a frame (CSP).
        max_body: Largest body of a request, bytes.
    """

    token: str
    ui: Path | None = None
    data_roots: tuple[Path, ...] = ()
    allow_private_networks: bool = False
    frame_ancestors: tuple[str, ...] = ()
    max_body: int = 64 << 20


@dataclass(slots=True)
class Context:
    """One workspace as the routes see it."""

    workspace: Workspace
    settings: Settings
    extras: dict[str, object] = field(default_factory=dict)

    @property
    def lake(self) -> Lake:
        """The workspace's lake."""
        return self.workspace.lake


def _context(request: Request) -> Context:
    return cast("Context", request.app.state.context)


Here = Annotated[Context, Depends(_context)]
"""Parameter of a route: the context of its app."""
