"""The last check of each release of a workspace, kept beside its other derived data whoever checked."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from groundset._files import sha256_file, write_text
from groundset.core import GroundsetError, MissingError
from groundset.core.layout import Layout
from groundset.release._check_types import LEVELS, TITLES, CheckReport, Level

LOG = logging.getLogger(__name__)
COLLECTION = "collection.json"


def keep(release: Path, report: CheckReport, collection: str | None) -> None:
    """Write down what a check said, where the release lies in a workspace; that it cannot be written is no failure.

    Args:
        release: Folder of the release.
        report: What was found.
        collection: Checksum of the release's collection before the check began.
    """
    path = release.resolve()
    layout = Layout(path.parent.parent)
    if path.parent != layout.releases or not layout.config.is_file():
        return
    try:
        kept = _path(layout, path.name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_text(kept, json.dumps(as_kept(report, collection), ensure_ascii=False))
    except (GroundsetError, OSError) as error:
        LOG.warning("the check of %s is not kept: %s", path.name, error)


def as_kept(report: CheckReport, collection: str | None) -> dict[str, Any]:
    """What is written down of a check."""
    return {
        "checked_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "collection": collection,
        "chips": report.chips,
        "levels": [_level(report, level) for level in LEVELS],
        "findings": [
            {k: getattr(f, k) for k in ("level", "severity", "file", "what", "found", "wanted")}
            for f in report.findings
        ],
    }


def last(layout: Layout, name: str) -> dict[str, Any]:
    """What was written down of the last check of a release.

    Raises:
        MissingError: It was never checked, or what was written cannot be read.
    """
    try:
        return dict(json.loads(_path(layout, name).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        raise MissingError("this release was never checked", asked=name) from None


def checksum(release: Path) -> str | None:
    """What tells one state of a release from another: every file's checksum is stated below its collection."""
    path = release / COLLECTION
    return sha256_file(path) if path.is_file() else None


def _path(layout: Layout, name: str) -> Path:
    return layout.cache / "checks" / f"{name}.json"


def _level(report: CheckReport, level: Level) -> dict[str, Any]:
    return {
        "level": level,
        "title": TITLES[level],
        "status": report.status(level),
        "errors": len(report.of(level, "error")),
        "warnings": len(report.of(level, "warning")),
        "not_checked": len(report.of(level, "not-checked")),
    }
