"""The last check of a release, as it is told over HTTP."""

from __future__ import annotations

from groundset.core import MissingError
from groundset.core.layout import Layout
from groundset.release import kept
from groundset.server.models import CheckResult

TOLD = 1000
"""Findings that are told over HTTP, errors first; the levels count all."""
_ORDER = ("error", "warning", "not-checked")


def last(layout: Layout, name: str) -> CheckResult:
    """The last check of a release, and whether it still speaks of the release as it is.

    Raises:
        MissingError: It was never checked on this machine.
    """
    try:
        told = kept.last(layout, name)
        return CheckResult.model_validate(
            {
                "checked_at": told["checked_at"],
                "current": told["collection"] == kept.checksum(layout.releases / name),
                "levels": told["levels"],
                "findings": sorted(told["findings"], key=lambda f: _ORDER.index(f["severity"]))[:TOLD],
            }
        )
    except (MissingError, ValueError, KeyError, TypeError):
        raise MissingError(
            "this release was never checked from here", asked=name, hint='POST /api/jobs {"verb": "check", ...}'
        ) from None
