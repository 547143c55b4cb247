"""The format ``label-map``: a folder with the maps of one or several scenes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from groundset._files import write_text
from groundset.core import ChipId, InputError, Listener, MissingError, few
from groundset.core.layout import TASK_KINDS, TaskConfig, TaskKind
from groundset.formats.capability import Capability, Loss
from groundset.formats.format import Counts
from groundset.formats.labelmap.files import STYLES, class_table, write_maps
from groundset.formats.labelmap.map import LabelMap, label_map
from groundset.formats.labelmap.painting import Cells
from groundset.lake import Lake

if TYPE_CHECKING:
    from groundset.outlines import Shapes

CellsOf = Callable[[Lake, str, str], Sequence[Cells]]
"""Tells what cascades keep of a scene in a task, class by class."""


class LabelMaps:
    """The format ``label-map``; see :class:`groundset.formats.Format`. It is written, not read.

    Args:
        scenes: Scenes to map; none: all that have labels.
        level: Only chips of this level; None: all, the finest that was decided wins.
        cells: Tells what cascades keep of a scene in a task (:func:`groundset.cascade.annotation`).
    """

    name = "label-map"
    title = "label map"
    kinds: tuple[TaskKind, ...] = TASK_KINDS
    capabilities = frozenset(
        {
            Capability.MASKS,
            Capability.CRS,
            Capability.PROVENANCE,
            Capability.ORIGINS,
            Capability.CONFIDENCE,
            Capability.UNLABELLED,
        }
    )

    def __init__(self, scenes: Sequence[str] = (), level: int | None = None, cells: CellsOf | None = None) -> None:
        self.scenes, self.level, self._cells = tuple(scenes), level, cells

    def open(self, path: Path) -> NoReturn:
        """Refused: maps come in as labels."""
        raise InputError(
            "label maps are written, not read as projects", asked=path,
            hint="groundset annotate DIR FILE brings a raster of class codes in",
        )  # fmt: skip

    def plan(self, lake: Lake, task: TaskConfig, *, labelled: bool) -> Planned:  # noqa: ARG002  # all that is labelled
        """Look which scenes have labels of a task."""
        shapes = _shapes(lake) if task.kind == "outline" else None
        labels = None if shapes is not None else lake.labels(task.name)
        known = lake.scenes.ids()
        missing = [s for s in self.scenes if s not in known]
        if missing:
            raise MissingError("no such scene", asked=", ".join(missing), found=few(known) or "none")
        if labels is not None:
            chips = [ChipId.parse(i) for i in labels.chip_ids]
            said = {c.scene for c in chips if self.level == c.level} or {c.scene for c in chips}
            said |= {s for s in known if any(len(c.x) for c in self._of(lake, s, task))}
        else:
            said = {shape.scene for shape in shapes.of(task.name)} if shapes is not None else set()
        wanted = list(dict.fromkeys(self.scenes)) or sorted(said & set(known))
        if not wanted:
            raise InputError("there are no labels to map", asked=f"task {task.name}", hint="label some chips first")
        return Planned(
            [
                label_map(
                    lake, s, task=task.name, level=self.level, shapes=shapes, labels=labels,
                    cells=self._of(lake, s, task),
                )
                for s in wanted
            ]
        )  # fmt: skip

    def _of(self, lake: Lake, scene: str, task: TaskConfig) -> Sequence[Cells]:
        return () if self._cells is None or task.kind != "classify" else self._cells(lake, scene, task.name)


@dataclass(frozen=True, slots=True)
class Planned:
    """The maps to write."""

    maps: Sequence[LabelMap]

    @property
    def losses(self) -> Sequence[Loss]:
        """Chips with several classes, of which a map shows one."""
        several = sum(m.several for m in self.maps)
        why = "a pixel of a map has one class; the first in the scheme's order would be shown"
        return [Loss("chips with several classes", several, why=why)] if several else []

    def write(self, out: Path, *, progress: Listener | None) -> Counts:
        """``SCENE.codes.tif``, ``SCENE.colour.tif``, ``SCENE.origin.tif`` and ``SCENE.classes.csv`` of each scene."""
        counts = Counts()
        for made in self.maps:
            pixels = write_maps(made, {s: out / f"{made.scene}.{s}.tif" for s in STYLES}, progress=progress)
            write_text(out / f"{made.scene}.classes.csv", class_table(made.scheme, pixels))
            counts.numbers["scenes"] = counts.numbers.get("scenes", 0) + 1
            labelled = int(pixels[:-1].sum())
            counts.numbers["labelled pixels"] = counts.numbers.get("labelled pixels", 0) + labelled
            counts.told += made.notes
            if not labelled:
                counts.told.append(f"{made.scene}: no pixel has a class")
        return counts


def _shapes(lake: Lake) -> Shapes:
    from groundset.outlines import Shapes as Opened

    return Opened(lake)
