"""Filter text (OGC CQL2) to a syntax tree, with errors that say where."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, NoReturn

from groundset.core import InputError

MAX_LENGTH = 100_000
MAX_DEPTH = 60
MAX_OPERATORS = 2_000

_TOKEN = re.compile(r"""(?P<text>'(?:[^']|'')*'?)|(?P<quoted>"[^"]*"?)|(?P<word>\w[\w.:]*)|(?P<sign>[^\s\w])""")
_PLACE = re.compile(r"--> (\d+):(\d+)")
_UNARY = {"NOT", "-", "+"}
_NOT_OPERATORS = {",", ".", "(", ")"}


class FilterText:
    """The text of a filter: parses it, and finds places in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._check_size()

    def tree(self) -> Any:
        """The syntax tree (CQL2 JSON).

        Raises:
            InputError: The text is no CQL2; says where, and what was expected.
        """
        import cql2

        try:
            return cql2.parse_text(self.text).to_json()
        except (cql2.ParseError, cql2.ValidationError, ValueError, TypeError) as error:
            self._explain(str(error))

    def fail(
        self, message: str, *, name: str | None = None, hint: str | None = None, found: str | None = None
    ) -> NoReturn:
        """Refuse the filter; ``name`` is the property or text at fault."""
        where = self.place(name)
        raise InputError(f"{where}: {message}" if where else message, asked=self._shown(), found=found, hint=hint)

    def unknown(self, name: str, known: list[str]) -> NoReturn:
        """Refuse a name that nothing has."""
        near = _near(name, known)
        hint = f"did you mean {_written(near[0])}?" if near else "take one of these"
        if not near and f'"{name}"' in self.text:
            hint = f"text stands in single quotes: '{name}'"
        self.fail(f"chips have no property {name!r}", name=name, found=", ".join(known), hint=hint)

    def no_word(self, kind: str, word: str, known: list[str]) -> NoReturn:
        """Refuse a text that its property never has."""
        near = _near(word, known)
        name = "'" + word.replace("'", "''") + "'"
        hint = f"did you mean {near[0]}?" if near else "take one of these"
        self.fail(f"there is no {kind} {word!r}", name=name, found=", ".join(known), hint=hint)

    def place(self, name: str | None) -> str | None:
        """``column 5`` (``line 2, column 5``) of the first token that says ``name``; None where there is none."""
        for match in _TOKEN.finditer(self.text):
            said = match[0]
            if name is not None and (said == name or (match["quoted"] and said.strip('"') == name)):
                return self._position(match.start())
        return None

    def _position(self, at: int) -> str:
        line, column = self.text.count("\n", 0, at) + 1, at - (self.text.rfind("\n", 0, at) + 1) + 1
        return f"column {column}" if "\n" not in self.text else f"line {line}, column {column}"

    def _shown(self) -> str:
        return self.text if len(self.text) <= 200 else self.text[:200] + " ..."

    def _check_size(self) -> None:
        """The parser goes down a level for each bracket and sign; too many would end the process."""
        depth = run = operators = 0
        for match in _TOKEN.finditer(self.text):
            said = match[0].upper()
            run = run + 1 if said in _UNARY else 0
            depth += (said == "(") - (said == ")")
            operators += bool(match["sign"]) and said not in _NOT_OPERATORS
            if depth > MAX_DEPTH or run > MAX_DEPTH:
                self.fail(f"{self._position(match.start())}: this filter is nested deeper than {MAX_DEPTH} levels")
        if len(self.text) > MAX_LENGTH or operators > MAX_OPERATORS:
            raise InputError(
                "this filter is too long",
                found=f"{len(self.text):,} characters, {operators:,} operators",
                hint=f"take at most {MAX_LENGTH:,} characters and {MAX_OPERATORS:,} operators",
            )

    def _explain(self, error: str) -> NoReturn:
        """The parser's words, told for people."""
        match = _PLACE.search(error)
        if match is None:
            raise InputError("this filter cannot be read", asked=self._shown(), found=error.strip()[:200])
        lines = self.text.split("\n")
        line, column = int(match[1]), int(match[2])
        where = f"column {column}" if len(lines) == 1 else f"line {line}, column {column}"
        rest = lines[line - 1][column - 1 :].strip() if line <= len(lines) else ""
        before = lines[line - 1][: column - 1].rstrip() if line <= len(lines) else ""
        raise InputError(
            f"{where}: the filter cannot be read from here on",
            asked=self._shown(),
            found=repr(rest[:40]) if rest else "the end of the text",
            hint=_hint(before, rest, error),
        )


def _written(name: str) -> str:
    """A name as it stands in a filter: one with other signs than letters, digits and _ stands in double quotes."""
    return name if re.fullmatch(r"\w[\w.:]*", name) else f'"{name}"'


def _near(said: str, known: list[str]) -> list[str]:
    """The name that was probably meant: near in its letters, or the only one that begins or goes on so."""
    by_letters = {name.lower(): name for name in reversed(known)}
    low = said.lower()
    near = get_close_matches(low, by_letters, 1, 0.7)
    for part in (str.startswith, str.__contains__):
        fits = [name for name in by_letters if len(low) > 2 and part(name, low)]
        near = near or (fits if len(fits) == 1 else [])
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
