"""TOML text that people wrote, looked into and changed without touching the rest of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

HEADER = re.compile(r"\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Line (from 1) of each table and key. Good enough to name a place; values are tomllib's business."""
    out: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := HEADER.match(line):
            table = parts(header[1])
            found = table
        elif key := _KEY.match(line):
            found = table + parts(key[1])
        else:
            continue
        for length in range(1, len(found) + 1):
            out.setdefault(found[:length], number)
    return out


def parts(dotted: str) -> tuple[str, ...]:
    """The parts of a table's or key's name."""
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def with_values(text: str, table: tuple[str, ...], values: Mapping[str, object]) -> str:
    """The text with ``values`` in ``[table]``; other lines untouched."""
    lines = text.removesuffix("\n").split("\n")  # splitlines would cut at more than TOML's line ends
    start = next((i for i, line in enumerate(lines) if (h := HEADER.match(line)) and parts(h[1]) == table), None)
    if start is None:
        lines += ["", f"[{'.'.join(table)}]", *(f"{key} = {toml(value)}" for key, value in values.items())]
        return "\n".join(lines).lstrip("\n") + "\n"
    end = next((i for i in range(start + 1, len(lines)) if HEADER.match(lines[i])), len(lines))
    new = []
    for key, value in values.items():
        pattern = re.compile(rf"""(\s*{key}\s*=\s*)("[^"]*"|'[^']*'|[^\s#]+)(.*)$""")
        at = next((i for i in range(start + 1, end) if pattern.match(lines[i])), None)
        if at is None:
            new.append(f"{key} = {toml(value)}")
        else:
            lines[at] = pattern.sub(lambda m, v=value: m[1] + toml(v) + m[3], lines[at])  # type: ignore[misc]
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    lines[end:end] = new
    return "\n".join(lines) + "\n"


def toml(value: object) -> str:
    """A value as TOML writes it."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
