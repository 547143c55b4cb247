"""Small scenes that share one stretch, so that the same ground looks alike in all of them.

``quicklooks/common.json`` has, by a key made of sensor and bands, the scenes that were looked at and the stretch found.
A part drawn with it says so in its file (:meth:`~groundset.chips.QuicklookStore.common`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from groundset._files import write_text
from groundset.chips.render import Stretch
from groundset.core import BandSet

ENOUGH = 4
"""From so many small scenes on they share a stretch."""
SETTLED = 16
"""From so many on it stays as it is, so that later scenes look like the former ones."""


@dataclass(frozen=True, slots=True)
class Common:
    """Scenes of one kind that were looked at (at most some dozens), and their stretch; None while they are too few."""

    scenes: tuple[str, ...]
    stretch: Stretch | None = None


def kind_of(sensor: str | None, bands: BandSet) -> str:
    """Stands for scenes whose values can be compared: of one sensor, with the same bands in the same units."""
    said = [sensor, [(band.name, band.unit) for band in bands]]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


class CommonStore:
    """The common stretches of a workspace, in ``folder``. Only an ingest writes them, under its lock."""

    def __init__(self, folder: Path) -> None:
        self._path = Path(folder) / "common.json"
        self._read: tuple[tuple[int, int], dict[str, Common]] | None = None

    def get(self, kind: str) -> Common | None:
        """What is known of a kind; None where nothing is, or the file cannot be read."""
        return self._all().get(kind)

    def put(self, kind: str, common: Common) -> None:
        """Keep it.

        Raises:
            ServiceError: The disk is full.
        """
        kept = self._all() | {kind: common}
        told = {
            name: {"scenes": list(one.scenes), "stretch": None if one.stretch is None else one.stretch.as_dict()}
            for name, one in sorted(kept.items())
        }
        write_text(self._path, json.dumps(told, indent=1))

    def _all(self) -> dict[str, Common]:
        try:
            stat = self._path.stat()
            mark = stat.st_mtime_ns, stat.st_size
            if self._read is None or self._read[0] != mark:
                told = json.loads(self._path.read_text(encoding="utf-8"))
                self._read = mark, {kind: _read(one) for kind, one in told.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}
        return self._read[1]


def _read(told: dict[str, object]) -> Common:
    stretch = told.get("stretch")
    scenes = told["scenes"]
    if not isinstance(scenes, list):
        raise TypeError(scenes)
    return Common(tuple(map(str, scenes)), Stretch.from_dict(stretch) if isinstance(stretch, dict) else None)
