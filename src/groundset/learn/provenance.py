"""By which settings of an encoder features were written: those of an encoder that has changed since mean nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from groundset._files import atomic
from groundset.core import GroundsetError


class Provenance:
    """Remembers for each part the encoder's specification under which it was first seen; may be deleted.

    A part that is written again, or copied, is taken as written by the encoder as it is then.

    Args:
        path: Where to keep it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[object]] | None = None
        self._changed = False

    def other(self, part: str, mark: tuple[int, int, int], key: str) -> bool:
        """Whether a part was written before its encoder became what it is now.

        Args:
            part: Name of the part.
            mark: Its file's size, time of writing and inode.
            key: Made from the encoder's specification.
        """
        known = self._all()
        told = known.get(part)
        if told is not None and told[:2] == list(mark[:2]):
            return told[2] != key
        known[part] = [*mark[:2], key]
        self._changed = True
        return False

    def keep(self) -> None:
        """Write what is new. Without a place to write it is known for as long as this process lives."""
        if not self._changed:
            return
        self._changed = False
        with suppress(OSError, GroundsetError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with atomic(self._path) as beside:
                beside.write_text(json.dumps(self._all()))

    def _all(self) -> dict[str, list[object]]:
        if self._known is None:
            self._known = {}
            with suppress(OSError, ValueError, TypeError, AttributeError):
                told = json.loads(self._path.read_text())
                self._known = {str(k): v for k, v in told.items() if isinstance(v, list) and len(v) == 3}
        return self._known
