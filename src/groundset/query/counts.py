"""What masks hold, counted once: kept beside the workspace under what they were made from."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

from groundset.core import GroundsetError, merge
from groundset.journal import MaskStore, methods_of
from groundset.query.labels import MaskCount

MAX_BYTES = 256 << 20
"""A cache that has grown beyond this is begun anew; counts of masks long superseded are never taken out."""


class MaskCounts:
    """Counts of masks merged in an order, without the product's flags. Safe to share between threads.

    ``.cache/label-counts.jsonl`` has one line a count; lines are only added, so that several processes may share it.

    Args:
        masks: Where the masks are.
        cache: The workspace's cache folder.
    """

    def __init__(self, masks: MaskStore, cache: Path) -> None:
        self._masks = masks
        self._path = cache / "label-counts.jsonl"
        self._lock = threading.Lock()
        self._known: dict[str, MaskCount] | None = None

    def get(self, masks: Sequence[str]) -> MaskCount | None:
        """What masks hold, oldest first; None where it was not counted yet."""
        return self._all().get(_key(masks))

    def count(self, many: Iterable[Sequence[str]]) -> dict[tuple[str, ...], MaskCount | None]:
        """Read masks and keep what they hold; None where a file is missing or damaged."""
        out: dict[tuple[str, ...], MaskCount | None] = {}
        new: dict[str, MaskCount] = {}
        for masks in many:
            found = self.get(masks)
            if found is None:
                with suppress(GroundsetError, OSError):
                    found = new[_key(masks)] = self._count(masks)
            out[tuple(masks)] = found
        self._keep(new)
        return out

    def _count(self, masks: Sequence[str]) -> MaskCount:
        first = self._masks.get(masks[0])
        mask = merge(chain([first], map(self._masks.get, masks[1:])), first.shape)
        counts = mask.count()
        return MaskCount(mask.classes.size, counts, methods_of(mask) if counts else ())

    def _keep(self, new: dict[str, MaskCount]) -> None:
        if not new:
            return
        lines = [json.dumps([key, c.pixels, c.classes, c.methods]) for key, c in new.items()]
        known = self._all()
        with self._lock:
            known.update(new)
            with suppress(OSError):  # a cache: what cannot be kept is counted again
                self._path.parent.mkdir(exist_ok=True)
                with self._path.open("a", encoding="utf-8") as file:
                    file.write("".join(line + "\n" for line in lines))

    def _all(self) -> dict[str, MaskCount]:
        with self._lock:
            if self._known is None:
                self._known = self._read()
            return self._known

    def _read(self) -> dict[str, MaskCount]:
        out: dict[str, MaskCount] = {}
        with suppress(OSError):
            if self._path.stat().st_size > MAX_BYTES:
                self._path.unlink()
            for line in self._path.read_text("utf-8", "replace").splitlines():
                with suppress(ValueError, TypeError, AttributeError):  # a line cut short by a crash
                    key, pixels, classes, methods = json.loads(line)
                    out[key] = MaskCount(int(pixels), {int(k): int(n) for k, n in classes.items()}, tuple(methods))
        return out


def _key(masks: Sequence[str]) -> str:
    return masks[0] if len(masks) == 1 else hashlib.sha256(" ".join(masks).encode()).hexdigest()
