"""Reading many windows of a scene at the speed of decoding its blocks once.

Windows are taken in bands of block rows ("strips"): a strip of a few blocks is read once, whole, by one of the threads
while the windows of the strip before are handed out, and every window inside it is cut out of memory.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from groundset.core import Window
from groundset.imagery.pixels import Pixels
from groundset.imagery.reader import SceneReader
from groundset.imagery.scene import Scene

_DEFAULT_BLOCK = 512
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class _Piece:
    """A rectangle to read at once, and the windows that are cut from it."""

    extent: Window
    windows: tuple[Window, ...]


def read_ahead(
    scene: Scene | SceneReader,
    windows: Iterable[Window],
    *,
    threads: int | None = None,
    bands: Sequence[str] | None = None,
    cache: Path | None = None,
) -> Iterator[tuple[Window, Pixels]]:
    """Read windows in the order of the blocks they lie in, each block decoded once, memory bounded.

    Args:
        scene: What to read; an open reader stays open.
        windows: Which windows, in any order.
        threads: How many threads decode ahead (default: the cores of this machine, at most 4).
        bands: Names of the bands wanted, all by default.
        cache: As for :class:`SceneReader`.

    Yields:
        Every window once with its pixels; by block rows from the top, not in the order given. The pixels of one
        rectangle share its memory: copy what is kept for long.
    """
    own = not isinstance(scene, SceneReader)
    reader = SceneReader(scene, cache) if isinstance(scene, Scene) else scene
    count = threads or min(os.cpu_count() or 1, 4)
    try:
        pieces = plan(windows, reader.block())
        with ThreadPoolExecutor(count, "read-ahead") as pool:
            waiting: deque[tuple[_Piece, Future[Pixels]]] = deque()
            try:
                for piece in pieces:
                    waiting.append((piece, pool.submit(reader.read, piece.extent, bands)))
                    if len(waiting) >= count * _AHEAD:
                        yield from _cut(*waiting.popleft())
                while waiting:
                    yield from _cut(*waiting.popleft())
            finally:
                for _, future in waiting:
                    future.cancel()
    finally:
        if own:
            reader.close()


def _cut(piece: _Piece, future: Future[Pixels]) -> Iterator[tuple[Window, Pixels]]:
    pixels = future.result()
    for window in piece.windows:
        rows, cols = window.relative_to(piece.extent).slices
        yield window, Pixels(pixels.data[:, rows, cols], pixels.valid[:, rows, cols], pixels.bands)


def plan(windows: Iterable[Window], block: tuple[int, int]) -> list[_Piece]:
    """Group windows into rectangles of whole blocks.

    Args:
        windows: In any order, overlapping or not.
        block: (rows, columns) of the scene's blocks.

    Returns:
        Rectangles from the top left on. Each window lies in the rectangle of the block that holds its first pixel.
    """
    rows, cols = block
    groups: dict[tuple[int, int], list[Window]] = {}
    for window in windows:
        groups.setdefault((window.y_off // rows, window.x_off // cols), []).append(window)
    return [_Piece(_hull(groups[key]), tuple(sorted(groups[key], key=_place))) for key in sorted(groups)]


def _place(window: Window) -> tuple[int, int]:
    return window.y_off, window.x_off


def _hull(windows: Sequence[Window]) -> Window:
    left, top = min(w.x_off for w in windows), min(w.y_off for w in windows)
    return Window(left, top, max(w.right for w in windows) - left, max(w.bottom for w in windows) - top)
