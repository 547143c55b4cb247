"""IRIS (ESA Phi-lab): projects of pixel masks, several people on one image, each with a model of their own."""

from __future__ import annotations

from pathlib import Path

from groundset.core.layout import TaskConfig, TaskKind
from groundset.formats.capability import Capability
from groundset.formats.format import Incoming, Outgoing
from groundset.lake import Lake


class Iris:
    """The format ``iris``; see :class:`groundset.formats.Format`."""

    name = "iris"
    title = "IRIS"
    kinds: tuple[TaskKind, ...] = ("segment",)
    capabilities = frozenset(
        {
            Capability.MASKS,
            Capability.CRS,
            Capability.BANDS,
            Capability.ANNOTATORS,
            Capability.PROVENANCE,
            Capability.UNLABELLED,
            Capability.TIME,
            Capability.PROGRESS,
            Capability.DIFFICULTY,
            Capability.NOTES,
            Capability.VIEWS,
        }
    )

    def open(self, path: Path) -> Incoming:
        """Read a project file, its images' headers, all masks and the database."""
        from groundset.formats.iris.reading import open_project

        return open_project(path)

    def plan(self, lake: Lake, task: TaskConfig, *, labelled: bool) -> Outgoing:
        """Look at all chips and masks of a task."""
        from groundset.formats.iris.writing import plan

        return plan(lake, task, self.capabilities, labelled=labelled)
