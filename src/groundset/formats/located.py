"""JSON files in which every value knows its line, so that a mistake can be named by it."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from groundset.core import InputError, MissingError

MAX_BYTES = 16 << 20
Where = tuple[str | int, ...]
"""Keys and positions from the top to a value."""


@dataclass(frozen=True, slots=True)
class Located:
    """A JSON file that was read: its value, and the line (from 1) on which each part of it begins."""

    path: Path
    value: Any
    lines: Mapping[Where, int]

    def line(self, where: Where) -> int:
        """The line of a value; of the nearest one around it where it is not there."""
        while where not in self.lines:
            where = where[:-1]
        return self.lines[where]

    def at(self, where: Where) -> str:
        """Where something stands, in words: file, line and key."""
        key = ".".join(str(part) if isinstance(part, str) else f"[{part}]" for part in where).replace(".[", "[")
        return f"{self.path.name}, line {self.line(where)}" + (f": {key}" if key else "")

    def fail(self, where: Where, message: str, *, found: object = None, hint: str | None = None) -> NoReturn:
        """Refuse a value, by its line."""
        said = None if found is None else json.dumps(found, default=str)[:200]
        raise InputError(message, asked=self.at(where), found=said, hint=hint)


def read_json(path: Path) -> Located:
    """Read a JSON file.

    Raises:
        MissingError: There is no such file.
        InputError: It is not JSON, too large or nested too deep; names the line.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MissingError("no such file", asked=path) from None
    except OSError as error:
        raise InputError("this file cannot be read", asked=path, found=error.strerror) from None
    if len(data) > MAX_BYTES:
        raise InputError("this is too large for a project file", asked=path, found=f"{len(data):,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError("this file is not UTF-8 text", asked=f"{path.name}, line {line}") from None
    try:
        value = json.loads(text)
        return Located(path, value, _Lines(text).found)
    except json.JSONDecodeError as error:
        raise InputError(
            "this is not JSON", asked=f"{path.name}, line {error.lineno}, column {error.colno}", found=error.msg
        ) from None
    except RecursionError:
        raise InputError("this file is nested too deep", asked=path.name) from None


class _Lines:
    """One pass over the text of valid JSON."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[Where, int] = {}
        self._ends = [i for i, c in enumerate(text) if c == "\n"]
        self._read = json.JSONDecoder().raw_decode
        self._value((), self._space(0))

    def _space(self, i: int) -> int:
        while i < len(self.text) and self.text[i] in " \t\r\n":
            i += 1
        return i

    def _value(self, where: Where, i: int) -> int:
        self.found[where] = bisect_right(self._ends, i) + 1
        if self.text[i] == "{":
            return self._members(where, i)
        if self.text[i] == "[":
            return self._items(where, i)
        return int(self._read(self.text, i)[1])

    def _members(self, where: Where, i: int) -> int:
        i = self._space(i + 1)
        while self.text[i] != "}":
            key, end = self._read(self.text, i)
            own = (*where, str(key))
            end = self._value(own, self._space(self._space(end) + 1))
            self.found[own] = bisect_right(self._ends, i) + 1
            i = self._next(end)
        return i + 1

    def _items(self, where: Where, i: int) -> int:
        i, n = self._space(i + 1), 0
        while self.text[i] != "]":
            i, n = self._next(self._value((*where, n), i)), n + 1
        return i + 1

    def _next(self, i: int) -> int:
        i = self._space(i)
        return self._space(i + 1) if self.text[i] == "," else i
