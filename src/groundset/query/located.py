"""Where the parts of a filter stand in its text: the parser's tree says what they are, not where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Span = tuple[int, int]
"""First character, and the one behind the last, from 0."""

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*'?)|(?P<quoted>"[^"]*"?)|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w))"""
    r"""|(?P<word>\w[\w.:]*)|(?P<sign>[^\s\w])"""
)
_SHAPES = frozenset({
    "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION", "BBOX",
})  # fmt: skip
_KEYWORDS = frozenset({"AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS", "NULL", "TRUE", "FALSE", "DIV", "Z"})
_DEEPEST = 130
"""Parts within parts that are looked at; a filter that goes deeper is refused."""
_WRITTEN = ("date", "timestamp")


class Text(str):
    """Text of a filter; ``at`` is where it stands."""

    __slots__ = ("at",)
    at: Span | None


class Number(float):
    """A number of a filter; ``at`` is where it stands."""

    __slots__ = ("at",)
    at: Span | None


class Token(NamedTuple):
    """A word, number, text or sign of a filter."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The words, numbers, texts and signs of a filter, in order."""
    for match in _TOKEN.finditer(text):
        yield Token(str(match.lastgroup), match[0], match.start(), match.end())


def located(tree: Any, text: str) -> Any:
    """The tree with the places of its parts.

    Properties, times, shapes and calls (dictionaries) get the key ``at``, calls of functions also ``name_at``; text
    becomes :class:`Text` and numbers :class:`Number`. A time gets back the text that was written, since the parser
    gives a time without zone one of its own.
    """
    return _Locator(list(tokens(text))).part(tree)


def place_of(node: Any) -> Span | None:
    """Where a part of the tree stands; None where nobody knows."""
    return node.get("at") if isinstance(node, dict) else getattr(node, "at", None)


class _Locator:
    """Goes through tree and tokens together; both are in the order of the text."""

    def __init__(self, told: Sequence[Token]) -> None:
        self._told = told
        self._next = 0
        self._depth = 0

    def part(self, node: Any) -> Any:
        if self._depth > _DEEPEST:
            return node
        self._depth += 1
        try:
            return self._placed(node)
        finally:
            self._depth -= 1

    def _placed(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.part(item) for item in node]
        if isinstance(node, dict):
            return self._dict(node)
        if isinstance(node, str):
            out = Text(node)
            out.at = self._leaf("text", node)
            return out
        if isinstance(node, int | float) and not isinstance(node, bool):
            number = Number(node)
            number.at = self._leaf("number", node)
            return number
        return node

    def _dict(self, node: dict[str, Any]) -> dict[str, Any]:
        if "op" in node:
            return self._call(node)
        if "property" in node:
            return {**node, "at": self._leaf("name", node["property"])}
        if "interval" in node:
            ends = [self.part(end) for end in node["interval"]]
            return {"interval": ends, "at": _around(ends)}
        for key in _WRITTEN:
            if key in node:
                at = self._leaf("text", None)
                written = node[key] if at is None else _unquoted(self._told[self._next - 1].text)
                return {key: written, "at": at}
        return {**node, "at": self._shape()}

    def _call(self, node: dict[str, Any]) -> dict[str, Any]:
        name_at = self._function(str(node["op"]))
        args = [self.part(arg) for arg in node.get("args", [])]
        return {**node, "args": args, "name_at": name_at, "at": _around([name_at and {"at": name_at}, *args])}

    def _leaf(self, kind: str, value: Any) -> Span | None:
        """The next name, text or number, where it is this one; what the parser made up stands nowhere."""
        at = next((i for i in range(self._next, len(self._told)) if self._is_leaf(i)), None)
        if at is None or not _same(self._told[at], kind, value):
            return None
        self._next = at + 1
        return self._told[at].start, self._told[at].end

    def _is_leaf(self, at: int) -> bool:
        token = self._told[at]
        if token.kind == "word":
            return token.text.upper() not in _KEYWORDS and not self._opens(at)
        return token.kind != "sign"

    def _opens(self, at: int) -> bool:
        return at + 1 < len(self._told) and self._told[at + 1].text == "("

    def _function(self, op: str) -> Span | None:
        for at in range(self._next, len(self._told)):
            token = self._told[at]
            if token.kind == "word" and token.text.lower() == op.lower() and self._opens(at):
                self._next = at + 1
                return token.start, token.end
            if self._is_leaf(at):
                return None
        return None

    def _shape(self) -> Span | None:
        """From ``POLYGON`` to its last bracket."""
        begin = next((i for i in range(self._next, len(self._told)) if self._told[i].text.upper() in _SHAPES), None)
        if begin is None:
            return None
        depth = 0
        for at in range(begin + 1, len(self._told)):
            depth += {"(": 1, ")": -1}.get(self._told[at].text, 0)
            if depth == 0 and self._told[at].text == ")":
                self._next = at + 1
                return self._told[begin].start, self._told[at].end
        return None


def _same(token: Token, kind: str, value: Any) -> bool:
    if kind == "name":
        return token.kind in ("word", "quoted") and token.text.strip('"') == value
    if kind == "number":
        return token.kind == "number" and float(token.text) == abs(value)
    return token.kind == "text" and value in (None, _unquoted(token.text))


def _unquoted(text: str) -> str:
    return text.removeprefix("'").removesuffix("'").replace("''", "'")


def _around(parts: Sequence[Any]) -> Span | None:
    there = [at for part in parts for at in ([place_of(part)] if not isinstance(part, list) else [_around(part)]) if at]
    return (min(at[0] for at in there), max(at[1] for at in there)) if there else None
