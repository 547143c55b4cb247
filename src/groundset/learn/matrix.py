"""Features of all chips, ready for a matrix-vector product: one matrix for each band set of an encoder.

Large parts stay mapped from their files, so that opening costs nothing and memory is the operating system's to give
back; small ones (a photo is a part of its own) are read and joined. A part is read once; new ones are appended.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from groundset.core import GroundsetError
from groundset.features import FeatureStore, band_key
from groundset.features.fused import weights_of
from groundset.learn._product import PIECE, THREADS, products
from groundset.learn.provenance import Provenance
from groundset.learn.space import Space

if TYPE_CHECKING:
    from groundset.lake import Lake
    from groundset.query.chips import Chips, Positions

Float32 = npt.NDArray[np.float32]

MAPPED = 4 << 20
"""Parts of this many bytes or more stay mapped; smaller ones are read and joined."""
SAMPLE = 20_000
"""Chips that a space is fitted to where features are few."""


class Linearly(Protocol):
    """What decides by a matrix-vector product."""

    @property
    def weights(self) -> Float32:
        """Float32 (D,)."""

    @property
    def bias(self) -> float:
        """Added to every decision."""

    @property
    def unit(self) -> bool:
        """Whether rows are divided by their length first."""


@dataclass(frozen=True)
class Block:
    """Rows that lie together.

    Args:
        X: Float32 (m, d), features as they were stored.
        space: How they become what the model reads.
        parts: Names of the parts, one after the other.
    """

    X: Float32
    space: Space
    parts: tuple[str, ...]

    @cached_property
    def Z(self) -> Float32:  # noqa: N802  # as the models call it
        """Float32 (m, D), as the model reads them."""
        return self.space.transform(self.X)

    @cached_property
    def lengths(self) -> Float32:
        """Length of each row of Z, float32 (m,): 0 of a chip without data, not finite where a value is not."""
        out = _lengths(self.Z)
        return out if self.space.identity else np.where(_lengths(self.X) == 0, np.float32(0), out)


@dataclass(frozen=True)
class Matrix:
    """Features of the chips of one band set; never changes.

    Args:
        key: Says which numbers these are: made from the encoder's specification.
        band_sets: Band names of its chips; several where the encoder makes nothing of the difference.
        space: How features became Z.
        blocks: Rows.
        at: int64 (rows,), position of each row's chip, in the order of the blocks.
        chips: Number of all chips.
    """

    key: str
    band_sets: frozenset[tuple[str, ...]]
    space: Space
    blocks: tuple[Block, ...]
    at: Positions
    chips: int
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def dim(self) -> int:
        """Length of a row of Z."""
        return self.space.dim

    @cached_property
    def lengths(self) -> Float32:
        """Length of each row, float32 (rows,); NaN where it says nothing: a chip without data, or not finite."""
        with ThreadPoolExecutor(THREADS) as pool:
            out = np.concatenate(list(pool.map(lambda block: block.lengths, self.blocks)))
        return np.where(np.isfinite(out) & (out > 0), out, np.float32(np.nan))

    @cached_property
    def row_of(self) -> npt.NDArray[np.int32]:
        """Row of each chip, int32 (chips,); -1 where there is none that says anything."""
        out = np.full(self.chips, -1, np.int32)
        out[self.at] = np.where(np.isfinite(self.lengths), np.arange(len(self.at)), -1)
        return out

    @cached_property
    def usable(self) -> Positions:
        """Chips whose row says something, in order."""
        return np.flatnonzero(self.row_of >= 0)

    @cached_property
    def broken(self) -> int:
        """Chips whose features are not finite."""
        return sum(int((~np.isfinite(b.lengths)).sum()) for b in self.blocks)

    @cached_property
    def empty(self) -> int:
        """Chips without data."""
        return sum(int((b.lengths == 0).sum()) for b in self.blocks)

    @cached_property
    def _unusable(self) -> Positions:
        """Rows that say nothing."""
        return np.flatnonzero(np.isnan(self.lengths))

    @cached_property
    def _in_order(self) -> bool:
        """Whether rows and chips are the same."""
        return len(self.at) == self.chips and bool((self.at == np.arange(self.chips)).all())

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        return np.cumsum([0, *(len(b.X) for b in self.blocks)])

    def rows(self, positions: Positions) -> Float32:
        """Z of some chips that have features, float32 (k, D)."""
        rows = self.row_of[positions]
        out = np.empty((len(rows), self.dim), np.float32)
        block = np.searchsorted(self._starts, rows, "right") - 1
        for i in np.unique(block):
            here = block == i
            out[here] = self.blocks[i].Z[rows[here] - self._starts[i]]
        return out

    def decide(self, models: Sequence[Linearly]) -> Float32:
        """Decisions of linear models, float32 (rows, K): Z is read once, however many they are."""
        weights = np.stack([m.weights for m in models])
        out = products([block.Z for block in self.blocks], weights).T
        for k, model in enumerate(models):
            if model.unit:
                out[:, k] /= self.lengths
            else:
                out[self._unusable, k] = np.nan
            out[:, k] += np.float32(model.bias)
        return out

    def each(self) -> Iterable[tuple[slice, Float32, Float32]]:
        """Rows of each block with their Z and lengths."""
        for block, start in zip(self.blocks, self._starts[:-1], strict=True):
            yield slice(int(start), int(start) + len(block.X)), block.Z, block.lengths

    def spread(self, by_row: Float32, into: Float32 | None = None) -> Float32:
        """Values of the rows as values of the chips, float32 (chips,), NaN (or what was there) where there is none."""
        if into is None and self._in_order:
            return by_row
        out = np.full(self.chips, np.nan, np.float32) if into is None else into
        out[self.at] = by_row
        return out


@dataclass(frozen=True)
class Features:
    """All matrices of an encoder at one moment, and what is wrong with them; never changes.

    Args:
        encoder: Its name.
        matrices: One a band set, most chips first.
        chips: The chips.
        missing: Chips without features.
        stale: Chips whose features their encoder did not write as it is now.
        asked: Chips that are to have a row (None: all).
    """

    encoder: str
    matrices: tuple[Matrix, ...]
    chips: Chips
    missing: int
    stale: int
    asked: int | None = None


class FeatureReader:
    """Keeps the features of one encoder up to date. Safe to share between threads."""

    def __init__(self, lake: Lake, encoder: str | None = None) -> None:
        self._lake = lake
        self._store: FeatureStore = lake.features(encoder)
        self._lock = threading.Lock()
        self._written: tuple[int, ...] = ()
        self._known: dict[str, tuple[int, int]] = {}
        self._groups: dict[str, _Group] = {}
        self._specs: dict[str, str] = {}
        self._written_by = Provenance(lake.layout.cache / "features" / f"{self._store.encoder}.json")
        self._foreign = 0
        self._features: Features | None = None

    @property
    def encoder(self) -> str:
        """Its name."""
        return self._store.encoder

    def stamp(self) -> tuple[int, ...]:
        """Changes when a part or a specification was written, or a sensor has another weight."""
        return (*_written(self._store, self._specs), zlib.crc32(repr(sorted(self._weights.items())).encode()))

    @property
    def _weights(self) -> Mapping[str, float]:
        return self._lake.config.weights

    def fresh(self, chips: Chips) -> Features:
        """The features of these chips; the same object while nothing changes."""
        with self._lock:
            written = self.stamp()
            was = self._features
            if was is not None and was.chips is chips and written == self._written:
                return was
            self._read(chips)
            self._written = self.stamp()
            self._features = self._told(chips)
            return self._features

    def _read(self, chips: Chips) -> None:
        """Take in parts that are new or were written again; forget those that are gone."""
        there = _parts(self._store)
        wanted: dict[str, dict[str, tuple[str, ...]]] = {}
        weights: dict[str, Float32 | None] = {}
        self._foreign = 0
        for part in chips.parts:
            if part in there and chips.size(part):
                bands = _bands_of(chips, part)
                key = self._key(bands)
                if self._written_by.other(part, there[part], key):
                    self._foreign += chips.size(part)
                else:
                    weighted, weights_of = self._weighted(key, bands)
                    weights[weighted] = weights_of
                    wanted.setdefault(weighted, {})[part] = bands
        self._written_by.keep()
        for key in set(self._groups) - set(wanted):
            del self._groups[key]
        for key, parts in wanted.items():
            group = self._groups.setdefault(key, _Group(key, weights[key]))
            group.band_sets = frozenset(parts.values())
            group.follow({p: there[p] for p in parts}, self._store, chips)

    def _key(self, bands: tuple[str, ...]) -> str:
        """Band sets whose encoders say the same of their numbers share a matrix."""
        name = f"bands-{band_key(bands)}"
        try:
            text = (self._store.folder / name / "spec.json").read_bytes()
        except OSError:
            return name
        self._specs[name] = hashlib.sha256(text).hexdigest()[:16]
        with suppress(ValueError, TypeError, AttributeError):
            return f"{self._specs[name]}-{int(json.loads(text).get('dim', 0))}"
        return self._specs[name]

    def _weighted(self, key: str, bands: tuple[str, ...]) -> tuple[str, Float32 | None]:
        """The key of a band set as its sensors are weighted now, and the weight of each feature."""
        weights = weights_of(self._store.folder, bands, self._weights)
        return key if weights is None else f"{zlib.crc32(weights.tobytes()):08x}.{key}", weights

    def _told(self, chips: Chips) -> Features:
        made = [m for group in self._groups.values() if (m := group.matrix(chips)) is not None]
        made.sort(key=lambda m: -len(m.at))
        stale = self._foreign + sum(chips.size(p) for g in self._groups.values() for p in g.stale)
        return Features(self.encoder, tuple(made), chips, len(chips) - sum(len(m.at) for m in made), stale)


class _Group:
    """Parts of one band set."""

    def __init__(self, key: str, weights: Float32 | None = None) -> None:
        self.key, self._weights = key, weights
        self.band_sets: frozenset[tuple[str, ...]] = frozenset()
        self.stale: set[str] = set()
        self._dim = int(key.rpartition("-")[2]) if key.rpartition("-")[2].isdecimal() and "bands-" not in key else 0
        self._space: Space | None = None
        self._known: dict[str, tuple[int, int, int]] = {}
        self._blocks: list[Block] = []

    def follow(self, parts: dict[str, tuple[int, int, int]], store: FeatureStore, chips: Chips) -> None:
        """Read what is new."""
        if any(parts.get(p) != mark for p, mark in self._known.items()):
            self._known, self._blocks, self._space, self.stale = {}, [], None, set()
        small: list[tuple[str, Float32]] = []
        for part, mark in parts.items():
            if part in self._known:
                continue
            self._known[part] = mark
            X = self._part(part, store, chips)
            if X is None:
                self.stale.add(part)
            elif X.nbytes >= MAPPED:
                self._add(X, (part,))
            else:
                small.append((part, np.asarray(X)))
        if small:
            self._add(np.concatenate([X for _, X in small]), tuple(p for p, _ in small))

    def matrix(self, chips: Chips) -> Matrix | None:
        """The rows as they are now; None where there are none."""
        if not self._blocks or self._space is None:
            return None
        at = np.concatenate([chips.positions(p) for b in self._blocks for p in b.parts])
        return Matrix(self.key, self.band_sets, self._space, tuple(self._blocks), at, len(chips))

    def _part(self, part: str, store: FeatureStore, chips: Chips) -> Float32 | None:
        """A part's features; None where they do not fit the chips or the encoder."""
        try:
            X = store.read_part(part)
        except (GroundsetError, OSError, ValueError):
            return None
        wrong = X.ndim != 2 or len(X) != chips.size(part) or X.dtype != np.float32 or not X.shape[1]
        if wrong or X.shape[1] != (self._dim or X.shape[1]):
            return None
        self._dim = X.shape[1]
        return X

    def _add(self, X: Float32, parts: tuple[str, ...]) -> None:
        if self._space is None:
            step = max(1, len(X) // SAMPLE)
            try:
                self._space = Space.fit(np.asarray(X[::step]) if X.shape[1] < 64 else X[:1])
            except GroundsetError:  # nothing finite to fit to
                self.stale.update(parts)
                return
            if self._weights is not None and len(self._weights) == X.shape[1]:
                self._space = Space(X.shape[1], weights=self._weights)
        self._blocks.append(Block(X, self._space, parts))


def _lengths(Z: Float32) -> Float32:
    """Euclidean length of each row, float32 (rows,); not finite where a value is not."""
    out = np.empty(len(Z), np.float32)
    for start in range(0, len(Z), PIECE):  # a mapped part is read once, not copied
        some = Z[start : start + PIECE]
        np.einsum("ij,ij->i", some, some, out=out[start : start + PIECE])
    return np.sqrt(out, out=out)


def _bands_of(chips: Chips, part: str) -> tuple[str, ...]:
    """Bands of a part's chips: those of its scene, alike for all of them."""
    return tuple(chips.column("bands")[int(chips.positions(part)[0])].as_py())


def _parts(store: FeatureStore) -> dict[str, tuple[int, int, int]]:
    """Size, time of writing and inode of each part."""
    out = {}
    with suppress(OSError), os.scandir(store.folder) as entries:
        for entry in entries:
            if entry.name.endswith(".npy") and not entry.name.startswith("."):
                with suppress(OSError):
                    told = entry.stat()
                    out[entry.name[:-4]] = (told.st_size, told.st_mtime_ns, told.st_ino)
    return out


def _written(store: FeatureStore, specs: Iterable[str]) -> tuple[int, ...]:
    """When the folder was last written to (each part appears by a rename), and each specification."""
    out = []
    for path in (store.folder, *(store.folder / name / "spec.json" for name in sorted(specs))):
        try:
            out.append(path.stat().st_mtime_ns)
        except OSError:
            out.append(0)
    return tuple(out)
