"""Which chips a filter keeps: the syntax tree, evaluated over columns, with SQL's three-valued logic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from groundset.query import moments, places, words
from groundset.query.coded import Coded
from groundset.query.located import place_of
from groundset.query.moments import Span
from groundset.query.text import MAX_DEPTH, FilterText, quoted
from groundset.query.values import WORDS, Moment, Value
from groundset.query.vocabulary import asked_words, words_of

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal, "<>": pc.not_equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal,
}  # fmt: skip
_ARITHMETIC = ("+", "-", "*", "/", "%", "^", "div")
_SHAPE_HINT = "for example S_INTERSECTS(geometry, BBOX(5.9, 45.8, 10.5, 47.8))"
_NULL_HINT = "write IS NULL or IS NOT NULL"


def keep(text: str, now: Moment) -> npt.NDArray[np.bool_]:
    """The chips for which a filter is true.

    Args:
        text: CQL2 text.
        now: What it may ask about.

    Raises:
        QueryError: The filter is wrong; says in which column, and what would do.
    """
    source = FilterText(text)
    value = _Evaluator(source, now).value(source.tree(), 0)
    if value.kind != "truth":
        source.fail(f"a filter is true or false, and {value.words}", at=value.at, name=value.name,
                    hint="compare it with something")  # fmt: skip
    if isinstance(value.data, pa.Scalar):
        return np.full(len(now.chips), value.data.as_py() is True)
    kept: npt.NDArray[np.bool_] = value.data.fill_null(False).to_numpy(zero_copy_only=False)
    return kept


class _Evaluator:
    """One filter over one moment."""

    def __init__(self, source: FilterText, now: Moment) -> None:
        self.source, self.now = source, now
        self._among: npt.NDArray[np.bool_] | None = None

    def value(self, node: Any, depth: int) -> Value:
        """What a part of the tree is."""
        if depth > 2 * MAX_DEPTH:
            self.source.fail("this filter is nested too deeply", hint="split it, or use IN and BETWEEN")
        if isinstance(node, dict) and "op" in node:
            out = self._call(node, str(node["op"]).lower(), node.get("args", []), depth + 1)
        else:
            out = self._plain(node, depth + 1)
        return replace(out, at=place_of(node)) if out.at is None else out

    def _plain(self, node: Any, depth: int) -> Value:
        match node:
            case {"property": str(name)}:
                return self._property(name, node)
            case {"date": str(written)} | {"timestamp": str(written)}:
                return Value("time", self._moment(written, node), quoted(written), literal=True)
            case {"interval": [start, end]}:
                return Value("time", moments.interval(self._end(start, depth), self._end(end, depth)), literal=True)
            case {"bbox": _} | {"type": _}:
                return self._shape(node)
            case list():
                return self._list(node, depth)
            case _:
                return self._literal(node)

    def _literal(self, node: Any) -> Value:
        if isinstance(node, bool):
            return Value("truth", pa.scalar(node), str(node).upper(), literal=True)
        if isinstance(node, int | float):
            return Value("number", pa.scalar(float(node)), f"{float(node):g}", literal=True)
        if not isinstance(node, str):
            self._unsupported(node)
        return Value("text", pa.scalar(str(node), pa.string()), quoted(node), literal=True)

    def _unsupported(self, node: Any) -> NoReturn:
        if node is None:
            self.source.fail("nothing equals NULL", name="NULL", hint=_NULL_HINT)
        self.source.fail("this filter has a part that is not supported", found=str(node)[:80])

    def _property(self, name: str, node: Any) -> Value:
        known = self.now.property(name)
        if known is None:
            self.source.unknown(name, list(self.now.names()), place_of(node))
        return known[2](self.now)

    def _moment(self, written: str, node: Any = None) -> Span:
        try:
            return moments.moment(written)
        except ValueError as error:
            self.source.fail(
                f"this is no time: {error}", at=place_of(node), name=quoted(written),
                hint="write DATE('2024-05-31') or TIMESTAMP('2024-05-31T10:20:30Z')",
            )  # fmt: skip

    def _end(self, node: Any, depth: int) -> Span | None:
        if node == "..":
            return None
        value = self.value(node, depth)
        return self._time(value)

    def _time(self, value: Value) -> Span:
        """A time; text that is written where a time is wanted is read as one."""
        if value.kind == "text" and value.literal:
            return self._moment(value.data.as_py(), {"at": value.at})
        if value.kind != "time":
            self._wrong(value, "a time")
        span: Span = value.data
        return span

    def _shape(self, node: dict[str, Any]) -> Value:
        try:
            return Value("shape", places.shape_of(node), literal=True)
        except ValueError as error:
            self.source.fail(
                str(error), at=place_of(node), hint="for example S_INTERSECTS(geometry, BBOX(5.9, 45.8, 10.5, 47.8))"
            )

    def _list(self, nodes: Sequence[Any], depth: int) -> Value:
        items = [self.value(node, depth) for node in nodes]
        for item in items:
            if not (item.literal and item.kind == "text"):
                self._wrong(item, "text in a list")
        return Value("list", tuple(item.data.as_py() for item in items), literal=True)

    def _call(self, node: Any, op: str, args: Sequence[Any], depth: int) -> Value:
        if op == "and":
            return self._and(node, depth)
        if op == "or":
            return _truth(reduce(pc.or_kleene, [self._of(a, "truth", depth) for a in args]))
        if op in _ARITHMETIC:
            return Value("number", words.arithmetic(op, *(self._of(a, "number", depth) for a in args)))
        wanted = _ARGUMENTS.get(op)
        if wanted is None:
            self.source.no_function(op, sorted(o.upper() for o in _ARGUMENTS if o[0].isalpha()), node.get("name_at"))
        if len(args) != wanted:
            self.source.fail(f"{op.upper()} takes {wanted} arguments", at=place_of(node), found=f"{len(args)}")
        self._known_words(op, args)
        if op == "in":
            return self._in(args[0], args[1], depth)
        return self._apply(op, [self.value(a, depth) for a in args])

    def _and(self, node: Any, depth: int) -> Value:
        """The costly conditions come last, and look only at the chips for which the others are not false."""
        parts = list(_conditions(node, depth))
        cheap = [part for part in parts if not _is_place(part[0])]
        costly = [part for part in parts if _is_place(part[0])]
        data = reduce(pc.and_kleene, [self._of(*part) for part in cheap]) if cheap else pa.scalar(True)
        before = self._among
        for part in costly:
            self._among = _within(before, data)
            data = pc.and_kleene(data, self._of(*part))
        self._among = before
        return _truth(data)

    def _known_words(self, op: str, args: Sequence[Any]) -> None:
        """Refuse a word that its property cannot have; one that no chip has today is fine."""
        asked = asked_words(op, args)
        if asked is None:
            return
        told = words_of(asked[0], self.now)
        if told is None:
            return
        kind, known = told
        for word in asked[1]:
            if known and word not in known and word not in self._there(asked[0]):
                self.source.no_word(kind, word, known, place_of(word))

    def _there(self, name: str) -> set[str]:
        data = self.now.names()[name][2](self.now).data
        if isinstance(data, Coded):
            return {item for items in data.values for item in items}
        return set(pc.unique(data).to_pylist())

    def _apply(self, op: str, values: list[Value]) -> Value:
        if op in moments.RELATIONS:
            return _truth(moments.RELATIONS[op](*(self._time(v) for v in values)))
        for names, family in ((_COMPARE, self._compare), (places.PREDICATES, self._where), (_LISTS, self._lists)):
            if op in names:
                return family(op, *values)
        alone: dict[str, Callable[..., Value]] = {
            "between": self._between, "like": self._like, "not": self._not, "isnull": self._isnull,
            "casei": self._casei, "accenti": self._accenti,
        }  # fmt: skip
        return alone[op](*values)

    def _of(self, node: Any, kind: str, depth: int) -> Any:
        value = self.value(node, depth)
        if value.kind != kind:
            self._wrong(value, WORDS[kind])  # type: ignore[index]  # a Kind
        return value.data

    def _wrong(self, value: Value, wanted: str) -> NoReturn:
        self.source.fail(f"{wanted} is wanted here, and {value.words}", at=value.at, name=value.name or None)

    def _compare(self, op: str, a: Value, b: Value) -> Value:
        if "time" in (a.kind, b.kind):
            return _truth(moments.COMPARISONS[op](self._time(a), self._time(b)))
        if a.kind != b.kind:
            self._unlike(a, b)
        if a.kind in ("shape", "list"):
            hint = "take S_INTERSECTS and its like" if a.kind == "shape" else f"write 'NAME' IN {a.name or b.name}"
            self.source.fail(f"{WORDS[a.kind]} cannot be compared with {op}", at=a.at, name=a.name or b.name, hint=hint)
        test = _COMPARE["=" if op == "<>" else op]
        if isinstance(b.data, Coded):
            a, b, test = b, a, _COMPARE[_TURNED.get(op, "=")]
        if isinstance(b.data, Coded) or (isinstance(a.data, Coded) and not isinstance(b.data, pa.Scalar)):
            self.source.fail(f"{a.name} may be several; compare it with text", at=a.at, name=a.name)
        found = words.on_text(a.data, lambda data: test(data, b.data))
        return _truth(pc.invert(found) if op == "<>" else found)

    def _unlike(self, a: Value, b: Value) -> NoReturn:
        prop, other = (b, a) if a.literal else (a, b)
        hint = None
        if prop.kind == "number" and other.kind == "text":
            hint = "numbers stand without quotes"
        if prop.kind == "text" and other.kind == "number":
            hint = f"text stands in single quotes: '{other.name}'"
        self.source.fail(f"{prop.words}, and {other.words}", at=prop.at, name=prop.name or other.name, hint=hint)

    def _between(self, value: Value, low: Value, high: Value) -> Value:
        return _truth(pc.and_kleene(self._compare(">=", value, low).data, self._compare("<=", value, high).data))

    def _in(self, wanted: Any, items: Any, depth: int) -> Value:
        if not isinstance(items, list):
            items = [items]
        value = self.value(wanted, depth)
        told = [self.value(item, depth) for item in items]
        if len(told) == 1 and told[0].kind == "list":
            return self._member(value, told[0])
        alike = all(item.literal and item.kind == value.kind for item in told)
        if alike and value.kind in ("text", "number"):
            kind = pa.string() if value.kind == "text" else pa.float64()
            literals = [item.data.as_py() for item in told]
            data = value.data if value.kind == "text" else pc.cast(value.data, kind)
            return _truth(words.on_text(data, lambda data: words.is_in(data, literals, kind)))
        return _truth(reduce(pc.or_kleene, [self._compare("=", value, item).data for item in told]))

    def _member(self, value: Value, items: Value) -> Value:
        """``'B02' IN bands``."""
        if not (value.kind == "text" and value.literal):
            self._wrong(value, "text in single quotes")
        return self._lists("a_contains", items, Value("list", (value.data.as_py(),), literal=True))

    def _lists(self, op: str, a: Value, b: Value) -> Value:
        if isinstance(a.data, tuple) and isinstance(b.data, Coded):
            a, b = b, a
            op = {"a_contains": "a_containedby", "a_containedby": "a_contains"}.get(op, op)
        for value in (a, b):
            if value.kind != "list":
                self._wrong(value, "a list")
        if isinstance(a.data, tuple) or isinstance(b.data, Coded):
            self.source.fail(f"{op.upper()} takes a property and a list", at=a.at, name=a.name or b.name,
                             hint="for example A_CONTAINS(bands, ('B02', 'B03'))")  # fmt: skip
        return _truth(words.lists(op, a.data, b.data))

    def _like(self, value: Value, pattern: Value) -> Value:
        for part in (value, pattern):
            if part.kind != "text":
                self._wrong(part, "text")
        if not isinstance(pattern.data, pa.Scalar):
            self.source.fail(
                "LIKE takes text in single quotes", at=pattern.at, name=pattern.name,
                hint="for example label LIKE 'sea%'",
            )  # fmt: skip
        return _truth(words.on_text(value.data, lambda data: words.like(data, pattern.data.as_py())))

    def _not(self, value: Value) -> Value:
        if value.kind != "truth":
            self._wrong(value, WORDS["truth"])
        return _truth(pc.invert(value.data))

    def _isnull(self, value: Value) -> Value:
        if isinstance(value.data, Coded):
            return _truth(pa.array(value.data.codes < 0))
        if value.kind == "shape":
            missing = None if value.data is not None else self.now.chips.placeless
            return _truth(pa.scalar(False) if missing is None else pa.array(missing))
        if isinstance(value.data, tuple) and not isinstance(value.data, Span):
            return _truth(pa.scalar(False))
        return _truth(pc.is_null(value.data.lo if isinstance(value.data, Span) else value.data))

    def _casei(self, value: Value) -> Value:
        return self._changed(value, words.lower)

    def _accenti(self, value: Value) -> Value:
        return self._changed(value, words.plain)

    def _changed(self, value: Value, change: Callable[[Any], Any]) -> Value:
        if value.kind != "text":
            self._wrong(value, "text")
        return Value("text", change(value.data), value.name, literal=value.literal)

    def _where(self, op: str, a: Value, b: Value) -> Value:
        for value in (a, b):
            if value.kind != "shape":
                self._wrong(value, "a shape")
        if a.literal:
            a, b, op = b, a, places.TURNED.get(op, op)
        if a.literal or not b.literal:
            self.source.fail(f"{op.upper()} takes geometry and a shape", at=b.at, name="geometry", hint=_SHAPE_HINT)
        return _truth(places.relation(op, self.now.chips, b.data, self._among))


_LISTS = ("a_contains", "a_containedby", "a_overlaps", "a_equals")
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ARGUMENTS: dict[str, int] = {
    **dict.fromkeys(_COMPARE, 2),
    **dict.fromkeys(moments.RELATIONS, 2),
    **dict.fromkeys(places.PREDICATES, 2),
    **dict.fromkeys(_LISTS, 2),
    "between": 3, "in": 2, "like": 2, "not": 1, "isnull": 1, "casei": 1, "accenti": 1,
}  # fmt: skip
"""Number of arguments by function."""


def _truth(data: Any) -> Value:
    return Value("truth", data)


def _conditions(node: Any, depth: int) -> Iterator[tuple[Any, str, int]]:
    """What AND joins, of one AND within another too: arguments of :meth:`_Evaluator._of`."""
    for part in node.get("args", []):
        if isinstance(part, dict) and str(part.get("op")).lower() == "and":
            yield from _conditions(part, depth + 1)
        else:
            yield part, "truth", depth


def _is_place(node: Any) -> bool:
    return isinstance(node, dict) and str(node.get("op")).lower() in places.PREDICATES


def _within(among: npt.NDArray[np.bool_] | None, data: Any) -> npt.NDArray[np.bool_] | None:
    """The chips that still count: of ``among``, those for which a condition is not false."""
    if isinstance(data, pa.Scalar):
        return among
    open_still: npt.NDArray[np.bool_] = data.fill_null(True).to_numpy(zero_copy_only=False)
    return open_still if among is None else among & open_still
