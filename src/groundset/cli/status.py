"""``groundset status``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import out


def run(root: Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")]) -> None:
    """Say what is in a workspace and what to do next."""
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        s = ws.status()
    lines = [
        f"workspace {s.name} in {s.root}",
        f"  scenes    {s.scenes:,}",
        f"  chips     {s.chips:,}",
        *(f"  labelled  {count:,} chips in task {task} ({s.tasks[task]})" for task, count in s.annotated_chips.items()),
        f"  events    {s.events:,} in the journal",
        f"  models    {', '.join(s.models) or 'none'}",
        f"  releases  {', '.join(s.releases) or 'none'}",
    ]
    if not s.scenes:
        lines.append(f"next: groundset ingest {root} SCENE")
    elif not any(s.annotated_chips.values()):
        lines.append(f"next: groundset serve {root} to label in the browser, or groundset annotate {root} FILE")
    elif not s.models and "segment" in s.tasks.values():
        lines.append(f"next: groundset segment {root}, then groundset release {root} v1")
    elif not s.releases:
        lines.append(f"next: groundset release {root} v1")
    else:
        last = max((root / "releases" / name for name in s.releases), key=lambda path: path.stat().st_mtime)
        lines.append(f"next: groundset check {last}, then groundset publish {last} --s3 s3://BUCKET/PREFIX")
    out.print("\n".join(lines), markup=False, soft_wrap=True)
