"""Questions that one key answers: which small segments of a chip the assistant shows, and in which order.

Nobody points: the page brings the person to the segment, they press a class. That a few pixels chosen by a model's
doubt teach as much as whole masks, and that answering needs no mouse, is PixelPick (Shin, Xie, Albanie: All you need
are a few pixels: semantic segmentation with PixelPick, ICCV Workshops 2021); that saying yes or no to what a model
proposes takes a fraction of the time of drawing it is Papadopoulos et al.: We don't need no bounding-boxes: training
object class detectors using only human verification, CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]

SURE = 0.75
"""A pixel whose likeliest class has less than this is in doubt; pieces hold pixels in doubt, or others, not both."""
LEAST = 4
"""The smallest segment that is asked about, in pixels."""
MOST = 4_096
"""The largest."""
LOOKED_AT = 12
"""Of so many times the questions wanted the looks are compared."""
SHORT = 9
"""Classes of a shortlist at most: those that number keys can say."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A question that was skipped: a pixel of it, and how many pixels it had."""

    row: int
    col: int
    pixels: int


@dataclass(frozen=True, slots=True)
class Question:
    """A segment, and what the model takes it for.

    Args:
        at: Row and column of a pixel deep inside it.
        box: The smallest x, y, width, height around it.
        mask: Its pixels in this box, bool (height, width).
        shortlist: Class codes with their chance, the likeliest first; chance None while nothing is learned.
        gain: Pixels that an answer is expected to mend; while nothing is learned, pixels that look alike.
        mixed: Chance that no one class fits.
    """

    at: tuple[int, int]
    box: tuple[int, int, int, int]
    mask: Bool
    shortlist: tuple[tuple[int, float | None], ...]
    gain: float
    mixed: float

    @property
    def pixels(self) -> int:
        """How many pixels it has."""
        return int(self.mask.sum())


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a chip.

    Args:
        questions: The one that helps most first.
        left: How many more are worth an answer now.
        wrong: Share of the open pixels that the model expects to be wrong; None while nothing is learned.
    """

    questions: tuple[Question, ...]
    left: int
    wrong: float | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of a chip when questions are chosen.

    Args:
        open_: bool (rows, columns), pixels that nobody has labelled and that have data.
        leaves: int32 (rows, columns), the finest regions, -1 where there is no data.
        planes: float32 (features, rows, columns), what pixels look like, NaN where it is unknown.
        probabilities: float32 (classes, rows, columns); None while nothing is learned.
        classes: Codes in the order of ``probabilities``; of the scheme while there are none.
    """

    open_: Bool
    leaves: npt.NDArray[np.int32]
    planes: Float32
    probabilities: Float32 | None
    classes: UInt8


def ask(sight: Sight, n: int, skipped: Sequence[Skip] = ()) -> Asked:
    """The ``n`` questions that help most, none like another.

    Args:
        sight: The chip.
        n: How many at most.
        skipped: What is not asked again.
    """
    found = _typical(sight) if sight.probabilities is None else _doubted(sight)
    worth = np.where(found.size >= LEAST, found.gain, 0.0)
    for one in skipped:
        piece = int(found.piece[one.row, one.col])
        if piece and 2 * found.size[piece - 1] > one.pixels:
            worth[piece - 1] = 0
    few = np.flatnonzero(worth >= 1)
    few = few[np.argsort(-worth[few], kind="stable")][: LOOKED_AT * n]
    chosen = few[_diverse(found.looks(few, sight.planes), worth[few], n)]
    questions = tuple(found.question(int(i), sight.classes, float(worth[i])) for i in chosen)
    return Asked(questions, int((worth >= 1).sum()) - len(questions), found.wrong)


@dataclass(frozen=True, slots=True)
class _Pieces:
    piece: npt.NDArray[Any]
    """Number of the piece of each pixel from 1, 0 outside (rows, columns)."""
    size: Ints
    share: Float64 | None
    """Mean probability of each class over each piece (pieces, classes)."""
    gain: Float64
    boxes: Sequence[tuple[slice, slice]]
    wrong: float | None

    def looks(self, which: Ints, planes: Float32) -> Float64:
        """Mean of what the pixels of these pieces look like (n, features)."""
        out = np.zeros((len(which), len(planes)))
        for k, i in enumerate(which):
            box = self.boxes[i]
            out[k] = np.nan_to_num(planes[:, box[0], box[1]][:, self.piece[box] == i + 1]).mean(axis=1)
        return out

    def question(self, i: int, classes: UInt8, gain: float) -> Question:
        from scipy.ndimage import distance_transform_edt

        rows, cols = self.boxes[i]
        inside = self.piece[rows, cols] == i + 1
        depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
        row, col = np.unravel_index(int(depth.argmax()), depth.shape)
        short: tuple[tuple[int, float | None], ...]
        if self.share is None:
            short = tuple((int(c), None) for c in classes[:SHORT])
        else:
            order = np.argsort(-self.share[i], kind="stable")[:SHORT]
            short = tuple((int(classes[k]), float(self.share[i, k])) for k in order)
        box = int(cols.start), int(rows.start), int(cols.stop - cols.start), int(rows.stop - rows.start)
        return Question((int(rows.start + row), int(cols.start + col)), box, inside, short, gain, 0.0)


def _doubted(sight: Sight) -> _Pieces:
    """Pieces of the model's answer: pixels of one class that are in doubt, or are not, and hang together."""
    p = sight.probabilities
    assert p is not None
    best = p.argmax(axis=0)
    sure = p.max(axis=0) >= SURE
    kind = np.where(sight.open_, 1 + 2 * best + sure, 0)
    piece, size, boxes = _joined(kind)
    flat = piece.ravel()
    sums = np.stack([np.bincount(flat, plane.ravel(), len(size) + 1)[1:] for plane in p], axis=1)
    share = sums / np.maximum(size, 1)[:, None]
    gain = np.where(size <= MOST, size * (1 - share.max(axis=1)), 0.0)
    total = int(size.sum())
    wrong = float((size * (1 - share.max(axis=1))).sum() / total) if total else 0.0
    return _Pieces(piece, size, share, gain, boxes, wrong)


def _typical(sight: Sight) -> _Pieces:
    """The finest regions, those that look like many others first."""
    piece, size, boxes = _joined(np.where(sight.open_, sight.leaves + 1, 0))
    return _Pieces(piece, size, None, size.astype(np.float64), boxes, None)


def _joined(kind: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints, list[tuple[slice, slice]]]:
    """Connected pixels of one kind (0: none): numbers from 1 (rows, columns), sizes, boxes."""
    import cc3d

    piece, count = cc3d.connected_components(kind.astype(np.uint32), connectivity=4, return_N=True)
    if not count:
        return piece, np.zeros(0, np.int64), []
    facts = cc3d.statistics(piece)
    return piece, facts["voxel_counts"][1:].astype(np.int64), [box[:2] for box in facts["bounding_boxes"][1:]]


def _diverse(looks: Float64, worth: Float64, n: int) -> Ints:
    """Which to take, one after the other, each the less worth the more it looks like one taken before."""
    if not len(looks):
        return np.zeros(0, np.int64)
    scaled = looks / np.maximum(looks.std(axis=0), 1e-9)
    reach = float(np.median(np.linalg.norm(scaled - scaled.mean(axis=0), axis=1))) or 1.0
    left = worth.copy()
    out: list[int] = []
    for _ in range(min(n, len(looks))):
        best = int(left.argmax())
        out.append(best)
        distance = np.linalg.norm(scaled - scaled[best], axis=1) / reach
        left *= 1 - 0.9 * np.exp(-0.5 * distance**2)
        left[best] = -1
    return np.array(out, np.int64)
