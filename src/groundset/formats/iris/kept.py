"""What a workspace keeps of a project that was brought in, so that it can go out again as it came.

``imported/NAME/``: ``project.json`` (the foreign file, byte by byte), ``kept.json`` (what has which name here), and
``images/`` (what had to be copied).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from groundset._files import write_bytes, write_text
from groundset.core import safe_name
from groundset.lake import Lake

FOLDER = "imported"
_FILE, _PROJECT = "kept.json", "project.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """One project that was brought in.

    Args:
        format: Its format.
        name: Its name.
        file: Name of its project file.
        task: The task that it answers.
        images: Its id of each image, by scene.
        bands: Names of the bands of its files, by file identifier.
        users: Its number of each user, by actor.
        views: Its name of each view, by the name here.
        said: What was said of these views, by the name here.
        data: Its project file.
    """

    format: str
    name: str
    file: str
    task: str
    images: Mapping[str, str]
    bands: Mapping[str, list[str]]
    users: Mapping[str, int]
    views: Mapping[str, str]
    said: Mapping[str, dict[str, Any]]
    data: dict[str, Any] = field(default_factory=dict)


def folder_of(lake: Lake, format_: str, name: str) -> Path:
    """Where a project of this format and name is kept."""
    return lake.root / FOLDER / f"{format_}-{safe_name(name)}"


def keep(lake: Lake, kept: Kept, project: bytes) -> None:
    """Write what is kept of a project; what was kept before of the same project is replaced."""
    folder = folder_of(lake, kept.format, kept.name)
    folder.mkdir(parents=True, exist_ok=True)
    said = asdict(kept)
    del said["data"]
    write_bytes(folder / _PROJECT, project)
    write_text(folder / _FILE, json.dumps(said, indent=2, ensure_ascii=False) + "\n")


def kept_for(lake: Lake, format_: str, task: str) -> Kept | None:
    """The project of this format that was brought into a task last; None where none was."""
    found = sorted(
        (lake.root / FOLDER).glob(f"{format_}-*/{_FILE}"), key=lambda path: path.stat().st_mtime_ns, reverse=True
    )
    for path in found:
        said = json.loads(path.read_text())
        if said["task"] == task:
            return Kept(**said, data=json.loads((path.parent / _PROJECT).read_text(encoding="utf-8-sig")))
    return None
