"""Files of outside knowledge: GeoJSON, GeoPackage, Shapefile, FlatGeobuf, GeoParquet, whatever GDAL reads, and CSV."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from groundset._files import sha256_file
from groundset.attach.layer import Asked, Mark
from groundset.core import ConflictError, InputError, MissingError
from groundset.ingest._annotate.features import check_degrees

T = TypeVar("T")
Key = Literal["place", "chip_id", "scene_id"]
TABLES = (".csv", ".txt", ".tsv")
PARQUET = (".parquet", ".geoparquet", ".pq")
_BESIDE = {".shp": (".shx", ".dbf", ".prj", ".cpg"), ".gpkg": (".gpkg-wal",)}
_BEGINS = {
    ".gpkg": b"SQLite format 3\x00", ".shp": b"\x00\x00\x27\x0a", ".fgb": b"fgb\x03", ".parquet": b"PAR1",
    ".geoparquet": b"PAR1", ".pq": b"PAR1",
}  # fmt: skip
SAFE = frozenset((*_BEGINS, *TABLES, ".geojson", ".json"))
"""Endings of files that a server reads for strangers: what they are is seen by their first bytes."""
_TRIES, _PAUSE = 3, 0.4


@dataclass(frozen=True, slots=True)
class Features:
    """Features or rows of one file, in its order.

    Args:
        key: What joins them to chips: their place, or the chip or scene that a row names.
        geometry: Shapely geometries (n,) in ``crs``; None where a row has no place.
        crs: A pyproj CRS; None of rows that name chips or scenes.
        keys: Of such rows the chip or scene that each names.
        columns: Values by name of the column, (n,) each: float64 with NaN, or objects with None.
        times: Date of each (UTC); None without a date column.
        names: What to call each in a message.
        notes: What is to be said: repaired geometries, features without one, dates without a zone.
    """

    key: Key
    geometry: npt.NDArray[np.object_] | None
    crs: Any
    keys: Sequence[str]
    columns: Mapping[str, npt.NDArray[Any]]
    times: Sequence[datetime | None] | None
    names: Sequence[str]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.geometry is not None:
            check_degrees(self.geometry, self.crs, self.names)

    def __len__(self) -> int:
        return len(self.names)


def mark_of(path: Path) -> Mark | None:
    """What tells that a file has changed, without reading it; None where it is not there."""
    try:
        beside = [path.with_suffix(s) for s in _BESIDE.get(path.suffix.lower(), ())]
        found = [path, *(p for p in beside if p.is_file())]
        stats = [(p, p.stat()) for p in found]
    except OSError:
        return None
    return tuple((p.name, s.st_size, s.st_mtime_ns) for p, s in stats)


def checksum(path: Path) -> str:
    """SHA-256 of a file; of one that consists of several, of all their checksums."""
    suffixes = _BESIDE.get(path.suffix.lower(), ())
    parts = [path, *(p for s in suffixes if (p := path.with_suffix(s)).is_file())]
    sums = [sha256_file(p) for p in parts]
    return sums[0] if len(sums) == 1 else hashlib.sha256(" ".join(sums).encode()).hexdigest()


def settled(path: Path, read: Callable[[], T]) -> tuple[str, Mark, T]:
    """Read a file that stays as it is meanwhile: its checksum, its mark, and what was read.

    Raises:
        ConflictError: It goes on changing while it is read.
        MissingError: It is not there.
    """
    for _ in range(_TRIES):
        before = mark_of(path)
        if before is None or not path.is_file():
            raise MissingError("there is no such file to attach", asked=path, hint="check the path")
        sha256 = checksum(path)
        try:
            got = read()
        except InputError:
            if mark_of(path) == before:
                raise
        else:
            if mark_of(path) == before and checksum(path) == sha256:
                return sha256, before, got
        time.sleep(_PAUSE)
    raise ConflictError("this file is being written while it is read", asked=path, hint="wait until it is finished")


def read(path: Path, asked: Asked, *, strict: bool = False) -> Features:
    """Read a file of outside knowledge.

    Args:
        path: Vector file or CSV.
        asked: Which columns are wanted, the CRS of a file that states none.
        strict: Read only files whose first bytes say that they are what their name says.

    Raises:
        InputError: It cannot be read, is empty, says no CRS, or holds a broken geometry; names the features.
        MissingError: It has no such column; names the nearest.
    """
    from groundset.attach import table, vector

    suffix = path.suffix.lower()
    if path.is_dir():
        raise InputError("this is a folder, not a file", asked=path, hint="name the file in it")
    if strict and suffix not in SAFE:
        raise InputError(
            "files of this kind are not attached from the page", asked=path.name, found=", ".join(sorted(SAFE)),
            hint="attach it on the command line, or save it as one of these",
        )  # fmt: skip
    if path.stat().st_size == 0:
        raise InputError(f"{path.name} is empty", asked=path, hint="nothing was attached")
    _begins(path, suffix, strict)
    if suffix in TABLES:
        return table.read_table(path, asked)
    return vector.read_parquet(path, asked) if suffix in PARQUET else vector.read_vector(path, asked)


def _begins(path: Path, suffix: str, strict: bool) -> None:
    begins = _BEGINS.get(suffix)
    with path.open("rb") as f:
        first = f.read(64)
    json_like = suffix in (".geojson", ".json") and not first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
    if (begins is not None and not first.startswith(begins)) or (strict and json_like):
        raise InputError(f"{path.name} is not what its name says", asked=path, hint="save it again, or rename it")


def nearest(name: str, there: Sequence[str]) -> str:
    """The names of a file's columns, those most like the one asked for first."""
    from difflib import get_close_matches

    lower = {one.lower(): one for one in there}
    close = [lower[c] for c in get_close_matches(name.lower(), list(lower), n=3, cutoff=0.6)]
    rest = [one for one in there if one not in close]
    return ", ".join([*close, *rest][:20]) or "no columns"


def need_column(path: Path, name: str, there: Sequence[str]) -> str:
    """The column of this name, also where only the case of its letters differs.

    Raises:
        MissingError: There is none; names those that there are, the nearest first.
    """
    if name in there:
        return name
    alike = [one for one in there if one.lower() == name.lower()]
    if len(alike) == 1:
        return alike[0]
    found = nearest(name, there)
    first = found.split(", ", 1)[0]
    raise MissingError(
        f"{path.name} has no such column", asked=name, found=found,
        hint=f"did you mean {first}?" if there else "it has places alone",
    )  # fmt: skip


def as_values(raw: Sequence[Any] | npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A column as float64 with NaN where all of it is numbers (flags stay), else as objects with None."""
    values = np.asarray(raw)
    if values.dtype == bool:
        return values.astype(object)
    if np.issubdtype(values.dtype, np.number):
        return values.astype(np.float64)
    out = np.array([_plain(v) for v in raw], dtype=object)
    there = [v for v in out if v is not None]
    if there and all(isinstance(v, int | float) and not isinstance(v, bool) for v in there):
        return np.array([np.nan if v is None else v for v in out], np.float64)
    if all(isinstance(v, bool) for v in there):
        return out
    return np.array([None if v is None else str(v) for v in out], dtype=object)


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, str) and not value.strip() else value


def dates(raw: Sequence[Any], names: Sequence[str]) -> tuple[list[datetime | None], tuple[str, ...]]:
    """Dates in UTC; one without a zone is UTC, a day without a time is its noon; and what is to be said of them.

    Raises:
        InputError: One is no date; names the feature.
    """
    from groundset.ingest._annotate.dates import parse_time

    known: dict[Any, datetime | None] = {}
    out, zoneless = [], 0
    for value, name in zip(raw, names, strict=True):
        text = "" if value is None else str(value)
        if text not in known:
            known[text] = parse_time(value, name)
        out.append(known[text])
        zoneless += known[text] is not None and ":" in text and not _zoned(text)
    none = sum(when is None for when in out)
    notes = [f"{zoneless:,} dates state no time zone and were taken as UTC"] if zoneless else []
    notes += [f"{none:,} of {len(out):,} features have no date: theirs is taken where no dated one is"] if none else []
    return out, tuple(notes)


def _zoned(text: str) -> bool:
    clock = text[10:]
    return clock.endswith(("Z", "z")) or "+" in clock or "-" in clock
