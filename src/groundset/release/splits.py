"""Splits that do not leak: spatial blocks with a buffer, groups where there is no ground."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.release._length import metres, option, told
from groundset.release.blocks import Ground, Place, allocate
from groundset.release.distances import Footprints
from groundset.release.facts import NO_SPLIT, SPLITS, SplitReport
from groundset.release.groups import clusters
from groundset.release.shared import Shared

Ints = npt.NDArray[np.int64]
_NONE = len(SPLITS)
_TRIES = 12
_BLIND = 4
_OFF = 0.10
"""How far a split's share of the chips may be from what was asked for before a smaller block is tried."""


@dataclass(frozen=True, slots=True)
class Splits:
    """``splits[chip id]`` is ``train``, ``validate``, ``test`` or ``none``; ``report`` has the numbers."""

    splits: dict[str, str]
    report: SplitReport


@dataclass(frozen=True, slots=True)
class _Try:
    """One way to split: index into SPLITS for each chip (3 is none), and how good it is (smaller is better)."""

    split: Ints
    side: float | None
    blocks: int
    empty: int
    missing: int
    off: float

    @property
    def score(self) -> tuple[int, int, float]:
        return self.empty, self.missing, self.off


def assign_splits(
    places: Sequence[Place],
    *,
    fractions: Sequence[float] = (70, 15, 15),
    block: str | float | None = None,
    buffer: str | float = "0.1km",
    seed: int = 0,
) -> Splits:
    """Give every chip a split.

    Chips on the ground go by square blocks. Without ``block`` it is the largest whole number of chips that gives every
    split every class, with each share of the kept chips within ten percentage points (and at least half) of what was
    asked for; where no size does all that, the one that misses fewest classes, with a warning. Of two chips of
    different splits that overlap or lie within ``buffer`` of each other, that of the larger split goes to ``none``.
    A shape lies in one split: of the chips that it is on, those of the split that has fewer of them go to ``none``.
    Chips without CRS go by group, near-duplicates together.

    Args:
        places: The chips. Same places, same seed: same splits, whatever their order.
        fractions: Of train, validate and test, in any unit.
        block: Side of a block (``"1km"``, metres); None to choose.
        buffer: Smallest distance between footprints of two splits.
        seed: Seed of all choices.

    Raises:
        InputError: Bad fractions or lengths; or ``block`` given and a split is left without a class (or without
            chips), naming a size that would do.
    """
    wanted = shares(fractions)
    buffer_m = metres(buffer, "buffer")
    block_m = None if block is None else metres(block, "block")
    check_block(block_m)
    places = sorted(places, key=lambda p: p.id)
    if not places:
        raise InputError("there are no chips to split", hint="label some chips first")
    return _Splitter(places, wanted, block_m, buffer_m, seed).run()


class _Splitter:
    """The chips and what was asked for, ready to try one block size after another."""

    def __init__(
        self, places: list[Place], wanted: tuple[float, float, float], block_m: float | None, buffer_m: float, seed: int
    ) -> None:
        self.places, self.wanted, self.block_m, self.buffer_m, self.seed = places, wanted, block_m, buffer_m, seed
        self.names = sorted({c for p in places for c, n in p.classes.items() if n > 0})
        self.presence = np.array([[p.classes.get(c, 0) > 0 for c in self.names] for p in places], bool).reshape(
            len(places), len(self.names)
        )
        self.on_ground = np.flatnonzero([p.footprint is not None for p in places])
        self.off_ground = np.flatnonzero([p.footprint is None for p in places])
        self.used = [s for s in range(3) if wanted[s] > 0]
        self.yields = sorted(self.used, key=lambda s: (-wanted[s], s))  # train, validate, test where 70,15,15
        ground = [places[i] for i in self.on_ground]
        self.ground = Ground(ground) if ground else None
        self.footprints = Footprints([p.footprint for p in ground]) if ground else None
        self.conflicts = self._conflicts()
        self.shared = Shared(places)
        self.clusters = clusters([places[i] for i in self.off_ground])

    def run(self) -> Splits:
        best = self._best()
        if best is None or best.empty:
            return self._all_train()
        if self.block_m is not None and best.missing:
            self._refuse(best)
        return self._result(best)

    def _best(self) -> _Try | None:
        if self.block_m is not None and self.ground is not None:
            check_block(self.block_m, self.ground.chip_m)
            given = self._best_of([self.block_m / self.ground.chip_m])
            if given is None or given.empty == 0:
                return given
            other = self._search()
            if other is not None and not other.empty:
                self._refuse(given, other)
            return None
        return self._search()

    def _search(self) -> _Try | None:
        return self._best_of(self.ground.sides() if self.ground is not None else [None])

    def _best_of(self, sides: Sequence[float | None]) -> _Try | None:
        """The first good try in the order of the sides; else the best one."""
        best: _Try | None = None
        for one in (t for side in sides for t in self._tries(side)):
            if best is None or one.score < best.score:
                best = one
            if one.score == (0, 0, 0.0):
                break
        return best

    def _tries(self, side: float | None) -> Iterator[_Try]:
        blocks = np.zeros(len(self.places), np.int64)
        if self.ground is not None and side is not None:
            blocks[self.on_ground] = self.ground.blocks(side)
        start = int(blocks[self.on_ground].max()) + 1 if len(self.on_ground) else 0
        blocks[self.off_ground] = start + self.clusters
        count = int(blocks.max()) + 1
        if count < len(self.used):
            yield _Try(np.zeros(len(blocks), np.int64), side, count, 1, 0, 1.0)
            return
        for n in range(_TRIES):
            # first without looking at the classes, so that splits planned before any label stay as they are
            presence = self.presence[:, :0] if n < _BLIND else self.presence
            rng = np.random.default_rng([self.seed, n, count])
            yield self._judged(self._buffered(allocate(blocks, presence, self.wanted, rng)), side, count)

    def _buffered(self, split: Ints) -> Ints:
        """Chips of a larger split that come too near one of a smaller split are put into none.

        Before it, all but one split's chips of each shape.
        """
        out = self.shared.apart(split, self.yields)
        one, two = self.conflicts[:, 0], self.conflicts[:, 1]
        for larger in reversed(self.yields):  # the smaller splits settle theirs first
            smaller = [s for s in self.used if self.yields.index(s) > self.yields.index(larger)]
            for a, b in ((one, two), (two, one)):
                out[a[(out[a] == larger) & np.isin(out[b], smaller)]] = _NONE
        return out

    def _judged(self, split: Ints, side: float | None, count: int) -> _Try:
        kept = np.bincount(split, minlength=_NONE + 1)[:_NONE]
        shares = kept / max(int(kept.sum()), 1)
        off = max(
            0.0,
            *(abs(shares[s] - self.wanted[s]) - _OFF for s in self.used),
            *(self.wanted[s] / 2 - shares[s] for s in self.used),
        )
        empty = sum(int(kept[s] == 0) for s in self.used)
        missing = sum(len(m) for m in self._missing(split).values())
        return _Try(split, side, count, empty, missing, float(off))

    def _missing(self, split: Ints) -> dict[str, tuple[str, ...]]:
        out = {}
        for s in self.used:
            there = self.presence[split == s].any(axis=0)
            out[SPLITS[s]] = tuple(c for c, has in zip(self.names, there, strict=True) if not has)
        return {s: m for s, m in out.items() if m}

    def _conflicts(self) -> Ints:
        """Pairs of chips (n, 2) that overlap or lie within the buffer."""
        if self.footprints is None:
            return np.zeros((0, 2), np.int64)
        pairs, distances = self.footprints.within(self.buffer_m)
        near = distances < self.buffer_m
        near[~near] = self.footprints.overlapping(pairs[~near])
        return np.asarray(self.on_ground[pairs[near]].reshape(-1, 2))

    def _refuse(self, given: _Try, other: _Try | None = None) -> None:
        other = other or self._search()
        assert self.ground is not None
        lacks = [] if given.empty else [f"{s} has no {', '.join(m)}" for s, m in self._missing(given.split).items()]
        works = other is not None and not other.empty and not other.missing and other.side is not None
        raise InputError(
            "with this block a split would lack a class" if lacks else "with this block a split would be empty",
            asked=f"--block {option(self.block_m or 0)}",
            found="; ".join(lacks) or f"{given.blocks} blocks",
            hint=f"--block {option((other.side or 0) * self.ground.chip_m)} would do, or leave --block out"
            if works and other is not None
            else "no size would do; leave --block out to release with a warning",
        )

    def _all_train(self) -> Splits:
        only = self.used[0] if len(self.used) == 1 else 0
        split = np.full(len(self.places), only, np.int64)
        warning = f"fewer than {len(self.used)} separable blocks or groups: all {len(split)} chips are {SPLITS[only]}"
        result = self._result(_Try(split, None, 1, 0, 0, 0.0))
        return replace(
            result, report=replace(result.report, method="all-train", warnings=(warning,), missing={}, block_chips=None)
        )

    def _result(self, best: _Try) -> Splits:
        names = [*SPLITS, NO_SPLIT]
        missing = self._missing(best.split)
        distances = self._distances(best.split)
        side_m = None if best.side is None or self.ground is None else best.side * self.ground.chip_m
        on, off = len(self.on_ground), len(self.off_ground)
        warnings = tuple(f"split {s} has no {', '.join(m)}" for s, m in missing.items())
        if best.off > 0 and self.block_m is None:
            warnings += (f"the shares are far from those asked for ({self._shares(best.split)})",)
        if left := self.shared.left(best.split):
            why = "a shape on them goes on in a split elsewhere: cut large shapes to keep them"
            warnings += (f"{left} chips are in no split, since {why}",)
        report = SplitReport(
            method="mixed" if on and off else "blocks" if on else "groups",
            seed=self.seed,
            fractions=self.wanted,
            block_m=side_m,
            block_chips=int(best.side) if best.side is not None and self.block_m is None else None,
            blocks=best.blocks,
            buffer_m=self.buffer_m,
            chips={n: int((best.split == i).sum()) for i, n in enumerate(names)},
            smallest_distance_m=min(distances.values()) if distances else None,
            distances_m=distances,
            class_share=self._class_share(best.split),
            missing=missing,
            warnings=warnings,
        )
        return Splits({p.id: names[s] for p, s in zip(self.places, best.split, strict=True)}, report)

    def _distances(self, split: Ints) -> dict[str, float]:
        if self.footprints is None:
            return {}
        here = split[self.on_ground]
        out = {}
        for a, b in combinations(self.used, 2):
            found = self.footprints.smallest(np.flatnonzero(here == a), np.flatnonzero(here == b))
            if found is not None:
                out["-".join(sorted((SPLITS[a], SPLITS[b])))] = round(found, 3)
        return dict(sorted(out.items()))

    def _class_share(self, split: Ints) -> dict[str, dict[str, float]]:
        counts = np.array([[p.classes.get(c, 0) for c in self.names] for p in self.places], np.float64)
        total = counts.sum(axis=0) if self.names else np.zeros(0)
        return {
            name: {c: round(float(counts[split == i, n].sum() / total[n]), 6) for n, c in enumerate(self.names)}
            for i, name in enumerate([*SPLITS, NO_SPLIT])
        }

    def _shares(self, split: Ints) -> str:
        kept = split[split != _NONE]
        return ", ".join(f"{SPLITS[s]} {100 * float((kept == s).mean()):.0f} %" for s in self.used)


def told_splits(report: SplitReport) -> list[str]:
    """The report in lines for people."""
    lines = ["chips: " + ", ".join(f"{s} {n}" for s, n in report.chips.items())]
    if report.block_m is not None:
        chips = f" ({report.block_chips} x {report.block_chips} chips)" if report.block_chips else ""
        lines.append(f"blocks of {told(report.block_m)}{chips}, buffer {told(report.buffer_m)}")
    if report.smallest_distance_m is not None:
        lines.append(f"smallest distance between splits: {report.smallest_distance_m:.1f} m")
    for split, shares in report.class_share.items():
        if shares and report.chips.get(split):
            lines.append(f"{split}: " + ", ".join(f"{100 * v:.1f} % of {c}" for c, v in shares.items()))
    return lines + [f"warning: {w}" for w in report.warnings]


def check_block(block_m: float | None, chip_m: float = 0, *, slack: float = 0.999) -> None:
    """Refuse a block that is smaller than a chip, or has no size."""
    if block_m == 0:
        raise InputError("a block has a size", asked="0", hint="write it like 1km")
    if block_m is not None and block_m < slack * chip_m:
        raise InputError(
            "a block must not be smaller than a chip",
            asked=option(block_m),
            found=f"chips of {told(chip_m)}",
            hint="take a multiple of the chip's side",
        )


def shares(fractions: Sequence[float]) -> tuple[float, float, float]:
    """Shares of train, validate and test, of 1.

    Raises:
        InputError: They are not three, or there is nothing to share.
    """
    values = [float(f) for f in fractions]
    if len(values) != 3 or not all(np.isfinite(values)) or min(values) < 0 or sum(values) <= 0:
        raise InputError(
            "splits are three shares: train, validate, test", asked=",".join(map(str, fractions)), hint="e.g. 70,15,15"
        )
    total = sum(values)
    return values[0] / total, values[1] / total, values[2] / total
