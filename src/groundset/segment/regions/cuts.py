"""The best choice of nodes of a tree that do not overlap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundset.segment.regions.hierarchy import Hierarchy


def best_cut(tree: Hierarchy, worth: npt.NDArray[np.float64]) -> list[int]:
    """The nodes that do not overlap and whose worth sums to most, in order.

    From the leaves up, a node stands for itself where that is worth more than the best of what lies below it.

    Args:
        tree: The regions.
        worth: Of each node (nodes,); one that is not above 0 is never chosen.
    """
    own, parent, count = worth.tolist(), tree.parent.tolist(), len(tree)
    below, chosen = [0.0] * count, [False] * count
    for node in range(count):
        chosen[node] = own[node] > below[node]
        up = parent[node]
        if up != node:
            below[up] += own[node] if chosen[node] else below[node]
    out, covered = [], [False] * count
    for node in range(count - 1, -1, -1):
        up = parent[node]
        covered[node] = up != node and covered[up]
        if chosen[node] and not covered[node]:
            out.append(node)
            covered[node] = True
    return out[::-1]
