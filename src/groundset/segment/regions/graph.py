"""Which regions touch, how strongly the image changes between them, and the tree that merges them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Adjacency:
    """Regions that share a side of a pixel.

    ``a`` < ``b`` int64 (edges,); ``length`` counts the sides shared, ``step`` sums the change of the image over them.
    ``inner_length`` and ``inner_step`` (regions,) say the same of the sides within each region.
    """

    a: Int64
    b: Int64
    length: Float64
    step: Float64
    inner_length: Float64
    inner_step: Float64


def adjacency(leaves: Int32, planes: Float32) -> Adjacency:
    """The region adjacency graph.

    Args:
        leaves: (rows, columns), 0 ... n - 1; -1 takes no part.
        planes: (channels, rows, columns); the change over a side is the Euclidean distance between its two pixels.
    """
    count = int(leaves.max(initial=-1)) + 1
    sides = [_sides(leaves[:, :-1], leaves[:, 1:], np.diff(planes, axis=2)),
             _sides(leaves[:-1], leaves[1:], np.diff(planes, axis=1))]  # fmt: skip
    low, high, step = (np.concatenate(parts) for parts in zip(*sides, strict=True))
    within = low == high
    inner = low[within]
    key, at = np.unique(low[~within].astype(np.int64) * count + high[~within], return_inverse=True)
    return Adjacency(
        key // max(count, 1),
        key % max(count, 1),
        tally(at, len(key)),
        tally(at, len(key), step[~within]),
        tally(inner, count),
        tally(inner, count, step[within]),
    )


def tally(at: npt.NDArray[np.integer[Any]], count: int, weights: npt.NDArray[Any] | None = None) -> Float64:
    """How often each of 0 ... ``count`` - 1 occurs, or what its weights sum to."""
    return np.bincount(at, weights, count).astype(np.float64)


def _sides(one: Int32, other: Int32, change: Float32) -> tuple[Int32, Int32, Float32]:
    there = (one >= 0) & (other >= 0)
    step = np.sqrt(np.einsum("krc,krc->rc", change, change))
    return np.minimum(one, other)[there], np.maximum(one, other)[there], step[there]


def means(leaves: Int32, planes: Float32) -> tuple[Float64, Int64]:
    """Mean (regions, channels) and size in pixels (regions,) of each region."""
    there = leaves >= 0
    at = leaves[there]
    size = np.bincount(at)
    sums = [np.bincount(at, plane[there], len(size)) for plane in planes]
    return np.stack(sums, axis=1) / size[:, None], size.astype(np.int64)


def ward(graph: Adjacency, mean: Float64, size: Int64) -> tuple[Int32, Float64]:
    """Merge what differs least, again and again: a binary partition tree (Salembier 2000) by Ward's rule.

    Two neighbours differ by |A||B| / (|A| + |B|) times the squared distance of their means.

    Args:
        graph: Which regions touch.
        mean: (regions, channels).
        size: In pixels (regions,).

    Returns:
        Parent of each node, int32: regions first, a parent after its children, a root its own; one root for each set
        of regions that hang together. And the height of each node: the largest difference merged within it, 0 for
        regions.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(size)
    touching = coo_array((np.ones(len(graph.a)), (graph.a, graph.b)), shape=(count, count))
    sets, of = connected_components(touching, directed=False)
    order = np.argsort(of, kind="stable")
    local = np.empty(count, np.int64)
    bounds = np.searchsorted(of[order], np.arange(sets + 1))
    local[order] = np.arange(count) - bounds[of[order]]
    edges = np.argsort(of[graph.a], kind="stable")
    edge_bounds = np.searchsorted(of[graph.a][edges], np.arange(sets + 1))
    parent, height = [np.arange(count)], [np.zeros(count)]
    total = count
    for i in np.flatnonzero(np.diff(bounds) > 1):
        members = order[bounds[i] : bounds[i + 1]]
        some = edges[edge_bounds[i] : edge_bounds[i + 1]]
        up, high = _merged(local[graph.a[some]], local[graph.b[some]], mean[members], size[members])
        new = up - len(members) + total  # parents are never regions
        parent[0][members] = new[: len(members)]
        parent.append(new[len(members) :])
        height.append(high[len(members) :])
        total += len(members) - 1
    return np.concatenate(parent).astype(np.int32), np.concatenate(height)


def _merged(a: Int64, b: Int64, mean: Float64, size: Int64) -> tuple[Int64, Float64]:
    """The tree of regions that hang together: parents (2 n - 1,) and heights."""
    import higra

    graph = higra.UndirectedGraph(len(size))
    graph.add_edges(a, b)  # by our own numbers: higra's own region graph numbers regions as it meets them
    tree, height = higra.binary_partition_tree_ward_linkage(graph, np.ascontiguousarray(mean), size.astype(np.float64))
    return tree.parents().astype(np.int64), np.asarray(height, np.float64)
