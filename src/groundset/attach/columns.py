"""Which columns a layer gives to chips, and whether their names are free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from groundset.attach.layer import JOINS, Asked, Column, ColumnKind, Join, plain
from groundset.attach.source import Features
from groundset.attach.store import AttachedStore
from groundset.core import ConflictError, InputError
from groundset.core.layout import RESERVED_NAMES

if TYPE_CHECKING:
    from groundset.lake import Lake

_BUILT_IN = frozenset({*RESERVED_NAMES, "work", "difficulty", "inclusion", "stratum"})


def joins_of(file: str, features: Features, asked: Asked) -> tuple[Join, ...]:
    """The joins to make: those asked for, or those that fit the file.

    Raises:
        InputError: One asked for needs places or polygons, and the file has none.
    """
    fits = _fitting(features, asked)
    if not asked.joins:
        return tuple(j for j in JOINS if j in fits)
    for join in asked.joins:
        if join == "value" and not _sources(features, asked):
            raise InputError("a value is that of a column", asked="--join value", hint="name it with --column")
        if join not in fits and join != "value":
            why = "its rows name chips or scenes" if features.key != "place" else "it holds no polygon"
            raise InputError(f"{file} cannot give a {join}", asked=f"--join {join}", found=why)
    return asked.joins


def _fitting(features: Features, asked: Asked) -> set[Join]:
    import shapely

    values: set[Join] = {"value"} if _sources(features, asked) else set()
    if features.key != "place":
        return values | ({"inside", "count"} if not values or asked.joins else set())
    kinds = set(shapely.get_type_id(features.geometry).tolist())
    areal: set[Join] = {"share"} if kinds & {3, 6, 7} else set()
    return values | areal | {"inside", "distance", "count"}


def _sources(features: Features, asked: Asked) -> list[str]:
    """Columns of the file whose value chips get."""
    if asked.columns:
        there = list(features.columns)
        return [next(c for c in there if c.lower() == name.lower() or c == name) for name in asked.columns]
    if features.key == "place":
        return []
    return [name for name in features.columns if name != asked.date_column]


def columns_of(name: str, features: Features, asked: Asked) -> tuple[Column, ...]:
    """The columns that a layer gives to chips.

    Raises:
        InputError: Two columns of the file come to the same name.
    """
    titles = {
        "inside": ("flag", f"{name}: some of it lies in the chip"),
        "share": ("number", f"Share of the chip under {name}, 0-1"),
        "distance": ("number", f"Distance to {name}, metres"),
        "count": ("number", f"How many of {name} lie in the chip"),
    }
    out = [Column(f"{name}_{j}", *titles[j], j) for j in asked.joins if j in titles]  # type: ignore[arg-type]
    if "value" in asked.joins:
        for column in _sources(features, asked):
            kind = _kind(features.columns[column])
            how = _how(features, asked, kind)
            out.append(
                Column(f"{name}_{plain(column) or 'value'}", kind, f"{column} of {name}, {how}", "value", column)
            )
    names = [c.name for c in out]
    twice = next((c for c in out if names.count(c.name) > 1), None)
    if twice is not None:
        both = [c.source or c.join for c in out if c.name == twice.name]
        raise InputError(
            "two columns come to the same name", asked=" and ".join(both), found=twice.name,
            hint="leave one out: name those wanted with --column and --join",
        )  # fmt: skip
    return tuple(out)


def _kind(values: Any) -> ColumnKind:
    if values.dtype == np.float64:
        return "number"
    there = [v for v in values if v is not None]
    return "flag" if there and all(isinstance(v, bool) for v in there) else "text"


def _how(features: Features, asked: Asked, kind: ColumnKind) -> str:
    take = asked.take or ("mean" if kind == "number" else "most")
    if kind != "number" and take not in ("most", "nearest"):
        take = "most"
    by = "rows" if features.key != "place" else "what lies in the chip"
    words = {"most": f"most of {by}", "nearest": "of the nearest"}.get(take, f"{take} of {by}")
    return words + (" at the nearest date" if asked.date_column is not None else "")


def check_free(lake: Lake, name: str, columns: tuple[Column, ...]) -> None:
    """Refuse names that a filter has for something else.

    Raises:
        ConflictError: Names the column, and what has its name.
    """
    lake.refresh()
    taken = dict.fromkeys(_BUILT_IN, "every workspace has a property of this name")
    taken |= {a.name: "an attribute has this name" for a in lake.config.attributes}
    for other in AttachedStore(lake.root).layers():
        if other.name != name:
            taken |= {c.name: f"the attached layer {other.name} has this column" for c in other.columns}
    for column in columns:
        if column.name in taken or column.name.startswith("score_"):
            why = taken.get(column.name, "scores have such names")
            raise ConflictError(
                "this column has a name that is taken", asked=column.name, found=why, hint="take another name with --as"
            )


def refuse_attached(lake: Lake, name: str) -> None:
    """Refuse a name for something new where a column of an attached layer has it.

    Raises:
        ConflictError: Names the layer.
    """
    for layer in AttachedStore(lake.root).layers():
        if any(c.name == name for c in layer.columns):
            raise ConflictError(
                "an attached layer has a column of this name", asked=name, found=layer.name, hint="take another name"
            )
