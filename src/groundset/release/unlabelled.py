"""Which unlabelled chips a release may keep: those that tell nothing of the chips that models are tried on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from groundset.release.blocks import Ground, Place
from groundset.release.distances import Footprints
from groundset.release.facts import UNLABELLED_SPLIT
from groundset.release.groups import clusters, near_duplicates
from groundset.release.splits import Splits
from groundset.release.written import Written

HELD_OUT = ("validate", "test")
_NEAREST_M = 0.05
"""Footprints are rounded to 1e-7 degrees, 1 cm."""


def apart(labelled: Sequence[Place], splits: Splits, candidates: Sequence[Place]) -> list[bool]:
    """Whether each candidate lies outside of the blocks of validate and test, and of their buffer.

    Chips without CRS: whether no chip of their group is in validate or test.

    Args:
        labelled: The chips that have a split.
        splits: Their splits.
        candidates: Chips without a label.
    """
    out = np.ones(len(candidates), bool)
    held = [p for p in labelled if splits.splits[p.id] in HELD_OUT]
    if not held or not candidates:
        return [bool(v) for v in out]
    out &= ~_near(held, candidates, splits.report.buffer_m)
    out &= ~_in_blocks(labelled, held, candidates, splits.report.block_m)
    out &= ~_in_groups(held, candidates)
    return [bool(v) for v in out]


def distinct(labelled: Sequence[Written], splits: Splits, new: Sequence[Written], off_ground: set[str]) -> set[str]:
    """Ids of the new chips that may stay: no pixels twice, and off the ground nothing like a chip held out.

    Args:
        labelled: Chips with a split.
        splits: Their splits.
        new: Unlabelled chips that are written.
        off_ground: Ids of chips without CRS.
    """
    seen = {_looks(w) for w in labelled}
    kept: set[str] = set()
    for one in new:
        looks = _looks(one)
        if looks not in seen:
            seen.add(looks)
            kept.add(one.id)
    plain = [w for w in (*labelled, *new) if w.id in off_ground]
    for i, j in near_duplicates([w.fingerprint for w in plain]):
        for a, b in ((plain[i], plain[j]), (plain[j], plain[i])):
            if splits.splits.get(a.id) in HELD_OUT:
                kept.discard(b.id)
    return kept


def with_unlabelled(splits: Splits, ids: Iterable[str], left_out: int) -> Splits:
    """The splits with these chips in one of their own; the report says how many, and how many were left out."""
    kept = dict.fromkeys(ids, UNLABELLED_SPLIT)
    report = splits.report
    said = (
        f"{len(kept):,} chips without a label are in the split {UNLABELLED_SPLIT}, for semi-supervised work;"
        f" {left_out:,} were left out, in or near the blocks of validate and test or with the pixels of another chip"
    )
    if not kept and not left_out:
        said = "there is no chip with data but without a label to keep"
    chips = {**report.chips, UNLABELLED_SPLIT: len(kept)}
    return Splits(splits.splits | kept, replace(report, chips=chips, warnings=(*report.warnings, said)))


def _near(held: Sequence[Place], candidates: Sequence[Place], buffer_m: float) -> npt.NDArray[np.bool_]:
    """Candidates that overlap a chip held out, or come within the buffer of one."""
    out = np.zeros(len(candidates), bool)
    ours = [p.footprint for p in held if p.footprint is not None]
    theirs = {i: p.footprint for i, p in enumerate(candidates) if p.footprint is not None}
    at = np.array(list(theirs), np.int64)
    if not ours or not theirs:
        return out
    prints = Footprints([*ours, *theirs.values()])
    pairs, metres = prints.within(max(buffer_m, _NEAREST_M))
    across = (pairs[:, 0] < len(ours)) & (pairs[:, 1] >= len(ours))
    pairs, metres = pairs[across], metres[across]
    near = metres < buffer_m
    near[~near] = prints.overlapping(pairs[~near])
    out[at[pairs[near][:, 1] - len(ours)]] = True
    return out


def _in_blocks(
    labelled: Sequence[Place], held: Sequence[Place], candidates: Sequence[Place], block_m: float | None
) -> npt.NDArray[np.bool_]:
    """Candidates in a block of chips held out, as far as their CRS is that of the blocks."""
    out = np.zeros(len(candidates), bool)
    ground = [p for p in labelled if p.footprint is not None]
    if block_m is None or not ground:
        return out
    blocks = Ground(ground)
    at = np.array([i for i, p in enumerate(candidates) if blocks.covers(p)], np.int64)
    if not len(at):
        return out
    side = block_m / blocks.chip_m
    taken = set(map(tuple, blocks.cells(side, [p for p in held if p.footprint is not None]).tolist()))
    cells = blocks.cells(side, [candidates[i] for i in at]).tolist()
    out[at] = [tuple(cell) in taken for cell in cells]
    return out


def _in_groups(held: Sequence[Place], candidates: Sequence[Place]) -> npt.NDArray[np.bool_]:
    out = np.zeros(len(candidates), bool)
    at = [i for i, p in enumerate(candidates) if p.footprint is None]
    plain = [p for p in held if p.footprint is None]
    if at and plain:
        cluster = clusters([*plain, *(candidates[i] for i in at)])
        out[at] = np.isin(cluster[len(plain) :], cluster[: len(plain)])
    return out


def _looks(written: Written) -> object:
    """Equal for chips with the same pixels; never so for chips of one value, which may well be alike."""
    moments = written.moments
    if not bool((moments.maximum > moments.minimum).any()):
        return written.id
    parts: Mapping[str, object] = {name: getattr(moments, name) for name in type(moments).__dataclass_fields__}
    return written.fingerprint, tuple(np.asarray(v).tobytes() for v in parts.values())
