"""What is said in an outline task: which chips it is said of, and which shapes lie on them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from groundset.journal import Event
from groundset.outlines import Shapes
from groundset.outlines.table import OnScene
from groundset.release.kinds.parts import Found, OnChip, parts_on
from groundset.release.written import MODEL_ACTOR

if TYPE_CHECKING:
    from groundset.chips import Chip
    from groundset.lake import Lake


class OutlineLabels:
    """The labels of an outline task at one moment.

    A chip has a label where a shape lies on it, or where somebody marked it complete: complete without a shape, it is
    a true negative. A chip that was last marked incomplete, or of which somebody says that it cannot be told, has
    none, whatever lies on it: what is missing there would be learnt as background. Nobody looked at the others.

    Args:
        lake: The workspace.
        task: An outline task.
        as_of: Number of the last event that counts; default the last one now.
        only: Scenes that count; none named: all.
    """

    def __init__(self, lake: Lake, task: str, as_of: int | None = None, only: Collection[str] = ()) -> None:
        self.task = task
        self.as_of = lake.journal.head() if as_of is None else as_of
        shapes = Shapes(lake)
        scenes = shapes.as_of(task, self.as_of).scenes
        works = {str(e.chip_id): e for e in lake.journal.current(task, kind="work", as_of=self.as_of)}  # latest wins
        self._works = works
        self._times: list[datetime] = []
        self._on: dict[str, OnChip] = {}
        self.open: dict[str, int] = {}
        """Chips that are left out though somebody spoke of them: shapes on each."""
        self.repaired: set[str] = set()
        self.empty: set[str] = set()
        self.twice: set[str] = set()
        for scene_id in lake.scenes.ids():
            if only and scene_id not in only:
                continue
            chips = [c for part in shapes.places.chips(scene_id) for c in lake.chips.chips(part)]
            if chips and (scene_id in scenes or any(str(c.id) in works for c in chips)):
                self._add(
                    chips, scenes.get(scene_id), (lake.scenes.get(scene_id).width, lake.scenes.get(scene_id).height)
                )

    def _add(self, chips: list[Chip], there: OnScene | None, size: tuple[int, int]) -> None:
        shapes = [] if there is None else sorted(there.shapes.values(), key=lambda shape: (shape.order, shape.id))
        found = parts_on(shapes, chips, size)
        self.empty |= found.empty
        self.twice |= found.twice
        times = {shape.id: shape.at for shape in shapes}
        for chip in chips:
            self._judge(str(chip.id), found, times)

    def _judge(self, chip_id: str, found: Found, times: dict[str, str]) -> None:
        parts = tuple(found.parts.get(chip_id, ()))
        work = self._works.get(chip_id)
        if work is not None and (work.payload["state"] != "complete" or work.payload.get("cannot_tell")):
            self.open[chip_id] = len(parts)
            return
        if not parts and work is None:
            return
        actors = {p.actor for p in parts} | ({work.actor} if work is not None else set())
        people = sum(not actor.startswith(MODEL_ACTOR) for actor in actors)
        self._on[chip_id] = OnChip(parts, work is not None, people)
        self.repaired |= {p.id for p in parts if p.repaired}
        self._times += [datetime.fromisoformat(at) for at in {times[p.id] for p in parts}]
        if work is not None:
            self._times.append(work.at)

    @property
    def chip_ids(self) -> tuple[str, ...]:
        """Chips with a label, sorted."""
        return tuple(sorted(self._on))

    @property
    def shapes(self) -> int:
        """Shapes on chips with a label; one on several chips counts on each."""
        return sum(len(one.parts) for one in self._on.values())

    def on(self, chip_id: object) -> OnChip:
        """What is said of a chip."""
        return self._on.get(str(chip_id), OnChip())

    def events(self, chip_id: object) -> list[Event]:  # noqa: ARG002
        """None: a shape's event names one of its chips alone."""
        return []

    def actors(self, chip_id: object) -> tuple[str, ...]:
        """Who said something of a chip, sorted."""
        work = self._works.get(str(chip_id))
        return tuple(sorted({p.actor for p in self.on(chip_id).parts} | ({work.actor} if work is not None else set())))

    def latest(self) -> datetime:
        """Time of the last event that counts."""
        return max(self._times)
