"""Dates of field observations, and the acquisition that each belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from groundset.core import InputError

DATE_COLUMNS = ("datetime", "date")
SAME_PASS = timedelta(minutes=10)
"""Scenes so close in time are one overpass: a feature on their seam belongs to all of them."""

_WITHIN = re.compile(r"(\d+(?:\.\d+)?)\s*(d|h|m|min)")
_UNIT = {"d": 86400.0, "h": 3600.0, "m": 60.0, "min": 60.0}


def parse_within(value: str | timedelta | None) -> timedelta | None:
    """A time window: ``3d``, ``12h``, ``90min``."""
    if value is None or isinstance(value, timedelta):
        return value
    match = _WITHIN.fullmatch(value.strip())
    if match is None:
        raise InputError("this is not a time window", asked=repr(value), hint="write it as 3d, 12h or 90min")
    return timedelta(seconds=float(match[1]) * _UNIT[match[2]])


def parse_time(value: object, row: str) -> datetime | None:
    """A time as UTC; one without zone is UTC, a date without time is that day's noon, blank is None.

    Raises:
        InputError: Not an ISO 8601 date or time; names the row.
    """
    text = "" if value is None else str(value).strip().replace("/", "-")
    if text in ("", "NaT", "nan", "None"):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{row} has no readable date", found=repr(text), hint="write it as 2021-06-30 or 2021-06-30T10:15:00Z"
        ) from error
    if re.fullmatch(r"\d{4}-?\d\d-?\d\d", text):
        when = datetime.combine(when.date(), time(12))
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def nearest(
    when: datetime, scenes: Sequence[str], times: Mapping[str, datetime | None], within: timedelta | None
) -> list[str]:
    """The scenes of the acquisition nearest to ``when`` (all of one overpass), or none within the window.

    ``within`` None takes the nearest however far; the caller allows that for a single acquisition only.
    """
    gaps = {s: abs(t - when) for s in scenes if (t := times[s]) is not None}
    if not gaps:
        return [] if within is not None else list(scenes)
    best = min(gaps, key=lambda s: (gaps[s], s))
    if within is not None and gaps[best] > within:
        return []
    chosen = times[best]
    assert chosen is not None
    return [s for s in gaps if abs((times[s] or chosen) - chosen) <= SAME_PASS]


def acquisitions(times: Mapping[str, datetime | None]) -> int:
    """How many overpasses the scenes come from; scenes without a time count as one each."""
    known = sorted(t for t in times.values() if t is not None)
    passes = sum(1 for a, b in zip([None, *known[:-1]], known, strict=True) if a is None or b - a > SAME_PASS)
    return passes + sum(t is None for t in times.values())


def check_window(
    file: str, column: str, dated: Sequence[datetime | None], times: Mapping[str, datetime | None], *, given: bool
) -> None:
    """A dated file over several acquisitions needs a window."""
    if given or not any(dated) or acquisitions(times) <= 1:
        return
    known = sorted(t for t in times.values() if t is not None)
    span = f", {known[0]:%Y-%m-%d} to {known[-1]:%Y-%m-%d}" if known else ""
    raise InputError(
        f"{file} is dated (column {column}) and there are several acquisitions",
        found=f"{acquisitions(times)} acquisitions{span}",
        hint="say how far a date may lie from an acquisition: --within 3d",
    )
