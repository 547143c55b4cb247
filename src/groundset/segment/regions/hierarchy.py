"""A hierarchy of regions of one chip: from small pieces to the whole, each the union of two smaller ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from groundset.core import InputError
from groundset.segment.regions.base import Base, Bool, Float32, Int32, channels, components, superpixels
from groundset.segment.regions.graph import Adjacency, adjacency, means, tally, ward

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]

NO_LEAF = -1
_PIXELS_A_LEAF = 64
_FEWEST, _MOST = 500, 6_000
_LEAST_PIXELS = 8
_NO_BORDER = 0.25
_NOTHING = 1e-9


@dataclass(frozen=True)
class Hierarchy:
    """A forest of nested regions; a node is a number, its leaves come first and its parent after it.

    Args:
        leaves: int32 (rows, columns): the leaf of each pixel, -1 where there is no data.
        parent: int32 (nodes,), larger than the node's own number; a root is its own parent. Data that does not hang
            together has several roots.
        size: int64 (nodes,) in pixels.
        height: float32 (nodes,): the largest difference merged within a node (see ``graph.ward``), 0 for leaves.
        contrast: float32 (nodes,), 0 to 1: how much more the image changes over the node's border than within it (see
            :func:`contrast`).
    """

    leaves: Int32
    parent: Int32
    size: Int64
    height: Float32
    contrast: Float32

    def __len__(self) -> int:
        """Number of nodes."""
        return len(self.parent)

    @cached_property
    def leaf_count(self) -> int:
        """Leaves are the nodes below this number."""
        return int(self.leaves.max(initial=NO_LEAF)) + 1

    @cached_property
    def roots(self) -> Int64:
        """The nodes that are their own parents."""
        return np.flatnonzero(self.parent == np.arange(len(self)))

    @property
    def area(self) -> int:
        """Pixels with data."""
        return int(self.size[self.roots].sum())

    @cached_property
    def spans(self) -> tuple[Int64, Int64, Int64]:
        """Leaves in an order in which each node's stand together: first and last + 1 of each node, place of each leaf.

        A sum over a node's leaves is a difference of two running sums, whatever its size.
        """
        count, parent = len(self), self.parent.tolist()
        held = [1] * self.leaf_count + [0] * (count - self.leaf_count)
        for node, up in enumerate(parent):
            if up != node:
                held[up] += held[node]
        first, cursor, end = [0] * count, [0] * count, 0
        for node in range(count - 1, -1, -1):
            up = parent[node]
            if up == node:
                first[node] = end
                end += held[node]
            else:
                first[node] = cursor[up]
                cursor[up] += held[node]
            cursor[node] = first[node]
        begin = np.array(first, np.int64)
        return begin, begin + np.array(held, np.int64), begin[: self.leaf_count]

    @cached_property
    def bbox(self) -> Int32:
        """int32 (nodes, 4): the smallest x, y, width, height around each node."""
        if not len(self):
            return np.zeros((0, 4), np.int32)
        row, col = np.nonzero(self.leaves >= 0)
        at = self.leaves[row, col]
        left, top = self._extreme(np.minimum, at, col), self._extreme(np.minimum, at, row)
        right, bottom = self._extreme(np.maximum, at, col), self._extreme(np.maximum, at, row)
        return np.stack([left, top, right - left + 1, bottom - top + 1], axis=1).astype(np.int32)

    def _extreme(self, pick: np.ufunc, leaf: Int32, values: Int64) -> Int64:
        """The least or the largest of the pixels' values in each node."""
        first, last, place = self.spans
        of_leaf = np.full(self.leaf_count, -1 if pick is np.maximum else np.iinfo(np.int64).max)
        pick.at(of_leaf, leaf, values)
        ordered = np.empty(self.leaf_count + 1, np.int64)
        ordered[place] = of_leaf
        ordered[-1] = of_leaf[0]  # reduceat wants a place beyond the last
        out: Int64 = pick.reduceat(ordered, np.stack([first, last], axis=1).ravel())[::2]
        return out

    def sums(self, values: Float64) -> Float64:
        """Sums (nodes, ...) of what is given for each leaf (leaves, ...)."""
        first, last, place = self.spans
        running = np.zeros((len(values) + 1, *values.shape[1:]))
        ordered = np.empty(values.shape, np.float64)
        ordered[place] = values
        np.cumsum(ordered, axis=0, out=running[1:])
        out: Float64 = running[last] - running[first]
        return out

    def path(self, row: int, col: int) -> list[int]:
        """The nodes that contain a pixel, smallest first; none where there is no data.

        Raises:
            InputError: The pixel lies outside the chip.
        """
        rows, cols = self.leaves.shape
        if not (0 <= row < rows and 0 <= col < cols):
            raise InputError(
                "this pixel is not in the chip", asked=f"row {row}, column {col}", found=f"{rows} x {cols} pixels"
            )
        node, out = int(self.leaves[row, col]), []
        while node >= 0:
            out.append(node)
            up = int(self.parent[node])
            node = up if up != node else NO_LEAF
        return out

    def mask(self, node: int) -> Bool:
        """The pixels of a node within its box: bool (height, width)."""
        first, last, place = self.spans
        x, y, width, height = self.bbox[node].tolist()
        inside = self.leaves[y : y + height, x : x + width]
        chosen = np.zeros(self.leaf_count + 1, bool)  # the last one is where -1 looks
        chosen[:-1] = (place >= first[node]) & (place < last[node])
        out: Bool = chosen[inside]
        return out


def leaf_count(area: int) -> int:
    """How many leaves so many pixels of data get: one for 64 pixels, 500 to 6,000, none below 8 pixels."""
    return max(1, min(max(area // _PIXELS_A_LEAF, _FEWEST), _MOST, area // _LEAST_PIXELS))


def hierarchy(physical: Float32, nodata: Bool, *, base: Base = "slic", leaves: int | None = None) -> Hierarchy:
    """The regions of a chip at all scales.

    Superpixels of the first three principal components are merged by Ward's rule on all bands, each on a robust scale
    of its own (see ``base.channels``).

    Args:
        physical: (bands, rows, columns) in physical units, NaN where there is no data.
        nodata: Pixels (rows, columns) that stand apart.
        base: How the leaves are found: slic or felzenszwalb.
        leaves: About how many; None for :func:`leaf_count`.

    Raises:
        InputError: Shapes that do not fit, no such base, or no leaves wanted.
    """
    if physical.ndim != 3 or physical.shape[1:] != nodata.shape or not len(physical):
        raise InputError(
            "the pixels are (bands, rows, columns) and nodata is (rows, columns)",
            found=f"{physical.shape} and {nodata.shape}",
        )
    planes = channels(physical, nodata)
    few = components(planes, nodata)
    labels = superpixels(few, nodata, base, leaf_count(nodata.size - int(nodata.sum())) if leaves is None else leaves)
    graph = adjacency(labels, few)
    mean, size = means(labels, planes)
    parent, height = ward(graph, mean, size)
    bare = Hierarchy(labels, parent, np.zeros(0, np.int64), height.astype(np.float32), np.zeros(0, np.float32))
    of_node = np.rint(bare.sums(size.astype(np.float64))).astype(np.int64)
    return Hierarchy(labels, parent, of_node, bare.height, contrast(bare, graph))


def contrast(tree: Hierarchy, graph: Adjacency) -> Float32:
    """How much more the image changes over each node's border than within it: (nodes,), 0 to 1.

    (border - within) / (border + within), each the mean change over sides of pixels; 0 where the border changes less,
    0.25 where a node has no border. The edge of the chip and of the data is no border.
    """
    meet = _lowest_common(tree.parent, graph.a, graph.b)
    out = []
    for inner, edges in ((graph.inner_length, graph.length), (graph.inner_step, graph.step)):
        ends = tally(graph.a, tree.leaf_count, edges) + tally(graph.b, tree.leaf_count, edges)
        within = summed(tree.parent, tally(meet, len(tree), edges))
        out.append((tree.sums(inner) + within, tree.sums(ends) - 2 * within))
    (inside, border), (inside_step, border_step) = out
    bordered = border > 0.5
    within_mean = np.divide(inside_step, inside, out=np.zeros(len(tree)), where=inside > 0)
    border_mean = np.divide(border_step, border, out=np.zeros(len(tree)), where=bordered)
    total = within_mean + border_mean
    more = np.divide(border_mean - within_mean, total, out=np.zeros(len(tree)), where=total > _NOTHING)
    return np.where(bordered, np.clip(more, 0, 1), _NO_BORDER).astype(np.float32)


def _lowest_common(parent: Int32, a: Int64, b: Int64) -> Int64:
    """The smallest node that holds both, for each pair; parents have larger numbers than their children."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    going = np.flatnonzero(low != high)
    while len(going):
        up = parent[low[going]].astype(np.int64)
        other = high[going]
        low[going], high[going] = np.minimum(up, other), np.maximum(up, other)
        going = going[up != other]
    return low


def summed(parent: Int32, values: Float64) -> Float64:
    """What is given for each node, with all that lies below it."""
    out = values.tolist()
    for node, up in enumerate(parent.tolist()):
        if up != node:
            out[up] += out[node]
    return np.array(out, np.float64)
