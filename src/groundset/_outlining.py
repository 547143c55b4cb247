"""The verbs of a workspace that are about shapes; :class:`groundset.workspace.Workspace` has them."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundset.ingest import AnnotateReport
    from groundset.journal import Appended, NewEvent
    from groundset.lake import Lake
    from groundset.outlines import Changed, Converted, Shape, Shapes


class Outlining:
    """Shapes of the outline tasks of a workspace: what the page and HTTP do, in Python."""

    lake: Lake

    @cached_property
    def outlines(self) -> Shapes:
        """Shapes in memory, always up to date."""
        from groundset.outlines import Shapes

        return Shapes(self.lake)

    def shapes(
        self,
        task: str | None = None,
        *,
        scene: str | None = None,
        bbox: Sequence[float] | None = None,
        chip: str | None = None,
        source: str | None = None,
    ) -> list[Shape]:
        """Shapes of an outline task, in the order in which they are drawn; geometries are in pixels of the scene.

        Args:
            task: The task; may be left out where there is one.
            scene: Only those on this scene.
            bbox: Only those whose bounds meet left, top, right, bottom in pixels of the scene.
            chip: Only those that meet this chip.
            source: Only those of this import (``Shape.source``).
        """
        return self.outlines.of(task, scene=scene, bbox=bbox, chip=chip, source=source)

    def shapes_geojson(self, task: str | None = None, *, scene: str | None = None, coordinates: str = "map") -> str:
        """Shapes as GeoJSON text, in the scene's CRS (``map``, named in ``crs``) or its pixels (``pixel``)."""
        from groundset.core import InputError
        from groundset.outlines import feature_collection

        if coordinates not in ("map", "pixel"):
            raise InputError("coordinates are map or pixel", asked=coordinates)
        where: Any = coordinates
        return feature_collection(self.shapes(task, scene=scene), self.outlines.places, where).decode()

    def rasterise(
        self,
        task: str | None = None,
        *,
        to: str | None = None,
        scene: str | None = None,
        chips: Collection[str] | None = None,
        all_touched: bool = False,
        line_width: float = 1.0,
        point_size: float = 1.0,
        actor: str | None = None,
    ) -> Converted:
        """Draw the shapes of an outline task into masks of a segment task, as one act; again nothing is doubled.

        A polygon covers the pixels whose centre it holds (``all_touched``: all that it touches), a line those within
        half of ``line_width`` pixels of it, a point those within half of ``point_size``.
        """
        from groundset.outlines import Rule, to_masks

        rule = Rule(all_touched, line_width, point_size)
        return to_masks(
            self.outlines, task=task, to=to, actor=actor or getpass.getuser(), append=self._append, scene=scene,
            chips=chips, rule=rule,
        )  # fmt: skip

    def vectorise(
        self,
        of: str | None = None,
        *,
        task: str | None = None,
        scene: str | None = None,
        chips: Collection[str] | None = None,
        min_pixels: int = 4,
        simplify: float = 0.0,
        by_origin: bool = False,
        actor: str | None = None,
    ) -> Converted:
        """Trace the labels of a segment task (``of``) into shapes of an outline task, holes kept, as one act.

        Patches of fewer than ``min_pixels`` are left out first; ``simplify`` (pixels) keeps shared borders shared.
        """
        from groundset.outlines import Trace, to_shapes

        return to_shapes(
            self.outlines, of=of, task=task, actor=actor or getpass.getuser(), append=self._append, scene=scene,
            chips=chips, how=Trace(min_pixels, simplify, by_origin),
        )  # fmt: skip

    def shift_shapes(
        self,
        dx: float,
        dy: float,
        *,
        scene: str,
        task: str | None = None,
        source: str | None = None,
        actor: str | None = None,
    ) -> Changed:
        """Move the shapes of a scene (of one import) by units of its CRS, as one act that one undo takes back."""
        from groundset.outlines import shift

        return shift(
            self.outlines, dx, dy, scene=scene, actor=actor or getpass.getuser(), append=self._append, task=task,
            source=source,
        )  # fmt: skip

    def repair_shapes(self, task: str | None = None, *, scene: str | None = None, actor: str | None = None) -> Changed:
        """Make polygons that cross themselves valid, all their parts kept, as one act."""
        from groundset.outlines import repair

        return repair(self.outlines, actor=actor or getpass.getuser(), append=self._append, task=task, scene=scene)

    def bringer(self, task: str | None) -> Callable[..., AnnotateReport]:
        """What brings a file: its features become shapes where the task is an outline task, or all tasks are."""
        from groundset import ingest, outlines

        kinds = {t.kind for t in self.lake.config.tasks if task in (None, t.name)}
        return outlines.bring_file if kinds == {"outline"} else ingest.annotate

    def _append(self, new: Sequence[NewEvent], actor: str) -> list[Appended]:
        return self.lake.annotate(new, actor=actor)
