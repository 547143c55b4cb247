"""CSV files: rows that name a chip, a scene, or a place."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.attach.layer import Asked
from groundset.attach.source import Features, Key, as_values, dates, nearest, need_column
from groundset.core import InputError, MissingError

PAIRS = (("lon", "lat"), ("longitude", "latitude"), ("lng", "lat"), ("x", "y"), ("easting", "northing"))
_DEGREES = ("lon", "longitude", "lng")
_KEYS: Mapping[str, Key] = {"chip_id": "chip_id", "chip": "chip_id", "scene_id": "scene_id", "scene": "scene_id"}
_WORDS = {"true": True, "false": False}


def read_table(path: Path, asked: Asked) -> Features:
    """Read a CSV (comma, semicolon or tab; UTF-8) whose rows name chips, scenes or places.

    A chip is named by ``chip_id``, a scene by ``scene_id``, a place by ``lon`` and ``lat``, by ``x`` and ``y`` with a
    column ``crs`` or ``--crs``, or by columns named with ``--x`` and ``--y``.

    Raises:
        InputError: Empty, not UTF-8, a row that cannot be read (names its line), no CRS.
        MissingError: It says neither chip nor scene nor place, or lacks a column; names the nearest.
    """
    columns, rows, names = _rows(path)
    date = None if asked.date_column is None else need_column(path, asked.date_column, columns)
    key, on = _key(path, asked, columns)
    where = {on} if isinstance(on, str) else set(on)
    wanted = [need_column(path, name, columns) for name in asked.columns]
    if not wanted and key != "place":
        wanted = [name for name in columns if name not in where and name != date]
    values = {name: _column([row[columns.index(name)] for row in rows]) for name in wanted}
    times = None
    notes: tuple[str, ...] = ()
    if date is not None:
        times, notes = dates([row[columns.index(date)] for row in rows], names)
    if isinstance(on, str):
        keys = [row[columns.index(on)].strip() for row in rows]
        return Features(key, None, None, keys, values, times, names, notes)
    geometry, crs = _places(path, asked, columns, rows, names, on)
    return Features("place", geometry, crs, (), values, times, names, notes)


def _rows(path: Path) -> tuple[list[str], list[list[str]], list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as f:
            first = f.readline()
            f.seek(0)
            mark = max(",;\t", key=first.count)
            reader = csv.reader(f, delimiter=mark, strict=True)
            columns = [c.strip() for c in next(reader, [])]
            rows, names = [], []
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                if len(row) > len(columns):
                    raise InputError(
                        f"line {reader.line_num} has more values than columns", asked=path, found=", ".join(columns)
                    )
                rows.append(row + [""] * (len(columns) - len(row)))
                names.append(f"line {reader.line_num}")
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("this CSV cannot be read", asked=path, found=error, hint="save it as UTF-8") from error
    twice = sorted({c for c in columns if columns.count(c) > 1})
    if twice or not all(columns):
        raise InputError(
            "the headings of a CSV must be there and differ", asked=path, found=f"twice: {', '.join(twice)}"
            if twice else f"{columns.count('')} columns without a heading",
        )  # fmt: skip
    if not rows:
        raise InputError(f"{path.name} has no rows", asked=path, hint="nothing was attached")
    return columns, rows, names


def _key(path: Path, asked: Asked, columns: Sequence[str]) -> tuple[Key, str | tuple[str, str]]:
    if asked.x is not None and asked.y is not None:
        return "place", (need_column(path, asked.x, columns), need_column(path, asked.y, columns))
    lower = {c.lower(): c for c in columns}
    for name, key in _KEYS.items():
        if name in lower:
            return key, lower[name]
    pair = next((p for p in PAIRS if p[0] in lower and p[1] in lower), None)
    if pair is None:
        raise MissingError(
            f"{path.name} says neither chip nor scene nor place",
            asked="chip_id, scene_id, lon and lat, or x and y",
            found=nearest("chip_id", columns),
            hint="name the columns of the place: --x COLUMN --y COLUMN --crs EPSG:4326",
        )
    return "place", (lower[pair[0]], lower[pair[1]])


def _places(
    path: Path, asked: Asked, columns: Sequence[str], rows: Sequence[Sequence[str]], names: Sequence[str],
    on: tuple[str, str],
) -> tuple[npt.NDArray[np.object_], Any]:  # fmt: skip
    import shapely

    from groundset.attach.vector import known_crs

    lower = [c.lower() for c in columns]
    stated = sorted({r[lower.index("crs")].strip() for r in rows}) if "crs" in lower else []
    if len(stated) > 1:
        raise InputError(f"{path.name} must have one CRS", found=", ".join(stated[:5]))
    said = asked.crs or (stated[0] if stated else "EPSG:4326" if on[0].lower() in _DEGREES else None)
    if said is None:
        raise InputError(f"{path.name} does not say its CRS", asked=path, hint="say it: --crs EPSG:32630")
    at = [columns.index(name) for name in on]
    points = np.array([[_number(row[k], name) for k in at] for row, name in zip(rows, names, strict=True)])
    return shapely.points(points), known_crs(said, path.name)


def _number(text: str, row: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(f"{row} has no coordinate", found=repr(text))
    return value


def _column(texts: Sequence[str]) -> npt.NDArray[Any]:
    """Numbers where all are, flags where all are true or false, else text; blank cells are missing."""
    cells = [t.strip() for t in texts]
    there = [c for c in cells if c]
    if there and all(c.lower() in _WORDS for c in there):
        return as_values([_WORDS.get(c.lower()) for c in cells])
    try:
        return np.array([float(c) if c else np.nan for c in cells], np.float64)
    except ValueError:
        return as_values([c or None for c in cells])
