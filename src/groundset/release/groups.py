"""Chips without CRS: kept together by group and by likeness."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from groundset.release.blocks import Place

NEAR_BITS = 6
"""Two 64-bit fingerprints that differ in at most this many bits are near-duplicates."""


def clusters(places: Sequence[Place]) -> npt.NDArray[np.int64]:
    """Cluster of each chip, numbers from 0: one group, chips with a shape in common, and near-duplicates are one."""
    parent = np.arange(len(places))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = int(parent[i])
        return i

    def join(i: int, j: int) -> None:
        a, b = sorted((root(i), root(j)))
        parent[b] = a

    first: dict[str, int] = {}
    for i, place in enumerate(places):
        if place.group is not None:
            join(first.setdefault(place.group, i), i)
    of_shape: dict[str, int] = {}
    for i, place in enumerate(places):
        for shape in sorted(place.shapes):
            join(of_shape.setdefault(shape, i), i)
    for i, j in near_duplicates([p.fingerprint for p in places]):
        join(i, j)
    _, cluster = np.unique([root(i) for i in range(len(places))], return_inverse=True)
    return np.asarray(cluster, np.int64)


def near_duplicates(fingerprints: Sequence[int | None]) -> list[tuple[int, int]]:
    """Pairs of positions whose fingerprints differ in at most ``NEAR_BITS`` bits.

    The 64 bits are cut into ``NEAR_BITS + 1`` bands; two that are so near are equal in at least one of them.
    """
    there = np.array([i for i, f in enumerate(fingerprints) if f is not None], np.int64)
    values = np.array([f for f in fingerprints if f is not None], np.uint64)
    pairs: set[tuple[int, int]] = set()
    edges = np.linspace(0, 64, NEAR_BITS + 2).astype(int)
    for low, high in pairwise(edges):
        key = (values >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(key, kind="stable")
        for bucket in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
            pairs.update(_near_in(bucket, values))
    return sorted((int(there[i]), int(there[j])) for i, j in pairs)


def _near_in(bucket: npt.NDArray[np.int64], values: npt.NDArray[np.uint64]) -> list[tuple[int, int]]:
    out = []
    for n, i in enumerate(bucket[:-1]):
        rest = bucket[n + 1 :]
        bits = np.bitwise_count(values[rest] ^ values[i])
        out += [(min(int(i), int(j)), max(int(i), int(j))) for j in rest[bits <= NEAR_BITS]]
    return out


def fingerprint(grey: npt.NDArray[np.floating]) -> int:
    """64-bit difference hash of a picture (rows, columns): is each of 8 x 8 cells darker than its right neighbour.

    NaN counts as the mean. A picture without contrast has fingerprint 0.
    """
    filled = np.where(np.isfinite(grey), grey, np.nanmean(grey) if np.isfinite(grey).any() else 0.0)
    rows, cols = (np.linspace(0, n, k + 1).astype(int) for n, k in zip(grey.shape, (8, 9), strict=True))
    cells = np.add.reduceat(np.add.reduceat(filled, rows[:-1], axis=0), cols[:-1], axis=1)
    cells = cells / np.maximum(np.outer(np.diff(rows), np.diff(cols)), 1)
    bits = (np.diff(cells, axis=1) > 0).ravel()
    return int("".join("1" if b else "0" for b in bits), 2)
