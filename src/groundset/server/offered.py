"""Files that a person may choose from: those of some kinds in the folders that the server reads."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from groundset.core.layout import Layout
from groundset.lake import Lake
from groundset.server.models import OfferedFile, OfferedFiles

MOST = 200
"""Most files that are offered."""
_LOOKED = 2_000
"""Most folders that are looked into: a home directory is not searched to its end."""
_DEEP = 4
"""Folders below each other."""
_MADE = frozenset(("chips", "features", "quicklooks", "masks", "models", "releases", "attached"))
"""Folders of a workspace that it makes itself."""


def offered(lake: Lake, roots: Sequence[Path], endings: Collection[str]) -> OfferedFiles:
    """Files with these endings, the newest first; not those that a workspace made itself.

    Args:
        lake: The workspace; its files are told from there, others by their whole path.
        roots: Folders that may be read.
        endings: As ``.gpkg``, in small letters.
    """
    home = lake.root.resolve()
    schemes = {home / name for name in (lake.config.scheme, *(task.scheme for task in lake.config.tasks)) if name}
    found: dict[Path, os.stat_result] = {}
    folders, more = 0, False
    for deep, folder in (each for root in roots for each in _folders(root)):
        if deep == _DEEP:
            more = True
            continue
        folders += 1
        if folders > _LOOKED or len(found) > MOST:
            break
        with suppress(OSError):
            for entry in os.scandir(folder):
                if _fits(entry, endings) and Path(entry.path) not in schemes:
                    found[Path(entry.path)] = entry.stat()
    newest = sorted(found, key=lambda path: (-found[path].st_mtime, str(path)))
    files = [
        OfferedFile(
            file=path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path),
            bytes=found[path].st_size,
            modified=datetime.fromtimestamp(found[path].st_mtime, UTC).isoformat(timespec="seconds"),
        )
        for path in newest[:MOST]
    ]
    more = more or folders > _LOOKED or len(found) > MOST
    return OfferedFiles(roots=[str(root) for root in roots], files=files, more=more)


def _fits(entry: os.DirEntry[str], endings: Collection[str]) -> bool:
    name = entry.name
    return not name.startswith(".") and Path(name).suffix.lower() in endings and entry.is_file(follow_symlinks=False)


def _folders(root: Path) -> Iterator[tuple[int, Path]]:
    """A folder and those in it with how deep they lie, nearest first; none hidden, a link or made by a workspace."""
    level = [root]
    for deep in range(_DEEP + 1):
        below: list[Path] = []
        for folder in level:
            yield deep, folder
            if deep == _DEEP:
                continue
            with suppress(OSError):
                made = _MADE if Layout(folder).config.is_file() else frozenset()
                inside = (e for e in os.scandir(folder) if not e.name.startswith(".") and e.name not in made)
                below += sorted(Path(e.path) for e in inside if e.is_dir(follow_symlinks=False))
        level = below
