"""The verbs of a workspace that are about maps of labels; :class:`groundset.workspace.Workspace` has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundset.core import Listener
    from groundset.formats import ExchangeReport
    from groundset.formats.labelmap import LabelMap
    from groundset.lake import Lake


class Mapmaking:
    """Labels of whole scenes: what ``groundset export DIR label-map`` and ``groundset fuse`` do, in Python."""

    lake: Lake

    def label_map(self, scene: str, *, task: str | None = None, level: int | None = None) -> LabelMap:
        """The labels of a scene on its own pixels: ``.codes``, ``.read(window)``, ``.write("water.tif")``.

        Answers about chips fill their chips, and the finest level that was decided wins; masks and shapes are taken
        pixel by pixel. Where two meet, the stronger origin wins, then the later answer.

        Args:
            scene: Id of the scene.
            task: A task of any kind; may be left out where one alone has labels.
            level: Only chips of this level.

        Raises:
            InputError: No such task, or nothing of the scene is labelled.
            MissingError: No such scene, or no chips of this level.
        """
        from groundset.formats.labelmap import label_map

        return label_map(self.lake, scene, task=task, level=level)

    def export_label_maps(
        self,
        out: str | Path,
        *,
        task: str | None = None,
        scenes: Sequence[str] = (),
        level: int | None = None,
        allow_lossy: bool = False,
        progress: Listener | None = None,
    ) -> ExchangeReport:
        """Write the label maps of scenes into a folder: codes, colours and origins as GeoTIFFs, and the classes.

        Args:
            out: A folder that is not there yet, or empty.
            task: A task of any kind; may be left out where one alone has labels.
            scenes: Scenes to map (default: all that have labels).
            level: Only chips of this level.
            allow_lossy: Go on where chips have several classes, of which a map shows one.
            progress: Hears each step.
        """
        from groundset.formats import export_project
        from groundset.formats.labelmap import LabelMaps

        form = LabelMaps(tuple(scenes), level)
        return export_project(self.lake, form, out, task=task, allow_lossy=allow_lossy, progress=progress)
