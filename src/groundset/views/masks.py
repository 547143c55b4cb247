"""Masks of chips in and out: the mask file of a label, and a mask that somebody brings."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid5

import numpy as np

from groundset.chips import Chip
from groundset.core import ConflictError, InputError, LabelMask, merge
from groundset.core.layout import TaskConfig
from groundset.imagery.whereabouts import check_there, stamp
from groundset.journal import Appended, Batch, Event, NewEvent, TaskLabels, mask_payload
from groundset.journal.batches import MOVED
from groundset.journal.masks import decode, encode
from groundset.lake import Lake
from groundset.series import chip_of
from groundset.views.patches import Patch, allowed, laid

LAYER = "page"
_PUT = UUID("5b1f6d0e-0f3c-4c0a-8c1b-6a1c4f0d9e77")
_OVERHEAD = 256 << 10
"""Bytes that a mask file may be larger than its pixels: tags, blocks, an unlucky compression."""
_BLOCK = 4096

Commit = Callable[[Batch], list[Appended]]
"""Appends a batch of an actor, and returns once it is on disk."""


class StaleError(ConflictError):
    """Somebody answered since the label was fetched."""

    status = 412


@dataclass(frozen=True, slots=True)
class Which:
    """Which masks of a chip take part.

    Args:
        part: ``label`` (all), ``own`` (the actor's layer) or ``others`` (all but the actor's layer).
        actor: Whose layer; with ``label``, only this actor's masks, None everybody's.
        layer: The layer.
    """

    part: Literal["label", "own", "others"] = "label"
    actor: str | None = None
    layer: str = LAYER

    @property
    def alone(self) -> bool:
        """Whether it is what one actor says, without what the product flags."""
        return self.part == "own" or (self.part == "label" and self.actor is not None)

    def takes(self, event: Event) -> bool:
        """Whether a mask is among them."""
        if self.part == "label":
            return self.actor is None or event.actor == self.actor
        own = event.actor == self.actor and event.payload.get("layer", "") == self.layer
        return own == (self.part == "own")


ALL = Which()


@dataclass(frozen=True, slots=True)
class PutMask:
    """A mask that somebody brings.

    Args:
        data: Bytes of a mask file.
        actor: Who brings it.
        layer: The actor's layer that it becomes, in place of what that said before.
        id: Made by the client; None has one made, so that the same bytes twice are one event.
        may_review: Whether the actor may say consensus and import pixels.
        if_match: Marks of the label that it was made from; empty where it does not matter.
    """

    data: bytes
    actor: str
    layer: str = LAYER
    id: str | None = None
    may_review: bool = False
    if_match: tuple[str, ...] = ()


class MaskDesk:
    """Hands out the masks of chips and takes masks in. Safe to share between threads."""

    def __init__(self, lake: Lake, commit: Commit | None = None) -> None:
        self._lake = lake
        self._commit: Commit = commit or (lambda batch: lake.journal.commit(lake.journal.prepare([batch]))[0])
        self._one_at_a_time = threading.Lock()

    def label(self, chip_id: str, task: str | None, which: Which = ALL, *, flags: bool = True) -> ChipMask:
        """The current mask of a chip: merged of all, product flags included, or of a part of what was said.

        Raises:
            MissingError: No such chip.
            InputError: No such task, or not one of pixels; it asks about places, and the chip is none of them.
        """
        chosen = self._lake.config.task(task, "segment")
        chip = chip_of(self._lake, chosen, chip_id)
        labels = self._lake.labels(chosen.name, chip_ids=[str(chip.id)])
        return ChipMask(self._lake, chip, chosen, labels, which, flags=flags)

    def put(self, chip_id: str, task: str | None, mask: PutMask) -> Appended:
        """Take a mask in; when this returns it is on disk.

        It becomes what the actor's layer says. Pixels of product flags are derived and are not kept; those that say
        nothing (origin 0) change nothing.

        Raises:
            MissingError: No such chip.
            InputError: The file is no mask of this chip, or has classes that are not in the scheme.
            RightError: It has pixels that the actor may not say.
            StaleError: Somebody answered since.
        """
        chosen = self._lake.config.task(task, "segment")
        chip = chip_of(self._lake, chosen, chip_id)
        said = read_mask(mask.data, chip)
        with self._one_at_a_time:
            now = self.label(chip_id, chosen.name, flags=False)
            self._check_fresh(chip_id, chosen, mask)
            whole = Patch(0, 0, np.ones(said.shape, bool), said)
            kept = laid(allowed(whole, may_review=mask.may_review, label=lambda: now.mask), LabelMask.empty(said.shape))
            scheme = self._lake.scheme(chosen.name)
            encode(said, chip.geobox, scheme)  # refuses what is not in the scheme, also where it is not kept
            data = encode(kept, chip.geobox, scheme)  # our own bytes of these pixels: no foreign tags are handed on
            return self._keep(chip, chosen, mask, data, now.events)

    def _check_fresh(self, chip_id: str, task: TaskConfig, mask: PutMask) -> None:
        if _whatever(mask):
            return
        parts = (ALL, Which(actor=mask.actor), Which("own", mask.actor, mask.layer))
        marks = [self.label(chip_id, task.name, part, flags=f).mark for part in parts for f in (True, False)]
        if not set(marks) & set(mask.if_match):
            raise _stale(mask, marks[0])

    def _keep(self, chip: Chip, task: TaskConfig, mask: PutMask, data: bytes, events: Sequence[Event]) -> Appended:
        sha256 = hashlib.sha256(data).hexdigest()
        own = next((e for e in events if e.actor == mask.actor and e.payload.get("layer", "") == mask.layer), None)
        if own is not None and own.payload["sha256"] == sha256 and mask.id in (None, own.id):
            return Appended(own.id, "known", own.seq)
        self._lake.masks.put_bytes(data)
        state = 0 if own is None else own.seq
        made = str(uuid5(_PUT, f"{task.name} {chip.id} {mask.actor} {mask.layer} {sha256} {state}"))
        payload = mask_payload(sha256, layer=mask.layer)
        event = NewEvent("mask", task.name, str(chip.id), payload, id=mask.id or made)
        on = {} if _whatever(mask) else {event.id: None if own is None else own.id}
        done = self._commit(Batch([event], mask.actor, self._lake.check, on))[0]
        if done.error == MOVED:
            raise _stale(mask, "something that came while this was being written")
        if done.status == "refused":
            raise InputError("this mask is refused", found=done.error)
        return done


class ChipMask:
    """The mask of one chip at one moment; read when it is asked for."""

    def __init__(
        self, lake: Lake, chip: Chip, task: TaskConfig, labels: TaskLabels, which: Which = ALL, *, flags: bool = True
    ) -> None:
        self._lake, self._labels, self._which, self._flags = lake, labels, which, flags and not which.alone
        self.chip, self.task = chip, task

    @property
    def events(self) -> list[Event]:
        """The masks that take part, oldest first."""
        return [e for e in self._labels.events(self.chip.id) if e.kind == "mask" and self._which.takes(e)]

    @property
    def mark(self) -> str:
        """Changes when the mask does."""
        scene = self._lake.scenes.get(self.chip.id.scene)
        scheme = self._lake.scheme(self.task.name)
        parts = (self.task.name, str(self.chip.id), self._which, self._flags, [e.seq for e in self.events], scheme)
        seen = stamp(scene) if self._flags else ""
        return hashlib.sha256(f"{parts!r} {seen}".encode()).hexdigest()[:32]

    @property
    def mask(self) -> LabelMask:
        """Class, origin and confidence of each pixel.

        Raises:
            MovedError: The product's flags cannot be read; ``flags=false`` leaves them out.
        """
        if self._which.alone:
            rows, cols = self.chip.geobox.shape
            return merge((self._lake.masks.get(e.payload["sha256"], self.chip.geobox) for e in self.events),
                         (int(rows), int(cols)))  # fmt: skip
        if self._flags:
            check_there(self._lake.scenes.get(self.chip.id.scene))
        return self._labels.mask(self.chip, flags=self._flags, only=self._which.takes)

    def tif(self) -> bytes:
        """As a mask file."""
        return encode(self.mask, self.chip.geobox, self._lake.scheme(self.task.name))

    def stack(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """uint8 (3, rows, columns): class, origin, confidence."""
        mask = self.mask
        return np.stack([mask.classes, mask.origin, mask.confidence])

    @property
    def file_name(self) -> str:
        """A name to save it under."""
        return f"{self.chip.id}_{self.task.name}_mask.tif"


def _whatever(mask: PutMask) -> bool:
    """Whether it is to be kept whatever was said since it was fetched."""
    return not mask.if_match or "*" in mask.if_match


def _stale(mask: PutMask, found: str) -> StaleError:
    return StaleError(
        "somebody answered about this chip since you fetched it",
        asked=", ".join(mask.if_match)[:200],
        found=found,
        hint="fetch the mask again, and put your pixels into it",
    )


def read_mask(data: bytes, chip: Chip) -> LabelMask:
    """The mask in some bytes, which must be one of this chip; what would cost too much to decode is refused before.

    Raises:
        InputError: It is no GeoTIFF, or of another size, place, CRS, number or kind of bands.
    """
    rows, cols = (int(n) for n in chip.geobox.shape)
    largest = rows * cols * 3 + _OVERHEAD
    if len(data) > largest:
        raise InputError(
            "this is larger than any mask of this chip", asked=f"{len(data)} bytes", found=f"at most {largest}"
        )
    if not data.startswith((b"II", b"MM")):
        raise InputError(
            "this is not a GeoTIFF", found=f"{len(data)} bytes", hint="send what GET gives, with other pixels"
        )
    _check_blocks(data, max(rows, cols, _BLOCK))
    return decode(data, chip.geobox)


def _check_blocks(data: bytes, largest: int) -> None:
    """GDAL takes memory for whole blocks, whatever the size of the image."""
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile

    try:
        with MemoryFile(data) as memory, memory.open(driver="GTiff") as source:
            blocks = source.block_shapes
            count = source.count
    except RasterioError as error:
        raise InputError(
            "this is not a GeoTIFF", found=str(error), hint="send the file that GET gives, with other pixels"
        ) from None
    if count != 3 or any(r > largest or c > largest for r, c in blocks):
        raise InputError(
            "a mask file has three bands in blocks of a usual size", found=f"{count} bands, blocks {blocks[:1]}"
        )
