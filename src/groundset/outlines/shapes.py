"""The shapes of a workspace's outline tasks, always up to date."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from groundset.core import InputError
from groundset.outlines.places import Places
from groundset.outlines.shape import Shape
from groundset.outlines.table import Box, Table

if TYPE_CHECKING:
    from groundset.chips import Chip
    from groundset.lake import Lake


class Shapes:
    """Finds the shapes of tasks by place. Long-lived, safe to share between threads.

    What is read stays in memory and is patched by new events; 20,000 shapes of one scene take some 50 MB.

    Args:
        lake: The workspace.
    """

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.places = Places(lake)
        self._tables: dict[str, Table] = {}
        self._lock = threading.RLock()

    def task(self, name: str | None = None) -> str:
        """The outline task of this name; may be left out where there is one.

        Raises:
            InputError: There is no such task, or it is of another kind.
        """
        return self.lake.config.task(name, "outline").name

    def of(
        self,
        task: str | None = None,
        *,
        scene: str | None = None,
        bbox: Sequence[float] | None = None,
        chip: str | None = None,
        actor: str | None = None,
        source: str | None = None,
    ) -> list[Shape]:
        """Shapes of a task, in the order in which they are drawn: the last one lies on top.

        Args:
            task: An outline task; may be left out where there is one.
            scene: Only those on this scene.
            bbox: Only those whose bounds meet left, top, right, bottom, in pixels of the scene; needs ``scene``.
            chip: Only those whose bounds meet this chip's window, whatever chip they belong to.
            actor: Only those that this actor said last.
            source: Only those of this import.

        Raises:
            InputError: No such task, or a box that is none.
            MissingError: No such chip.
        """
        box = None if bbox is None else check_box(bbox)
        if chip is not None:
            found = self.lake.chips.get(chip)
            own = window_box(found)
            scene, box = found.id.scene, own if box is None else _both(box, own)
        if box is not None and scene is None:
            raise InputError("a box lies on a scene", asked=f"bbox = {list(bbox or ())}", hint="name the scene too")
        with self._lock:
            table = self._fresh(self.task(task))
            if scene is None:
                shapes = list(table.shapes())
            elif scene not in table.scenes:
                shapes = []
            else:
                there = table.scenes[scene]
                shapes = list(there.shapes.values()) if box is None else there.meets(box)
        kept = (s for s in shapes if (actor is None or s.actor == actor) and (source is None or s.source == source))
        return sorted(kept, key=lambda shape: shape.order)

    def get(self, task: str | None, ids: Collection[str]) -> list[Shape]:
        """The shapes of these ids, in order; those that are not there are left out."""
        with self._lock:
            table = self._fresh(self.task(task))
            return [shape for own in ids if (shape := table.get(own)) is not None]

    def spoken_of(self, task: str, ids: Collection[str]) -> set[str]:
        """Those of these ids of which something stands, be it that they are removed."""
        with self._lock:
            table = self._fresh(task)
            return {own for own in ids if table.spoken_of(own)}

    def version(self, task: str | None = None) -> int:
        """Changes whenever the shapes of a task do: the journal's number when they did last, as far as was seen."""
        with self._lock:
            return self._fresh(self.task(task)).changed

    def as_of(self, task: str, seq: int) -> Table:
        """The shapes of a task as they were when this was the last event."""
        table = Table(self.lake.journal, task, self.places)
        table.head = seq
        table.load(self.lake.journal.current(task, kind="shapes", as_of=seq))
        return table

    def _fresh(self, task: str) -> Table:
        table = self._tables.get(task)
        if table is None:
            table = self._tables[task] = Table(self.lake.journal, task, self.places)
        table.follow()
        return table


def window_box(chip: Chip) -> Box:
    """A chip's window as a box."""
    window = chip.window
    return float(window.x_off), float(window.y_off), float(window.right), float(window.bottom)


def check_box(said: Sequence[float]) -> Box:
    """Left, top, right, bottom.

    Raises:
        InputError: They are not four finite numbers in this order.
    """
    import math

    if len(said) != 4 or not all(map(math.isfinite, said)) or said[0] > said[2] or said[1] > said[3]:
        raise InputError("a box is left, top, right, bottom", asked=f"bbox = {', '.join(f'{v:g}' for v in said)}")
    return float(said[0]), float(said[1]), float(said[2]), float(said[3])


def _both(a: Box, b: Box) -> Box:
    left, top = max(a[0], b[0]), max(a[1], b[1])
    return left, top, max(left, min(a[2], b[2])), max(top, min(a[3], b[3]))
