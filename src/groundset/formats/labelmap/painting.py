"""What a label map is painted from: answers about chips, masks of pixels, or shapes; any window of a scene at a time.

Answers fill the window of their chip. Coarse levels are painted first and finer ones over them, so that the finest
level that was decided wins; where a finer chip is said not to have the class that a coarser one has, the class goes.
Where chips of one level overlap (a stride below the chip size), the stronger origin wins (human > consensus > import >
product flag > region > model), then the later answer. Masks follow the same rule pixel by pixel, whatever their level.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from groundset.core import (
    NO_CONFIDENCE,
    PRECEDENCE,
    TRAINING_ORIGINS,
    UNLABELLED,
    ChipId,
    LabelMask,
    Origin,
    Scheme,
    Window,
    merge,
)

if TYPE_CHECKING:
    from groundset.chips import Chip, ChipStore
    from groundset.journal import Event, TaskLabels
    from groundset.journal.answers import Answer
    from groundset.outlines import Shape

Int64 = npt.NDArray[np.int64]
Only = Callable[["Event"], bool]
"""Says which of the current answers take part."""

KEPT = 128 << 20
"""Bytes of masks that are kept decoded: those of one row of chips are asked for by several strips."""
_RANK = {int(origin): len(PRECEDENCE) - i for i, origin in enumerate(PRECEDENCE)}


class Cells(Protocol):
    """Chips of one class that a cascade keeps in a scene, as :class:`groundset.cascade.Kept` tells them."""

    @property
    def code(self) -> int:
        """The class."""

    @property
    def level(self) -> int:
        """Level of the chips: the finest that was left."""

    @property
    def size(self) -> int:
        """Side of the chips, pixels."""

    @property
    def x(self) -> Int64:
        """Left pixel column of each in the scene, int64 (n,)."""

    @property
    def y(self) -> Int64:
        """Upper pixel row of each, int64 (n,)."""

    @property
    def person(self) -> npt.NDArray[np.bool_]:
        """Whether a person said so, bool (n,); else its score lies above the cascade's threshold."""


class Painting(Protocol):
    """What gives the labels of any window of a scene."""

    def paint(self, window: Window) -> LabelMask:
        """The labels of a window inside the scene, of its shape (rows, columns)."""
        ...


@dataclass(frozen=True, slots=True)
class Places:
    """Windows of some chips of a scene.

    Args:
        ids: Their ids.
        levels: int64 (n,).
        boxes: Left, top, right, bottom in pixels of the scene, int64 (n, 4); beyond it where chips are padded.
    """

    ids: tuple[str, ...]
    levels: Int64
    boxes: Int64

    def meet(self, window: Window) -> Int64:
        """Which of them meet a window, in their own order."""
        left, top, right, bottom = self.boxes.T
        across = (left < window.right) & (right > window.x_off)
        return np.flatnonzero(across & (top < window.bottom) & (bottom > window.y_off))

    def within(self, i: int, window: Window) -> tuple[slice, slice]:
        """Rows and columns of a window that one of them covers."""
        left, top, right, bottom = self.boxes[i].tolist()
        return (
            slice(max(top - window.y_off, 0), min(bottom - window.y_off, window.height)),
            slice(max(left - window.x_off, 0), min(right - window.x_off, window.width)),
        )

    def take(self, order: Int64) -> Places:
        """Those at these positions, in this order."""
        return Places(tuple(self.ids[i] for i in order), self.levels[order], self.boxes[order])


def levels_of(store: ChipStore, scene_id: str) -> tuple[int, ...]:
    """Levels of which a scene has chips, coarsest first."""
    known = store.parts()
    ends = (part.removeprefix(f"{scene_id}_").partition("~")[0] for part in known if part.startswith(f"{scene_id}_"))
    return tuple(sorted({int(end) for end in ends if end.isdecimal() and store.batches(scene_id, int(end))}))


def places_of(
    store: ChipStore, scene_id: str, wanted: Collection[str], level: int | None = None
) -> tuple[Places, list[str]]:
    """Where chips of a scene lie, and those of them that are not in the chip table any more.

    Args:
        store: The chip table.
        scene_id: The scene.
        wanted: Ids of chips of this scene.
        level: Only those of this level.
    """
    left = set(wanted)
    ids: list[str] = []
    levels: list[int] = []
    boxes: list[tuple[int, int, int, int]] = []
    for at in levels_of(store, scene_id):
        names = ("chip_id", "x_off", "y_off", "width", "height")
        table = store.table(names, parts=store.batches(scene_id, at))
        for chip_id, x, y, width, height in zip(*(table.column(n).to_pylist() for n in names), strict=True):
            if chip_id in left:
                left.discard(chip_id)
                if level in (None, at):
                    ids.append(chip_id)
                    levels.append(at)
                    boxes.append((x, y, x + width, y + height))
    return Places(tuple(ids), np.array(levels, np.int64), np.array(boxes, np.int64).reshape(-1, 4)), sorted(left)


def with_cells(
    places: Places, said: Sequence[Answer], cells: Sequence[Cells], level: int | None
) -> tuple[Places, list[Answer]]:
    """Answers together with what cascades keep.

    Where a cascade of a class has gone on to a finer level, its coarse positives only said that the class is somewhere
    in there: they fill nothing any more, the kept chips of the finer level do.

    Args:
        places: Chips that were answered.
        said: Their answers.
        cells: What cascades keep of the scene, by class.
        level: Only chips of this level.
    """
    from groundset.journal.answers import Answer as Said

    gone = {c.code: c.level for c in cells}
    stays = [
        not (a.classes and all(code in gone and at < gone[code] for code in a.classes))
        for at, a in zip(places.levels.tolist(), said, strict=True)
    ]
    kept = places.take(np.flatnonzero(stays))
    answers = [a for a, stay in zip(said, stays, strict=True) if stay]
    ids, levels, boxes = list(kept.ids), [kept.levels], [kept.boxes]
    for c in cells:
        if level in (None, c.level):
            ids += [f"cascade {c.code} {i}" for i in range(len(c.x))]
            levels.append(np.full(len(c.x), c.level, np.int64))
            boxes.append(np.stack([c.x, c.y, c.x + c.size, c.y + c.size], axis=1).astype(np.int64).reshape(-1, 4))
            origins = [Origin.HUMAN if by else Origin.MODEL for by in c.person.tolist()]
            answers += [
                Said((c.code,), (), not_applicable=False, reason=None, origin=o, actor="", seq=0) for o in origins
            ]
    return Places(tuple(ids), np.concatenate(levels), np.concatenate(boxes)), answers


class Answers:
    """Labels from answers of a classify task: each fills its chip.

    Args:
        places: The chips that were answered.
        answers: Their answers, in the same order.
        scheme: Classes of the task.
    """

    def __init__(self, places: Places, answers: Sequence[Answer], scheme: Scheme) -> None:
        keys = [(int(level), _RANK[int(a.origin)], a.seq) for level, a in zip(places.levels, answers, strict=True)]
        order = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
        self._places = places.take(order)
        self._answers = [answers[i] for i in order]
        self._first = {c.code: i for i, c in enumerate(scheme)}
        self._other = None if scheme.not_applicable is None else scheme.not_applicable.code
        self.several = sum(len(a.classes) > 1 for a in answers)

    def paint(self, window: Window) -> LabelMask:
        """The labels of a window."""
        out = LabelMask.empty(window.shape)
        for i in self._places.meet(window).tolist():
            self._fill(out, self._places.within(i, window), self._answers[i])
        return out

    def _fill(self, out: LabelMask, at: tuple[slice, slice], said: Answer) -> None:
        code = self._code(said)
        if code is None and not said.not_applicable:
            for gone in said.negative:
                there = out.classes[at] == gone
                for plane, nothing in ((out.classes, UNLABELLED), (out.origin, 0), (out.confidence, NO_CONFIDENCE)):
                    plane[at][there] = nothing
            return
        out.classes[at] = UNLABELLED if code is None else code
        out.origin[at] = Origin.NONE if code is None else said.origin
        sure = None if code is None or said.confidence is None else round(100 * said.confidence)
        out.confidence[at] = NO_CONFIDENCE if sure is None else sure

    def _code(self, said: Answer) -> int | None:
        if said.not_applicable:
            return self._other
        return min(said.classes, key=lambda code: self._first.get(code, UNLABELLED), default=None)


class Masks:
    """Labels from masks of a segment task.

    Args:
        places: The chips that have masks.
        labels: The task's labels.
        chip: Gives a chip by its id.
        flags: Whether the product's flags take part, as they do in a chip's label.
        only: Which masks take part.
        training: Only pixels that may train: of people, imports, consensus and regions.
    """

    def __init__(
        self,
        places: Places,
        labels: TaskLabels,
        chip: Callable[[str], Chip],
        *,
        flags: bool = True,
        only: Only | None = None,
        training: bool = False,
    ) -> None:
        latest = [max((e.seq for e in labels.events(i)), default=0) for i in places.ids]
        self._places = places.take(np.argsort(np.array(latest, np.int64), kind="stable"))
        self._labels, self._chip = labels, chip
        self._flags, self._only, self._training = flags, only, training
        self._kept: OrderedDict[str, LabelMask] = OrderedDict()
        self._bytes = 0

    def paint(self, window: Window) -> LabelMask:
        """The labels of a window."""
        out = LabelMask.empty(window.shape)
        for i in self._places.meet(window).tolist():
            at = self._places.within(i, window)
            left, top = self._places.boxes[i][:2].tolist()
            mask = self._mask(self._places.ids[i])
            rows = slice(at[0].start + window.y_off - top, at[0].stop + window.y_off - top)
            cols = slice(at[1].start + window.x_off - left, at[1].stop + window.x_off - left)
            over = _cut(mask, (rows, cols))
            under = _cut(out, at)
            both = merge((under, over), over.shape)
            for plane, new in zip(_planes(out), _planes(both), strict=True):
                plane[at] = new
        return out

    def _mask(self, chip_id: str) -> LabelMask:
        mask = self._kept.pop(chip_id, None)
        if mask is None:
            mask = self._labels.mask(self._chip(chip_id), flags=self._flags, only=self._only)
            mask = _training(mask) if self._training else mask
            self._bytes += mask.classes.size * 3
        self._kept[chip_id] = mask
        while self._bytes > KEPT and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].classes.size * 3
        return mask


class Drawn:
    """Labels from shapes of an outline task: a polygon covers the pixels whose centre it holds.

    Args:
        shapes: Those of the scene, in its pixels.
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        import shapely

        self._shapes = list(shapes)
        self._bounds = shapely.bounds(np.array([s.geometry for s in shapes], object)).reshape(-1, 4)

    def paint(self, window: Window) -> LabelMask:
        """The labels of a window."""
        from groundset.outlines import rasterise

        left, top, right, bottom = self._bounds.T
        near = (left <= window.right + 1) & (right >= window.x_off - 1)
        near &= (top <= window.bottom + 1) & (bottom >= window.y_off - 1)
        return rasterise([self._shapes[i] for i in np.flatnonzero(near)], window)


def on_scene(chip_ids: Iterable[str], scene_id: str) -> list[str]:
    """Those of these chips that are of a scene."""
    return [i for i in chip_ids if i.startswith(f"{scene_id}_") and ChipId.parse(i).scene == scene_id]


def _training(mask: LabelMask) -> LabelMask:
    trains = np.isin(mask.origin, [int(o) for o in TRAINING_ORIGINS]) & mask.labelled
    nothing = LabelMask.empty(mask.shape)
    return LabelMask(*(np.where(trains, a, b) for a, b in zip(_planes(mask), _planes(nothing), strict=True)))


def _planes(mask: LabelMask) -> tuple[npt.NDArray[np.uint8], ...]:
    return mask.classes, mask.origin, mask.confidence


def _cut(mask: LabelMask, at: tuple[slice, slice]) -> LabelMask:
    return LabelMask(*(plane[at] for plane in _planes(mask)))
