"""What is attached: one file of outside knowledge, how it is joined to chips, and what was read of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from groundset._files import write_text
from groundset.core import InputError
from groundset.core.layout import ATTRIBUTE_NAME

Join = Literal["inside", "share", "distance", "count", "value"]
JOINS: tuple[Join, ...] = ("inside", "share", "distance", "count", "value")
Take = Literal["mean", "most", "sum", "minimum", "maximum", "nearest"]
TAKES: tuple[Take, ...] = ("mean", "most", "sum", "minimum", "maximum", "nearest")
ColumnKind = Literal["flag", "number", "text"]
Mark = tuple[tuple[str, int, int], ...]
"""Name, size in bytes and time of change (ns) of a file and those beside it that belong to it."""

_PLAIN = re.compile(r"[^a-z0-9]+")
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a layer gives to chips.

    Args:
        name: In filters, ``LAYER_JOIN`` or ``LAYER_COLUMN``.
        kind: What it holds.
        title: For people, with the unit.
        join: Where it comes from.
        source: Of a value, the column of the file.
    """

    name: str
    kind: ColumnKind
    title: str
    join: Join
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file is joined to chips: all that decides the values, beside the file itself.

    Args:
        joins: Which columns are made; empty: those that fit the file.
        columns: Columns of the file whose value chips get.
        take: What the value of a chip that several features meet is; None: ``mean`` of numbers, ``most`` of the others.
        date_column: Column of dates; the value is then that of the date nearest to the chip's.
        within: How far (seconds) a dated feature may lie from the chip's date; None: any distance.
        crs: CRS of a file that states none.
        x: Column of a CSV's x or longitude.
        y: Column of a CSV's y or latitude.
        repair: Whether broken geometries are repaired; else they are an error.
    """

    joins: tuple[Join, ...] = ()
    columns: tuple[str, ...] = ()
    take: Take | None = None
    date_column: str | None = None
    within: float | None = None
    crs: str | None = None
    x: str | None = None
    y: str | None = None
    repair: bool = True


@dataclass(frozen=True, slots=True)
class Layer:
    """One attached layer, as ``attached/NAME/layer.json`` states it.

    Args:
        name: Its name.
        file: The file; relative to the workspace where it lies in it.
        asked: How it is joined.
        sha256: Of the file as it was read.
        mark: Size and time of change of the file as it was read, or last looked at.
        version: Folder of the values: they are made from this file, joined so.
        columns: The columns that chips get.
        features: Features (or rows) read.
        notes: What is to be said of the file: repaired geometries, dates without a zone ...
        read: When it was read, RFC 3339.
        problem: Why a newer state of the file was not taken; the values are then the former ones.
    """

    name: str
    file: str
    asked: Asked
    sha256: str
    mark: Mark
    version: str
    columns: tuple[Column, ...]
    features: int
    notes: tuple[str, ...] = ()
    read: str = ""
    problem: str | None = None

    def path(self, root: Path) -> Path:
        """The file, from the workspace's folder."""
        return root / self.file

    def column(self, name: str) -> Column:
        """A column, by its own name or without the layer's.

        Raises:
            InputError: There is none; names those that there are.
        """
        found = next((c for c in self.columns if name in (c.name, c.name.removeprefix(f"{self.name}_"))), None)
        if found is None:
            raise InputError(
                f"the layer {self.name} has no such column", asked=name, found=", ".join(c.name for c in self.columns)
            )
        return found


def write_layer(path: Path, layer: Layer) -> None:
    """Write ``layer.json``; it appears whole."""
    body = {"format": _FORMAT, **{k: v for k, v in asdict(layer).items() if v is not None}}
    write_text(path, json.dumps(body, indent=1, ensure_ascii=False) + "\n")


def read_layer(path: Path) -> Layer:
    """Read ``layer.json``.

    Raises:
        InputError: It has a mistake, or is of a newer version.
    """
    try:
        body = json.loads(path.read_bytes())
        if body["format"] != _FORMAT:
            raise InputError("this attached layer was made by a newer version", found=path)
        return _layer(body)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "this attached layer cannot be read", found=f"{path}: {error!r}"[:300],
            hint="remove its folder and attach the file again",
        ) from error  # fmt: skip


def _layer(body: Mapping[str, Any]) -> Layer:
    asked = {f.name: body["asked"][f.name] for f in fields(Asked) if f.name in body["asked"]}
    asked |= {name: tuple(asked.get(name, ())) for name in ("joins", "columns")}
    return Layer(
        name=body["name"],
        file=body["file"],
        asked=Asked(**asked),
        sha256=body["sha256"],
        mark=tuple((str(n), int(s), int(t)) for n, s, t in body["mark"]),
        version=body["version"],
        columns=tuple(Column(**column) for column in body["columns"]),
        features=int(body["features"]),
        notes=tuple(body.get("notes", ())),
        read=body.get("read", ""),
        problem=body.get("problem"),
    )


def layer_name(text: str | None, path: Path) -> str:
    """The name of a layer: the one asked for, or the file's in small letters, digits and ``_``.

    Raises:
        InputError: It cannot be one.
    """
    name = plain(path.stem) if text is None else text
    if not ATTRIBUTE_NAME.fullmatch(name) or len(name) > 40:
        raise InputError(
            "this cannot be the name of a layer", asked=repr(name)[:80],
            hint="say --as NAME: 1 to 40 small letters, digits and _, beginning with a letter",
        )  # fmt: skip
    return name


def plain(text: str) -> str:
    """A text as part of a name: small letters, digits and ``_``."""
    return _PLAIN.sub("_", text.lower()).strip("_")


def checked(asked: Asked) -> Asked:
    """What was asked for, where it can be done.

    Raises:
        InputError: An unknown join or way of taking values, or options that do not fit each other.
    """
    for name in asked.joins:
        if name not in JOINS:
            raise InputError("there is no such join", asked=name, found=", ".join(JOINS))
    if asked.take is not None and asked.take not in TAKES:
        raise InputError("there is no such way to take a value", asked=asked.take, found=", ".join(TAKES))
    if asked.within is not None and asked.date_column is None:
        raise InputError("a window of time needs dates", asked="within", hint="name their column: --date-column")
    if (asked.x is None) != (asked.y is None):
        raise InputError("a place has two coordinates", asked=f"x = {asked.x}, y = {asked.y}", hint="say --x and --y")
    joins = tuple(j for j in JOINS if j in asked.joins)
    if asked.columns and joins and "value" not in joins:
        joins = (*joins, "value")
    return replace(asked, joins=joins, columns=tuple(dict.fromkeys(asked.columns)))


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer as it is now: its file may have changed, or be gone.

    Args:
        layer: The layer.
        file: ``current``, ``changed`` or ``missing``.
        chips: Chips that have values.
        lacking: Chips that wait for values.
    """

    layer: Layer
    file: Literal["current", "changed", "missing"]
    chips: int
    lacking: int

    def summary(self) -> str:
        """One line for the terminal, and what is to be said."""
        layer = self.layer
        names = ", ".join(c.name for c in layer.columns)
        lines = [f"{layer.name}: {names}; {layer.features:,} features of {layer.file}, {self.chips:,} chips"]
        if self.file == "missing":
            lines.append(f"  the file is gone; the values are those of {layer.read[:16].replace('T', ' ')} UTC")
        elif layer.problem is not None:
            lines.append(f"  the file has changed and was not taken: {layer.problem}")
        elif self.file == "changed":
            lines.append("  the file has changed; the next query, ingest or `attach refresh` reads it anew")
        if self.lacking:
            lines.append(f"  {self.lacking:,} chips wait for their values")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class AttachReport:
    """What an attach or a refresh did.

    Attributes:
        layer: The layer as it is now.
        chips: Chips that got values.
        met: Of them, those that some feature meets, or that a row names.
        unplaced: Of them, those without CRS, which have no value.
        seconds: How long it took.
        labelled: Chips that were answered from it.
        known: Chips whose answer from it was there already.
    """

    layer: Layer
    chips: int
    met: int
    unplaced: int
    seconds: float
    labelled: int = 0
    known: int = 0
    notes: Sequence[str] = field(default=())

    def summary(self) -> str:
        """What is told in a terminal."""
        if not self.chips and not self.labelled and not self.known:
            return f"{self.layer.name}: nothing new, every chip has its values"
        names = ", ".join(c.name for c in self.layer.columns)
        first = f"{self.layer.name}: {self.layer.features:,} features to {self.chips:,} chips"
        lines = [f"{first}, {self.met:,} of which they meet", f"columns: {names}"]
        if self.unplaced:
            lines.append(f"{self.unplaced:,} chips have no CRS and so no value")
        lines += [*self.layer.notes, *self.notes]
        if self.labelled or self.known:
            again = f", {self.known:,} were there already" if self.known else ""
            lines.append(f"{self.labelled:,} chips labelled{again}")
        return "\n".join(lines)
