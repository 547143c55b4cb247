"""Filters against a plain evaluation, chip by chip."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manychips import CLASSES

from groundset.core import InputError
from groundset.query import Index

Row = dict[str, Any]
Test = Callable[[Row], "bool | None"]
Clause = tuple[str, Test]

DAY = timedelta(days=1)
START = datetime(2023, 2, 25, tzinfo=UTC)
OPS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
ALWAYS: Test = lambda _: True  # noqa: E731
NEVER: Test = lambda _: False  # noqa: E731
NUMBERS = ("cloud_cover", "valid_fraction", "row", "col", "level", "width")
TEXTS = ("label", "sensor", "scene_id", "actor", "value", "split")
WORDS = [*(name for name, _, _ in CLASSES), "sentinel-2-l2a", "loire-000", "rhone-001", "anna", "positive", "it's", ""]

KNOWN: dict[str, list[str]] = {
    "label": [name for name, _, _ in CLASSES],
    "value": ["positive", "unsure"],
    "split": ["train", "test", "none"],
    "sensor": ["sentinel-2-l2a", "naip"],
}
"""Properties that have no other words: asked for one, a filter is refused."""


class Rows(list[Row]):
    def __repr__(self) -> str:
        return "Rows"


@pytest.fixture(scope="module")
def rows(index: Index) -> Rows:
    """Every chip with what a filter may ask, as plain values."""
    names = {code: name for code, (name, _, _) in enumerate(CLASSES)}
    return Rows(
        {
            "chip_id": hit.id, "cloud_cover": hit.cloud_cover, "valid_fraction": hit.valid_fraction,
            "row": hit.grid_row, "col": hit.grid_col, "level": hit.level, "width": hit.width, "sensor": hit.sensor,
            "scene_id": hit.scene_id, "split": hit.split, "datetime": _time(hit.datetime),
            "label": names[hit.label.classes[0]] if hit.label else None,
            "actor": hit.label.actor if hit.label else None,
            "value": hit.label.value if hit.label else None,
            "answered_at": _time(hit.label.answered_at) if hit.label else None,
        }
        for hit in index.find(limit=1000).hits
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def both(f: Callable[..., bool], *values: Any) -> bool | None:
    return None if any(v is None for v in values) else f(*values)


def like(text: str, pattern: str) -> bool:
    parts = {"%": ".*", "_": "."}
    return re.fullmatch("".join(parts.get(c, re.escape(c)) for c in pattern), text, re.DOTALL) is not None


@st.composite
def numbers(draw: st.DrawFn) -> Clause:
    name, op = draw(st.sampled_from(NUMBERS)), draw(st.sampled_from(list(OPS)))
    value = draw(st.one_of(st.integers(-5, 100), st.floats(0, 100).map(lambda v: round(v, 2))))
    how = draw(st.sampled_from(["plain", "turned", "sum", "between"]))
    if how == "turned":
        return f"{value} {op} {name}", lambda r: both(OPS[op], value, r[name])
    if how == "sum":
        return f"{name} * 2 + row - 3 {op} {value}", lambda r: both(
            lambda a, b: OPS[op](a * 2 + b - 3, value), r[name], r["row"]
        )
    if how == "between":
        return f"{name} BETWEEN 3 AND {value}", lambda r: both(lambda a: 3 <= a <= value, r[name])
    return f"{name} {op} {value}", lambda r: both(OPS[op], r[name], value)


@st.composite
def texts(draw: st.DrawFn) -> Clause:
    name = draw(st.sampled_from(TEXTS))
    op = draw(st.sampled_from(["=", "<>", "<", ">="]))
    how = draw(st.sampled_from(["plain", "in", "not in", "like", "casei", "null"]))
    exact = how in ("in", "not in") or (how == "plain" and op in ("=", "<>"))
    can = KNOWN.get(name, WORDS) if exact else WORDS
    word = draw(st.sampled_from(can))
    if how in ("in", "not in"):
        some = draw(st.lists(st.sampled_from(can), min_size=1, max_size=4))
        text = f"{name} {how.upper()} ({', '.join(map(quoted, some))})"
        return text, lambda r: both(lambda a: (a in some) == (how == "in"), r[name])
    if how == "like":
        pattern = draw(st.sampled_from(["%", "_%", word, word[:2] + "%", "%" + word[-3:], "%e_t%", "S__L%"]))
        return f"{name} LIKE {quoted(pattern)}", lambda r: both(lambda a: like(a, pattern), r[name])
    if how == "casei":
        return f"CASEI({name}) = CASEI({quoted(word.upper())})", lambda r: both(
            lambda a: a.lower() == word.lower(), r[name]
        )
    if how == "null":
        return f"{name} IS NULL", lambda r: r[name] is None
    return f"{name} {op} {quoted(word)}", lambda r: both(OPS[op], r[name], word)


@st.composite
def times(draw: st.DrawFn) -> Clause:
    name, op = draw(st.sampled_from(["datetime", "answered_at"])), draw(st.sampled_from(list(OPS)))
    at = draw(st.integers(0, 150 * 86_400_000_000).map(lambda n: START + timedelta(microseconds=n)))
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    how = draw(st.sampled_from(["timestamp", "date", "during", "after"]))
    if how == "timestamp":
        text = at.isoformat().replace("+00:00", "Z")
        return f"{name} {op} TIMESTAMP('{text}')", lambda r: both(OPS[op], r[name], at)
    if how == "date":  # the whole day
        return f"{name} {op} DATE('{start.date()}')", lambda r: both(OPS[op], r[name] and r[name].date(), start.date())
    if how == "during":
        end = start + 20 * DAY
        text = f"T_DURING({name}, INTERVAL('{start.date()}', '{end.date()}'))"
        return text, lambda r: both(lambda t: start <= t < end + DAY, r[name])
    return f"T_AFTER({name}, DATE('{start.date()}'))", lambda r: both(lambda t: t >= start + DAY, r[name])


def joined(children: st.SearchStrategy[Clause]) -> st.SearchStrategy[Clause]:
    def true(op: str, a: bool | None, b: bool | None) -> bool | None:
        decides = op == "OR"
        if decides in (a, b):
            return decides
        return None if None in (a, b) else not decides

    def join(op: str, a: Clause, b: Clause) -> Clause:
        return f"({a[0]} {op} {b[0]})", lambda r: true(op, a[1](r), b[1](r))

    def negated(a: Clause) -> Clause:
        return f"NOT ({a[0]})", lambda r: None if (told := a[1](r)) is None else not told

    return st.one_of(st.builds(join, st.sampled_from(["AND", "OR"]), children, children), st.builds(negated, children))


CLAUSES = st.recursive(st.one_of(numbers(), texts(), times()), joined, max_leaves=6)


@settings(max_examples=300, deadline=None)
@given(clause=CLAUSES)
def test_a_filter_keeps_what_a_plain_evaluation_keeps(index: Index, rows: Rows, clause: Clause) -> None:
    text, test = clause
    wanted = [row["chip_id"] for row in rows if test(row) is True]
    assert index.find(text, limit=1000).ids == wanted


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("row = 0 OR row = 1 AND col = 2", lambda r: r["row"] == 0 or (r["row"] == 1 and r["col"] == 2)),
        ("NOT row = 0 AND col = 2", lambda r: r["row"] != 0 and r["col"] == 2),
        ("1 = 1", ALWAYS),
        ("1 = 2", NEVER),
        ("row / 0 > 1", NEVER),
        ("NOT row / 0 > 1", NEVER),
        ("row != 1", lambda r: r["row"] != 1),
        ("datetime < TIMESTAMP('2023-03-05T00:00:00Z')", lambda r: r["scene_id"] == "loire-000"),
        ("col % 3 = 1", lambda r: r["col"] % 3 == 1),
        ("col DIV 3 = 1", lambda r: r["col"] // 3 == 1),
        ("col ^ 2 = 16", lambda r: r["col"] == 4),
        ("- col < -4", lambda r: r["col"] > 4),
        ("cloud_cover <> cloud_cover", NEVER),
        ("'B02' IN bands", ALWAYS),
        ("A_CONTAINS(bands, ('B02', 'B99'))", NEVER),
        ("A_OVERLAPS(bands, ('B02', 'B99'))", ALWAYS),
        ("A_CONTAINEDBY(bands, ('B02', 'B03', 'B04', 'B08', 'X'))", ALWAYS),
        ("A_EQUALS(('B08', 'B02', 'B03', 'B04'), bands)", ALWAYS),
        ("'River' IN labels", lambda r: r["label"] == "River"),
        ("'anna' IN actors", lambda r: r["actor"] == "anna"),
        ("'automated' IN methods", lambda r: (r["actor"] or "").startswith("model:")),
        ("labels IS NULL", lambda r: r["label"] is None),
        ("geometry IS NOT NULL", ALWAYS),
        ("ACCENTI(label) = ACCENTI('Rivér')", lambda r: r["label"] == "River"),
        ("label IN ('River', label)", lambda r: r["label"] is not None),
        ("(row = 1) = TRUE", lambda r: r["row"] == 1),
        ("datetime = DATE('2023-03-04')", lambda r: r["scene_id"] == "loire-000"),
        ("datetime > '2023-03-04'", lambda r: r["scene_id"] != "loire-000"),
        ("datetime = TIMESTAMP('2023-03-04T11:32:11+01:00')", lambda r: r["scene_id"] == "loire-000"),
        ("T_INTERSECTS(datetime, INTERVAL('..', '2023-03-04'))", lambda r: r["scene_id"] == "loire-000"),
        ("T_DISJOINT(datetime, INTERVAL('..', '2023-03-04'))", lambda r: r["scene_id"] != "loire-000"),
        ("T_BEFORE(datetime, answered_at)", lambda r: r["label"] is not None),
        ("T_EQUALS(datetime, datetime)", ALWAYS),
    ],
)  # fmt: skip
def test_filters_that_need_a_word(index: Index, rows: Rows, text: str, test: Test) -> None:
    assert index.find(text, limit=1000).ids == [row["chip_id"] for row in rows if test(row)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clod_cover < 10", ["column 1", "clod_cover", "did you mean cloud_cover?"]),
        ("row = 1 AND\n  Cloud_Cover < 10", ["line 2, column 3", "did you mean cloud_cover?"]),
        ("valid > 0.5", ["did you mean valid_fraction?"]),
        ("cloud < 10", ["did you mean cloud_cover?"]),
        ("label = 'Rivr'", ["column 9", "no class 'Rivr'", "did you mean River?"]),
        ("row = 1 OR 'river' = label", ["column 12", "did you mean River?"]),
        ("label IN ('River', 'Lake')", ["column 20", "no class 'Lake'", "AnnualCrop"]),
        ("NOT label <> 'Lake'", ["no class 'Lake'"]),
        ("'Rivers' IN labels", ["no class", "did you mean River?"]),
        ("split = 'training'", ["no split 'training'", "did you mean train?"]),
        ("split = 'validation'", ["did you mean validate?"]),
        ("value = 'yes'", ["no kind of answer 'yes'", "positive, negative"]),
        ("sensor = 'sentinel-2-l2'", ["no sensor", "did you mean sentinel-2-l2a?"]),
        ('label = "River"', ["column 9", "single quotes: 'River'"]),
        ("score_River > 0.3", ["column 1", "no property 'score_River'"]),
        ("road_distance < 500", ["no property 'road_distance'", "label, labels"]),
        ("cloud_cover = 'x'", ["column 1", "cloud_cover is a number", "'x' is text", "without quotes"]),
        ("label = 3", ["label is text", "3 is a number", "quotes: '3'"]),
        ("label IN ('River', 3)", ["label is text"]),
        ("cloud_cover", ["true or false", "cloud_cover is a number"]),
        ("label AND row = 1", ["true or false is wanted", "label is text"]),
        ("row LIKE 'x%'", ["text is wanted", "row is a number"]),
        ("label LIKE sensor", ["LIKE takes text in single quotes"]),
        ("cloud_cover = NULL", ["column 15", "IS NULL"]),
        ("datetime > 3", ["a time is wanted", "3 is a number"]),
        ("datetime > DATE('2023-13-01')", ["no time", "column 17"]),
        ("datetime > '2023-01-01T00:00:00'", ["column 12", "needs a zone"]),
        ("datetime > TIMESTAMP('2023-01-01T00:00:00')", ["column 22", "needs a zone"]),
        ("cloud_cover < 10 AND cloud_cover = 'x'", ["column 22", "cloud_cover is a number"]),
        ("S_INTERSECT(geometry, POINT(1 1))", ["column 1", "did you mean S_INTERSECTS?"]),
        ("row = 1 AND S_INTERSECTS(geometry, BBOX(0, 3, 1, 2))", ["column 36", "is beyond north"]),
        ("datetime > 'yesterday'", ["no time", "DATE('2024-05-31')"]),
        ("geometry = 3", ["geometry is a shape"]),
        ("bands = 'B02'", ["bands is a list"]),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 0)))", ["no shape"]),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", ["broken", "Self-intersection"]),
        ("S_INTERSECTS(geometry, POINT(500000 5000000))", ["longitude, latitude in degrees"]),
        ("S_INTERSECTS(geometry, BBOX(0, 3, 1, 2))", ["south (3) is beyond north (2)"]),
        ("S_INTERSECTS(geometry, geometry)", ["geometry and a shape"]),
        ("S_INTERSECTS(label, POINT(1 1))", ["a shape is wanted", "label is text"]),
        ("nearby(geometry, 3)", ["no function NEARBY", "S_INTERSECTS"]),
        ("label LIKE 'x' 3", ["cannot be read from here"]),
        ("cloud_cover <", ["column 14", "the end of the text", "a property, a number"]),
        ("((row = 1)", ["bracket is left open"]),
        ("row == 1", ["column 6", "equality is one sign"]),
        ("row = 1 && col = 2", ["AND, OR, NOT"]),
        ("label = 'River", ["single quotes"]),
        ("(" * 200 + "row = 1" + ")" * 200, ["nested deeper than 60"]),
        ("NOT " * 200 + "row = 1", ["nested deeper than 60"]),
        ("row = " + "-" * 5000 + "1", ["nested deeper than 60"]),
        ("row = " + "1+" * 1500 + "1", ["nested too deeply"]),
        ("row = " + "1+" * 5000 + "1", ["too long", "operators"]),
        ("label = '" + "x" * 200_000 + "'", ["too long", "characters"]),
    ],
)  # fmt: skip
def test_a_wrong_filter_is_refused_with_the_place(index: Index, text: str, says: list[str]) -> None:
    with pytest.raises(InputError) as error:
        index.find(text)
    for words in says:
        assert words in str(error.value)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab01 ='\"()<>,.*-+/%^_\n!&|é\0") | st.characters(), max_size=40))
def test_any_text_is_a_filter_or_is_refused(index: Index, text: str) -> None:
    with suppress(InputError):
        index.find(text, limit=1)


def test_many_ids_in_one_list(index: Index) -> None:
    ids = index.find(limit=200).ids
    assert index.find(f"chip_id IN ({', '.join(map(quoted, reversed(ids)))})", limit=1000).ids == ids
