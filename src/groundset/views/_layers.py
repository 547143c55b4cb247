"""Layers of chips as strokes find and leave them: one hand at a time, and decoded while they are drawn in."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from groundset.core import LabelMask
from groundset.journal.masks import encode

if TYPE_CHECKING:
    from groundset.chips import Chip
    from groundset.journal import Event
    from groundset.lake import Lake

_KEPT_BYTES = 64 << 20


class Key(NamedTuple):
    """A layer of a chip."""

    task: str
    chip_id: str
    actor: str
    layer: str


@dataclass(slots=True)
class Layer:
    """A layer as the next stroke finds it."""

    event: str | None
    mask: LabelMask
    objects: str | None


class Layers:
    """The layers of a workspace. Safe to share between threads."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._locks = _Locks()
        self._masks = _Masks()

    def held(self, keys: set[Key]) -> AbstractContextManager[None]:
        """Hold these layers: nobody else of this process draws in them meanwhile."""
        return self._locks.held(keys)

    def now(self, key: Key, chip: Chip) -> Layer:
        """A layer as the journal has it now."""
        event = self.event(key)
        if event is None:
            rows, cols = (int(n) for n in chip.geobox.shape)
            return Layer(None, LabelMask.empty((rows, cols)), None)
        sha256 = event.payload["sha256"]
        mask = self._masks.get(sha256)
        if mask is None:
            mask = self._lake.masks.get(sha256, chip.geobox)
            self._masks.put(sha256, mask)
        return Layer(event.id, mask, event.payload.get("objects"))

    def label(self, key: Key, chip: Chip) -> LabelMask:
        """What the chip's label is now, without product flags."""
        return self._lake.labels(key.task, chip_ids=[key.chip_id]).mask(chip, flags=False)

    def keep(self, key: Key, chip: Chip, mask: LabelMask) -> str:
        """Put a layer's mask on disk; its name."""
        sha256 = self._lake.masks.put_bytes(encode(mask, chip.geobox, self._lake.scheme(key.task)))
        self._masks.put(sha256, mask)
        return sha256

    def known(self, ids: Sequence[str]) -> dict[str, Event]:
        """The events of these ids that are there."""
        return self._lake.journal.find(ids)

    def mask_of(self, event: Event, chip: Chip) -> LabelMask:
        """The layer as an event left it."""
        return self._masks.get(event.payload["sha256"]) or self._lake.masks.get(event.payload["sha256"], chip.geobox)

    def event(self, key: Key) -> Event | None:
        """The latest event of a layer; None where nothing is said in it."""
        said = self._lake.journal.current(key.task, kind="mask", chip_ids=[key.chip_id], actor=key.actor)
        return next((e for e in said if e.payload.get("layer", "") == key.layer), None)


class _Locks:
    """A lock for each layer that is being drawn in; those nobody holds are forgotten."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._there: dict[Key, tuple[threading.Lock, int]] = {}

    @contextmanager
    def held(self, keys: set[Key]) -> Iterator[None]:
        """Hold the locks of these layers, taken in one order by all, so that nobody waits for each other."""
        with ExitStack() as stack:
            for key in sorted(keys):
                stack.enter_context(self._one(key))
            yield

    @contextmanager
    def _one(self, key: Key) -> Iterator[None]:
        with self._guard:
            lock, users = self._there.get(key, (threading.Lock(), 0))
            self._there[key] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._there.pop(key)
                if users > 1:
                    self._there[key] = lock, users - 1


class _Masks:
    """The masks of the layers drawn in last, decoded; nobody changes their arrays."""

    def __init__(self, limit: int = _KEPT_BYTES) -> None:
        self._guard = threading.Lock()
        self._there: OrderedDict[str, LabelMask] = OrderedDict()
        self._limit, self._size = limit, 0

    def get(self, sha256: str) -> LabelMask | None:
        """The mask of this name, where it is kept."""
        with self._guard:
            if sha256 in self._there:
                self._there.move_to_end(sha256)
            return self._there.get(sha256)

    def put(self, sha256: str, mask: LabelMask) -> None:
        """Keep a mask; the least used go."""
        with self._guard:
            if sha256 not in self._there:
                self._size += 3 * mask.classes.nbytes
            self._there[sha256] = mask
            while self._size > self._limit and len(self._there) > 1:
                self._size -= 3 * self._there.popitem(last=False)[1].classes.nbytes
