"""``groundset outlines``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundset.cli._common import Task, out

app = typer.Typer(no_args_is_help=True, help="Shapes of outline tasks: into masks and back, moved, repaired, written.")

Root = Annotated[Path, typer.Argument(metavar="DIR", help="The workspace.")]
Scene = Annotated[str | None, typer.Option(help="Only this scene.")]
Who = Annotated[str | None, typer.Option("--actor", help="Who says so (default: the system user name).")]


@app.command()
def rasterise(
    root: Root,
    task: Task = None,
    to: Annotated[str | None, typer.Option(help="Segment task; may be left out where there is one.")] = None,
    scene: Scene = None,
    all_touched: Annotated[bool, typer.Option("--all-touched", help="Every pixel that a shape touches.")] = False,
    line_width: Annotated[float, typer.Option(help="Width of lines, pixels.")] = 1.0,
    point_size: Annotated[float, typer.Option(help="Diameter of points, pixels.")] = 1.0,
    actor: Who = None,
) -> None:
    """Draw shapes into the masks of a segment task: the pixels whose centre a polygon holds. One act.

    Drawn again, the masks take the place of those of the last time.
    """
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        done = ws.rasterise(
            task, to=to, scene=scene, all_touched=all_touched, line_width=line_width, point_size=point_size, actor=actor
        )
    _say(f"{done.created:,} masks drawn, {done.known:,} were so already, {done.removed:,} are empty now")


@app.command()
def vectorise(
    root: Root,
    task: Task = None,
    of: Annotated[str | None, typer.Option(help="Segment task; may be left out where there is one.")] = None,
    scene: Scene = None,
    min_pixels: Annotated[int, typer.Option(help="Smaller patches are left out, first of all.")] = 4,
    simplify: Annotated[float, typer.Option(help="Tolerance in pixels; 0 keeps the edges of pixels.")] = 0.0,
    actor: Who = None,
) -> None:
    """Trace the masks of a segment task into shapes, holes kept. One act."""
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        done = ws.vectorise(of, task=task, scene=scene, min_pixels=min_pixels, simplify=simplify, actor=actor)
    _say(f"{done.created:,} shapes traced, {done.known:,} were there already, {done.removed:,} removed")


@app.command()
def shift(
    root: Root,
    scene: Annotated[str, typer.Option(help="The scene whose shapes are moved.")],
    dx: Annotated[float, typer.Option(help="To the right, in units of the scene's CRS.")] = 0.0,
    dy: Annotated[float, typer.Option(help="Up, in units of the scene's CRS.")] = 0.0,
    task: Task = None,
    source: Annotated[
        str | None, typer.Option("--import", help="Only shapes of this import (annotate tells its id).")
    ] = None,
    actor: Who = None,
) -> None:
    """Move the shapes of a scene. One act."""
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        done = ws.shift_shapes(dx, dy, scene=scene, task=task, source=source, actor=actor)
    _say(f"{done.shapes:,} shapes moved by {dx:g}, {dy:g}")


@app.command()
def repair(root: Root, task: Task = None, scene: Scene = None, actor: Who = None) -> None:
    """Make polygons that cross themselves valid, all their parts kept. One act."""
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        done = ws.repair_shapes(task, scene=scene, actor=actor)
    left = f"; nothing could be repaired of {', '.join(done.left[:5])}" if done.left else ""
    _say(f"{done.shapes:,} shapes repaired{left}")


@app.command()
def write(
    root: Root,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GeoJSON file to write.")],
    task: Task = None,
    scene: Scene = None,
) -> None:
    """Write shapes as GeoJSON, in the CRS of their scene."""
    from groundset._files import atomic
    from groundset.workspace import open as open_workspace

    with open_workspace(root) as ws:
        shapes = len(ws.shapes(task, scene=scene))
        text = ws.shapes_geojson(task, scene=scene)
    with atomic(file) as beside:
        beside.write_text(text, "utf-8")
    _say(f"{shapes:,} shapes -> {file}")


def _say(text: str) -> None:
    out.print(text, markup=False, soft_wrap=True)
