"""Releases, checks and differences."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from groundset.server.models.base import Model, Problem


class LevelResult(Model):
    """What is known of one quality level."""

    level: Literal["Q0", "Q1", "Q2", "Q3"]
    title: str
    status: Literal["passed", "failed", "not fully checked", "not reached"]
    errors: int
    warnings: int
    not_checked: int


class Finding(Model):
    """One thing that a check has to say."""

    level: str
    severity: Literal["error", "warning", "not-checked"]
    file: str
    what: str
    found: str
    wanted: str


class CheckResult(Model):
    """The last check of a release."""

    checked_at: str
    current: bool = Field(description="False where the release was changed since")
    levels: list[LevelResult]
    findings: list[Finding] = Field(description="Errors first, at most 1,000; `levels` count all")


class ReleaseRow(Model):
    """One release in a list."""

    name: str
    title: str | None
    created: str | None
    task: str
    kind: str
    chips: int
    bytes: int
    license: str | None
    splits: dict[str, int] = Field(description="Chips by split")
    class_counts: dict[str, int] = Field(description="Pixels (or chips, in a classify task) by class name")
    check: list[LevelResult] | None = Field(description="Null where it was never checked from here")
    problem: Problem | None = None


class ReleaseDetail(Model):
    """One release."""

    release: ReleaseRow
    path: str
    bands: list[str]
    recipe: dict[str, Any]
    split_notes: list[str] = Field(description="How the chips were split, in sentences")
    changelog: str | None
    check: CheckResult | None
    documents: list[str] = Field(description="Files of the release that can be opened in the browser")


class Differences(Model):
    """How one release differs from another."""

    base: str
    other: str
    added: list[str] = Field(description="Chips only in `other` (at most 1,000)")
    removed: list[str] = Field(description="Chips only in `base` (at most 1,000)")
    relabelled: list[str] = Field(description="Chips in both whose label differs (at most 1,000)")
    moved: list[tuple[str, str, str]] = Field(description="Chip, its split in `base`, its split in `other`")
    counts: dict[str, int] = Field(description="added, removed, relabelled, moved, same")
    class_counts: dict[str, tuple[int, int]] = Field(description="By class: in `base`, in `other`")
    recipe: dict[str, tuple[Any, Any]] = Field(description="Settings that differ")
    shapes: dict[str, int] | None = Field(
        default=None, description="Shapes of an outline task: added, removed, changed, same; null for other tasks"
    )
