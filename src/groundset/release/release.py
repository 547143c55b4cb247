"""A finished release."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from groundset._files import sha256_file
from groundset.release.facts import SplitReport
from groundset.release.kinds.of import KINDS
from groundset.release.splits import told_splits


@dataclass(frozen=True)
class Release:
    """A release in a folder.

    Args:
        path: The folder.
    """

    path: Path

    @property
    def name(self) -> str:
        """Name of the release."""
        return str(self.record["recipe"]["name"])

    @cached_property
    def collection(self) -> dict[str, Any]:
        """``collection.json``."""
        return dict(json.loads((self.path / "collection.json").read_text("utf-8")))

    @cached_property
    def record(self) -> dict[str, Any]:
        """``release.json``: recipe, counts, splits, statistics."""
        return dict(json.loads((self.path / "release.json").read_text("utf-8")))

    @property
    def split(self) -> SplitReport:
        """How the chips were split."""
        return SplitReport(**self.record["split"])

    def summary(self) -> str:
        """The release in a few lines for people: task, chips, classes, splits with distances and shares."""
        counts = ", ".join(f"{c} {n}" for c, n in self.record["class_counts"].items())
        recipe = self.record["recipe"]
        unit = KINDS[recipe["kind"]].unit
        first = f"task {recipe['task']}: {self.record['chips']} chips; {unit}: {counts}"
        notes = [f"note: {note}" for note in self.record.get("notes", ())]
        return "\n".join([first, *told_splits(self.split), *notes])

    def differences(self, other: Path) -> list[str]:
        """Files that are not the same, or not there, in another folder; paths sorted."""
        here, there = dict(_sums(self.path)), dict(_sums(other))
        return sorted(p for p in here.keys() | there.keys() if here.get(p) != there.get(p))


def _sums(root: Path) -> Iterator[tuple[str, str]]:
    for path in root.rglob("*"):
        if path.is_file():
            yield path.relative_to(root).as_posix(), sha256_file(path)
