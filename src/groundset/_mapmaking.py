"""The verbs of a workspace that are about maps of labels; :class:`groundset.workspace.Workspace` has them."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundset.core import Listener
    from groundset.formats import ExchangeReport
    from groundset.formats.labelmap import LabelMap
    from groundset.fusion import FuseReport
    from groundset.lake import Lake
    from groundset.outlines import Shapes


def mapped(
    lake: Lake, scene: str, *, task: str | None = None, level: int | None = None, shapes: Shapes | None = None
) -> LabelMap:
    """The label map of a scene, with what cascades keep of it; see :meth:`Mapmaking.label_map`."""
    from groundset.cascade import annotation
    from groundset.formats.labelmap import label_map, labelled_task

    chosen = labelled_task(lake, task)
    cells = annotation(lake, scene, chosen.name) if chosen.kind == "classify" else ()
    return label_map(lake, scene, task=chosen.name, level=level, shapes=shapes, cells=cells)


class Mapmaking:
    """Labels of whole scenes: what ``groundset export DIR label-map`` and ``groundset fuse`` do, in Python."""

    lake: Lake

    def label_map(self, scene: str, *, task: str | None = None, level: int | None = None) -> LabelMap:
        """The labels of a scene on its own pixels: ``.codes``, ``.read(window)``, ``.write("water.tif")``.

        Answers about chips fill their chips, and so do the chips that a cascade keeps; the finest level that was
        decided wins. Masks and shapes count pixel by pixel. Where two meet, the stronger origin wins, then the later
        answer.

        Args:
            scene: Id of the scene.
            task: A task of any kind; may be left out where one alone has labels.
            level: Only chips of this level.

        Raises:
            InputError: No such task, or nothing of the scene is labelled.
            MissingError: No such scene, or no chips of this level.
        """
        return mapped(self.lake, scene, task=task, level=level)

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
        from groundset.cascade import annotation
        from groundset.formats import export_project
        from groundset.formats.labelmap import LabelMaps

        form = LabelMaps(tuple(scenes), level, annotation)
        return export_project(self.lake, form, out, task=task, allow_lossy=allow_lossy, progress=progress)

    def fuse_labels(
        self,
        scenes: Sequence[str],
        *,
        task: str | None = None,
        rule: str = "agree",
        onto: str | None = None,
        level: int = 0,
        actor: str | None = None,
        progress: Listener | None = None,
    ) -> FuseReport:
        """Bring labels of several scenes of one place together on the chips of one, as one act.

        Answers about chips meet by the share of a chip that they cover, masks pixel by pixel. Answers of people alone
        count. What is written has the origin consensus (``agree``) or import, so what people say of a chip itself wins.

        Args:
            scenes: Two or more; their order says who comes first.
            task: A classify or segment task; may be left out where one alone has labels.
            rule: ``agree``: what all scenes say; ``first``: what the first says that says anything; ``both``: what each
                says is kept.
            onto: Scene whose chips get the answers (default: the first).
            level: Level of the chips.
            actor: Who asks (default: the system user name).
            progress: Hears each step.

        Raises:
            InputError: Nothing is labelled, or the scenes do not overlap or only touch.
        """
        from groundset.fusion import fuse_labels

        return fuse_labels(
            self.lake, scenes, task=task, rule=rule, onto=onto, level=level, actor=actor or getpass.getuser(),
            progress=progress,
        )  # fmt: skip
