"""Candidates: the regions of all scales that are worth showing, with class and score, and masks of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from groundset.core import UNLABELLED, InputError
from groundset.segment.regions.base import Bool, Float32
from groundset.segment.regions.cuts import best_cut
from groundset.segment.regions.extras import Extra
from groundset.segment.regions.graph import tally
from groundset.segment.regions.hierarchy import Hierarchy, summed

UInt8 = npt.NDArray[np.uint8]
Float64 = npt.NDArray[np.float64]

WANTED = 1000
"""Candidates of a chip."""
LEAST = 8
"""The smallest candidate in pixels."""
COST = 8.0
"""What a segment costs in :meth:`Candidates.best`, in pixels that are right."""
_PARTS = 2000
_COVERING = 2
"""A pixel in a segment is worth more than its variance, so that none stays out that could be in one."""
_COSTS = (2.0, COST, 32.0, 128.0)
_ALIKE = 0.9
_LARGEST = 0.5
_STRICT = 8
"""Power of the purity in a score: a pixel that is wrong costs more to put right than one that is open."""


@dataclass(frozen=True)
class Candidates:
    """The nodes of a hierarchy with class and score. Candidates may overlap.

    Args:
        tree: The regions.
        there: bool (nodes,): which nodes are candidates.
        codes: Class codes in the order of ``probability``.
        probability: float32 (nodes, classes), mean over the node's pixels; None while no model can say.
        score: float32 (nodes,), 0 to 1: what to show first (see :func:`scores`).
        extras: Masks that models gave, their scores in line with those of nodes.
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
        """Class codes for a node, the most probable first; in their own order while no model can say."""
        if self.probability is None:
            return [int(c) for c in self.codes]
        return [int(self.codes[i]) for i in np.argsort(-self.probability[node], kind="stable")]

    def at(self, row: int, col: int) -> list[int]:
        """The candidates that contain a pixel, best first; then the leaf, if it is none, so that there is a finest.

        Those of the leaf's class come before those of others: who clicks on a pond in a field means the pond. Of two
        that nearly are the same (the smaller has nine tenths of the larger) the better one stands for both.

        Raises:
            InputError: The pixel lies outside the chip.
        """
        path = self.tree.path(row, col)
        here = self.code[path[0]] if path else UNLABELLED
        ranked = sorted(
            (n for n in path if self.there[n]), key=lambda n: (bool(self.code[n] != here), -float(self.score[n]), n)
        )
        out: list[int] = []
        for node in ranked:
            if not any(self._alike(node, other) for other in out):
                out.append(node)
        return out + [n for n in path[:1] if not self.there[n]]

    def _alike(self, one: int, other: int) -> bool:
        small, large = sorted((int(self.tree.size[one]), int(self.tree.size[other])))
        return small >= _ALIKE * large

    @cached_property
    def best(self) -> list[int]:
        """The best candidates that do not overlap, in order: what a labelling can start with.

        With a model they maximise the number of pixels expected to be right, less eight a segment, over all choices
        from the tree. While no model can say, they leave the least variance within segments, where each costs as much
        as the variance of a 2,000th of the chip (the piecewise constant model of Mumford and Shah, on the tree).
        """
        tree = self.tree
        if self.probability is None:
            worth = _COVERING * tree.size - variance_within(tree) - tree.area / _PARTS
        else:
            worth = tree.size * self.probability.max(axis=1, initial=0).astype(np.float64) - COST
        return best_cut(tree, np.where(self.there, worth, 0.0))


def candidates(
    tree: Hierarchy,
    probabilities: Float32 | None = None,
    codes: Sequence[int] | UInt8 = (),
    *,
    extras: Sequence[Extra] = (),
    wanted: int = WANTED,
    least: int = LEAST,
) -> Candidates:
    """Choose the nodes worth showing, and say what each is.

    With a model they are first those of its best cuts at four scales (segments that cost 2, 8, 32 and 128 pixels each).
    Then, and without a model alone, those that last longest: whose height lies farthest below their parent's, so that
    the tree merges them late into something else and a chain of nodes that grow by a few pixels is passed over; without
    a model none is larger than half of the data that hangs together, which rarely is one thing.

    Args:
        tree: The regions of a chip.
        probabilities: (classes, rows, columns) of a model, NaN where it says nothing; None where it cannot learn yet.
        codes: Class codes in the order of ``probabilities``; the order of the shortlist where there are none.
        extras: Masks of models.
        wanted: How many nodes at most.
        least: The smallest, in pixels.

    Raises:
        InputError: Probabilities of another shape than the chip or the codes.
    """
    named = np.asarray(codes, np.uint8)
    fits = tree.size >= least
    if probabilities is None or not len(named):
        fits &= tree.size <= max(least, _LARGEST * tree.size[tree.leaf_count :].max(initial=0))
    rank = np.where(fits, lifetime(tree), -1.0)
    mean: Float32 | None = None
    if probabilities is not None and len(named):
        if probabilities.shape != (len(named), *tree.leaves.shape):
            raise InputError(
                "the probabilities do not fit the regions",
                asked=str(probabilities.shape),
                found=f"{len(named)} classes and {tree.leaves.shape} pixels",
            )
        mean = node_means(tree, probabilities)
        right = tree.size * mean.max(axis=1).astype(np.float64)
        for cost in _COSTS:
            rank[best_cut(tree, np.where(fits, right - cost, 0.0))] += 1 + rank.max(initial=0)
    there = np.zeros(len(tree), bool)
    there[np.argsort(-rank, kind="stable")[:wanted]] = True
    there &= fits
    score, unit = scores(tree, there, mean)
    return Candidates(tree, there, named, mean, score, tuple(_on_scale(e, tree, there, unit) for e in extras))


def scores(tree: Hierarchy, there: Bool, probability: Float32 | None) -> tuple[Float32, float]:
    """What to show first: float32 (nodes,), 1 for the best candidate of the chip, and what 1 stands for.

    The product of purity (the eighth power of the mean probability of the node's class), the contrast of its border
    and the root of its size, so that the largest segment that still is of one class comes first. While no model can
    say: the contrast times the root of the node's lifetime in the tree.
    """
    if probability is None:
        value = tree.contrast * np.sqrt(lifetime(tree))
    else:
        value = probability.max(axis=1, initial=0).astype(np.float64) ** _STRICT * tree.contrast * np.sqrt(tree.size)
    unit = float(value[there].max(initial=0)) or 1.0
    return np.clip(value / unit, 0, 1).astype(np.float32), unit


def _on_scale(extra: Extra, tree: Hierarchy, there: Bool, unit: float) -> Extra:
    """A model's mask with its sureness as purity and the usual contrast, to stand in line with the nodes."""
    usual = float(np.median(tree.contrast[there])) if there.any() else 0.0
    return replace(extra, score=min(1.0, extra.sure**_STRICT * usual * extra.size**0.5 / unit))


def lifetime(tree: Hierarchy) -> Float64:
    """How much higher each node's parent lies than the node, (nodes,); of a root nothing, since it never merges."""
    height = tree.height.astype(np.float64)
    return height[tree.parent] - height


def variance_within(tree: Hierarchy) -> Float64:
    """What leaves of a node differ by, squared and summed over pixels, in units of the chip's variance: (nodes,)."""
    left = summed(tree.parent, tree.height.astype(np.float64))
    unit = left[tree.roots].sum() / max(tree.area, 1)
    return left / unit if unit > 0 else left


def node_means(tree: Hierarchy, probabilities: Float32) -> Float32:
    """Mean over the pixels of each node that have a value: float32 (nodes, classes); 0 where none has.

    Args:
        tree: The regions.
        probabilities: (classes, rows, columns), NaN where there is no value.
    """
    known = (tree.leaves >= 0) & np.isfinite(probabilities).all(axis=0)
    at = tree.leaves[known]
    count = tree.sums(tally(at, tree.leaf_count))[:, None]
    leaf = np.stack([tally(at, tree.leaf_count, plane[known]) for plane in probabilities], axis=1)
    return np.divide(tree.sums(leaf), count, out=np.zeros((len(tree), leaf.shape[1])), where=count > 0.5).astype(
        np.float32
    )
