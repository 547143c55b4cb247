"""What a check says: findings, levels and the report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["Q0", "Q1", "Q2", "Q3"]
Severity = Literal["error", "warning", "not-checked"]
Status = Literal["passed", "failed", "not fully checked", "not reached"]

LEVELS: tuple[Level, ...] = ("Q0", "Q1", "Q2", "Q3")
TITLES: dict[Level, str] = {
    "Q0": "files there, checksums match",
    "Q1": "valid STAC",
    "Q2": "ML-ready",
    "Q3": "curated",
}
_SHOWN = 160


def shorten(value: object) -> str:
    """Any value as text of one line that a person can read, cut where it is long."""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except (TypeError, ValueError, RecursionError):
            text = str(value)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check has to say.

    Args:
        level: The quality level that it belongs to.
        severity: ``error`` fails the level, ``warning`` does not, ``not-checked`` keeps it from being passed in full.
        file: Path in the release, ``""`` for the release as a whole.
        what: What is wrong, without the values.
        found: The value found.
        wanted: The value wanted.
    """

    level: Level
    severity: Severity
    file: str
    what: str
    found: str = ""
    wanted: str = ""

    @property
    def message(self) -> str:
        """One line: file, what, value found, value wanted."""
        return f"{self.file or '.'}: {self.what}; found: {self.found or 'nothing'}; wanted: {self.wanted or 'nothing'}"


def error(level: Level, file: str, what: str, found: object, wanted: object) -> Finding:
    """A finding that fails its level."""
    return Finding(level, "error", file, what, shorten(found), shorten(wanted))


def warning(level: Level, file: str, what: str, found: object, wanted: object) -> Finding:
    """A finding that a person should know of."""
    return Finding(level, "warning", file, what, shorten(found), shorten(wanted))


def not_checked(level: Level, file: str, what: str, found: object, wanted: object) -> Finding:
    """A finding that says what could not be looked at."""
    return Finding(level, "not-checked", file, what, shorten(found), shorten(wanted))


@dataclass(slots=True)
class CheckReport:
    """What ``groundset check`` found out about one release."""

    path: str
    chips: int = 0
    findings: list[Finding] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def of(self, level: Level, severity: Severity | None = None) -> list[Finding]:
        """The findings of a level, of one severity where it is named."""
        return [f for f in self.findings if f.level == level and severity in (None, f.severity)]

    def status(self, level: Level) -> Status:
        """What can be said of one level on its own."""
        if self.of(level, "error"):
            return "not reached" if level == "Q3" else "failed"
        return "not fully checked" if self.of(level, "not-checked") else "passed"

    def passed(self, level: Level) -> bool:
        """Whether this level and all those below it passed in full."""
        return all(self.status(below) == "passed" for below in LEVELS[: LEVELS.index(level) + 1])

    def exit_code(self, require: Level | None = None) -> int:
        """0 when nothing of Q0 to Q2 failed (and ``require`` passed in full, where it is given), else 1."""
        if require is not None and not self.passed(require):
            return 1
        return int(any(self.status(level) == "failed" for level in LEVELS))

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "path": self.path,
            "chips": self.chips,
            "levels": {level: {"title": TITLES[level], "status": self.status(level)} for level in LEVELS},
            "facts": self.facts,
            "findings": [{**asdict(f), "message": f.message} for f in self.findings],
        }

    def render(self, limit: int = 20) -> str:
        """The report as a text table, with at most ``limit`` findings a level."""
        lines = [f"{self.path}: {self.chips} chip{'' if self.chips == 1 else 's'}", ""]
        lines.append(f"{'level':<6}{'':<32}{'status':<20}{'errors':>7}{'warnings':>10}{'not checked':>13}")
        for level in LEVELS:
            counts = [len(self.of(level, severity)) for severity in ("error", "warning", "not-checked")]
            row = f"{level:<6}{TITLES[level]:<32}{self.status(level):<20}"
            lines.append(row + f"{counts[0]:>7}{counts[1]:>10}{counts[2]:>13}")
        for level in LEVELS:
            lines += _listed(level, self.of(level), limit)
        return "\n".join(lines) + "\n"


def _listed(level: Level, findings: Iterable[Finding], limit: int) -> list[str]:
    """The findings of one level as lines, errors first."""
    order = {"error": 0, "not-checked": 1, "warning": 2}
    ranked = sorted(findings, key=lambda f: order[f.severity])
    lines = [f"{level} {f.severity}: {f.message}" for f in ranked[:limit]]
    if len(ranked) > limit:
        lines.append(f"{level}: {len(ranked) - limit} more (all of them with --json)")
    return ["", *lines] if lines else []
