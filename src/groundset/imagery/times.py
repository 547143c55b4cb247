"""Points in time: RFC 3339 with a zone, always; inside, aware and in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from groundset.core import InputError

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")


def parse_time(value: str | datetime) -> datetime:
    """An acquisition time in UTC.

    Raises:
        InputError: Not RFC 3339, or without a time zone: a naive time could be off by a day.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InputError(
                "this time has no time zone", asked=value.isoformat(), hint=f"write {value.isoformat()}Z if it is UTC"
            )
        return value.astimezone(UTC)
    text = value.strip()
    if not _RFC3339.fullmatch(text):
        raise InputError(
            "a time is written as RFC 3339, with its time zone", asked=value, hint="for example 2020-01-13T10:53:21Z"
        )
    try:
        return datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text.upper())).astimezone(UTC)
    except ValueError as error:
        raise InputError(f"there is no such time: {error}", asked=value) from error


def format_time(value: datetime) -> str:
    """RFC 3339 in UTC with a ``Z``, microseconds only where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
