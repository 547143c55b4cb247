"""Scheme files: CSV with one line per class."""

from __future__ import annotations

import re
from pathlib import Path

from groundset._files import write_text
from groundset.core import UNLABELLED, Scheme, SchemeClass
from groundset.taxonomy._csv import Row, read_table, unique, write_table

_NEEDED = ("code", "name", "title", "color")
_OPTIONAL = ("parent", "definition", "synonyms", "nodata", "uri")
SCHEME_COLUMNS = _NEEDED + _OPTIONAL
_TRUE = ("true", "yes", "1")
_FALSE = ("false", "no", "0", "")

WATER = Scheme(
    "water",
    (
        SchemeClass(
            0, "non-water", "Non-water", "#c2a878", definition="Land, snow, built-up, vegetation: no open water"
        ),
        SchemeClass(1, "water", "Water", "#1f78d1", definition="Open water: rivers, lakes, reservoirs, sea, flood"),
        SchemeClass(
            2,
            "not-applicable",
            "Not applicable",
            "#9a9a9a",
            definition="Cannot be answered: cloud, shadow, nodata, unsure",
            nodata=True,
        ),
    ),
)
"""The scheme of ``groundset init --scheme water``."""


def read_scheme(path: str | Path) -> Scheme:
    """Read a scheme CSV: code,name,title,color and optionally parent,definition,synonyms,nodata,uri.

    Synonyms are parted by ``;``. The scheme's name is the file's. An empty title is the name.

    Raises:
        MissingError: No such file.
        InputError: The file is not a scheme; names file, line and column.
    """
    file = Path(path)
    rows = read_table(file, needed=_NEEDED, optional=_OPTIONAL, what="scheme")
    classes = tuple(_read_class(row) for row in rows)
    unique([row["code"] for row in rows], key=_code)
    unique([row["name"] for row in rows])
    _check_links(rows, classes)
    return Scheme(file.stem, classes)


def write_scheme(path: str | Path, scheme: Scheme) -> None:
    """Write a scheme CSV atomically. The scheme's name is not in it: the file name carries it."""
    rows = [
        (
            c.code, c.name, c.title, c.color, c.parent, c.definition, ";".join(c.synonyms),
            "true" if c.nodata else "", c.uri,
        )
        for c in scheme
    ]  # fmt: skip
    used = [i for i, name in enumerate(SCHEME_COLUMNS) if name in _NEEDED or any(row[i] for row in rows)]
    text = write_table([SCHEME_COLUMNS[i] for i in used], [[row[i] for i in used] for row in rows])
    write_text(Path(path), text)


def _read_class(row: Row) -> SchemeClass:
    name, color = row.needed("name"), row.needed("color")
    code = row.needed("code").parse(_code, "a class code")
    if not 0 <= code < UNLABELLED:
        raise row["code"].error("a class code is 0 to 254", hint="255 means unlabelled, always")
    if not re.fullmatch("#[0-9a-fA-F]{6}", color.text):
        raise color.error("a colour is #rrggbb", hint="for example #1f78d1")
    return SchemeClass(
        code,
        name.text,
        row.optional("title") or name.text,
        color.text.lower(),
        parent=row.optional("parent"),
        definition=row.optional("definition"),
        synonyms=tuple(s.strip() for s in row["synonyms"].text.split(";") if s.strip()),
        nodata=row["nodata"].parse(_flag, "true or false"),
        uri=row.optional("uri"),
    )


def _check_links(rows: list[Row], classes: tuple[SchemeClass, ...]) -> None:
    parents = {c.name: c.parent for c in classes}
    for row, c in zip(rows, classes, strict=True):
        if c.parent and c.parent not in parents:
            raise row["parent"].error("the parent is not a class of this scheme", hint=f"classes: {', '.join(parents)}")
        above, steps = c.parent, 0
        while above is not None and steps <= len(parents):
            above, steps = parents.get(above), steps + 1
        if steps > len(parents):
            raise row["parent"].error("the parents go round in a circle")
    other = [row for row, c in zip(rows, classes, strict=True) if c.not_applicable]
    if len(other) > 1:
        raise other[1]["name"].error(
            "only one class can be the not-applicable one", hint=f"line {other[0].line} names the first"
        )


def _code(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(text)
    return int(text)


def _flag(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)
