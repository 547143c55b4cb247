"""The last check of each release, kept beside the workspace's other derived data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from groundset._files import sha256_file, write_text
from groundset.core import MissingError
from groundset.core.layout import Layout
from groundset.release import LEVELS, CheckReport, Level
from groundset.server.models import CheckResult

COLLECTION = "collection.json"
TOLD = 1000
"""Findings that are told over HTTP, errors first; the levels count all."""
_ORDER = ("error", "warning", "not-checked")


def keep(layout: Layout, name: str, report: CheckReport, collection: str | None) -> dict[str, Any]:
    """Write down what a check said.

    Args:
        layout: The workspace.
        name: Name of the release.
        report: What was found.
        collection: Checksum of the release's collection before the check began.

    Returns:
        What was written.
    """
    told = {
        "checked_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "collection": collection,
        "chips": report.chips,
        "levels": [_level(report, level) for level in LEVELS],
        "findings": [
            {k: getattr(f, k) for k in ("level", "severity", "file", "what", "found", "wanted")}
            for f in report.findings
        ],
    }
    write_text(_path(layout, name), json.dumps(told, ensure_ascii=False))
    return told


def last(layout: Layout, name: str) -> CheckResult:
    """The last check of a release, and whether it still speaks of the release as it is.

    Raises:
        MissingError: It was never checked from here.
    """
    try:
        told = json.loads(_path(layout, name).read_text("utf-8"))
        said = CheckResult.model_validate(
            {
                "checked_at": told["checked_at"],
                "current": told["collection"] == checksum(layout.releases / name),
                "levels": told["levels"],
                "findings": sorted(told["findings"], key=lambda f: _ORDER.index(f["severity"]))[:TOLD],
            }
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise MissingError(
            "this release was never checked from here", asked=name, hint='POST /api/jobs {"verb": "check", ...}'
        ) from None
    return said


def checksum(release: Path) -> str | None:
    """What tells one state of a release from another: every file's checksum is stated below its collection."""
    path = release / COLLECTION
    return sha256_file(path) if path.is_file() else None


def _path(layout: Layout, name: str) -> Path:
    return layout.cache / "checks" / f"{name}.json"


def _level(report: CheckReport, level: Level) -> dict[str, Any]:
    from groundset.release._check_types import TITLES

    return {
        "level": level,
        "title": TITLES[level],
        "status": report.status(level),
        "errors": len(report.of(level, "error")),
        "warnings": len(report.of(level, "warning")),
        "not_checked": len(report.of(level, "not-checked")),
    }
