"""The training pixels of a task, kept up to date stroke by stroke: only chips whose labels changed are read again."""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import TRAINING_ORIGINS, UNLABELLED, BandSet, Origin
from groundset.imagery.whereabouts import stamp
from groundset.journal import TaskLabels
from groundset.lake import Lake
from groundset.segment.blocks import Places
from groundset.segment.dates import Seen
from groundset.segment.features import FeatureSpec
from groundset.segment.live.planes import PlaneCache
from groundset.segment.live.sparse import sparse
from groundset.segment.model import fill_missing
from groundset.segment.sampling import ACTOR, ground_of

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

MOST_PER_CLASS = 8_000
"""Pixels of a class that train, drawn from all its chips alike: more of them cost time and change next to nothing."""
MOST = 20_000
"""Pixels that train in all, where there are many classes: a fit must not take longer than a person waits."""
_READERS = 2


@dataclass(frozen=True, slots=True)
class ChipRows:
    """Labelled pixels of one chip that train, in the order of the chip's pixels; features may be NaN.

    Args:
        features: float32 (n, features).
        codes: uint8 (n,).
        x: Columns in the chip.
        y: Rows in the chip.
        painted: bool (n,), whether a person painted it, and did not name a segment.
        chance: float64 (n,) in [0, 1), the same for a pixel at all times: those below a class's share train.
        below: Per class code, pixels with a chance below this are here.
    """

    features: Float32
    codes: UInt8
    x: Ints
    y: Ints
    painted: Bool
    chance: Float64
    below: Mapping[int, float]

    def some(self, share: Mapping[int, float]) -> ChipRows:
        """Those whose chance is below their class's share."""
        limit = np.ones(256)
        limit[list(share)] = list(share.values())
        keep = self.chance < limit[self.codes]
        if keep.all():
            return self
        return ChipRows(
            self.features[keep], self.codes[keep], self.x[keep], self.y[keep], self.painted[keep], self.chance[keep],
            {code: min(low, limit[code]) for code, low in self.below.items()},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Learned:
    """All that a model of a task learns from, at one moment.

    Args:
        mark: The same wherever and whenever the same is learned.
        spec: What the features are.
        features: float32 (n, features), no NaN.
        codes: uint8 (n,).
        places: Where the pixels lie on the ground.
        strokes: bool (n,), whether a person painted it, and did not name a segment.
        chance: float64 (n,) in [0, 1), the same for a pixel at all times.
        fill: float32 (features,), what stands for a missing feature: the median of those that train.
        painted: Per class code, labelled pixels before any is left out.
        chips: Per class code, chips with such a pixel.
        chip_count: Chips with such a pixel of any class.
    """

    mark: str
    spec: FeatureSpec
    features: Float32
    codes: UInt8
    places: Places
    strokes: Bool
    chance: Float64
    fill: Float32
    painted: Mapping[int, int]
    chips: Mapping[int, int]
    chip_count: int

    def sparse(self) -> Bool:
        """A few pixels of a class for each place, bool (n,): see :func:`~groundset.segment.live.sparse.sparse`."""
        out = np.zeros(len(self.codes), bool)
        out[sparse(self.places, self.codes, self.strokes, self.chance)] = True
        return out


class Trained(NamedTuple):
    """Pixels of a chip that may train.

    Args:
        codes: uint8 (rows, columns), 255 elsewhere.
        painted: bool (rows, columns), those that a person painted; not segments, nor what files say.
    """

    codes: UInt8
    painted: Bool


@dataclass(slots=True)
class _Known:
    """A chip with labels: by what events, in which version of its scene's files, how many pixels, and its rows."""

    chip: Chip
    said: tuple[int, ...]
    stamp: str
    count: dict[int, int]
    rows: ChipRows | None = None
    trained: Trained | None = field(default=None, repr=False)


class TaskRows:
    """Follows the labels of one task. Safe to share between threads."""

    def __init__(self, lake: Lake, task: str, planes: PlaneCache) -> None:
        self.task = task
        self._lake, self._planes = lake, planes
        self._lock = threading.Lock()
        self._head: int | None = None
        self._known: dict[str, _Known] = {}
        self._spec: tuple[object, FeatureSpec] | None = None
        self._learned: Learned | None = None

    def learn(self) -> tuple[Learned, int]:
        """What there is to learn from now, and the number of the last event that is in it.

        Raises:
            InputError: The scenes have no band in common.
            MovedError: A file of a labelled chip's scene is not where it was.
        """
        with self._lock:
            head = self._lake.journal.head()
            spec = self.spec()
            if self._learned is None or self._learned.spec != spec:
                self._head, self._known = None, {}
            try:
                if self._follow(head) or self._learned is None:
                    self._learned = self._gather(spec)
            except BaseException:
                self._learned = None  # what was taken in by half is read anew the next time
                raise
            self._head = head
            return self._learned, head

    def spec(self) -> FeatureSpec:
        """The features that all scenes with chips allow."""
        seen = self.seen()
        mark = tuple(self._lake.chips.parts()), seen.two, tuple(sorted(seen.last.items()))
        if self._spec is None or self._spec[0] != mark:
            self._spec = mark, seen.live([] if seen.two else self._band_sets())
        return self._spec[1]

    def seen(self) -> Seen:
        """The chips as the task sees them now."""
        return Seen(self._lake, self._lake.config.task(self.task, "segment"))

    def _band_sets(self) -> list[BandSet]:
        import pyarrow.compute as pc

        names = pc.unique(self._lake.chips.table(["scene_id"])["scene_id"]).to_pylist()
        found = {(b.names, tuple(x.common_name for x in b)): b for b in self._bands(names)}
        return list(found.values())

    def _bands(self, names: Iterable[str]) -> Iterable[BandSet]:
        return (self._lake.scenes.get(name).bands for name in sorted(names))

    def _follow(self, head: int) -> bool:
        """Take in what was said since the last time; whether that changes anything."""
        if self._head is None:
            labels = self._lake.labels(self.task)
            changes = [self._look(labels, chip_id) for chip_id in labels.chip_ids]
            return any(changes)
        asked = set()
        if head != self._head:
            asked = {chip for task, chip in self._lake.journal.touched(self._head) if task == self.task}
        now = {name: self._stamp(name) for name in {k.chip.id.scene for k in self._known.values()}}
        asked |= {name for name, k in self._known.items() if k.stamp != now[k.chip.id.scene]}
        if not asked:
            return False
        labels = self._lake.labels(self.task, chip_ids=sorted(asked))
        changes = [self._look(labels, chip_id) for chip_id in sorted(asked)]
        return any(changes)

    def _stamp(self, scene: str) -> str:
        return stamp(self.seen().scene(scene))

    def _look(self, labels: TaskLabels, chip_id: str) -> bool:
        """Read what is said of a chip now; whether it is something else than before."""
        said = tuple(e.seq for e in labels.events(chip_id) if e.kind == "mask" and not e.actor.startswith(ACTOR))
        before = self._known.get(chip_id)
        chip = self._lake.chips.get(chip_id) if said and chip_id in self._lake.chips else None
        if chip is None or not self.seen().asks(chip.id.scene):
            return self._known.pop(chip_id, None) is not None
        now = self._stamp(chip.id.scene)
        if before is not None and (before.said, before.stamp) == (said, now):
            return False
        trained = trained_pixels(labels, chip)
        counts = np.bincount(trained.codes[trained.codes != UNLABELLED], minlength=256)
        self._known[chip_id] = _Known(
            chip, said, now, {int(c): int(counts[c]) for c in np.flatnonzero(counts)}, trained=trained
        )
        return True

    def _gather(self, spec: FeatureSpec) -> Learned:
        painted: dict[int, int] = {}
        chips: dict[int, int] = {}
        for known in self._known.values():
            for code, n in known.count.items():
                painted[code] = painted.get(code, 0) + n
                chips[code] = chips.get(code, 0) + 1
        most = min(MOST_PER_CLASS, MOST // max(1, len(painted)))
        share = {code: min(1.0, most / n) for code, n in painted.items()}
        self._read([k for k in self._known.values() if _lacks(k, share)], share, spec)
        members = [self._known[i] for i in sorted(self._known) if self._known[i].count]
        rows = [k.rows.some(share) for k in members if k.rows is not None]
        features = np.concatenate([r.features for r in rows]) if rows else np.zeros((0, len(spec.names)), np.float32)
        fill = _medians(features)
        mark = hashlib.sha256(repr((spec, [(str(k.chip.id), k.said, k.stamp) for k in members])).encode())
        return Learned(
            mark.hexdigest()[:32],
            spec,
            np.ascontiguousarray(fill_missing(features.T, fill).T),
            np.concatenate([r.codes for r in rows]) if rows else np.zeros(0, np.uint8),
            self._places([k.chip for k in members], rows),
            np.concatenate([r.painted for r in rows]) if rows else np.zeros(0, bool),
            np.concatenate([r.chance for r in rows]) if rows else np.zeros(0),
            fill,
            dict(sorted(painted.items())),
            chips,
            len(members),
        )

    def _read(self, wanted: list[_Known], share: Mapping[int, float], spec: FeatureSpec) -> None:
        """The rows of these chips, with some to spare, so that a share that grows a little reads nothing again."""
        spare = {code: min(1.0, 2 * part) for code, part in share.items()}

        def one(known: _Known) -> None:
            if known.trained is None:
                labels = self._lake.labels(self.task, chip_ids=[str(known.chip.id)])
                known.trained = trained_pixels(labels, known.chip)
            known.rows = self._rows_of(known.chip, known.trained, spec).some(spare)
            known.trained = None

        if len(wanted) < 2:
            for known in wanted:
                one(known)
        else:
            with ThreadPoolExecutor(_READERS) as pool:
                list(pool.map(one, wanted))
        for known in self._known.values():
            if known.rows is not None:
                known.rows = known.rows.some(spare)

    def _rows_of(self, chip: Chip, trained: Trained, spec: FeatureSpec) -> ChipRows:
        planes = self._planes.get(chip, spec, self.seen().place(chip.id.scene))
        codes = trained.codes
        at = np.flatnonzero((codes != UNLABELLED) & ~planes.nodata)
        y, x = np.divmod(at, codes.shape[1])
        chance = _chances(str(chip.id), codes.size)[at]
        flat = planes.values.reshape(len(planes.values), -1)
        features = np.ascontiguousarray(flat.take(at, axis=1).T)
        here = codes[y, x]
        return ChipRows(features, here, x, y, trained.painted[y, x], chance, {int(c): 1.0 for c in np.unique(here)})

    def _places(self, chips: list[Chip], rows: list[ChipRows]) -> Places:
        grounds: dict[object, tuple[int, int, int]] = {}
        parts: list[tuple[Ints, Ints, Ints]] = []
        for chip, some in zip(chips, rows, strict=True):
            ground, x0, y0 = ground_of(self._lake.scenes.get(chip.id.scene))
            number, x1, y1 = grounds.setdefault(ground, (len(grounds), x0, y0))
            x = some.x + (chip.window.x_off + x0 - x1)
            y = some.y + (chip.window.y_off + y0 - y1)
            parts.append((np.full(len(x), number, np.int64), x, y))
        none = np.zeros(0, np.int64)
        ground_, x_, y_ = (np.concatenate([p[i] for p in parts]) if parts else none for i in range(3))
        return Places(ground_, x_, y_)


@lru_cache(maxsize=1)  # the chip that is being painted
def _chances(chip_id: str, pixels: int) -> Float64:
    """A generator a chip: which pixels are drawn does not depend on which other chips there are."""
    return np.random.default_rng([0, zlib.crc32(chip_id.encode())]).random(pixels)


_TRAINS = np.isin(np.arange(256), [int(o) for o in TRAINING_ORIGINS])


def trained_pixels(labels: TaskLabels, chip: Chip) -> Trained:
    """The pixels of a chip that may train, as ``TaskLabels.training_mask`` has them.

    The product's flags are read only where a region's pixel is, the one kind that trains and that flags win over.
    """
    mask = labels.mask(chip, flags=False)
    if (mask.origin == Origin.REGION).any():
        mask = labels.mask(chip)
    codes = np.where(_TRAINS[mask.origin], mask.classes, np.uint8(UNLABELLED))
    return Trained(codes, mask.origin == Origin.HUMAN)


def _lacks(known: _Known, share: Mapping[int, float]) -> bool:
    if known.rows is None:
        return bool(known.count)
    return any(known.rows.below.get(code, 1.0) < share[code] for code in known.count)


def _medians(features: Float32) -> Float32:
    """About the median of each feature, from a thousand rows; 0 of one that is missing in all."""
    some = features[:: max(1, len(features) // 1000)]
    if not len(some):
        return np.zeros(features.shape[1], np.float32)
    if not np.isnan(some).any():
        return np.asarray(np.median(some, axis=0), np.float32)
    return np.array([np.nanmedian(f) if np.isfinite(f).any() else 0.0 for f in some.T], np.float32)
