"""Reading many windows of a scene at the speed of decoding each of its blocks once.

The windows are taken in the order of the blocks in which they begin. Threads decode the next blocks while the windows
of the present ones are handed out; a block is kept as long as a window to come needs it, within a budget of memory.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from groundset.core import Window
from groundset.imagery.pixels import Pixels
from groundset.imagery.reader import SceneReader
from groundset.imagery.scene import Scene

Key = tuple[int, int]
_BUDGET = 512_000_000  # bytes of decoded blocks kept at most; beyond it the block needed last is decoded again
_MAX_THREADS = 4


def read_ahead(
    scene: Scene | SceneReader,
    windows: Iterable[Window],
    *,
    threads: int | None = None,
    bands: Sequence[str] | None = None,
    cache: Path | None = None,
) -> Iterator[tuple[Window, Pixels]]:
    """Read windows in the order of the blocks they begin in, each block decoded once, memory bounded.

    Args:
        scene: What to read; an open reader stays open.
        windows: Which windows, in any order; they may overlap and reach beyond the scene.
        threads: How many threads decode ahead (default: this machine's cores, at most 4).
        bands: Names of the bands wanted, all by default.
        cache: As for :class:`SceneReader`.

    Yields:
        Every window once with its pixels, from the top left block on, not in the order given. Windows inside one block
        share its memory: copy what is kept for long.
    """
    reader = SceneReader(scene, cache) if isinstance(scene, Scene) else scene
    count = threads or min(os.cpu_count() or 1, _MAX_THREADS)
    try:
        block = reader.block()
        ordered = block_order(windows, block)
        with ThreadPoolExecutor(count, "read-ahead") as pool:
            yield from _Sweep(reader, bands, block, ordered, pool, ahead=2 * count).run()
    finally:
        if reader is not scene:
            reader.close()


def block_order(windows: Iterable[Window], block: tuple[int, int]) -> list[Window]:
    """Windows sorted by the block, (rows, columns) in size, that holds their first pixel; from the top left."""
    rows, cols = block
    return sorted(windows, key=lambda w: (w.y_off // rows, w.x_off // cols, w.y_off, w.x_off))


def keys_of(window: Window, block: tuple[int, int]) -> list[Key]:
    """(row, column) of each block that a window touches; blocks outside the scene have numbers too."""
    rows, cols = block
    return [
        (r, c)
        for r in range(window.y_off // rows, (window.bottom - 1) // rows + 1)
        for c in range(window.x_off // cols, (window.right - 1) // cols + 1)
    ]


class _Sweep:
    """One pass: which blocks are decoded, being decoded, or still to come."""

    def __init__(
        self,
        reader: SceneReader,
        bands: Sequence[str] | None,
        block: tuple[int, int],
        windows: Sequence[Window],
        pool: ThreadPoolExecutor,
        ahead: int,
    ) -> None:
        self.reader, self.bands, self.block, self.windows, self.pool = reader, bands, block, windows, pool
        self.ahead = ahead
        self.uses: Counter[Key] = Counter()
        for window in windows:
            self.uses.update(keys_of(window, block))
        # A Counter keeps the order of first use, which is the order in which the blocks are wanted.
        self.order = list(self.uses)
        self.place = {key: i for i, key in enumerate(self.order)}
        self.next = 0
        self.blocks: dict[Key, Future[Pixels]] = {}
        wanted = reader.scene.bands if bands is None else reader.scene.bands.select(bands)
        self.most = max(_BUDGET // (block[0] * block[1] * len(wanted) * (wanted.dtype.itemsize + 1)), 2 * ahead)

    def run(self) -> Iterator[tuple[Window, Pixels]]:
        try:
            for window in self.windows:
                need = keys_of(window, self.block)
                self._submit(need)
                yield window, self._cut(window, need)
                for key in need:
                    self.uses[key] -= 1
                    if not self.uses[key]:
                        del self.blocks[key]
        finally:
            for future in self.blocks.values():
                future.cancel()

    def _submit(self, need: Sequence[Key]) -> None:
        """Have the blocks of this window decoded, and those that come after them."""
        upto = min(max(self.place[key] for key in need) + self.ahead, len(self.order) - 1)
        while self.next <= upto:
            self._start(self.order[self.next])
            self.next += 1
        for key in need:
            self._start(key)
        while len(self.blocks) > max(self.most, len(need) + self.ahead):
            spare = max((k for k in self.blocks if k not in need), key=lambda k: self.place[k])
            self.blocks.pop(spare).cancel()

    def _start(self, key: Key) -> None:
        if key not in self.blocks:
            self.blocks[key] = self.pool.submit(self.reader.read, self._extent(key), self.bands)

    def _extent(self, key: Key) -> Window:
        rows, cols = self.block
        return Window(key[1] * cols, key[0] * rows, cols, rows)

    def _cut(self, window: Window, need: Sequence[Key]) -> Pixels:
        parts = [(self._extent(key), self.blocks[key].result()) for key in need]
        extent, first = parts[0]
        if len(parts) == 1:
            rows, cols = window.relative_to(extent).slices
            return Pixels(first.data[:, rows, cols], first.valid[:, rows, cols], first.bands)
        data = np.empty((len(first.bands), *window.shape), first.data.dtype)
        valid = np.empty(data.shape, bool)
        for part, pixels in parts:
            common = window.intersection(part)
            if common is not None:
                to, source = (slice(None), *common.relative_to(window).slices), common.relative_to(part).slices
                data[to] = pixels.data[(slice(None), *source)]
                valid[to] = pixels.valid[(slice(None), *source)]
        return Pixels(data, valid, first.bands)
