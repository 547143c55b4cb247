"""Candidates: the regions of all scales that are worth showing, with class and score, and masks of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError
from groundset.core.rle import Rle
from groundset.segment.regions.base import Bool, Float32
from groundset.segment.regions.graph import tally
from groundset.segment.regions.hierarchy import Hierarchy

UInt8 = npt.NDArray[np.uint8]
Float64 = npt.NDArray[np.float64]

WANTED = 1000
"""Candidates of a chip."""
LEAST = 8
"""The smallest candidate in pixels."""
_ALIKE = 0.9
_COST = 4.0
"""What a further segment costs in :meth:`Candidates.best`, in pixels: of two ways alike, that of fewer segments."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A candidate that is not of the tree: a mask that a model gave.

    Args:
        rle: Its pixels.
        bbox: x, y, width, height.
        size: In pixels.
        score: 0 to 1.
        code: Its class; None: unknown.
        source: Who gave it.
    """

    rle: Rle
    bbox: tuple[int, int, int, int]
    size: int
    score: float
    code: int | None
    source: str


@dataclass(frozen=True)
class Candidates:
    """The nodes of a hierarchy with class and score. Candidates may overlap.

    Args:
        tree: The regions.
        there: bool (nodes,): which nodes are candidates.
        codes: Class codes in the order of ``probability``.
        probability: float32 (nodes, classes), mean over the node's pixels; None while no model can say.
        score: float32 (nodes,), 0 to 1: the mean probability of the node's class times the contrast of its border;
            the contrast alone where ``probability`` is None.
        extras: Masks that models gave.
    """

    tree: Hierarchy
    there: Bool
    codes: UInt8
    probability: Float32 | None
    score: Float32
    extras: tuple[Extra, ...] = ()

    @cached_property
    def code(self) -> UInt8:
        """The most probable class of each node: uint8 (nodes,), 255 while no model can say."""
        if self.probability is None:
            return np.full(len(self.tree), UNLABELLED, np.uint8)
        out: UInt8 = self.codes[self.probability.argmax(axis=1)]
        return out

    def shortlist(self, node: int) -> list[int]:
        """Class codes for a node, the most probable first; as they are while no model can say."""
        if self.probability is None:
            return [int(c) for c in self.codes]
        return [int(self.codes[i]) for i in np.argsort(-self.probability[node], kind="stable")]

    def at(self, row: int, col: int) -> list[int]:
        """The candidates that contain a pixel, best first; then the leaf, if it is none, so that there is a finest.

        Of two that nearly are the same (the smaller has nine tenths of the larger) the better one stands for both.

        Raises:
            InputError: The pixel lies outside the chip.
        """
        path = self.tree.path(row, col)
        ranked = sorted((n for n in path if self.there[n]), key=lambda n: (-float(self.score[n]), n))
        out: list[int] = []
        for node in ranked:
            if not any(self._alike(node, other) for other in out):
                out.append(node)
        return out + [n for n in path[:1] if not self.there[n]]

    def _alike(self, one: int, other: int) -> bool:
        small, large = sorted((int(self.tree.size[one]), int(self.tree.size[other])))
        return small >= _ALIKE * large

    def best(self) -> list[int]:
        """The best candidates that do not overlap, by number: what a labelling can start with.

        They maximise the sum of size times score, less four pixels a segment, over all choices of nodes of the tree:
        from the leaves up, a node stands for itself where that is worth more than the best of what lies below it.
        Pixels in no candidate stay out.
        """
        own = np.where(self.there, self.tree.size * self.score.astype(np.float64) - _COST, 0.0).tolist()
        parent, count = self.tree.parent.tolist(), len(self.tree)
        below, chosen = [0.0] * count, [False] * count
        for node in range(count):
            chosen[node] = own[node] > below[node]
            worth = own[node] if chosen[node] else below[node]
            if parent[node] != node:
                below[parent[node]] += worth
        out, covered = [], [False] * count
        for node in range(count - 1, -1, -1):
            up = parent[node]
            covered[node] = up != node and covered[up]
            if chosen[node] and not covered[node]:
                out.append(node)
                covered[node] = True
        return sorted(out)


def candidates(
    tree: Hierarchy,
    probabilities: Float32 | None = None,
    codes: Sequence[int] | UInt8 = (),
    *,
    extras: Sequence[Extra] = (),
    wanted: int = WANTED,
    least: int = LEAST,
    largest: int | None = None,
) -> Candidates:
    """Choose the nodes worth showing, and say what each is.

    They are those that last longest: whose own height lies farthest below their parent's, so that the tree merges
    them late into something else. A chain of nodes that grow by a few pixels is so passed over.

    Args:
        tree: The regions of a chip.
        probabilities: (rows, columns, classes) of a model, NaN where it says nothing; None where it cannot learn yet.
        codes: Class codes in the order of ``probabilities``.
        extras: Masks of models.
        wanted: How many at most.
        least: The smallest, in pixels.
        largest: The largest, in pixels; None: any.

    Raises:
        InputError: Probabilities of another shape than the chip or the codes.
    """
    chosen = worth_showing(tree, wanted=wanted, least=least, largest=largest)
    named = np.asarray(codes, np.uint8)
    if probabilities is None:
        return Candidates(tree, chosen, named, None, tree.contrast, tuple(extras))
    if probabilities.shape != (*tree.leaves.shape, len(named)):
        raise InputError(
            "the probabilities do not fit the regions",
            asked=str(probabilities.shape),
            found=f"{tree.leaves.shape} pixels and {len(named)} classes",
        )
    mean = node_means(tree, probabilities)
    score = mean.max(axis=1, initial=0) * tree.contrast
    return Candidates(tree, chosen, named, mean, score.astype(np.float32), tuple(extras))


def worth_showing(tree: Hierarchy, *, wanted: int = WANTED, least: int = LEAST, largest: int | None = None) -> Bool:
    """Which nodes last longest: bool (nodes,), see :func:`candidates`."""
    fits = tree.size >= least
    if largest is not None:
        fits &= tree.size <= largest
    lasts = np.where(fits, lifetime(tree), -1.0)
    chosen = np.zeros(len(tree), bool)
    chosen[np.argsort(-lasts, kind="stable")[:wanted]] = True
    out: Bool = chosen & fits
    return out


def lifetime(tree: Hierarchy) -> Float64:
    """How much higher each node's parent lies than the node; of a root, its own height: (nodes,)."""
    height = tree.height.astype(np.float64)
    above = height[tree.parent]
    return np.where(tree.parent == np.arange(len(tree)), height, above - height)


def node_means(tree: Hierarchy, probabilities: Float32) -> Float32:
    """Mean over the pixels of each node that have a value: float32 (nodes, classes); 0 where none has."""
    known = (tree.leaves >= 0) & np.isfinite(probabilities).all(axis=-1)
    at = tree.leaves[known]
    count = tree.sums(tally(at, tree.leaf_count))
    sums = [tree.sums(tally(at, tree.leaf_count, plane[known])) for plane in np.moveaxis(probabilities, -1, 0)]
    total = np.stack(sums, axis=1) if sums else np.zeros((len(tree), 0))
    return np.divide(total, count[:, None], out=np.zeros(total.shape), where=count[:, None] > 0.5).astype(np.float32)
