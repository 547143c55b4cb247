"""Hierarchies of chips, kept in memory and under ``.cache/regions``: each is made once."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import numpy as np

from groundset._files import atomic
from groundset.chips import Chip
from groundset.core import GroundsetError
from groundset.core.layout import TaskConfig
from groundset.imagery import Scene
from groundset.imagery.whereabouts import stamp
from groundset.lake import Lake
from groundset.segment.dates import Seen, read_seen
from groundset.segment.regions.base import Base
from groundset.segment.regions.hierarchy import Hierarchy, hierarchy
from groundset.views.chips import pixels_mark, read_pixels

_VERSION = 3
"""Counts up when the same pixels give another tree."""
_IN_MEMORY = 64 << 20
_ON_DISK = 512 << 20
_FIELDS = ("leaves", "parent", "size", "height", "contrast")


class RegionStore:
    """The regions of the chips of a workspace. Safe to share between threads.

    Args:
        lake: The workspace.
        in_memory: Most bytes of trees in memory; one is always kept.
        on_disk: Most bytes of trees in the cache; the oldest go first.
    """

    def __init__(self, lake: Lake, *, in_memory: int = _IN_MEMORY, on_disk: int = _ON_DISK) -> None:
        self._lake, self._most, self._most_on_disk = lake, in_memory, on_disk
        self._folder = lake.layout.cache / "regions"
        self._there: OrderedDict[str, Hierarchy] = OrderedDict()
        self._coming: dict[str, Future[Hierarchy]] = {}
        self._lock = threading.Lock()

    def mark(
        self, chip: Chip, task: TaskConfig | None = None, *, base: Base = "slic", leaves: int | None = None
    ) -> str:
        """Changes when the tree does: from the scene's files, the chip's window and how the tree is made.

        Raises:
            MovedError: A file of the scene is not there.
            InputError: The task asks about places, and the chip is none of them.
        """
        said = f"{_VERSION} {pixels_mark(self._lake, chip, None)} {base} {leaves}"
        both = self._both(chip, task)
        said += "" if both is None else f" {stamp(both)}"
        return hashlib.sha256(said.encode()).hexdigest()[:32]

    def of(
        self, chip: Chip, task: TaskConfig | None = None, *, base: Base = "slic", leaves: int | None = None
    ) -> Hierarchy:
        """The regions of a chip at all scales; see :func:`~groundset.segment.regions.hierarchy.hierarchy`.

        Args:
            chip: The chip.
            task: For which task: of a place on two dates they are of the bands of both.
            base: What the leaves are.
            leaves: How many are wanted.

        Raises:
            MovedError: A file of the scene is not there.
            InputError: No such base, or no leaves wanted; the task asks about places, and the chip is none of them.
        """
        key = self.mark(chip, task, base=base, leaves=leaves)
        with self._lock:
            if key in self._there:
                self._there.move_to_end(key)
                return self._there[key]
            waiting = self._coming.get(key)
            mine: Future[Hierarchy] = self._coming.setdefault(key, Future())
        if waiting is not None:
            return waiting.result()
        try:
            found = read_tree(self._folder / f"{key}.npz")
            tree = self._make(key, chip, task, base, leaves) if found is None else found
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            self._keep(key, tree)
            mine.set_result(tree)
            return tree
        finally:
            with self._lock:
                self._coming.pop(key, None)

    def close(self) -> None:
        """Forget what is in memory."""
        with self._lock:
            self._there.clear()

    def _both(self, chip: Chip, task: TaskConfig | None) -> Scene | None:
        """The scene with the bands of both dates, where the task asks about places."""
        if task is None or task.about == "date":
            return None
        return Seen(self._lake, task).place(chip.id.scene)

    def _make(self, key: str, chip: Chip, task: TaskConfig | None, base: Base, leaves: int | None) -> Hierarchy:
        both = self._both(chip, task)
        pixels = read_pixels(self._lake, chip, None) if both is None else read_seen(self._lake, both, chip.window)
        tree = hierarchy(pixels.physical(), pixels.nodata, base=base, leaves=leaves)
        with suppress(GroundsetError, OSError):  # the cache only saves time: a full disk is no reason to fail
            write_tree(self._folder / f"{key}.npz", tree)
            self._prune()
        return tree

    def _keep(self, key: str, tree: Hierarchy) -> None:
        with self._lock:
            self._there[key] = tree
            held = sum(t.leaves.nbytes + 64 * len(t) for t in self._there.values())
            while held > self._most and len(self._there) > 1:
                _, gone = self._there.popitem(last=False)
                held -= gone.leaves.nbytes + 64 * len(gone)

    def _prune(self) -> None:
        files = sorted((f.stat().st_mtime, f.stat().st_size, f) for f in self._folder.glob("*.npz"))
        held = sum(size for _, size, _ in files)
        for _, size, file in files[:-1]:
            if held <= self._most_on_disk:
                return
            file.unlink(missing_ok=True)
            held -= size


def write_tree(path: Path, tree: Hierarchy) -> None:
    """Write a tree; a reader never sees half of it.

    Raises:
        ServiceError: The disk is full or cannot be written.
    """
    arrays = {name: getattr(tree, name) for name in _FIELDS}
    if tree.leaf_count < np.iinfo(np.int16).max:
        arrays["leaves"] = tree.leaves.astype(np.int16)
    with atomic(path) as beside, beside.open("wb") as file:
        np.savez(file, **arrays)


def read_tree(path: Path) -> Hierarchy | None:
    """Read a tree; None where there is none, or where the file is damaged."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            found = {name: kept[name] for name in _FIELDS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Hierarchy(found["leaves"].astype(np.int32), *(found[name] for name in _FIELDS[1:]))
