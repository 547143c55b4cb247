"""Scheme files: CSV with one line per class."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from groundset._files import write_text
from groundset.core import UNLABELLED, ConflictError, Scheme, SchemeClass
from groundset.taxonomy._csv import Row, read_table, unique, write_row, write_table

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


def append_class(path: str | Path, new: SchemeClass) -> None:
    """Add a class at the end of a scheme CSV, atomically; every line that is there stays as it is, byte for byte.

    Only where the class has a definition and the file no column for it is the file written anew.

    Raises:
        MissingError, InputError: There is no such file, or it is not a scheme.
    """
    file = Path(path)
    scheme = read_scheme(file)
    text = file.read_bytes().decode()
    rows = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    columns = [name.strip() for name in next(row for row in rows if any(v.strip() for v in row))]
    if new.definition and "definition" not in columns:
        write_scheme(file, Scheme(scheme.name, (*scheme.classes, new)))
        return
    values = {"code": new.code, "name": new.name, "title": new.title, "color": new.color, "definition": new.definition}
    line = write_row([values.get(name) for name in columns])
    end = "\r\n" if "\r\n" in text else "\n"
    write_text(file, text + ("" if text.endswith("\n") else end) + line + end)


def free_code(scheme: Scheme) -> int:
    """The code of a further class: one more than the highest, or the lowest that is free where that is the last.

    Raises:
        ConflictError: All codes are taken.
    """
    taken = {c.code for c in scheme}
    above = max(taken, default=-1) + 1
    code = above if above < UNLABELLED else next((c for c in range(UNLABELLED) if c not in taken), None)
    if code is None:
        raise ConflictError("this scheme has no code left", found=f"{len(scheme)} classes")
    return code


def free_color(scheme: Scheme) -> str:
    """Of the colours that a new class may get the one least like those there (distance in red, green and blue)."""
    there = [c.rgb for c in scheme]

    def apart(color: str) -> int:
        rgb = SchemeClass(0, "new", "new", color).rgb
        return min((sum((a - b) ** 2 for a, b in zip(rgb, other, strict=True)) for other in there), default=0)

    return max(_COLORS, key=apart)


_COLORS = (
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#7a5195", "#8c564b", "#2ca02c",
    "#d62728", "#17becf", "#bcbd22", "#e377c2", "#1f3a93", "#5d4037", "#a1d99b", "#fdae6b", "#9e9ac8", "#636363",
)  # fmt: skip
"""Told apart also without full colour vision, as far as twenty can be: the first eight are Okabe and Ito's."""


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
