"""The split of each chip in the latest release."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from groundset.query.coded import Coded

if TYPE_CHECKING:
    from groundset.query.chips import Chips

Stamp = tuple[tuple[str, int], ...]
"""Names of the releases and when each was written."""


class SplitReader:
    """Keeps the splits of the latest release until there is another. One caller at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.stamp: Stamp = ()
        self.release: str | None = None
        self.splits: Mapping[str, str] = {}

    def refresh(self) -> bool:
        """Look again; whether anything changed."""
        stamp = _stamp(self._folder)
        if stamp == self.stamp:
            return False
        self.release, self.splits = None, {}
        for name in sorted(
            dict(stamp), key=lambda name: (_created(self._folder / name), dict(stamp)[name]), reverse=True
        ):
            with suppress(OSError, ValueError, KeyError):  # a release that is damaged has no splits to tell
                self.splits = _read(self._folder / name)
                self.release = name
                break
        self.stamp = stamp
        return True


def _stamp(folder: Path) -> Stamp:
    out = []
    with suppress(OSError):
        for entry in os.scandir(folder):
            if not entry.name.startswith("."):
                with suppress(OSError):
                    out.append((entry.name, (folder / entry.name / "release.json").stat().st_mtime_ns))
    return tuple(sorted(out))


def _created(release: Path) -> str:
    try:
        return str(json.loads((release / "release.json").read_text("utf-8"))["recipe"]["created"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _read(release: Path) -> dict[str, str]:
    import pyarrow.parquet as pq

    table = pq.read_table(release / "chips.parquet", columns=["id", "groundset:split"])
    return dict(zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True))


def split_column(chips: Chips, told: Mapping[str, str]) -> Coded[str]:
    """The split of each chip, by what a release told of some."""
    return Coded.of(map(told.get, chips.ids), len(chips)) if told else Coded.none(len(chips))
