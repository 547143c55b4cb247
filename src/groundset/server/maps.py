"""Label maps over HTTP: made once for what is labelled now, kept for a while, sent as files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from groundset._mapmaking import mapped
from groundset.core import InputError
from groundset.formats.labelmap import LabelMap, Style, write_maps
from groundset.server.context import Context
from groundset.server.replies import CHANGING, etag, fresh

FOLDER = "label-maps"
"""Where finished maps lie, in the workspace's cache; may be deleted."""
MOST_PIXELS = 2_000_000_000
"""Most pixels of a scene whose map is made while somebody waits: 40,000 x 40,000 and a quarter more."""
KEPT = 2 << 30
"""Bytes of finished maps that are kept."""
_YOUNG = 600.0
"""Seconds for which a map is kept whatever its size: somebody may be reading it."""
_MAKING = threading.Lock()
BESIDE = ".aux.xml"
PREVIEW = 2048
"""Longest side of the picture, pixels."""


def made(ctx: Context, scene_id: str, task: str | None, level: int | None) -> LabelMap:
    """The map of a scene as it is labelled now.

    Raises:
        MissingError: No such scene or level.
        InputError: No such task, nothing is labelled, or the scene is too large to be waited for.
    """
    found = mapped(ctx.lake, scene_id, task=task, level=level, shapes=ctx.shapes)
    rows, cols = found.shape
    if rows * cols > MOST_PIXELS:
        raise InputError(
            "the map of this scene takes longer than a browser waits", asked=f"{cols:,} x {rows:,} pixels",
            found=f"at most {MOST_PIXELS:,} pixels", hint="groundset export DIR label-map OUT writes it",
        )  # fmt: skip
    return found


def send(ctx: Context, request: Request, found: LabelMap, style: Style) -> Response:
    """The map as a GeoTIFF; ranges of it too, as map programs ask for them. 304 where the browser has it."""
    mark = f"{found.mark}-{style}"
    headers = {"ETag": etag(mark), "Cache-Control": CHANGING}
    if fresh(request, mark):
        return Response(status_code=304, headers=headers)
    path = _file(ctx, found, style)
    return FileResponse(path, media_type="image/tiff", filename=f"{found.scene}.{style}.tif", headers=headers)


def names(ctx: Context, request: Request, found: LabelMap, style: Style) -> Response:
    """Category names and attribute table of the codes, as GDAL reads them from a file beside the map (PAM)."""
    mark = f"{found.mark}-{style}-names"
    headers = {"ETag": etag(mark), "Cache-Control": CHANGING}
    if fresh(request, mark):
        return Response(status_code=304, headers=headers)
    path = _file(ctx, found, style)
    beside = path.with_name(f"{path.name}{BESIDE}")
    name = f"{found.scene}.{style}.tif{BESIDE}"
    return FileResponse(beside, media_type="application/xml", filename=name, headers=headers)


def picture(ctx: Context, found: LabelMap, size: int) -> tuple[str, Callable[[], bytes]]:
    """A small picture of the map, transparent where nothing is labelled: its mark, and what makes it (PNG)."""
    return f"{found.mark}-{size}", lambda: _draw(_file(ctx, found, "colour"), size)


def _draw(path: Path, size: int) -> bytes:
    """From the overview that fits; pixels are picked, never mixed."""
    import io

    import rasterio
    from PIL import Image

    with rasterio.open(path) as file:
        scale = min(1.0, size / max(file.width, file.height))
        shape = max(1, round(file.height * scale)), max(1, round(file.width * scale))
        pixels = file.read(out_shape=(4, *shape))
    out = io.BytesIO()
    Image.fromarray(pixels.transpose(1, 2, 0).copy(), "RGBA").save(out, "PNG")
    return out.getvalue()


def _file(ctx: Context, found: LabelMap, style: Style) -> Path:
    """The finished file; made by one request while others wait for it."""
    folder = ctx.lake.layout.cache / FOLDER
    path = folder / f"{found.mark}.{style}.tif"
    with _MAKING:
        if not path.exists():
            write_maps(found, {style: path})
            _forget(folder, path)
        else:
            with suppress(OSError):
                path.touch()
    return path


def _forget(folder: Path, latest: Path) -> None:
    """Remove the maps that were not asked for the longest, where they are too large together."""
    there = sorted(((p.stat().st_mtime, p.stat().st_size, p) for p in folder.glob("[!.]*.tif")), reverse=True)
    total = 0
    for at, size, path in there:
        total += size
        if total > KEPT and path != latest and time.time() - at > _YOUNG:
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}{BESIDE}").unlink(missing_ok=True)
