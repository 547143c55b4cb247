"""A pixel label: class, origin and confidence of every pixel, and the rule of who wins a pixel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundset.core.constants import NO_CONFIDENCE, PRECEDENCE, UNLABELLED, Origin
from groundset.core.errors import InputError

UInt8 = npt.NDArray[np.uint8]

_SOME = 1 << 16
_RANK = np.zeros(256, np.uint8)
for _i, _origin in enumerate(PRECEDENCE):
    _RANK[_origin] = 2 * (len(PRECEDENCE) - _i)


@dataclass(frozen=True, slots=True)
class LabelMask:
    """Three uint8 arrays of one shape (rows, columns).

    ``classes`` holds class codes (255 unlabelled), ``origin`` values of :class:`Origin`, ``confidence`` percent
    (255 none). A pixel with an origin but class 255 says that its actor wants it unlabelled.
    """

    classes: UInt8
    origin: UInt8
    confidence: UInt8

    def __post_init__(self) -> None:
        shapes = {self.classes.shape, self.origin.shape, self.confidence.shape}
        if len(shapes) != 1 or self.classes.ndim != 2:
            raise InputError("class, origin and confidence must have one shape (rows, columns)", found=shapes)
        if {a.dtype for a in (self.classes, self.origin, self.confidence)} != {np.dtype(np.uint8)}:
            raise InputError("class, origin and confidence must be uint8", found=self.classes.dtype)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        rows, cols = self.classes.shape
        return rows, cols

    @property
    def named(self) -> npt.NDArray[np.bool_]:
        """Pixels of a segment whose class a person said, bool (rows, columns): of a region, without a confidence."""
        said = np.not_equal(self.confidence, NO_CONFIDENCE)
        return np.equal(self.origin, Origin.REGION) & ~said & self.labelled

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """Pixels that have a class: bool (rows, columns)."""
        return np.not_equal(self.classes, UNLABELLED)

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> LabelMask:
        """A mask with every pixel unlabelled."""
        return cls(
            np.full(shape, UNLABELLED, np.uint8), np.zeros(shape, np.uint8), np.full(shape, NO_CONFIDENCE, np.uint8)
        )

    @classmethod
    def of(cls, classes: UInt8, origin: Origin, confidence: UInt8 | None = None) -> LabelMask:
        """A mask of one origin wherever ``classes`` is not 255."""
        there = classes != UNLABELLED
        sure = np.full(classes.shape, NO_CONFIDENCE, np.uint8)
        if confidence is not None:
            sure[there] = confidence[there]
        return cls(classes.astype(np.uint8), np.where(there, np.uint8(origin), np.uint8(0)), sure)

    def count(self) -> dict[int, int]:
        """Pixels per class code, unlabelled left out."""
        flat = self.classes.ravel()
        counts = np.zeros(UNLABELLED + 1, np.int64)
        for start in range(0, flat.size, _SOME):  # bincount makes integers of eight bytes first, so that few are best
            counts += np.bincount(flat[start : start + _SOME], minlength=UNLABELLED + 1)
        return {int(v): int(counts[v]) for v in np.flatnonzero(counts) if v != UNLABELLED}

    def count_origins(self) -> dict[int, int]:
        """Pixels per origin, of those that have a class."""
        labelled = self.labelled
        counts = np.bincount(self.origin.ravel() if labelled.all() else self.origin[labelled])
        return {int(v): int(counts[v]) for v in np.flatnonzero(counts)}


def merge(masks: Iterable[LabelMask], shape: tuple[int, int]) -> LabelMask:
    """One mask from several: human > consensus > import > product > region > model; among equals the later one wins.

    Of regions those that a person named win over those whose class is a model's.

    Args:
        masks: In the order in which they were answered, oldest first.
        shape: (rows, columns), needed where there is no mask at all.
    """
    out: LabelMask | None = None
    for mask in masks:
        if mask.shape != shape:
            raise InputError("masks of one chip must have its shape", asked=shape, found=mask.shape)
        wins = mask.origin != Origin.NONE
        if out is not None:
            wins &= _RANK[mask.origin] + mask.named >= _RANK[out.origin] + out.named
        if wins.all():  # the common case: one mask for the whole chip
            out = LabelMask(mask.classes.copy(), mask.origin.copy(), mask.confidence.copy())
            continue
        below = LabelMask.empty((1, 1)) if out is None else out
        out = LabelMask(
            np.where(wins, mask.classes, below.classes),
            np.where(wins, mask.origin, below.origin),
            np.where(wins, mask.confidence, below.confidence),
        )
    return out or LabelMask.empty(shape)
