"""Times: RFC 3339 with a zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from groundset.core import InputError
from groundset.imagery import format_time, parse_time


def test_utc_and_offset() -> None:
    assert parse_time("2020-01-13T10:53:21Z") == datetime(2020, 1, 13, 10, 53, 21, tzinfo=UTC)
    assert parse_time("2020-01-13T12:53:21.5+02:00") == datetime(2020, 1, 13, 10, 53, 21, 500000, tzinfo=UTC)
    assert format_time(parse_time("2020-01-13T12:53:21+02:00")) == "2020-01-13T10:53:21Z"


@pytest.mark.parametrize("text", ["2020-01-13T10:53:21", "2020-01-13", "yesterday", "2020-13-13T10:53:21Z"])
def test_naive_or_no_time(text: str) -> None:
    with pytest.raises(InputError):
        parse_time(text)


def test_a_naive_datetime() -> None:
    with pytest.raises(InputError, match="no time zone"):
        parse_time(datetime(2020, 1, 13))  # noqa: DTZ001
