"""Masks of several scenes on the pixels of one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError, LabelMask, Listener, Origin, Progress, Window, whole
from groundset.core.layout import TaskConfig
from groundset.formats.labelmap import LabelMap, label_map
from groundset.formats.labelmap.painting import Places
from groundset.fusion.places import clipped, overlap_text, pixels_in
from groundset.fusion.report import Disagreement
from groundset.fusion.voices import Rule
from groundset.journal import Event, NewEvent, mask_payload

if TYPE_CHECKING:
    from groundset.imagery import Scene
    from groundset.journal import TaskLabels
    from groundset.lake import Lake

UInt8 = npt.NDArray[np.uint8]
LAYER = "fusion"
_BATCH = 64


class Counting(Protocol):
    """What is counted along the way; see :class:`groundset.fusion.fuse.Tally`."""

    events: list[NewEvent]
    created: int
    known: int
    removed: int
    agreed: int
    alone: int
    disagreements: list[Disagreement]


T = TypeVar("T", bound=Counting)


@dataclass(frozen=True, slots=True)
class MaskMeeting:
    """One run over the chips of the target scene."""

    lake: Lake
    task: TaskConfig
    rule: Rule
    scenes: Sequence[Scene]
    target: Scene
    labels: TaskLabels
    origin: Origin
    of_fusion: Callable[[Event], bool]

    def run(self, targets: Places, former: Mapping[str, Sequence[Event]], out: T, progress: Listener | None) -> T:
        """Masks of all chips; only what changes becomes an event."""
        maps = [self._map(scene) for scene in self.scenes]
        boxes = clipped(targets.boxes, self.target.geobox)
        met = 0
        told = Progress("bringing masks together", len(targets.ids), "chips", progress)
        for start in range(0, len(targets.ids), _BATCH):
            masks: list[tuple[str, str, LabelMask]] = []
            for i in range(start, min(start + _BATCH, len(targets.ids))):
                chip_id = targets.ids[i]
                said = [self._sample(m, boxes[i], targets.boxes[i]) for m in maps]
                labelled = [s != UNLABELLED for s in said]
                met += bool(np.logical_or.reduce(labelled).any())
                self._count(out, chip_id, said, labelled)
                was = {str(e.payload.get("layer", "")) for e in former.get(chip_id, ())}
                layers = self._layers(said)
                masks += [(chip_id, n, m) for n, m in layers.items() if m.labelled.any() or n in was]
                empty = LabelMask.empty(said[0].shape)
                masks += [(chip_id, n, empty) for n in sorted(was - set(layers))]
                told.advance()
            self._events(out, masks, former)
        if not met:
            raise InputError(
                "the labelled pixels of these scenes do not meet the chips of the target",
                found="; ".join(overlap_text(s, self.target) for s in self.scenes), hint="label pixels where they meet",
            )  # fmt: skip
        return out

    def _map(self, scene: Scene) -> LabelMap:
        """What people say of the pixels of a scene; what a fusion wrote before does not count."""
        return label_map(
            self.lake, scene.id, task=self.task.name, labels=self.labels, training=True,
            only=lambda e: not self.of_fusion(e),
        )  # fmt: skip

    def _sample(self, of: LabelMap, inside: npt.NDArray[np.int64], box: npt.NDArray[np.int64]) -> UInt8:
        """Class codes of a scene on the pixels of a target chip: uint8 (rows, columns), nothing beyond the scenes."""
        left, top, right, bottom = box.tolist()
        out = np.full((bottom - top, right - left), UNLABELLED, np.uint8)
        x0, y0, x1, y1 = inside.tolist()
        window = Window(x0, y0, x1 - x0, y1 - y0)
        rows, cols = pixels_in(of.geobox, self.target.geobox, window)
        height, width = of.shape
        there = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
        if not there.any():
            return out
        y, x = int(rows[there].min()), int(cols[there].min())
        part = Window(x, y, int(cols[there].max()) - x + 1, int(rows[there].max()) - y + 1)
        codes = of.read(part.intersection(whole(width, height))).classes
        values = np.full(window.shape, UNLABELLED, np.uint8)
        values[there] = codes[rows[there] - y, cols[there] - x]
        other = of.scheme.not_applicable
        if other is not None:  # one sensor's cloud says nothing of what another sees
            values[values == other.code] = UNLABELLED
        out[y0 - top : y1 - top, x0 - left : x1 - left] = values
        return out

    def _count(
        self, out: Counting, chip_id: str, said: Sequence[UInt8], labelled: Sequence[npt.NDArray[np.bool_]]
    ) -> None:
        every, some = np.logical_and.reduce(labelled), np.logical_or.reduce(labelled)
        same = np.logical_and.reduce([s == said[0] for s in said])
        lowest = np.minimum.reduce(said)  # unlabelled is the highest value
        highest = np.maximum.reduce([np.where(there, s, 0) for s, there in zip(said, labelled, strict=True)])
        differ = int((some & (lowest != highest)).sum())
        out.agreed += int((every & same).sum())
        out.alone += int((some & ~every).sum())
        if differ:
            names = {c.code: c.name for c in self.lake.scheme(self.task.name)}
            told = (", ".join(names[c] for c in np.unique(s[s != UNLABELLED]).tolist()) or "-" for s in said)
            out.disagreements.append(Disagreement(chip_id, tuple(told), differ))

    def _layers(self, said: Sequence[UInt8]) -> dict[str, LabelMask]:
        """What is written, by layer; the later layer lies on top."""
        if self.rule == "both":
            order = list(zip(self.scenes, said, strict=True))[::-1]
            return {f"{LAYER}:{_short(s.id)}": LabelMask.of(codes, self.origin) for s, codes in order}
        if self.rule == "agree":
            same = np.logical_and.reduce([s == said[0] for s in said])
            return {LAYER: LabelMask.of(np.where(same, said[0], np.uint8(UNLABELLED)), self.origin)}
        codes = said[0].copy()
        for more in said[1:]:
            codes = np.where(codes == UNLABELLED, more, codes)
        return {LAYER: LabelMask.of(codes, self.origin)}

    def _events(
        self, out: Counting, masks: Sequence[tuple[str, str, LabelMask]], former: Mapping[str, Sequence[Event]]
    ) -> None:
        chips = {chip_id: self.lake.chips.get(chip_id) for chip_id, _, _ in masks}
        scheme = self.lake.scheme(self.task.name)
        sums = self.lake.masks.put_many([(m, chips[c].geobox) for c, _, m in masks], scheme)
        by_chip: dict[str, list[tuple[str, str, bool]]] = {}
        for (chip_id, layer, mask), sha256 in zip(masks, sums, strict=True):
            by_chip.setdefault(chip_id, []).append((layer, sha256, bool(mask.labelled.any())))
        source = {"rule": self.rule, "scenes": [s.id for s in self.scenes]}
        for chip_id, wanted in by_chip.items():
            was = [(str(e.payload.get("layer", "")), str(e.payload["sha256"])) for e in former.get(chip_id, ())]
            full = [(layer, sha256) for layer, sha256, there in wanted if there]
            if [w for w in was if w in full] == full and all((n, s) in was for n, s, _ in wanted):
                out.known += bool(full)
                continue
            out.created += bool(full)
            out.removed += not full
            for layer, sha256, _ in wanted:
                body = {**mask_payload(sha256, layer=layer), "source": source}
                out.events.append(NewEvent("mask", self.task.name, chip_id, body))


def _short(scene_id: str) -> str:
    """A scene in the name of a layer, whatever its id is made of."""
    return hashlib.sha256(scene_id.encode()).hexdigest()[:16]
