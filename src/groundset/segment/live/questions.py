"""Questions that one key answers: which small segments of a chip the assistant shows, and in which order.

Nobody points: the page brings the person to the segment, they press a class. That a few pixels chosen by a model's
doubt teach as much as whole masks, and that answering needs no mouse, is PixelPick (Shin, Xie, Albanie: All you need
are a few pixels: semantic segmentation with PixelPick, ICCV Workshops 2021); that saying yes or no to what a model
proposes takes a fraction of the time of drawing it is Papadopoulos et al.: We don't need no bounding-boxes: training
object class detectors using only human verification, CVPR 2016.

A segment is what a finest region (``segment.regions``) holds of one class of the model's answer, either its pixels in
doubt or the others. Segments so small are of one class mostly, and none outweighs the others in what is learned:
pieces of any size made the live model worse the more was answered. Chosen, with :data:`SURE` and the order, on the
left half of the Sen1Floods11 chip. (:data:`FIRST` on Boadella and on other classes of itaipu and wake.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.segment.live.looks import clustered, diverse, leaf_looks
from groundset.segment.regions import Hierarchy

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
UInt8 = npt.NDArray[np.uint8]
Box = tuple[slice, slice]

SURE = 0.75
"""A pixel whose likeliest class has less than this is in doubt."""
LEAST = 4
"""The smallest segment that is asked about, in pixels."""
FIRST = 1 / 50
"""The largest segment that is asked about while nothing is learned, of the chip's pixels with data."""
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
        mixed: How much the model differs within it, 0 to 1 (half of it surely is another class than the other half).
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
        tree: Its regions; of the finest ones segments are made, and typical ones while nothing is learned.
        planes: float32 (features, rows, columns), what pixels look like, NaN where it is unknown.
        probabilities: float32 (classes, rows, columns), finite; None while nothing is learned.
        classes: Codes in the order of ``probabilities``; of the scheme while there are none.
    """

    open_: Bool
    tree: Hierarchy
    planes: Float32
    probabilities: Float32 | None
    classes: UInt8


def ask(sight: Sight, n: int, skipped: Sequence[Skip] = ()) -> Asked:
    """The ``n`` questions that help most, none like another.

    With a model those come first of which most pixels are expected to be wrong; a piece counts by the root of its size,
    since what a model says of neighbours is right or wrong together. Without one the chip's leaves are clustered by
    what they look like, and the middle one of each cluster is asked about, the largest cluster first.

    Args:
        sight: The chip.
        n: How many at most.
        skipped: Questions that were mixed or could not be told: nothing that holds their pixel is asked again, unless
            it has at most half of their pixels.
    """
    return _typical(sight, n, skipped) if sight.probabilities is None else _doubted(sight, n, skipped)


def _doubted(sight: Sight, n: int, skipped: Sequence[Skip]) -> Asked:
    p = sight.probabilities
    assert p is not None
    best, top = (p[1] > p[0], np.maximum(p[0], p[1])) if len(p) == 2 else (p.argmax(axis=0), p.max(axis=0))
    leaves = sight.tree.leaves
    kind = (best.astype(np.uint32) * 2 + (top >= SURE)) * np.uint32(sight.tree.leaf_count + 1)
    pieces = Pieces.of(np.where(sight.open_, kind + leaves.clip(0).astype(np.uint32) + 1, 0))
    flat = pieces.piece.ravel()
    sums = np.stack([np.bincount(flat, plane.ravel(), len(pieces.size) + 1)[1:] for plane in p], axis=1)
    wrong = pieces.size - sums.max(axis=1, initial=0)
    of_all = float(wrong.sum()) / max(1, int(pieces.size.sum()))
    parts = pieces.split(skipped)
    share = sums[parts.source] / np.maximum(pieces.size[parts.source], 1)[:, None]
    doubt = 1 - share.max(axis=1, initial=0)
    worth = np.where(parts.asked, np.sqrt(parts.size) * doubt, 0.0)
    gain = parts.size * doubt
    few = np.flatnonzero((gain >= 1) & (worth > 0))
    few = few[np.argsort(-worth[few], kind="stable")]
    near = few[: LOOKED_AT * n]
    chosen = near[diverse(parts.looks(near, sight.planes), worth[near], n)]
    questions = []
    for i in chosen:
        order = np.argsort(-share[i], kind="stable")[:SHORT]
        short = tuple((int(sight.classes[k]), float(share[i, k])) for k in order)
        box, inside = parts.mask(int(i))
        mixed = min(1.0, 2 * float(p[order[0]][box][inside].std()))
        questions.append(_question(box, inside, short, float(gain[i]), mixed))
    return Asked(tuple(questions), len(few) - len(questions), of_all)


def _typical(sight: Sight, n: int, skipped: Sequence[Skip]) -> Asked:
    tree = sight.tree
    leaves, count = tree.leaves, tree.leaf_count
    parts = Pieces.of(np.where(sight.open_, leaves + 1, 0).astype(np.uint32)).split(skipped)
    looks, size = leaf_looks(leaves, sight.planes, count)
    answered = size > np.bincount(leaves[sight.open_ & (leaves >= 0)], minlength=count)
    order, group = clustered(looks, size, n + min(n, int(answered.sum())))
    weight = np.bincount(group, size, group.max(initial=-1) + 1)
    done = set(group[answered].tolist())  # a leaf of which something is labelled speaks for its cluster
    free = tree.sums(answered.astype(np.float64)) < 0.5
    short = tuple((int(c), None) for c in sight.classes[:SHORT])
    of_leaf: dict[int, int] = {}
    for i in np.flatnonzero(parts.asked)[np.argsort(parts.size[parts.asked], kind="stable")]:
        box, inside = parts.mask(int(i))
        of_leaf[int(leaves[box][inside][0])] = int(i)  # the largest part of each leaf comes last
    questions: list[Question] = []
    taken: set[int] = set()
    used = np.zeros(leaves.shape, bool)
    for leaf, spoken in [(leaf, spoken) for spoken in (done, set()) for leaf in order.tolist()]:
        if len(questions) >= n and spoken is not done:
            break
        if group[leaf] in spoken | taken or leaf not in of_leaf:
            continue
        for box, pixels in filter(None, (_whole(tree, leaf, free, skipped), parts.mask(of_leaf[leaf]))):
            inside = pixels & sight.open_[box]
            if not (inside & used[box]).any():
                taken.add(int(group[leaf]))
                used[box] |= inside
                questions.append(_question(box, inside, short, float(weight[group[leaf]]), 0.0))
                break
    questions.sort(key=lambda q: -q.gain)
    return Asked(tuple(questions[:n]), max(0, len(of_leaf) - n), None)


def _whole(tree: Hierarchy, leaf: int, free: Bool, skipped: Sequence[Skip]) -> tuple[Box, Bool] | None:
    """The largest region around a leaf that may be asked about: its box and its pixels there; None where none may."""
    most = max(int(tree.size[leaf]), round(tree.area * FIRST))
    first, last, place = tree.spans
    held = [(int(place[tree.leaves[s.row, s.col]]), s.pixels) for s in skipped if tree.leaves[s.row, s.col] >= 0]
    node, best = leaf, -1
    while tree.size[node] <= most and free[node]:
        if not any(first[node] <= at < last[node] and 2 * tree.size[node] > pixels for at, pixels in held):
            best = node
        if tree.parent[node] == node:
            break
        node = int(tree.parent[node])
    if best < 0:
        return None
    x, y, width, height = (int(v) for v in tree.bbox[best])
    return (slice(y, y + height), slice(x, x + width)), tree.mask(best)


def _question(
    box: Box, inside: Bool, short: tuple[tuple[int, float | None], ...], gain: float, mixed: float
) -> Question:
    from scipy.ndimage import distance_transform_edt

    rows, cols = box
    depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    row, col = np.unravel_index(int(depth.argmax()), depth.shape)
    around = int(cols.start), int(rows.start), int(cols.stop - cols.start), int(rows.stop - rows.start)
    return Question((int(rows.start + row), int(cols.start + col)), around, inside, short, gain, mixed)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Segments that do not overlap.

    Args:
        piece: Number of the segment of each pixel from 1, 0 outside (rows, columns).
        size: In pixels (segments,).
        boxes: Around each.
        source: Of which segment each was a part before it was split (segments,).
        asked: Which are large enough, and were not skipped (segments,).
    """

    piece: npt.NDArray[Any]
    size: Ints
    boxes: list[Box]
    source: Ints
    asked: Bool = field(default_factory=lambda: np.zeros(0, bool))

    @classmethod
    def of(cls, kind: npt.NDArray[np.uint32]) -> Pieces:
        """Connected pixels of one kind; 0 is none."""
        import cc3d

        piece, count = cc3d.connected_components(kind, connectivity=4, return_N=True)
        if not count:
            return cls(piece, np.zeros(0, np.int64), [], np.zeros(0, np.int64))
        facts = cc3d.statistics(piece)
        size = facts["voxel_counts"][1:].astype(np.int64)
        return cls(piece, size, [box[:2] for box in facts["bounding_boxes"][1:]], np.arange(count), size >= LEAST)

    def split(self, skipped: Sequence[Skip]) -> Pieces:
        """The same, in halves around what was skipped until no part there has more than half of the skipped pixels."""
        if not skipped:
            return self
        piece, boxes, size = self.piece.copy(), list(self.boxes), self.size.tolist()
        source, asked = self.source.tolist(), self.asked.tolist()
        for one in sorted(skipped, key=lambda s: (-s.pixels, s.row, s.col)):
            while (i := int(piece[one.row, one.col]) - 1) >= 0 and asked[i] and 2 * size[i] > one.pixels:
                box = boxes[i]
                rows, cols = np.nonzero(piece[box] == i + 1)
                first = _half(rows, cols)
                piece[box][rows[~first], cols[~first]] = len(size) + 1
                boxes.append(box)
                size.append(0)
                source.append(source[i])
                asked.append(False)
                for k, part in ((i, first), (len(size) - 1, ~first)):
                    boxes[k] = _box(rows[part] + box[0].start, cols[part] + box[1].start)
                    size[k], asked[k] = int(part.sum()), bool(part.sum() >= LEAST)
        return Pieces(piece, np.array(size, np.int64), boxes, np.array(source, np.int64), np.array(asked, bool))

    def mask(self, i: int) -> tuple[Box, Bool]:
        """A segment: its box, and its pixels there."""
        return self.boxes[i], np.asarray(self.piece[self.boxes[i]] == i + 1)

    def looks(self, which: Ints, planes: Float32) -> Float64:
        """Mean of what the pixels of these segments look like (n, features)."""
        out = np.zeros((len(which), len(planes)))
        for k, i in enumerate(which):
            (rows, cols), inside = self.mask(int(i))
            out[k] = np.nan_to_num(planes[:, rows, cols][:, inside]).mean(axis=1)
        return out


def _half(rows: Ints, cols: Ints) -> Bool:
    """About half of some pixels: those at one end of the longer way through them."""
    along = np.stack([rows - rows.mean(), cols - cols.mean()])
    axis = np.linalg.eigh(along @ along.T)[1][:, -1]
    out = np.zeros(len(rows), bool)
    out[np.argsort(np.round(axis @ along, 6), kind="stable")[: (len(rows) + 1) // 2]] = True
    return out


def _box(rows: Ints, cols: Ints) -> Box:
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows.min()), int(rows.max()) + 1), slice(int(cols.min()), int(cols.max()) + 1)
