"""One call of ``annotate``: what was asked, and what follows from it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from groundset._files import sha256_file
from groundset.chips import Chip
from groundset.core import InputError, Listener
from groundset.core.layout import TaskConfig, TaskKind
from groundset.imagery.scene import Scene
from groundset.ingest._annotate.act import Act
from groundset.ingest._annotate.report import AnnotateReport
from groundset.lake import Lake
from groundset.taxonomy import Sheet

LEVEL = 0
"""Labels from files go to chips of the coarsest level."""


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of :func:`groundset.ingest.annotate`, normalised."""

    lake: Lake
    path: Path
    task: str | None
    actor: str
    sheet: Sheet | None = None
    column: str = "class"
    label: str | None = None
    within: timedelta | None = None
    progress: Listener | None = None

    def act(self, what: str, *kinds: TaskKind) -> Act:
        """The bulk act of this call, for the task that fits ``what`` the file holds."""
        task = self._fit(what, *kinds)
        sha256 = sha256_file(self.path) if self.path.is_file() else _folder_sum(self.path)
        source: dict[str, object] = {"file": self.path.name, "sha256": sha256}
        how: dict[str, object] = {"column": self.column, "within": str(self.within), "sheet": None}
        if self.label is not None:
            how["class"] = self.label
        if self.sheet is not None:
            source["sheet"] = self.sheet.name
            how["sheet"] = None if self.sheet.path is None else sha256_file(self.sheet.path)
        report = AnnotateReport(self.path.name, task.name, "answer" if task.kind == "classify" else "mask")
        key = f"{sha256}|{json.dumps(how, sort_keys=True)}"
        return Act(self.lake, task, self.actor, key=key, source=source, report=report)

    def scenes(self) -> list[Scene]:
        """Scenes that have chips.

        Raises:
            InputError: There are none.
        """
        lake = self.lake
        cut = {part.partition("~")[0] for part in lake.chips.parts()}
        out = [lake.scenes.get(i) for i in lake.scenes.ids() if f"{i}_{LEVEL}" in cut]
        if not out:
            raise InputError("there are no chips to label yet", found=lake.root, hint="run groundset ingest first")
        return out

    def _fit(self, what: str, *kinds: TaskKind) -> TaskConfig:
        tasks = self.lake.config.tasks
        named = next((t for t in tasks if t.name == self.task), None)
        if named is not None and named.kind not in kinds:
            raise InputError(
                f"{what} cannot answer a {named.kind} task",
                asked=named.name,
                found=f"tasks that fit: {', '.join(t.name for t in tasks if t.kind in kinds) or 'none'}",
                hint="name one of these with --task",
            )
        return self.lake.config.task(self.task, *kinds)


def chips_of(lake: Lake, scene: Scene) -> list[Chip]:
    """Chips of level 0 of a scene."""
    parts = [p for p in lake.chips.parts() if p.partition("~")[0] == f"{scene.id}_{LEVEL}"]
    return [chip for part in parts for chip in lake.chips.chips(part)]


def _folder_sum(path: Path) -> str:
    sums = [f"{p.relative_to(path)} {sha256_file(p)}" for p in sorted(path.rglob("*")) if p.is_file()]
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()
