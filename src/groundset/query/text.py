"""Filter text (OGC CQL2) to a syntax tree, with errors that say where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

from groundset.core import QueryError
from groundset.query.located import Span, located, tokens

MAX_LENGTH = 100_000
MAX_DEPTH = 60
MAX_OPERATORS = 2_000
MOST_NEAR = 3

_PLACE = re.compile(r"--> (\d+):(\d+)")
_UNARY = {"NOT", "-", "+"}
_NOT_OPERATORS = {",", ".", "(", ")"}


class FilterText:
    """The text of a filter: parses it, and finds places in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._check_size()

    def tree(self) -> Any:
        """The syntax tree (CQL2 JSON), its parts with their places; see :func:`groundset.query.located.located`.

        Raises:
            QueryError: The text is no CQL2; says where, and what was expected.
        """
        import cql2

        try:
            return located(cql2.parse_text(self.text).to_json(), self.text)
        except (cql2.ParseError, cql2.ValidationError, ValueError, TypeError) as error:
            self._explain(str(error))

    def fail(
        self, message: str, *, at: Span | None = None, name: str | None = None, hint: str | None = None,
        found: str | None = None, near: Iterable[str] = (),
    ) -> NoReturn:  # fmt: skip
        """Refuse the filter; ``at`` is the place at fault, else that of the property or text ``name``."""
        at = at or self._span(name)
        if at is None:
            raise QueryError(message, text=self.text, asked=self._shown(), found=found, hint=hint, near=tuple(near))
        raise QueryError(
            f"{self._position(at[0])}: {message}", text=self.text, start=at[0], end=at[1], near=tuple(near),
            asked=self._shown(), found=found, hint=hint,
        )  # fmt: skip

    def unknown(self, name: str, known: list[str], at: Span | None = None) -> NoReturn:
        """Refuse a name that nothing has."""
        near = [_written(one) for one in near_names(name, known)]
        hint = f"did you mean {near[0]}?" if near else "take one of these"
        if not near and f'"{name}"' in self.text:
            hint = f"text stands in single quotes: '{name}'"
        self.fail(
            f"chips have no property {name!r}", at=at, name=name, found=", ".join(known), hint=hint, near=near
        )  # fmt: skip

    def no_function(self, op: str, known: list[str], at: Span | None = None) -> NoReturn:
        """Refuse a function that there is not."""
        near = near_names(op.upper(), known)
        hint = f"did you mean {near[0]}?" if near else None
        self.fail(f"there is no function {op.upper()}", at=at, found=", ".join(known), hint=hint, near=near)

    def no_word(self, kind: str, word: str, known: list[str], at: Span | None = None) -> NoReturn:
        """Refuse a text that its property never has."""
        near = near_names(word, known)
        hint = f"did you mean {near[0]}?" if near else "take one of these"
        self.fail(
            f"there is no {kind} {word!r}", at=at, name=quoted(word), found=", ".join(known), hint=hint,
            near=[quoted(one) for one in near],
        )  # fmt: skip

    def _span(self, name: str | None) -> Span | None:
        """The first token that says ``name``; None where there is none."""
        for token in tokens(self.text):
            if name is not None and (token.text == name or (token.kind == "quoted" and token.text.strip('"') == name)):
                return token.start, token.end
        return None

    def _position(self, at: int) -> str:
        line, column = self.text.count("\n", 0, at) + 1, at - (self.text.rfind("\n", 0, at) + 1) + 1
        return f"column {column}" if "\n" not in self.text else f"line {line}, column {column}"

    def _shown(self) -> str:
        return self.text if len(self.text) <= 200 else self.text[:200] + " ..."

    def _check_size(self) -> None:
        """The parser goes down a level for each bracket and sign; too many would end the process."""
        depth = run = operators = 0
        for token in tokens(self.text):
            said = token.text.upper()
            run = run + 1 if said in _UNARY else 0
            depth += (said == "(") - (said == ")")
            operators += token.kind == "sign" and said not in _NOT_OPERATORS
            if depth > MAX_DEPTH or run > MAX_DEPTH:
                self.fail(f"this filter is nested deeper than {MAX_DEPTH} levels", at=(token.start, token.end))
        if len(self.text) > MAX_LENGTH or operators > MAX_OPERATORS:
            raise QueryError(
                "this filter is too long",
                found=f"{len(self.text):,} characters, {operators:,} operators",
                hint=f"take at most {MAX_LENGTH:,} characters and {MAX_OPERATORS:,} operators",
            )

    def _explain(self, error: str) -> NoReturn:
        """The parser's words, told for people."""
        match = _PLACE.search(error)
        if match is None:
            raise QueryError("this filter cannot be read", text=self.text, asked=self._shown(),
                             found=error.strip()[:200])  # fmt: skip
        lines = self.text.split("\n")
        line, column = int(match[1]), int(match[2])
        rest = lines[line - 1][column - 1 :].strip() if line <= len(lines) else ""
        before = lines[line - 1][: column - 1].rstrip() if line <= len(lines) else ""
        start = sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
        self.fail(
            "the filter cannot be read from here on", at=(start, self._end_of(start)),
            found=repr(rest[:40]) if rest else "the end of the text", hint=_hint(before, rest, error),
        )  # fmt: skip

    def _end_of(self, start: int) -> int:
        """The end of the word that begins at ``start``."""
        return next((t.end for t in tokens(self.text[start : start + 200]) if t.start == 0), 1) + start


def quoted(text: str) -> str:
    """Text as it stands in a filter."""
    return "'" + text.replace("'", "''") + "'"


def _written(name: str) -> str:
    """A name as it stands in a filter: one with other signs than letters, digits and _ stands in double quotes."""
    return name if re.fullmatch(r"\w[\w.:]*", name) else f'"{name}"'


def near_names(said: str, known: Iterable[str]) -> list[str]:
    """The names that were probably meant, the nearest first: near in their letters, or the only one that goes on so."""
    by_letters = {name.lower(): name for name in reversed(list(known))}
    low = said.lower()
    near = get_close_matches(low, by_letters, MOST_NEAR, 0.7)
    for part in (str.startswith, str.__contains__):
        fits = [name for name in by_letters if len(low) > 2 and part(name, low)]
        near = near or (fits if len(fits) <= MOST_NEAR else [])
    return [by_letters[name] for name in near]


def _hint(before: str, rest: str, error: str) -> str:
    """What the text at fault looks like, and what to write instead."""
    looks = (
        (rest.startswith("=") and before.endswith("="), "equality is one sign: ="),
        (rest.startswith(("&&", "||")), "write AND, OR, NOT in words"),
        (before.count("(") > before.count(")") and not rest, "a bracket is left open"),
        (bool(before.count("'") % 2 or rest.count("'") % 2), "text stands in single quotes; a quote in it is doubled"),
        ("EOI" in error or "expected NotFlag" in error, "AND, OR, a comparison or the end can stand here"),
    )  # fmt: skip
    other = "a property, a number, text in single quotes, DATE('2024-05-31') or a bracket can stand here"
    return next((hint for true, hint in looks if true), other)
