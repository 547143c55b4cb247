"""Masks for every chip: read, predict, write; scene by scene, memory bounded, as wide as the executor is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from groundset.chips import Chip
from groundset.core import LabelMask, Progress, Scheme
from groundset.imagery import Pixels, Scene, SceneReader, read_ahead
from groundset.journal import MaskStore
from groundset.segment.dates import Seen
from groundset.segment.foreign import open_model
from groundset.segment.model import Proposer, TrainedModel, propose
from groundset.segment.sampling import grown
from groundset.segment.store import load_model

_PIXELS_PER_JOB = 64 * 256 * 256
_WRITERS = 4
_WAITING = 32
_JOBS_IN_FLIGHT = 16


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Where a model lies: a model folder of ours, or somebody's file (``foreign``). Travels between processes."""

    path: Path
    foreign: bool
    stamp: int

    @classmethod
    def of(cls, path: Path, *, foreign: bool) -> ModelRef:
        """A reference to the model as it is now."""
        file = path if foreign else path / "model.skops"
        return cls(path, foreign, file.stat().st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Job:
    """Chips of one scene for one worker."""

    scene: Scene
    chips: tuple[Chip, ...]
    model: ModelRef
    masks: Path
    scheme: Scheme
    cache: Path
    threads: int


@dataclass(frozen=True, slots=True)
class Proposed:
    """The mask of one chip: its file's hash and how many pixels got a class."""

    chip_id: str
    sha256: str
    pixels: int


@lru_cache(maxsize=2)
def opened(ref: ModelRef, scheme: Scheme, threads: int) -> Proposer:
    """The model, opened once in each process."""
    if ref.foreign:
        return open_model(ref.path, scheme)
    model: TrainedModel = load_model(ref.path)
    if threads and hasattr(model.segmenter, "threads"):
        model.segmenter.threads = threads
    return model


def propose_all(
    seen: Seen, model: ModelRef, chips: Sequence[Chip], scheme: Scheme, executor: Executor | None, progress: Progress
) -> list[Proposed]:
    """Predict and write the masks of ``chips``; the journal does not know of them yet."""
    out: list[Proposed] = []
    for batch in _batches(jobs(seen, model, chips, scheme, wide=executor is not None), executor):
        for one in batch:
            out.append(one)
            progress.advance()
    return out


def jobs(seen: Seen, model: ModelRef, chips: Sequence[Chip], scheme: Scheme, *, wide: bool) -> Iterator[Job]:
    """Chips by scene and place. With an executor a scene is cut into several jobs of one thread each."""
    ordered = sorted(chips, key=lambda c: (c.id.scene, c.id.level, c.window.y_off, c.window.x_off))
    for name, members in groupby(ordered, key=lambda c: c.id.scene):
        scene, these = seen.scene(name), list(members)
        step = max(1, _PIXELS_PER_JOB // (these[0].window.width * these[0].window.height)) if wide else len(these)
        for start in range(0, len(these), step):
            part = tuple(these[start : start + step])
            yield Job(scene, part, model, seen.lake.masks.folder, scheme, seen.lake.layout.cache, 1 if wide else 0)


def run_job(job: Job) -> list[Proposed]:
    """All masks of a job, for a worker."""
    return list(work(job))


def work(job: Job) -> Iterator[Proposed]:
    """Read ahead, predict, and write behind, one chip after the other."""
    model = opened(job.model, job.scheme, job.threads)
    store = MaskStore(job.masks)
    wanted: dict[tuple[int, int, int, int], list[Chip]] = {}
    for chip in job.chips:
        window = grown(chip.window, model.halo)
        wanted.setdefault((window.x_off, window.y_off, window.width, window.height), []).append(chip)
    windows = [grown(members[0].window, model.halo) for members in wanted.values()]
    waiting: deque[tuple[Chip, int, Future[str]]] = deque()
    with SceneReader(job.scene, job.cache) as reader, ThreadPoolExecutor(_WRITERS) as writers:
        for window, pixels in read_ahead(reader, windows, threads=job.threads or None):
            mask = proposed_mask(model, pixels)
            for chip in wanted[window.x_off, window.y_off, window.width, window.height]:
                count = int(mask.labelled.sum())
                waiting.append((chip, count, writers.submit(store.put, mask, chip.geobox, job.scheme)))
            while len(waiting) > _WAITING:
                yield _written(waiting.popleft())
        while waiting:
            yield _written(waiting.popleft())


def proposed_mask(model: Proposer, pixels: Pixels) -> LabelMask:
    """The proposal for a window read with the model's halo, without the halo."""
    mask = propose(model, pixels.physical(), pixels.bands, pixels.nodata)
    halo = model.halo
    inner = slice(halo, mask.shape[0] - halo), slice(halo, mask.shape[1] - halo)
    return LabelMask(mask.classes[inner].copy(), mask.origin[inner].copy(), mask.confidence[inner].copy())


def _written(item: tuple[Chip, int, Future[str]]) -> Proposed:
    chip, count, future = item
    return Proposed(str(chip.id), future.result(), count)


def _batches(todo: Iterator[Job], executor: Executor | None) -> Iterator[Iterator[Proposed] | list[Proposed]]:
    if executor is None:
        yield from (work(job) for job in todo)
        return
    waiting: deque[Future[list[Proposed]]] = deque()
    run: Callable[[Job], list[Proposed]] = run_job
    try:
        for job in todo:
            waiting.append(executor.submit(run, job))
            if len(waiting) >= _JOBS_IN_FLIGHT:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
