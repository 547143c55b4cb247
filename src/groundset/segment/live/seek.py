"""Where an answer helps most: the places that the model wavers about, no two alike."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import UNLABELLED, GroundsetError, Scheme
from groundset.imagery.whereabouts import stamp
from groundset.lake import Lake
from groundset.segment.dates import Seen
from groundset.segment.live.planes import PlaneCache, Planes, read_planes
from groundset.segment.live.rows import Learned, trained_pixels
from groundset.segment.model import fill_missing
from groundset.segment.segmenter import Segmenter

Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]

BUDGET = 1.0
"""Seconds in which further chips are begun to be looked at; those looked at before are known."""
STRIDE = 4
"""Every so manieth pixel of every so manieth row stands for those around it."""
MOST_BYTES = 128 << 20
"""What these pixels may take in memory together: thousands of small chips, some fifty of 512 x 512 with 13 bands."""
PARTS = 4
"""A place is a square of a quarter of the chip's side."""


LEAST = 16
"""Pixels that a place is wide at least."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a chip that should be painted.

    Args:
        chip_id: The chip.
        x: Left column in the chip.
        y: Upper row in the chip.
        width: In pixels.
        height: In pixels.
        doubt: How much the model wavers there, 0 (sure) to 1 (the two likeliest classes are even).
        says: In a sentence.
    """

    chip_id: str
    x: int
    y: int
    width: int
    height: int
    doubt: float
    says: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Some pixels of a chip, in a grid: float32 (features, r, c), and which may be asked about, bool (r, c)."""

    values: Float32
    nodata: Bool
    stamp: str


@dataclass(frozen=True, slots=True)
class _Found:
    place: Place
    looks: npt.NDArray[np.float64]


class Seeker:
    """Looks for places to paint in the chips of one task. Safe to share between threads."""

    def __init__(self, lake: Lake, task: str, planes: PlaneCache) -> None:
        self._lake, self._task, self._planes = lake, task, planes
        self._samples: OrderedDict[str, Sample] = OrderedDict()
        self._bytes = 0
        self._painted: dict[str, UInt8] = {}
        self._done: frozenset[str] = frozenset()
        self._to_read: set[str] = set()
        self._head = -1
        self._order: tuple[object, list[tuple[str, str, int, int]]] = (None, [])
        self._lock = threading.Lock()

    def places(
        self, learned: Learned, segmenter: Segmenter | None, n: int, here: Chip | None, budget: float = BUDGET
    ) -> list[Place]:
        """The best places, at most ``n``.

        Args:
            learned: What the model learned from.
            segmenter: The model; None where there is too little to learn from.
            n: How many.
            here: The chip at hand, which is left out.
            budget: Seconds.
        """
        with self._lock:
            self._catch_up()
            order = self._chips(here)
            if segmenter is None:
                return [self._unlearned(name) for name, *_ in order[:n]]
            end = time.monotonic() + budget
            scheme = self._lake.scheme(self._task)
            scale = np.maximum(learned.features.std(axis=0, dtype=np.float64), 1e-6)
            found = []
            for chip_id, sample in self._look(order, learned, end):
                one = self._doubt(chip_id, sample, segmenter, scheme, scale)
                if one is not None:
                    found.append(one)
            return diverse(found, n)

    def _catch_up(self) -> None:
        """What is painted, and which chips are said to be done."""
        head = self._lake.journal.head()
        if head == self._head:
            return
        done, painted = set(), set()
        for row in self._lake.journal.standing(self._task):
            if row.kind == "work":
                said = json.loads(row.payload)
                if said.get("state") == "complete" or said.get("cannot_tell"):
                    done.add(row.chip_id)
            elif row.kind == "mask":
                painted.add(row.chip_id)
        changed = set()
        if self._painted:
            changed = {c for t, c in self._lake.journal.touched(self._head) if t == self._task}
        self._painted = {c: codes for c, codes in self._painted.items() if c in painted and c not in changed}
        self._done, self._head = frozenset(done), head
        self._to_read = painted - set(self._painted)

    def _codes(self, chip: Chip) -> UInt8 | None:
        """What is painted of a chip, thinned; None where nothing is."""
        name = str(chip.id)
        if name in self._to_read:
            labels = self._lake.labels(self._task, chip_ids=[name])
            self._painted[name] = np.ascontiguousarray(trained_pixels(labels, chip).codes[::STRIDE, ::STRIDE])
            self._to_read.discard(name)
        return self._painted.get(name)

    def _chips(self, here: Chip | None) -> list[tuple[str, str, int, int]]:
        """Chips in the order in which they are looked at: by turns the next one near, and one from anywhere."""
        parts, scenes = tuple(self._lake.chips.parts()), self._asked()
        if self._order[0] != (parts, scenes):
            self._order = (parts, scenes), self._listed(scenes)
        chips = [c for c in self._order[1] if c[0] not in self._done]
        if here is None:
            return chips
        name = str(here.id)
        x, y = here.window.x_off, here.window.y_off
        near = sorted(
            (c for c in chips if c[1] == here.id.scene), key=lambda c: (max(abs(c[2] - x), abs(c[3] - y)), c[2], c[3])
        )
        mixed = [c for pair in zip(near, chips, strict=False) for c in pair] + near + chips
        ordered = list(dict.fromkeys(mixed))
        others = [c for c in ordered if c[0] != name]
        return others or ordered

    def _asked(self) -> tuple[str, ...] | None:
        """Scenes whose chips are painted; None: all. Of a place on several dates the first one's chip is."""
        task = self._lake.config.task(self._task, "segment")
        return None if task.about == "date" else tuple(one.scenes[0] for one in self._lake.config.asked_of(task))

    def _listed(self, scenes: tuple[str, ...] | None) -> list[tuple[str, str, int, int]]:
        columns = ["chip_id", "scene_id", "level", "valid_fraction", "x_off", "y_off"]
        table = self._lake.chips.table(columns).to_pydict()
        rows = [r for r in zip(*(table[c] for c in columns), strict=True) if scenes is None or r[1] in scenes]
        lowest = min((r[2] for r in rows), default=0)
        chips = [(str(r[0]), str(r[1]), int(r[4]), int(r[5])) for r in rows if r[2] == lowest and (r[3] or 0) > 0]
        return [chips[i] for i in np.random.default_rng(0).permutation(len(chips))]

    def _look(
        self, order: Sequence[tuple[str, str, int, int]], learned: Learned, end: float
    ) -> Iterator[tuple[str, Sample]]:
        """Chips that are known, then further ones while there is time; one at least."""
        task = Seen(self._lake, self._lake.config.task(self._task, "segment"))
        marks = {scene: stamp(task.scene(scene)) for scene in {c[1] for c in order}}
        later = []
        seen = 0
        for name, scene, *_ in order:
            kept = self._samples.get(name)
            if kept is not None and kept.stamp == marks[scene] and len(kept.values) == len(learned.spec.names):
                self._samples.move_to_end(name)
                seen += 1
                yield name, kept
            else:
                later.append((name, scene))
        for name, scene in later:
            if seen and time.monotonic() > end:
                return
            made = self._sample(name, marks[scene], learned)
            if made is not None:
                seen += 1
                yield name, made

    def _sample(self, name: str, mark: str, learned: Learned) -> Sample | None:
        chip = self._lake.chips.get(name)
        try:
            whole = self._whole(chip, learned)
        except GroundsetError:
            return None  # a chip that cannot be read now is not asked about
        values = np.ascontiguousarray(whole.values[:, ::STRIDE, ::STRIDE])
        made = Sample(fill_missing(values, learned.fill), whole.nodata[::STRIDE, ::STRIDE], mark)
        former = self._samples.pop(name, None)
        self._bytes += made.values.nbytes - (0 if former is None else former.values.nbytes)
        self._samples[name] = made
        while self._bytes > MOST_BYTES and len(self._samples) > 1:
            self._bytes -= self._samples.popitem(last=False)[1].values.nbytes
        return made

    def _whole(self, chip: Chip, learned: Learned) -> Planes:
        """Its features, from memory where they are, and else without driving out those of the chip at hand."""
        scene = Seen(self._lake, self._lake.config.task(self._task, "segment")).place(chip.id.scene)
        if self._planes.has(chip, learned.spec, scene):
            return self._planes.get(chip, learned.spec, scene)
        return read_planes(self._lake, chip, learned.spec, scene)

    def _doubt(
        self,
        chip_id: str,
        sample: Sample,
        segmenter: Segmenter,
        scheme: Scheme,
        scale: npt.NDArray[np.float64],
    ) -> _Found | None:
        """The place of a chip that the model wavers about most; None where there is nothing to ask."""
        from scipy.ndimage import uniform_filter

        chip = self._lake.chips.get(chip_id)
        shape = sample.nodata.shape
        codes = self._codes(chip)
        askable = ~sample.nodata if codes is None else ~sample.nodata & (codes == UNLABELLED)
        if not askable.any():
            return None
        p = segmenter.predict_proba(sample.values.reshape(len(sample.values), -1).T)
        top = np.partition(p, -2, axis=1)[:, -2:]
        wavers = np.where(askable, (1 - (top[:, 1] - top[:, 0])).reshape(shape), 0).astype(np.float32)
        height, width = (int(v) for v in chip.geobox.shape)
        side = min(max(LEAST // STRIDE, round(min(shape) / PARTS)), *shape)
        mean = uniform_filter(wavers, side, mode="constant")
        row, col = np.unravel_index(int(mean.argmax()), shape)
        top_row = int(np.clip(row - side // 2, 0, shape[0] - side))
        left = int(np.clip(col - side // 2, 0, shape[1] - side))
        window = slice(top_row, top_row + side), slice(left, left + side)
        doubt = float(wavers[window].mean())
        inside = (
            p.reshape(*shape, -1)[window][askable[window]].mean(axis=0) if askable[window].any() else p.mean(axis=0)
        )
        first, second = np.argsort(-inside, kind="stable")[:2]
        names = [scheme.find(int(segmenter.classes[i])).title for i in (first, second)]
        x, y = left * STRIDE, top_row * STRIDE
        size = min(side * STRIDE, width - x), min(side * STRIDE, height - y)
        says = f"Wavers between {names[0]} and {names[1]}: {doubt:.2f}, where 0 is sure and 1 is even"
        looks = sample.values[:, window[0], window[1]].reshape(len(scale), -1).mean(axis=1, dtype=np.float64) / scale
        return _Found(Place(chip_id, x, y, *size, round(doubt, 4), says), looks)

    def _unlearned(self, chip_id: str) -> Place:
        height, width = (int(v) for v in self._lake.chips.get(chip_id).geobox.shape)
        return Place(chip_id, 0, 0, width, height, 1.0, "Nothing is learned yet: paint a little of two classes here")


def diverse(found: Sequence[_Found], n: int) -> list[Place]:
    """The most doubted places, one after the other, each the less worth the more it looks like one taken before."""
    if not found:
        return []
    looks = np.stack([f.looks for f in found])
    worth = np.array([f.place.doubt for f in found])
    far = np.linalg.norm(looks - looks.mean(axis=0), axis=1)
    reach = float(np.median(far)) or 1.0
    left = np.ones(len(found))
    out: list[Place] = []
    for _ in range(min(n, len(found))):
        score = worth * left
        score[[i for i, f in enumerate(found) if f.place in out]] = -1
        best = int(score.argmax())
        out.append(found[best].place)
        distance = np.linalg.norm(looks - looks[best], axis=1) / reach
        left = np.minimum(left, 1 - 0.9 * np.exp(-0.5 * distance**2))
    return out
