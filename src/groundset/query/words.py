"""Functions of filters over text, numbers and lists."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from groundset.query.coded import Coded


def arithmetic(op: str, *terms: Any) -> Any:
    """Numbers of numbers; what has no number as its result (1 / 0) is null."""
    if len(terms) == 1:
        return pc.negate(terms[0]) if op == "-" else terms[0]
    a, b = (pc.cast(term, pa.float64()) for term in terms)
    if op in ("%", "div"):
        whole = pc.trunc(pc.divide(a, b))
        out = whole if op == "div" else pc.subtract(a, pc.multiply(b, whole))
    else:
        out = {"+": pc.add, "-": pc.subtract, "*": pc.multiply, "/": pc.divide, "^": pc.power}[op](a, b)
    return pc.if_else(pc.is_finite(out), out, pa.scalar(None, pa.float64()))


def on_text(data: Any, test: Callable[[Any], Any]) -> Any:
    """A test of text; of text that a chip has several of it is true where it is true of one of them."""
    if not isinstance(data, Coded):
        return test(data)
    sets = data.values
    members = sorted({item for items in sets for item in items})
    true = dict(zip(members, test(pa.array(members, pa.string())).to_pylist(), strict=True))
    return data.where({items: any(true[item] for item in items) for items in sets})


def like(data: Any, pattern: str) -> Any:
    """SQL's LIKE: ``%`` any text, ``_`` any character, a backslash before either means itself."""
    return pc.match_like(data, pattern)


def is_in(data: Any, items: Sequence[Any], kind: Any) -> Any:
    """Whether a value is one of some; null where there is none."""
    found = pc.is_in(data, value_set=pa.array(items, kind))
    return pc.if_else(pc.is_valid(data), found, pa.scalar(None, pa.bool_()))


def lower(data: Any) -> Any:
    """Without regard to case."""
    if isinstance(data, Coded):
        return merged(data, lambda items: tuple(sorted({item.lower() for item in items})))
    return pc.utf8_lower(data)


def plain(data: Any) -> Any:
    """Without accents."""
    if isinstance(data, Coded):
        return merged(data, lambda items: tuple(sorted({_plain(item) for item in items})))
    if isinstance(data, pa.Scalar):
        return data if data.as_py() is None else pa.scalar(_plain(data.as_py()), pa.string())
    coded = pc.dictionary_encode(data)
    return pa.array([_plain(text) for text in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def merged(data: Coded[Any], change: Callable[[Any], Any]) -> Coded[Any]:
    """With changed values; those that become alike are one."""
    changed = [change(value) for value in data.values]
    return Coded.of((None if code < 0 else changed[code] for code in data.codes.tolist()), len(data.codes))


def lists(op: str, data: Coded[tuple[str, ...]], items: Sequence[str]) -> Any:
    """CQL2's array functions of (property, items)."""
    wanted = set(items)
    tests: dict[str, Callable[[set[str]], bool]] = {
        "a_contains": lambda there: there >= wanted,
        "a_containedby": lambda there: there <= wanted,
        "a_overlaps": lambda there: bool(there & wanted),
        "a_equals": lambda there: there == wanted,
    }
    return data.where({value: tests[op](set(value)) for value in data.values})


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
