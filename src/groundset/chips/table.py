"""The chip table: GeoParquet parts that are written once and found again quickly."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from groundset._files import atomic
from groundset.chips.chip import Chip
from groundset.chips.schema import COLUMNS, SCHEMA, from_table, to_table
from groundset.core import ChipId, ConflictError, InputError, MissingError

ROWS_PER_GROUP = 8192
_GROUPS = 4
_MORE = "~"
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,140}(~[0-9]{1,9})?")


def part_name(scene_id: str, level: int, batch: int = 0) -> str:
    """Name of a part: ``SCENE_LEVEL``; a level that is made in pieces goes on in ``SCENE_LEVEL~1``, ``~2`` ..."""
    return f"{scene_id}_{level}" + (f"{_MORE}{batch}" if batch else "")


def check_part(part: str) -> str:
    """Return ``part`` if it can be the name of one; a path never can.

    Raises:
        MissingError: It cannot.
    """
    if not _PART.fullmatch(part) or ".." in part:
        raise MissingError("no such part of the chip table", asked=repr(part)[:200], hint="a part is SCENE_LEVEL")
    return part


class ChipStore:
    """The chip table of a workspace: one GeoParquet 1.1 file a scene and level, in ``folder``.

    Parts never change, so that what was read of one is kept. A part that another process adds is seen at once.

    Args:
        folder: Where the parts are.
        time_of: Acquisition time by scene id, for chips of a scene whose time was not known when they were cut.
    """

    def __init__(self, folder: Path, time_of: Callable[[str], datetime | None] | None = None) -> None:
        self.folder = Path(folder)
        self._time_of = time_of
        self._rows: dict[str, int] = {}
        self._keys: dict[str, npt.NDArray[np.int64]] = {}
        self._groups: OrderedDict[tuple[str, int], Any] = OrderedDict()

    def parts(self) -> list[str]:
        """Names of the parts that are there, sorted."""
        return sorted(p.stem for p in self.folder.glob("[!.]*.parquet"))

    def path(self, part: str) -> Path:
        """File of a part."""
        return self.folder / f"{part}.parquet"

    def write_part(self, part: str, chips: Sequence[Chip]) -> None:
        """Write a part; it appears whole or not at all.

        Raises:
            ConflictError: The part is there already.
            ServiceError: The disk is full.
        """
        if self.path(part).exists():
            raise ConflictError("this part of the chip table is there already", found=self.path(part))
        if not chips:
            raise InputError("a part of the chip table needs at least one chip", asked=part)
        with atomic(self.path(part)) as beside:
            pq.write_table(to_table(chips), beside, row_group_size=ROWS_PER_GROUP, compression="zstd")

    def table(self, columns: Sequence[str] | None = None, *, parts: Sequence[str] | None = None) -> Any:
        """All parts (or those named) as one Arrow table, parts in sorted order.

        Raises:
            MissingError: A column is unknown, or a part named is not there.
        """
        names = list(COLUMNS if columns is None else columns)
        for name in names:
            if name not in COLUMNS:
                raise MissingError("no such column in the chip table", asked=name, found=", ".join(COLUMNS))
        empty = pa.schema([SCHEMA.field(n) for n in names]).empty_table()
        read = []
        for part in self.parts() if parts is None else parts:
            with self._file(part) as file:
                read.append(self._timed_table(part, file.read(columns=names).select(names)))
        return pa.concat_tables([empty, *(t.replace_schema_metadata(None) for t in read)])

    def chips(self, part: str | None = None) -> Iterator[Chip]:
        """Chips of one part, or of all parts in sorted order."""
        for name in self.parts() if part is None else [part]:
            with self._file(name) as file:
                for group in range(file.num_row_groups):
                    yield from self._timed(from_table(file.read_row_group(group)))

    def row(self, chip_id: str | ChipId) -> tuple[str, int]:
        """Where a chip is: (part, row in the part).

        Raises:
            MissingError: There is no such chip.
        """
        place = self._find(chip_id)
        if place is None:
            raise MissingError("no such chip", asked=chip_id, found=f"{len(self)} chips", hint="list them with search")
        return place

    def get(self, chip_id: str | ChipId) -> Chip:
        """The chip of this id.

        Raises:
            MissingError: There is no such chip.
        """
        part, row = self.row(chip_id)
        return self.at(part, [row])[0]

    def at(self, part: str, rows: Sequence[int]) -> list[Chip]:
        """The chips in some rows of a part, in the order asked for.

        Raises:
            MissingError: The part or a row is not there.
        """
        there = self.rows(part)
        if any(not 0 <= row < there for row in rows):
            raise MissingError("no such rows in this part", asked=f"{min(rows)} to {max(rows)} of {part}",
                               found=f"{there} chips")  # fmt: skip
        groups = {g: self._rows_of(part, g) for g in {row // ROWS_PER_GROUP for row in rows}}
        tables = [groups[row // ROWS_PER_GROUP].slice(row % ROWS_PER_GROUP, 1) for row in rows]
        return [] if not tables else list(self._timed(from_table(pa.concat_tables(tables))))

    def rows(self, part: str) -> int:
        """Number of chips in a part."""
        if part not in self._rows:
            with self._file(part) as file:
                self._rows[part] = int(file.metadata.num_rows)
        return self._rows[part]

    def __len__(self) -> int:
        return sum(self.rows(p) for p in self.parts())

    def __contains__(self, chip_id: object) -> bool:
        try:
            return isinstance(chip_id, str | ChipId) and self._find(chip_id) is not None
        except InputError:
            return False

    def batches(self, scene_id: str, level: int) -> list[str]:
        """The parts that hold chips of one scene and level, in the order in which they were made."""
        out: list[str] = []
        while self.path(name := part_name(scene_id, level, len(out))).exists():
            out.append(name)
        return out

    def _timed(self, chips: Iterator[Chip]) -> Iterator[Chip]:
        """Chips without a time get that of their scene."""
        known: dict[str, datetime | None] = {}
        for chip in chips:
            scene = chip.id.scene
            if chip.datetime is None and self._time_of is not None:
                if scene not in known:
                    known[scene] = self._time_of(scene)
                yield replace(chip, datetime=known[scene])
            else:
                yield chip

    def _rows_of(self, part: str, group: int) -> Any:
        """A row group; the last few read are kept, since people look at neighbours."""
        key = (part, group)
        table = self._groups.pop(key, None)
        if table is None:
            with self._file(part) as file:
                table = file.read_row_group(group, columns=[c for c in COLUMNS if c not in ("chip_id", "geometry")])
        self._groups[key] = table
        while len(self._groups) > _GROUPS:
            with suppress(KeyError):
                self._groups.popitem(last=False)
        return table

    def _timed_table(self, part: str, table: Any) -> Any:
        at = table.schema.get_field_index("datetime")
        if at < 0 or self._time_of is None or not table.column(at).null_count:
            return table
        time = self._time_of(part.rpartition("_")[0])
        if time is None:
            return table
        field = SCHEMA.field("datetime")
        return table.set_column(at, field, table.column(at).fill_null(pa.scalar(time, field.type)))

    def _find(self, chip_id: str | ChipId) -> tuple[str, int] | None:
        wanted = ChipId.parse(chip_id) if isinstance(chip_id, str) else chip_id
        key = _key(np.int64(wanted.row), np.int64(wanted.col))
        for part in self.batches(wanted.scene, wanted.level):
            keys = self._index(part)
            at = int(np.searchsorted(keys, key))
            if at < len(keys) and keys[at] == key:
                return part, at
        return None

    def _index(self, part: str) -> npt.NDArray[np.int64]:
        """Sorted keys of a part: its chips lie row by row of the grid, so a key's place is its row."""
        if part not in self._keys:
            with self._file(part) as file:
                cols = file.read(columns=["row", "col"])
            keys = _key(*(cols.column(n).to_numpy().astype(np.int64) for n in ("row", "col")))
            if (np.diff(keys) <= 0).any():
                raise InputError("this part of the chip table is not in grid order", found=self.path(part))
            self._keys[part] = keys
        return self._keys[part]

    def _file(self, part: str) -> Any:
        try:
            return pq.ParquetFile(self.path(part))
        except FileNotFoundError:
            raise MissingError("no such part of the chip table", asked=part, found=", ".join(self.parts())) from None
        except (pa.ArrowInvalid, OSError) as error:
            raise InputError(
                "this part of the chip table cannot be read",
                found=f"{self.path(part)}: {error}",
                hint="delete it and ingest the scene again",
            ) from error


def _key(row: Any, col: Any) -> Any:
    return (row << 32) | col
