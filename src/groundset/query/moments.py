"""Times in filters: moments, whole days and intervals, and how they lie to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

OPEN_START, OPEN_END = int(np.iinfo(np.int64).min) + 2, int(np.iinfo(np.int64).max) - 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


class Span(NamedTuple):
    """From ``lo`` to ``hi``, both included, in microseconds since 1970: Arrow columns or scalars of int64.

    ``days`` says that an end was written as a day, so that the whole day is meant: (at the start, at the end).
    """

    lo: Any
    hi: Any
    days: tuple[int, int] = (0, 0)
    interval: bool = False


def moment(text: str) -> Span:
    """A moment (RFC 3339 with a zone) or a whole day (``2024-05-31``, UTC).

    Raises:
        ValueError: It is neither.
    """
    if len(text) == 10:
        start = micros(datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC))
        return Span(_int(start), _int(start + 86_400_000_000 - 1), (1, 1))
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs a zone: end it with Z for UTC")
    value = _int(micros(at))
    return Span(value, value)


def interval(start: Span | None, end: Span | None) -> Span:
    """From a moment or day to another; None is open."""
    lo = _int(OPEN_START) if start is None else start.lo
    hi = _int(OPEN_END) if end is None else end.hi
    return Span(lo, hi, (0 if start is None else start.days[0], 0 if end is None else end.days[1]), interval=True)


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at.astimezone(UTC) - _EPOCH) // _MICRO


def _int(value: int) -> Any:
    return pa.scalar(value, pa.int64())


def _both(*conditions: Any) -> Any:
    out = conditions[0]
    for condition in conditions[1:]:
        out = pc.and_kleene(out, condition)
    return out


def _before(a: Span, b: Span) -> Any:
    return pc.less(a.hi, b.lo)


def _after(a: Span, b: Span) -> Any:
    return pc.greater(a.lo, b.hi)


def _intersects(a: Span, b: Span) -> Any:
    return _both(pc.less_equal(a.lo, b.hi), pc.greater_equal(a.hi, b.lo))


def _during(a: Span, b: Span) -> Any:
    """Inside, without the ends; days are inside whole."""
    start, end = pc.subtract(b.lo, _int(b.days[0])), pc.add(b.hi, _int(b.days[1]))
    return _both(pc.greater(a.lo, start), pc.less(a.hi, end))


def _equals(a: Span, b: Span) -> Any:
    if not (a.interval or b.interval):
        return _intersects(a, b)
    return _both(pc.equal(a.lo, b.lo), pc.equal(a.hi, b.hi))


def _meets(a: Span, b: Span) -> Any:
    return pc.equal(a.hi, b.lo)


def _overlaps(a: Span, b: Span) -> Any:
    return _both(pc.less(a.lo, b.lo), pc.greater(a.hi, b.lo), pc.less(a.hi, b.hi))


def _starts(a: Span, b: Span) -> Any:
    return _both(pc.equal(a.lo, b.lo), pc.less(a.hi, b.hi))


def _finishes(a: Span, b: Span) -> Any:
    return _both(pc.greater(a.lo, b.lo), pc.equal(a.hi, b.hi))


def _turned(relation: Callable[[Span, Span], Any]) -> Callable[[Span, Span], Any]:
    return lambda a, b: relation(b, a)


RELATIONS: Mapping[str, Callable[[Span, Span], Any]] = {
    "t_after": _after,
    "t_before": _before,
    "t_contains": _turned(_during),
    "t_disjoint": lambda a, b: pc.invert(_intersects(a, b)),
    "t_during": _during,
    "t_equals": _equals,
    "t_finishedby": _turned(_finishes),
    "t_finishes": _finishes,
    "t_intersects": _intersects,
    "t_meets": _meets,
    "t_metby": _turned(_meets),
    "t_overlappedby": _turned(_overlaps),
    "t_overlaps": _overlaps,
    "t_startedby": _turned(_starts),
    "t_starts": _starts,
}
"""CQL2's temporal functions."""

COMPARISONS: Mapping[str, Callable[[Span, Span], Any]] = {
    "=": _equals,
    "<>": lambda a, b: pc.invert(_equals(a, b)),
    "<": _before,
    ">": _after,
    "<=": lambda a, b: pc.less_equal(a.lo, b.hi),
    ">=": lambda a, b: pc.greater_equal(a.hi, b.lo),
}
"""Plain comparisons; a day is the whole day, so that ``<=`` includes it and ``>`` begins after it."""
