"""The chip table in memory: one snapshot of all parts, in the order scene, level, row, column."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from groundset.chips.schema import COLUMNS, SCHEMA
from groundset.query.coded import Coded
from groundset.query.ground import Floats, boxes_and_corners

if TYPE_CHECKING:
    from groundset.lake import Lake

Positions = npt.NDArray[np.int64]
"""Places of chips in a snapshot, in some order."""

KEPT = tuple(name for name in COLUMNS if name != "transform")
"""Columns kept in memory; no filter speaks of a transform."""

_ORDER = ("scene_id", "level", "row", "col")
_NEVER = np.iinfo(np.int64).min


class Chips:
    """All chips as they were when this was made; never changes.

    Args:
        parts: Arrow table by part name, columns :data:`KEPT`, rows as in the part.
        stamp: Says which parts these are, to whoever must know whether they changed.
    """

    def __init__(self, parts: Mapping[str, Any], stamp: int = 0) -> None:
        names = sorted(parts)
        self.stamp = stamp
        self.told: dict[str, Any] = {}
        table = pa.concat_tables([_schema().empty_table(), *(parts[n] for n in names)])
        order = _in_order(table)
        sizes = [parts[n].num_rows for n in names]
        self.table = table.take(pa.array(order)).combine_chunks()
        self.parts = tuple(names)
        self.part = np.repeat(np.arange(len(names), dtype=np.int32), sizes)[order]
        self.row = np.concatenate([np.empty(0, np.int64), *(np.arange(s) for s in sizes)])[order]
        self._order = order
        self._starts = dict(zip(names, np.cumsum([0, *sizes]).tolist(), strict=False))
        self._sizes: dict[str, int] = dict(zip(names, sizes, strict=True))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def column(self, name: str) -> Any:
        """A column as one Arrow array."""
        column = self.table.column(name)
        return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()

    @cached_property
    def ids(self) -> list[str]:
        """Chip ids in order."""
        out: list[str] = self.column("chip_id").to_pylist()
        return out

    @cached_property
    def places(self) -> dict[str, int]:
        """Position by chip id."""
        return dict(zip(self.ids, range(len(self)), strict=True))

    @cached_property
    def levels(self) -> npt.NDArray[np.int64]:
        """Level of each chip."""
        return np.asarray(self.column("level").to_numpy(zero_copy_only=False), np.int64)

    def at_level(self, level: int | None) -> npt.NDArray[np.bool_] | None:
        """The chips of a level, bool (chips,); None where any level is meant."""
        return None if level is None else self.levels == level

    def size(self, part: str) -> int:
        """Number of chips of a part; 0 where it is not there."""
        return self._sizes.get(part, 0)

    def positions(self, part: str) -> Positions:
        """Position of each row of a part."""
        start = self._starts[part]
        return self._places[start : start + self._sizes[part]]

    def moved(self, before: Chips) -> Positions:
        """The position here of each chip of another snapshot; -1 where it is gone."""
        out = np.full(len(before), -1, np.int64)
        for part in before.parts:
            then = before.positions(part)
            if self.size(part) == len(then):  # parts are written once
                out[then] = self.positions(part)
        return out

    @cached_property
    def _places(self) -> Positions:
        """Position of each row of the parts one after the other."""
        out = np.empty(len(self), np.int64)
        out[self._order] = np.arange(len(self))
        return out

    @cached_property
    def bands(self) -> Coded[tuple[str, ...]]:
        """Bands of each chip."""
        return Coded.of(map(tuple, self.column("bands").to_pylist()), len(self))

    @cached_property
    def footprints(self) -> npt.NDArray[Any]:
        """Shapely outlines in longitude and latitude; None where there is none."""
        outlines = np.empty(len(self), dtype=object)
        outlines[:] = self.column("geometry").to_pylist()
        shapes: npt.NDArray[Any] = shapely.from_wkb(outlines)
        return shapes

    @cached_property
    def _ground(self) -> tuple[Floats, Floats]:
        return boxes_and_corners(self.column("geometry"))

    @property
    def bounds(self) -> Floats:
        """(n, 4) west, south, east, north; NaN where there is no outline."""
        return self._ground[0]

    @property
    def corners(self) -> Floats:
        """(n, 2) longitude and latitude of one corner of each outline; NaN where there is none."""
        return self._ground[1]

    @cached_property
    def placeless(self) -> npt.NDArray[np.bool_] | None:
        """Chips without an outline, bool (chips,); None where all have one."""
        none: npt.NDArray[np.bool_] = np.isnan(self.bounds[:, 0])
        return none if none.any() else None

    def outlines_at(self, positions: Positions) -> npt.NDArray[Any]:
        """(k,) Shapely outlines of some chips; those of the others are not made."""
        shapes: npt.NDArray[Any] = shapely.from_wkb(
            self.column("geometry").take(pa.array(positions)).to_numpy(zero_copy_only=False)
        )
        return shapes

    def bounds_at(self, positions: Positions) -> npt.NDArray[np.float64]:
        """(k, 4), those of some chips, without reading the outlines of all."""
        bounds: npt.NDArray[np.float64] = shapely.bounds(self.outlines_at(positions)).reshape(-1, 4)
        return bounds

    @cached_property
    def empty(self) -> npt.NDArray[np.bool_] | None:
        """Chips without any data, bool (chips,); None where there are none."""
        none: npt.NDArray[np.bool_] = self.column("valid_fraction").to_numpy(zero_copy_only=False) == 0
        return none if none.any() else None

    @cached_property
    def newest(self) -> Positions:
        """Positions, most recently acquired first, then by id; chips without a time last."""
        micros = pc.cast(self.column("datetime"), pa.int64()).fill_null(_NEVER).to_numpy(zero_copy_only=False)
        order: Positions = np.argsort(-np.maximum(micros, _NEVER + 1), kind="stable")
        return order

    @cached_property
    def keys(self) -> npt.NDArray[np.uint64]:
        """A number a chip, made from its id alone, that looks like chance."""
        scenes = self.column("scene_id").dictionary_encode()
        sums = np.array([zlib.crc32(s.encode()) for s in scenes.dictionary.to_pylist()], np.uint64)
        key = sums[scenes.indices.to_numpy()] if len(self) else np.empty(0, np.uint64)
        for name in _ORDER[1:]:
            key = mix(key + self.column(name).to_numpy().astype(np.uint64))
        return key


class ChipReader:
    """Keeps the latest snapshot: reads parts that are new, and forgets those that are gone. One caller at a time."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._parts: dict[str, tuple[int | None, Any]] = {}
        self._chips = Chips({})

    def fresh(self) -> Chips:
        """The chips that are there now; the same object while nothing changes."""
        names = self._lake.chips.parts()
        kept = {n: self._parts[n] for n in names if n in self._parts and self._holds(n)}
        if len(names) == len(kept) == len(self._parts):
            return self._chips
        for name in names:
            if name not in kept:
                kept[name] = self._read(name)
        stamp = zlib.crc32(repr([(name, written, table.num_rows) for name, (written, table) in kept.items()]).encode())
        self._chips = Chips({name: table for name, (_, table) in kept.items()}, stamp)
        self._parts = kept
        return self._chips

    def _read(self, part: str) -> tuple[int | None, Any]:
        """A part, and where chips lack a time also when their scene was last written: it may be told later."""
        written = self._written(part)
        table = self._lake.chips.table(KEPT, parts=[part])
        return (written if table.column("datetime").null_count else None), table

    def _holds(self, part: str) -> bool:
        written = self._parts[part][0]
        return written is None or written == self._written(part)

    def _written(self, part: str) -> int:
        try:
            return self._lake.scenes.path(part.rpartition("_")[0]).stat().st_mtime_ns
        except OSError:
            return 0


def mix(key: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Scatter numbers (splitmix64's last step): near ones become far ones, and none becomes another's."""
    key = (key + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))


def _schema() -> Any:
    return pa.schema([SCHEMA.field(name) for name in KEPT])


def _in_order(table: Any) -> Positions:
    by = [(name, "ascending") for name in _ORDER]
    order: Positions = pc.sort_indices(table, sort_keys=by).to_numpy().astype(np.int64)
    return order
