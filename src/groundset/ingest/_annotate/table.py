"""CSV files: chip and class, or points with a class."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundset.core import InputError, MissingError
from groundset.ingest._annotate.dates import DATE_COLUMNS, parse_time
from groundset.ingest._annotate.features import Features, Geometries

LONLAT = (("lon", "lat"), ("longitude", "latitude"), ("lng", "lat"))


@dataclass(frozen=True, slots=True)
class ChipRows:
    """Rows of a CSV that name a chip and its class, in file order."""

    chip_ids: Sequence[str]
    values: Sequence[object]
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.names)


def read_table(path: Path, column: str, label: str | None = None) -> ChipRows | Features:
    """Read a CSV: columns ``chip_id`` and the class, or a place (lon, lat; or x, y, crs) and the class.

    All rows are of class ``label`` where one is given.

    Raises:
        InputError: Empty, not UTF-8, or a row that cannot be read (names its line).
        MissingError: Columns are missing; names those that are there.
    """
    columns, rows, names = _rows(path)
    if label is None and column not in columns:
        raise MissingError(
            f"{path.name} has no class column", asked=column, found=", ".join(columns),
            hint="name it with --column, or the class of all with --class",
        )  # fmt: skip
    values = [r[column] if label is None else label for r in rows]
    if "chip_id" in columns:
        return ChipRows([r["chip_id"].strip() for r in rows], values, names)
    time_column = next((c for c in columns if c.lower() in DATE_COLUMNS), "")
    times = [parse_time(r[time_column], n) for r, n in zip(rows, names, strict=True)] if time_column else None
    geometry, crs = _places(path, columns, rows, names)
    return Features(geometry, crs, values, names, times, time_column)


def _rows(path: Path) -> tuple[list[str], list[dict[str, str]], list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as f:
            reader = csv.DictReader(f, strict=True, restval="")
            columns = [c.strip() for c in reader.fieldnames or []]
            reader.fieldnames = columns
            rows, names = [], []
            for row in reader:
                if None in row:
                    raise InputError(
                        f"line {reader.line_num} has more values than columns", asked=path, found=", ".join(columns)
                    )
                rows.append(row)
                names.append(f"line {reader.line_num}")
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError("this CSV cannot be read", asked=path, found=error, hint="save it as UTF-8") from error
    if not rows:
        raise InputError(f"{path.name} has no rows", found=path, hint="nothing was annotated")
    return columns, rows, names


def _places(path: Path, columns: list[str], rows: list[dict[str, str]], names: list[str]) -> tuple[Geometries, Any]:
    import pyproj
    import shapely

    lower = {c.lower(): c for c in columns}
    pair = next((p for p in LONLAT if p[0] in lower and p[1] in lower), None)
    if pair is not None:
        crs, x, y = "EPSG:4326", lower[pair[0]], lower[pair[1]]
    elif {"x", "y", "crs"} <= lower.keys():
        stated = sorted({r[lower["crs"]].strip() for r in rows})
        if len(stated) != 1:
            raise InputError(f"{path.name} must have one CRS", found=", ".join(stated[:5]))
        crs, x, y = stated[0], lower["x"], lower["y"]
    else:
        raise MissingError(
            f"{path.name} says neither chip nor place",
            asked="chip_id, or lon and lat, or x, y and crs",
            found=", ".join(columns),
        )
    try:
        parsed = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise InputError(f"{path.name} names no known CRS", asked=crs, hint="write it as EPSG:32630") from error
    points = [(_number(r[x], n), _number(r[y], n)) for r, n in zip(rows, names, strict=True)]
    return np.atleast_1d(shapely.points(points)), parsed


def _number(text: str, row: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise InputError(f"{row} has no coordinate", found=repr(text))
    return value
