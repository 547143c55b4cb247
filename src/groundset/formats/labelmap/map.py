"""The label map of a scene: read by windows, so that a scene of any size fits in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geobox import GeoBox

from groundset.core import ChipId, InputError, LabelMask, Listener, MissingError, Progress, Scheme, Window, few, whole
from groundset.core.layout import TaskConfig, TaskKind
from groundset.formats.labelmap.painting import (
    Answers,
    Cells,
    Drawn,
    Masks,
    Only,
    Painting,
    levels_of,
    on_scene,
    places_of,
    with_cells,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from groundset.formats.labelmap.files import Style
    from groundset.journal import TaskLabels
    from groundset.lake import Lake
    from groundset.outlines import Shapes

STRIP = 512
"""Rows that are worked on at once, those of a block of the file."""
_VERSION = 1
"""Counted up by whoever changes what a map says of the same labels."""


@dataclass(frozen=True)
class LabelMap:
    """The labels of a whole scene on its own pixels, as they were when it was made; see :func:`label_map`.

    Args:
        scene: Id of the scene.
        task: The task whose labels these are.
        kind: Kind of the task.
        level: The one level that was asked for; None: all, the finest that was decided wins.
        scheme: Its classes.
        geobox: Grid of the scene: shape (rows, columns), transform, CRS (None where the scene has none).
        mark: Changes when the labels, the classes or the scene do.
        several: Chips with several classes, of which the first in the scheme's order is shown.
        notes: What a person should know.
        painting: Gives the labels of a window.
    """

    scene: str
    task: str
    kind: TaskKind
    level: int | None
    scheme: Scheme
    geobox: GeoBox
    mark: str
    several: int
    notes: tuple[str, ...]
    painting: Painting = field(repr=False, compare=False)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        rows, cols = self.geobox.shape
        return int(rows), int(cols)

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """Class code of each pixel of the scene, uint8 (rows, columns), 255 unlabelled; whole in memory."""
        return self.read().classes

    def read(self, window: Window | None = None) -> LabelMask:
        """Class, origin and confidence of a window of the scene, each uint8 (rows, columns).

        Args:
            window: In pixels of the scene, inside it; None: the whole scene.

        Raises:
            InputError: The window reaches beyond the scene.
        """
        rows, cols = self.shape
        if window is not None and not whole(cols, rows).contains(window):
            raise InputError("this window reaches beyond the scene", asked=window, found=f"{cols} x {rows} pixels")
        return self.painting.paint(window or whole(cols, rows))

    def strips(self, progress: Listener | None = None) -> Iterator[tuple[Window, LabelMask]]:
        """The whole scene in strips of 512 rows, from the top."""
        rows, cols = self.shape
        told = Progress(f"painting {self.scene}", rows, "rows", progress)
        for top in range(0, rows, STRIP):
            window = Window(0, top, cols, min(STRIP, rows - top))
            yield window, self.read(window)
            told.advance(window.height)

    def write(self, path: str | Path, style: Style = "codes", *, progress: Listener | None = None) -> Path:
        """Write one GeoTIFF (cloud-optimized, with overviews), and beside it the classes in ``FILE.aux.xml``.

        Args:
            path: The file; one that is there is replaced.
            style: ``codes`` (uint8 class codes with a colour table, 255 unlabelled), ``colour`` (red, green, blue,
                alpha) or ``origin`` (where each class comes from, and its confidence in percent).
            progress: Hears each step.
        """
        from groundset.formats.labelmap.files import write_maps

        write_maps(self, {style: Path(path)}, progress=progress)
        return Path(path)

    def __str__(self) -> str:
        rows, cols = self.shape
        return f"label map of {self.scene}, task {self.task}: {cols:,} x {rows:,} pixels, {len(self.scheme)} classes"


def label_map(
    lake: Lake,
    scene_id: str,
    *,
    task: str | None = None,
    level: int | None = None,
    shapes: Shapes | None = None,
    labels: TaskLabels | None = None,
    only: Only | None = None,
    training: bool = False,
    cells: Sequence[Cells] = (),
) -> LabelMap:
    """The labels of a scene as one map.

    Args:
        lake: The workspace.
        scene_id: The scene.
        task: A task of any kind; may be left out where one alone has labels.
        level: Only chips of this level; default: all, and the finest that was decided wins.
        shapes: The workspace's shapes, where they are in memory already.
        labels: The task's labels, where they are in memory already.
        only: Which current answers take part (default: all).
        training: Only what may train: said by people, imports, regions or a consensus; no product flags.
        cells: What cascades keep of the scene (:func:`groundset.cascade.annotation`).

    Raises:
        MissingError: No such scene, or no chips of this level.
        InputError: No such task, or nothing of it is on this scene.
    """
    from groundset.imagery.whereabouts import stamp

    scene = lake.scenes.get(scene_id)
    chosen = labelled_task(lake, task)
    levels = levels_of(lake.chips, scene_id)
    if level is not None and level not in levels:
        raise MissingError(
            "this scene has no chips of this level", asked=f"level {level} of {scene_id}",
            found=f"level {', '.join(map(str, levels))}" if levels else "no chips", hint="name one of these",
        )  # fmt: skip
    scheme = lake.scheme(chosen.name)
    made = (
        _drawn(lake, chosen.name, scene_id, shapes)
        if chosen.kind == "outline"
        else _said(
            lake, labels or lake.labels(chosen.name), scene_id, chosen, level, only, training=training, cells=cells
        )
    )
    notes = (f"{scene_id} has no CRS, so its map has none",) if scene.geobox.crs is None else ()
    mark = hashlib.sha256(f"{_VERSION} {stamp(scene)} {chosen} {scheme!r} {level} {made.stands}".encode()).hexdigest()
    return LabelMap(
        scene_id, chosen.name, chosen.kind, level, scheme, scene.geobox, mark[:32], made.several,
        (*notes, *made.notes), made.painting,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Made:
    """What a map is painted from. ``stands``: says which answers stand."""

    painting: Painting
    stands: str
    several: int = 0
    notes: tuple[str, ...] = ()


def _said(
    lake: Lake, labels: TaskLabels, scene_id: str, task: TaskConfig, level: int | None, only: Only | None, *,
    training: bool, cells: Sequence[Cells],
) -> _Made:  # fmt: skip
    ids = on_scene(labels.chip_ids, scene_id)
    places, gone = places_of(lake.chips, scene_id, ids, level)
    here = [c for c in cells if len(c.x)]
    if not places.ids and not here:
        raise _nothing(labels, scene_id, task.name, level)
    notes = (f"{len(gone):,} labelled chips are in the chip table no more, such as {gone[0]}",) if gone else ()
    stands = str([(i, [e.seq for e in labels.events(i)]) for i in places.ids])
    if task.kind == "segment":
        masks = Masks(places, labels, lake.chips.get, flags=not training, only=only, training=training)
        return _Made(masks, stands, 0, notes)
    told = [labels.answer(i) for i in places.ids]
    there = np.array([i for i, a in enumerate(told) if a is not None], np.int64)
    where, said = with_cells(places.take(there), [a for a in told if a is not None], here, level)
    answers = Answers(where, said, lake.scheme(task.name))
    stands += str([(c.code, c.level, c.size, c.x.tobytes(), c.y.tobytes(), c.person.tobytes()) for c in here])
    if answers.several:
        notes = (*notes, f"{answers.several:,} chips have several classes: the first in the scheme's order is shown")
    return _Made(answers, stands, answers.several, notes)


def _drawn(lake: Lake, task: str, scene_id: str, shapes: Shapes | None) -> _Made:
    from groundset.outlines import Shapes as Opened

    known = shapes or Opened(lake)
    there = known.of(task, scene=scene_id)
    if not there:
        raise InputError("there is no shape of this task on this scene", asked=f"{scene_id}, task {task}")
    return _Made(Drawn(there), f"shapes {known.version(task)}")


def labelled_task(lake: Lake, name: str | None = None) -> TaskConfig:
    """The task of this name, or the one that has labels.

    Raises:
        InputError: No such task, or not exactly one has labels.
    """
    if name is not None:
        return lake.config.task(name)
    tasks = [t for t in lake.config.tasks if lake.journal.count(t.name)]
    if len(tasks) != 1:
        raise InputError(
            "more than one task has labels" if tasks else "there are no labels to map",
            found=", ".join(f"{t.name} ({t.kind})" for t in tasks or lake.config.tasks),
            hint="name the task" if tasks else "label some chips first",
        )
    return tasks[0]


def _nothing(labels: TaskLabels, scene_id: str, task: str, level: int | None) -> InputError:
    others = sorted({ChipId.parse(i).scene for i in labels.chip_ids} - {scene_id})
    return InputError(
        "nothing of this scene is labelled",
        asked=f"{scene_id}, task {task}" + ("" if level is None else f", level {level}"),
        found=f"labels on {few(others)}" if others else "no labels on any other scene",
        hint="label some of its chips, or leave the level out" if level is not None else "label some of its chips",
    )
