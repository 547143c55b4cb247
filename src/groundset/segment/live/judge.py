"""How well the assistant does, and what it goes by: each number with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundset.core import Scheme
from groundset.segment.blocks import Places, folds_of
from groundset.segment.linear import Linear
from groundset.segment.live.committee import Committee
from groundset.segment.live.rows import Learned
from groundset.segment.segmenter import Segmenter

if TYPE_CHECKING:
    from groundset.segment.live.models import ModelChoice

Bool = npt.NDArray[np.bool_]
Float64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

CELL = 8
"""Side in pixels of the cells of the ground that tell strokes apart: painted cells that touch are one place."""
FOLDS = 5


@dataclass(frozen=True, slots=True)
class PaintedClass:
    """What was painted of a class."""

    code: int
    pixels: int
    chips: int
    says: str


@dataclass(frozen=True, slots=True)
class Importance:
    """How much the answer goes by a band or an index: its share of all, 0 to 1."""

    name: str
    value: float
    says: str


@dataclass(frozen=True, slots=True)
class Confusion:
    """Painted pixels that the model was asked about without having seen their place.

    Args:
        codes: Classes of the rows (painted) and columns (said), by code.
        matrix: Pixels.
        blocks: Places that were left out in turn.
        accuracy: Mean over the classes of the share that is right, 0 to 1.
        says: In a sentence.
        rows: A sentence for each class.
    """

    codes: tuple[int, ...]
    matrix: tuple[tuple[int, ...], ...]
    blocks: int
    accuracy: float
    says: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssistantState:
    """What the assistant of a task knows.

    Args:
        ready: Whether it can propose.
        says: How it stands, in a sentence.
        model: Which model this is about.
        head: Number of the last event that is in it.
        classes: What was painted.
        importance: What the answer goes by, the most first; empty where it cannot be told.
        confusion: How well it does on strokes that it has not seen; None where that cannot be told.
        unjudged: Why there is no confusion matrix, or what it leaves out; empty otherwise.
        models: All that can be named.
    """

    ready: bool
    says: str
    model: str
    classes: tuple[PaintedClass, ...]
    importance: tuple[Importance, ...] = ()
    confusion: Confusion | None = None
    unjudged: str = ""
    head: int = 0
    models: tuple[ModelChoice, ...] = field(default=())

    def at(self, head: int, models: tuple[ModelChoice, ...]) -> AssistantState:
        """The same, told now."""
        return replace(self, head=head, models=models)


def not_ready(learned: Learned, scheme: Scheme, model: str, why: str) -> AssistantState:
    """The state where there is too little to learn from."""
    return AssistantState(False, why, model, _painted(learned, scheme))


def judge(
    learned: Learned,
    scheme: Scheme,
    model: str,
    segmenter: Segmenter | None,
    make: Callable[[], Segmenter] | None,
    taught: Bool | None = None,
) -> AssistantState:
    """The state of a model.

    Args:
        learned: What there is to learn from.
        scheme: The classes.
        model: The model's name.
        segmenter: Fitted to it; None where the model does not follow the labels.
        make: Gives an unfitted one.
        taught: Which pixels it learns from, bool (n,); None: all. Those that it does not are asked about all the same.
    """
    classes = _painted(learned, scheme)
    if segmenter is None or make is None:
        says = f"{model} does not follow strokes: it says what it was trained to say"
        return AssistantState(True, says, model, classes)
    total = sum(learned.painted.values())
    chips = _many(learned.chip_count, "chip")
    says = f"Learned from {_many(total, 'labelled pixel')} of {len(classes)} classes on {chips}"
    if taught is not None:
        says += f"; it goes by {int(taught.sum()):,} of them: a few of each place, and by segments before strokes"
    confusion, unjudged = crossed(learned, scheme, make, taught)
    return AssistantState(True, says, model, classes, importance(segmenter, learned), confusion, unjudged)


def importance(segmenter: Segmenter, learned: Learned) -> tuple[Importance, ...]:
    """What a fitted segmenter goes by, bands and indices, the most first.

    Of ``linear`` the lengths of the weights of standardised features over the classes; of trees what they state
    themselves (impurity taken away, gain of splits); of ``committee`` the mean of both. A band's
    share has that of its edges and of its part in the shape of the spectrum. Bands that say the same share what one
    alone would have.
    """
    each = _weights(segmenter)
    if each is None or not each.sum():
        return ()
    share = each / each.sum()
    total: dict[str, float] = {}
    for name, value in zip(learned.spec.names, share, strict=True):
        channel = name.removeprefix("edge(").removeprefix("shape(").partition(")")[0].partition("@")[0]
        total[channel] = total.get(channel, 0.0) + float(value)
    ranked = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Importance(n, round(v, 4), _share_words(n, v, segmenter)) for n, v in ranked)


def _weights(segmenter: Segmenter) -> Float64 | None:
    if isinstance(segmenter, Committee):
        line, trees = _weights(segmenter.linear), _weights(segmenter.forest)
        assert line is not None
        assert trees is not None
        both: Float64 = line / max(line.sum(), 1e-12)
        both[segmenter.seen] += trees / max(trees.sum(), 1e-12)
        return both
    if isinstance(segmenter, Linear):
        return np.asarray(np.sqrt((segmenter.coefficients**2).sum(axis=0)), np.float64)
    booster = getattr(segmenter.estimator, "booster_", None)
    if booster is not None:
        return np.asarray(booster.feature_importance("gain"), np.float64)
    found = getattr(segmenter.estimator, "feature_importances_", None)
    return None if found is None else np.asarray(found, np.float64)


def _share_words(name: str, value: float, segmenter: Segmenter) -> str:
    if isinstance(segmenter, Committee):
        what = "of what both go by"
    else:
        what = "of the weight that decides" if isinstance(segmenter, Linear) else "of what the trees gain"
    return f"{name} has {100 * value:.0f} % {what}"


def crossed(
    learned: Learned, scheme: Scheme, make: Callable[[], Segmenter], taught: Bool | None = None
) -> tuple[Confusion | None, str]:
    """Each place left out in turn, and the model of all others asked about it; and what that cannot tell.

    A class that is painted at one place only always trains and is never asked about: left out, nobody could know it.
    """
    codes = learned.codes
    group = places_of(learned.places, codes)
    kinds = [int(c) for c in np.unique(codes)]
    judged = [c for c in kinds if len(np.unique(group[codes == c])) > 1]
    single = " and ".join(scheme.find(c).title for c in kinds if c not in judged)
    if len(judged) < 2:
        return None, f"How good it is cannot be told yet: paint {single} at a second place, apart from the first"
    asked = np.isin(codes, judged)
    places, number = np.unique(group[asked], return_inverse=True)
    fold = np.full(len(codes), -1, np.int64)
    fold[asked] = folds_of(number.ravel().astype(np.int64), codes[asked], 0, FOLDS)[number.ravel()]
    matrix = np.zeros((len(kinds), len(kinds)), np.int64)
    for k in range(FOLDS):
        test = fold == k
        train = ~test if taught is None else ~test & taught
        if not test.any() or len(np.unique(codes[train])) < 2:
            continue
        model = make().fit(learned.features[train], codes[train])
        said = model.classes[model.predict_proba(learned.features[test]).argmax(axis=1)]
        np.add.at(matrix, (np.searchsorted(kinds, codes[test]), np.searchsorted(kinds, said)), 1)
    there = matrix.sum(axis=1)
    accuracy = float((np.diagonal(matrix)[there > 0] / there[there > 0]).mean())
    says = (
        f"Of 100 painted pixels at a place that it has not seen, {accuracy * 100:.0f} get the class you gave them "
        f"(mean over the classes). {len(places)} places, {CELL} pixels or more apart, were left out in turn"
    )
    left = f"{single} is not judged: it is painted at one place only" if single else ""
    words = tuple(_row_words(kinds, matrix, i, scheme) for i in range(len(kinds)))
    rows = tuple(tuple(int(v) for v in row) for row in matrix)
    return Confusion(tuple(kinds), rows, len(places), round(accuracy, 4), says, words), left


def _row_words(kinds: list[int], matrix: Ints, i: int, scheme: Scheme) -> str:
    row, name = matrix[i], scheme.find(kinds[i]).title
    if not row.sum():
        return f"{name}: painted at one place only"
    text = f"{name}: {100 * (row[i] / row.sum()):.0f} % of {_many(int(row.sum()), 'pixel')} right"
    others = row.copy()
    others[i] = 0
    if others.any():
        worst = int(others.argmax())
        text += f", taken for {scheme.find(kinds[worst]).title} most often ({100 * (others[worst] / row.sum()):.0f} %)"
    return text


def places_of(places: Places, codes: UInt8) -> Ints:
    """A number for each pixel, the same for all pixels of one stroke or of strokes of one class that nearly touch.

    Cells of 8 x 8 pixels of the ground with pixels of one class are joined with those beside and diagonal to them.
    Two dates of one place lie on the same ground, so that they stay together.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    keys = np.stack([places.ground, codes.astype(np.int64), places.y // CELL, places.x // CELL], axis=1)
    cells, own = np.unique(keys, axis=0, return_inverse=True)
    own = own.ravel()
    known = {tuple(cell): i for i, cell in enumerate(cells.tolist())}
    edges = [
        (i, other)
        for (ground, code, y, x), i in known.items()
        for dy, dx in ((0, 1), (1, -1), (1, 0), (1, 1))
        if (other := known.get((ground, code, y + dy, x + dx))) is not None
    ]
    start, end = (np.array([e[i] for e in edges], np.int64) for i in (0, 1))
    graph = coo_array((np.ones(len(edges), np.int8), (start, end)), shape=(len(cells), len(cells)))
    return np.asarray(connected_components(graph, directed=False)[1][own], np.int64)


def _painted(learned: Learned, scheme: Scheme) -> tuple[PaintedClass, ...]:
    return tuple(
        PaintedClass(
            code, n, learned.chips[code],
            f"{scheme.find(code).title}: {_many(n, 'pixel')} painted on {_many(learned.chips[code], 'chip')}",
        )
        for code, n in learned.painted.items()
    )  # fmt: skip


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
