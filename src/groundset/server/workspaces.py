"""The workspaces of one server: one in its folder, or several side by side."""

from __future__ import annotations

from pathlib import Path

from groundset.core import GroundsetError
from groundset.core.layout import Layout
from groundset.server.models import WorkspaceLink
from groundset.workspace import Workspace
from groundset.workspace import open as open_workspace


def link_to(ws: Workspace, href: str) -> WorkspaceLink:
    """A workspace as the list shows it."""
    lake = ws.lake
    releases = lake.layout.releases
    return WorkspaceLink(
        name=lake.config.name,
        href=href,
        scenes=len(lake.scenes.ids()),
        chips=len(lake.chips),
        releases=sorted(p.name for p in releases.glob("[!.]*") if p.is_dir()) if releases.is_dir() else [],
    )


def is_workspace(folder: Path) -> bool:
    """Whether a workspace lies in this folder."""
    return Layout(folder).config.is_file()


def folders(root: Path) -> list[Path]:
    """The workspaces right below a folder, by name."""
    return sorted(p for p in root.iterdir() if is_workspace(p) and not p.name.startswith("."))


def list_folder(root: Path) -> list[WorkspaceLink]:
    """What ``/api/workspaces`` says of a folder of workspaces."""
    out = []
    for folder in folders(root):
        href = f"w/{folder.name}/"
        try:
            with open_workspace(folder) as ws:
                out.append(link_to(ws, href))
        except GroundsetError as error:
            out.append(WorkspaceLink(name=folder.name, href=href, error=str(error)))
    return out
