"""Parts in the making: strips of chips go out to workers, results come back, whole parts appear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from groundset.chips import Stretch, part_name, stretch_of
from groundset.core import Grid, Listener, Progress
from groundset.imagery import Scene, SceneReader
from groundset.ingest._common import Commons
from groundset.ingest._encoders import Encoders
from groundset.ingest._part import Part, Place, fingerprint
from groundset.ingest._run import run
from groundset.ingest._strip import Strip, Worked, split, work
from groundset.ingest._survey import STRETCH_SAMPLES, samples
from groundset.lake import Lake

STRIP_PIXELS = 512
"""A strip of chips is at least this high, so that the blocks of a file are decoded once."""
MAX_STRIP_PIXELS = 4096
SERIAL_THREADS = 2


@dataclass(frozen=True)
class Wanted:
    """Chips to make: one level of one scene, or some of it. ``places`` are (grid row, grid column, window)."""

    scene: Scene
    level: int
    places: Sequence[Place]


def make(
    lake: Lake,
    wanted: Sequence[Wanted],
    grid: Grid,
    encoder: str,
    *,
    executor: Executor | None = None,
    progress: Listener | None = None,
) -> int:
    """Make chips, part by part; the caller holds the lock. Returns how many were added."""
    maker = _Maker(lake, wanted, grid, encoder, 1 if executor is not None else SERIAL_THREADS, progress)
    for (part, i), worked in run(work, maker.jobs(), executor):
        maker.take(part, i, worked)
    return maker.added


class _Maker:
    def __init__(
        self, lake: Lake, wanted: Sequence[Wanted], grid: Grid, encoder: str, threads: int, progress: Listener | None
    ) -> None:
        self.lake, self.wanted, self.grid, self.encoder, self.threads = lake, wanted, grid, encoder, threads
        self.cache = lake.layout.cache
        self.encoders = Encoders(lake.features(encoder), self.cache)
        self.places = [(w.scene, [p[2] for p in w.places]) for w in wanted]
        self.commons = Commons(lake, self.places, self.cache)
        self.told = Progress("cutting chips", sum(len(w.places) for w in wanted), "chips", progress)
        self.added = 0
        self.settled = False

    def jobs(self) -> Iterator[tuple[tuple[Part, int], Strip]]:
        """The strips that an earlier run did not finish; parts that it did finish appear on the way."""
        for wanted in self.wanted:
            part = self._begin(wanted)
            todo = dict(part.todo(self.cache, self.threads))
            for i, places in enumerate(part.strips):
                if i not in todo:
                    self._count(part, len(places))
            for i, strip in todo.items():
                yield (part, i), strip

    def take(self, part: Part, i: int, worked: Worked) -> None:
        """Keep the results of a strip."""
        part.add(i, worked)
        self._count(part, len(part.strips[i]))

    def _count(self, part: Part, chips: int) -> None:
        part.left -= 1
        if not part.left:
            if not self.settled:
                self.lake.set_grid(self.grid, self.encoder)
                self.settled = True
            self.encoders.save(part.encoder)
            self.added += part.commit(self.lake)
        self.told.advance(chips)

    def _begin(self, wanted: Wanted) -> Part:
        scene, level = wanted.scene, wanted.level
        name = part_name(scene.id, level, len(self.lake.chips.batches(scene.id, level)))
        encoder = self.encoders.get(scene, self.places)
        strips = split(wanted.places, self._rows_each(scene, level))
        part = Part(name, scene, level, strips, encoder)
        common = self.commons.of(scene, [p[2] for p in wanted.places])
        if common is not None:
            part.common, part.stretch = common
        if len(strips) > 1:
            part.stretch = part.stretch or self._stretch(wanted)
            part.keep_in(self.cache / "ingest" / name, fingerprint(scene, level, self.grid, wanted.places, encoder))
        return part

    def _rows_each(self, scene: Scene, level: int) -> int:
        if scene.photo or scene.height <= STRIP_PIXELS:
            return max(1, scene.height)
        with SceneReader(scene, self.cache) as reader:
            high = min(max(reader.block()[0], STRIP_PIXELS), MAX_STRIP_PIXELS)
        return max(1, high // self.grid.step(level))

    def _stretch(self, wanted: Wanted) -> Stretch | None:
        windows = [p[2] for p in wanted.places]
        return stretch_of(samples(wanted.scene, windows, STRETCH_SAMPLES, self.cache))
