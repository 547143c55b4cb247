"""Band math: a small language of numbers, band names, ``+ - * / **`` and a few functions.

A text becomes a tree, the tree is computed by NumPy; nothing of the text itself is ever run. The page has the same
grammar in ``ui/src/canvas/expression.ts``; both are held to the cases in ``tests/support/expressions.json``.

    sum     = product { ("+" | "-") product }
    product = unary { ("*" | "/") unary }
    unary   = ("-" | "+") unary | power
    power   = atom [ ("**" | "^") unary ]
    atom    = NUMBER | NAME | '"' name '"' | NAME "(" sum { "," sum } ")" | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NoReturn

import numpy as np
import numpy.typing as npt

from groundset.core import BandSet, InputError

MAX_LENGTH = 500
MAX_DEPTH = 50
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "abs": (1, 1),
    "sqrt": (1, 1),
    "exp": (1, 1),
    "log": (1, 1),
    "log2": (1, 1),
    "log10": (1, 1),
    "floor": (1, 1),
    "sign": (1, 1),
    "pow": (2, 2),
    "min": (2, 8),
    "max": (2, 8),
    "clamp": (3, 3),
}
"""Functions with the least and the most arguments that they take."""

Plane = npt.NDArray[np.float32]
_Wide = npt.NDArray[np.float64]
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r'|(?P<quoted>"[^"]*"|`[^`]*`)|(?P<sign>\*\*|[-+*/^(),]))'
)


class ExpressionError(InputError):
    """A formula with a mistake.

    Args:
        message: What is wrong.
        text: The formula.
        at: Where, counted from 0.
        length: How many characters of it.
    """

    def __init__(self, message: str, text: str, at: int, length: int = 1, hint: str | None = None) -> None:
        super().__init__(f"{message} (column {at + 1})", asked=text[:MAX_LENGTH], hint=hint)
        self.said, self.at, self.length = message, at, length


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class BandOf:
    """A band, by its position."""

    band: int


@dataclass(frozen=True, slots=True)
class Minus:
    """A sign turned round."""

    of: Node


@dataclass(frozen=True, slots=True)
class Op:
    """Two sides and what joins them."""

    op: Literal["+", "-", "*", "/", "**"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function of values."""

    name: str
    args: tuple[Node, ...]


Node = Number | BandOf | Minus | Op | Call


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula over bands. ``bands`` are the positions that it needs, in order of first use."""

    text: str
    root: Node
    bands: tuple[int, ...]

    @property
    def normalised(self) -> bool:
        """True for (a - b) / (a + b), whose values lie between -1 and 1 where no value is negative."""
        root = self.root
        if not (isinstance(root, Op) and root.op == "/"):
            return False
        above, below = root.left, root.right
        if not (isinstance(above, Op) and above.op == "-" and isinstance(below, Op) and below.op == "+"):
            return False
        return (above.left, above.right) in ((below.left, below.right), (below.right, below.left))

    def at(self, planes: Mapping[int, npt.NDArray[Any]]) -> Plane:
        """The formula's value, float32; NaN where it has none (a division by zero, no data in a band).

        Args:
            planes: Physical values by band position, arrays of one shape.
        """
        shape = np.broadcast_shapes(*(np.shape(p) for p in planes.values())) if planes else ()
        with np.errstate(all="ignore"):
            value = np.broadcast_to(_value(self.root, planes), shape).astype(np.float32)
        value[~np.isfinite(value)] = np.nan
        return value


@lru_cache(maxsize=1024)
def parse(text: str, bands: BandSet) -> Expression:
    """A text over the bands given, by name or common name, as a tree.

    Raises:
        ExpressionError: A mistake in it, or a band that is not there; says where.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters", text, MAX_LENGTH)
    root = _Parser(text, bands).whole()
    used: dict[int, None] = {}
    _walk(root, used)
    return Expression(text, root, tuple(used))


def find_band(name: str, bands: BandSet) -> int | None:
    """Position of a band by its name, then by its common name, then by either without regard to case."""
    low = name.lower()
    tests: tuple[Callable[[Any], bool], ...] = (
        lambda b: b.name == name,
        lambda b: b.common_name == name,
        lambda b: b.name.lower() == low,
        lambda b: b.common_name is not None and b.common_name.lower() == low,
    )
    return next((i for test in tests for i, band in enumerate(bands) if test(band)), None)


def quote_band(name: str) -> str:
    """A band's name as it is written in a formula: quoted where it is not a plain word."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return name
    return f"`{name}`" if '"' in name else f'"{name}"'


def _walk(node: Node, used: dict[int, None]) -> None:
    if isinstance(node, BandOf):
        used.setdefault(node.band)
    for part in _parts(node):
        _walk(part, used)


def _parts(node: Node) -> Sequence[Node]:
    if isinstance(node, Minus):
        return (node.of,)
    if isinstance(node, Op):
        return node.left, node.right
    return node.args if isinstance(node, Call) else ()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    length: int


class _Parser:
    def __init__(self, text: str, bands: BandSet) -> None:
        self.text, self.bands = text, bands
        self.list = _tokens(text)
        self.next = 0
        self.depth = 0

    def whole(self) -> Node:
        if self.peek().kind == "end":
            raise ExpressionError("type a formula over band names", self.text, 0)
        node = self.sum()
        rest = self.peek()
        if rest.kind != "end":
            self.fail(
                "this bracket was never opened" if rest.text == ")" else f'an operator is missing before "{rest.text}"',
                rest,
            )
        return node

    def sum(self) -> Node:
        self.deeper(self.peek())
        left = self.product()
        while sign := self.take("+", "-"):
            left = Op(sign.text, left, self.product())  # type: ignore[arg-type]  # one of the two
        self.depth -= 1
        return left

    def product(self) -> Node:
        left = self.unary()
        while sign := self.take("*", "/"):
            left = Op(sign.text, left, self.unary())  # type: ignore[arg-type]  # one of the two
        return left

    def unary(self) -> Node:
        sign = self.take("-", "+")
        if sign is None:
            return self.power()
        self.deeper(sign)
        of = self.unary()
        self.depth -= 1
        return Minus(of) if sign.text == "-" else of

    def power(self) -> Node:
        left = self.atom()
        return Op("**", left, self.unary()) if self.take("**", "^") else left

    def atom(self) -> Node:
        token = self.peek()
        self.next += 1
        if token.kind == "number":
            return Number(self.number(token))
        if token.kind == "name":
            opened = self.peek()
            return self.call(token) if opened.kind == "sign" and opened.text == "(" else self.band(token, token.text)
        if token.kind == "quoted":
            return self.band(token, token.text[1:-1])
        if token.text == "(":
            inside = self.sum()
            self.close(token)
            return inside
        if token.kind != "end":
            self.fail(f'a band or a number is missing before "{token.text}"', token)
        return self.fail(
            "the formula ends too early: a band or a number is missing", _Token("end", "", len(self.text), 1)
        )

    def number(self, token: _Token) -> float:
        value = float(token.text)
        if value == float("inf"):
            self.fail("this number is too large", token)
        return value

    def call(self, token: _Token) -> Node:
        if token.text not in FUNCTIONS:
            self.fail(f'no function "{token.text}"; there are {", ".join(FUNCTIONS)}', token)
        opened = self.peek()
        self.next += 1
        args: list[Node] = []
        if self.peek().text != ")":
            args.append(self.sum())
            while self.take(","):
                args.append(self.sum())
        self.close(opened)
        least, most = FUNCTIONS[token.text]
        if not least <= len(args) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            self.fail(f"{token.text} takes {wanted} values, not {len(args)}", token)
        return Call(token.text, tuple(args))

    def close(self, opened: _Token) -> None:
        if self.take(")"):
            return
        found = self.peek()
        if found.kind == "end":
            self.fail("this bracket is not closed", opened)
        self.fail(f'an operator or ")" is missing before "{found.text}"', found)

    def band(self, token: _Token, name: str) -> Node:
        at = find_band(name, self.bands)
        if at is None:
            self.fail(f'no band "{name}"; there are {", ".join(self.bands.names)}', token)
        return BandOf(at)

    def deeper(self, token: _Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError("nested too deeply", self.text, token.at)

    def peek(self) -> _Token:
        return self.list[self.next]

    def take(self, *signs: str) -> _Token | None:
        token = self.peek()
        if token.kind != "sign" or token.text not in signs:
            return None
        self.next += 1
        return token

    def fail(self, message: str, token: _Token) -> NoReturn:
        raise ExpressionError(message, self.text, token.at, token.length)


def _tokens(text: str) -> list[_Token]:
    found = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _unreadable(text, place)
        value = match[match.lastgroup]
        place = match.end()
        found.append(_Token(match.lastgroup, value, place - len(value), len(value)))
    found.append(_Token("end", "", end, 1))
    return found


def _unreadable(text: str, place: int) -> ExpressionError:
    at = next((i for i in range(place, len(text)) if not text[i].isspace()), place)
    sign = text[at : at + 1]
    if sign in ('"', "`"):
        return ExpressionError("the quote is not closed", text, at, len(text) - at)
    return ExpressionError(f'"{sign}" is not understood here', text, at)


def _value(node: Node, planes: Mapping[int, npt.NDArray[Any]]) -> _Wide:
    if isinstance(node, Number):
        return np.float64(node.value)  # type: ignore[return-value]  # a scalar of the same kind
    if isinstance(node, BandOf):
        return np.asarray(planes[node.band], np.float64)
    if isinstance(node, Minus):
        return -_value(node.of, planes)
    if isinstance(node, Call):
        return _CALLS[node.name](*(_value(a, planes) for a in node.args))
    return _OPS[node.op](_value(node.left, planes), _value(node.right, planes))


def _divided(a: _Wide, b: _Wide) -> _Wide:
    return np.asarray(np.where(b == 0, np.nan, np.divide(a, b)))


def _power(a: _Wide, b: _Wide) -> _Wide:
    value = np.power(np.asarray(a, np.float64), b)
    return np.asarray(np.where(np.isfinite(value) & ~(np.isnan(a) | np.isnan(b)), value, np.nan))


def _of_positive(function: Callable[[_Wide], _Wide]) -> Callable[[_Wide], _Wide]:
    return lambda a: np.asarray(np.where(a > 0, function(a), np.nan))


def _least(*args: _Wide) -> _Wide:
    return np.asarray(np.minimum.reduce(np.broadcast_arrays(*args)))


def _most(*args: _Wide) -> _Wide:
    return np.asarray(np.maximum.reduce(np.broadcast_arrays(*args)))


_OPS: Mapping[str, Callable[[_Wide, _Wide], _Wide]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _divided,
    "**": _power,
}
_CALLS: Mapping[str, Callable[..., _Wide]] = {
    "abs": np.abs,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": _of_positive(np.log),
    "log2": _of_positive(np.log2),
    "log10": _of_positive(np.log10),
    "floor": np.floor,
    "sign": np.sign,
    "pow": _power,
    "min": _least,
    "max": _most,
    "clamp": lambda a, low, high: np.minimum(np.maximum(a, low), high),
}
