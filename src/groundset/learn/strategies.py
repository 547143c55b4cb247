"""Which chips to ask about: typical ones, uncertain ones, doubted ones. Each returns rows, the most useful first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from groundset.learn._gain import greedy
from groundset.learn._kmeans import kmeans
from groundset.learn.classifier import fit_classifier, softmax
from groundset.learn.space import usable

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

SAMPLE = 10_000
"""Typical chips are looked for among this many, drawn at random."""
AXES = 48
"""... and along this many principal axes."""
CLUSTERS = 500
"""Most clusters, as in TypiClust."""
NEIGHBOURS = 20
CROWD = 1_000
"""Neighbours are looked for among at most this many members of a cluster."""
POOL = 200_000
"""Uncertain chips are looked for among at most so many, drawn at random."""
CANDIDATES = 20
"""... and of them among this many times as many as are wanted, the most uncertain."""
CLUSTERS_EACH = 2
"""... in this many times as many clusters."""
TARGETS = 500
"""Rows that stand for all when the gain of an answer is judged."""
LABELLED = 4_000
"""... and at most so many labelled ones."""
ALIKE = 0.05
"""Chips nearer to each other than this share of the median distance are near-duplicates."""


def typical(
    Z: Float32, n: int, *, taken: Sequence[int] | Int64 = (), among: Bool | None = None, seed: int = 0
) -> tuple[Int64, Float32]:
    """TypiClust (Hacohen, Dekel and Weinshall 2022): the densest place of each part of the data not yet asked about.

    Rows are clustered into as many clusters as there will be labels; from the largest clusters with the fewest labels
    comes the row whose nearest neighbours are nearest. Works on a sample of 10,000 rows along 48 principal axes.

    Args:
        Z: Features, float32 (rows, D); rows that are not finite are left out.
        n: How many are wanted.
        taken: Rows that have an answer.
        among: Which rows may be asked about, bool (rows,); default all that are not taken.
        seed: Of the sample and the clusters.

    Returns:
        At most ``n`` rows, int64, and their typicality, 0 to 1 (1: the densest of the batch).
    """
    rng = np.random.default_rng(seed)
    taken = np.asarray(taken, np.int64)
    rows = _drawn(_free(len(Z), taken, among), SAMPLE, rng)
    rows = rows[usable(Z[rows])]
    if not len(rows) or n < 1:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    known = _drawn(taken[usable(Z[taken])], CLUSTERS, rng)
    P = _axes(Z[np.concatenate([rows, known])], rng)
    own, _ = kmeans(P, min(n + len(known), CLUSTERS, len(rows)), rng)
    order = _emptiest(own[: len(rows)], own[len(rows) :])
    picks: list[int] = []
    density: list[float] = []
    ranked = [_densest(P[: len(rows)], np.flatnonzero(own[: len(rows)] == c), rng) for c in order[:n]]
    for turn in range(n):
        for members, dense in ranked:
            if turn < len(members) and len(picks) < n:
                picks.append(int(members[turn]))
                density.append(float(dense[turn]))
        if len(picks) >= n or all(turn >= len(m) for m, _ in ranked):
            break
    keep = apart(P[picks], n)
    scores = np.asarray(density, np.float32)[keep]
    return rows[np.asarray(picks, np.int64)[keep]], scores / max(float(scores.max(initial=0)), 1e-12)


def uncertain(
    Z: Float32,
    decisions: Float32,
    n: int,
    *,
    taken: Int64,
    counts: Int64 | None = None,
    among: Bool | None = None,
    seed: int = 0,
) -> tuple[Int64, Float32]:
    """Between two classes, and each in a way of its own: margin sampling with cluster diversity.

    The ``20 n`` rows with the least difference between the two likeliest classes are the candidates (Zhdanov 2019), put
    into ``2 n`` clusters by k-means. From each cluster comes at most one: the one whose answer, beside those chosen
    before it, takes the most doubt about a sample of all rows (see `_gain`). Classes with fewer labels count for more.

    Args:
        Z: Features, float32 (rows, D).
        decisions: Decision values of the classes, float32 (rows, K); rows that are not finite are left out.
        n: How many are wanted.
        taken: Rows that have an answer, which the model has learned from.
        counts: Labels of each class, (K,), for the balance; default: no balancing.
        among: Which rows may be asked about, bool (rows,).
        seed: Of the clusters and the sample.

    Returns:
        At most ``n`` rows, int64, and their uncertainty, 0 to 1 (1: undecided).
    """
    rng = np.random.default_rng(seed)
    free = _drawn(_free(len(Z), taken, among), POOL, rng)
    doubt, first = doubts(decisions[free])
    good = np.isfinite(doubt)
    free, doubt, first = free[good], doubt[good], first[good]
    if not len(free) or n < 1:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    many = min(CANDIDATES * n, len(free))
    best = np.sort(np.argpartition(-doubt, many - 1)[:many])
    rows, doubt = free[best], doubt[best]
    near = Z[rows]
    kinds, _ = kmeans(near, CLUSTERS_EACH * n, rng, weights=doubt)
    labelled = _drawn(taken[np.isfinite(decisions[taken]).all(axis=1)], LABELLED, rng)
    targets = _drawn(free, TARGETS, rng)
    chosen = greedy(
        (Z[labelled], undecided(decisions[labelled])),
        (near, undecided(decisions[rows])),
        (Z[targets], undecided(decisions[targets])),
        n + n // 4 + 1,  # some may turn out to be nearly alike
        kinds=kinds,
        worth=np.ones(many, np.float32) if counts is None else balance(counts)[first[best]],
    )
    chosen = chosen[apart(near[chosen], n)]
    return rows[chosen], doubt[chosen]


def doubted(Z: Float32, codes: Int64, n: int, *, groups: Int64 | None = None, seed: int = 0) -> tuple[Int64, Float32]:
    """Labelled rows whose own label is unlikely to a model that did not see it (out of fold), the unlikeliest first.

    Only rows that the model would call another class are returned.

    Args:
        Z: Features of the labelled rows, float32 (m, D).
        codes: Their classes (m,).
        n: How many are wanted.
        groups: Blocks that a fold never splits, (m,).
        seed: Of the folds.

    Returns:
        At most ``n`` positions in ``codes``, int64, and how much each is doubted: 1 less the label's probability.
    """
    if n < 1:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    own, other = out_of_fold(Z, codes, groups=groups, seed=seed)
    worst = np.flatnonzero(own < other)
    worst = worst[np.argsort(own[worst], kind="stable")][:n]
    return worst, (1 - own[worst]).astype(np.float32)


def out_of_fold(
    Z: Float32, codes: Int64, *, groups: Int64 | None = None, folds: int = 5, seed: int = 0
) -> tuple[Float32, Float32]:
    """Out of fold: probability of each row's own label and of the likeliest other one, float32 (m,) each.

    Rows that no fold can judge (too few labels of their class) have 1 and 0.
    """
    codes = np.asarray(codes, np.int64)
    own, other = np.ones(len(codes), np.float32), np.zeros(len(codes), np.float32)
    part = fold_of(codes, groups, folds, seed)
    for fold in range(folds):
        held = part == fold
        if not held.any() or len(np.unique(codes[~held])) < 2:
            continue
        model = fit_classifier(Z[~held], codes[~held])
        p = model.proba(Z[held])
        known = np.isin(codes[held], model.classes)
        column = np.searchsorted(model.classes, codes[held])[known]
        at = np.flatnonzero(held)[known]
        p = p[known]
        own[at] = p[np.arange(len(at)), column]
        p[np.arange(len(at)), column] = -1
        other[at] = p.max(axis=1)
    return own, other


def fold_of(codes: Int64, groups: Int64 | None, folds: int, seed: int) -> Int64:
    """The fold of each row: classes spread evenly, groups never split."""
    rng = np.random.default_rng(seed)
    if groups is not None:
        names, index = np.unique(groups, return_inverse=True)
        return np.asarray((rng.permutation(len(names)) % folds)[index], np.int64)
    part = np.empty(len(codes), np.int64)
    start = 0
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        part[rng.permutation(rows)] = (start + np.arange(len(rows))) % folds
        start += len(rows)
    return part


def doubts(decisions: Float32) -> tuple[Float32, Int64]:
    """1 less the difference between the two likeliest classes' probabilities, float32 (n,), and the likeliest, (n,)."""
    if decisions.shape[1] == 2:
        gap = decisions[:, 1] - decisions[:, 0]
        return 1 - np.abs(np.tanh(gap / 2)), (gap > 0).astype(np.int64)
    first = decisions.argmax(axis=1)
    top = np.take_along_axis(decisions, first[:, None], axis=1)
    p = np.exp(decisions - top)
    total = p.sum(axis=1)
    np.put_along_axis(p, first[:, None], 0, axis=1)
    return np.asarray(1 - (1 - p.max(axis=1)) / total, np.float32), first


def undecided(decisions: Float32) -> Float32:
    """Variance of whether the likeliest class is the right one, p (1 - p), float32 (n,)."""
    top = softmax(decisions).max(axis=1)
    return np.asarray(top * (1 - top), np.float32)


def balance(counts: Int64) -> Float32:
    """How much a class is wanted: 1 for the one with the fewest labels, less for others (square root of the ratio)."""
    least = max(int(counts.min()), 1)
    return np.sqrt(least / np.maximum(counts, least)).astype(np.float32)


def apart(Z: Float32, n: int) -> Int64:
    """The first n positions of Z (m, D), in order, leaving out each that is nearly alike one before it."""
    if len(Z) < 2:
        return np.arange(len(Z))[:n]
    squares = np.einsum("ij,ij->i", Z, Z)
    few = slice(0, min(len(Z), 256))
    between = squares[few, None] + squares[None, few] - 2 * (Z[few] @ Z[few].T)
    median = float(np.median(between[np.triu_indices(len(between), 1)]))
    limit = max(ALIKE**2 * median, 1e-5 * float(squares.max()))
    away = np.full(len(Z), np.inf, np.float32)
    keep: list[int] = []
    for i in range(len(Z)):
        if away[i] <= limit:
            continue
        keep.append(i)
        if len(keep) == n:
            break
        away = np.minimum(away, squares + squares[i] - 2 * (Z @ Z[i]))
    return np.asarray(keep, np.int64)


def _free(rows: int, taken: Int64, among: Bool | None) -> Int64:
    """Rows that may be asked about."""
    mask = np.ones(rows, bool) if among is None else np.array(among, bool)
    mask[taken] = False
    return np.flatnonzero(mask)


def _drawn(rows: Int64, most: int, rng: np.random.Generator) -> Int64:
    """At most so many of the rows, drawn without replacement, ascending."""
    return rows if len(rows) <= most else np.sort(rows[rng.choice(len(rows), most, replace=False, shuffle=False)])


def _axes(Z: Float32, rng: np.random.Generator) -> Float32:
    """Z (m, D) along its first principal axes, float32 (m, at most 48)."""
    if Z.shape[1] <= AXES:
        return Z
    sample = _drawn(np.arange(len(Z)), 2_000, rng)
    centre = Z[sample].mean(axis=0)
    part = Z[sample] - centre
    _, axes = np.linalg.eigh(part.T @ part)
    return np.asarray((Z - centre) @ np.ascontiguousarray(axes[:, -AXES:]), np.float32)


def _emptiest(own: Int64, known: Int64) -> Int64:
    """Clusters with free rows: those with the fewest labels first, the largest of them first."""
    clusters, sizes = np.unique(own, return_counts=True)
    labels = np.bincount(known, minlength=int(max(own.max(initial=0), known.max(initial=0))) + 1)[clusters]
    return clusters[np.lexsort((-sizes, labels))]


def _densest(P: Float32, members: Int64, rng: np.random.Generator) -> tuple[Int64, Float32]:
    """Members of a cluster, the most typical first: 1 over the mean distance to the 20 nearest in the cluster."""
    crowd = _drawn(members, CROWD, rng)
    k = min(NEIGHBOURS, len(crowd) - 1)
    if k < 1:
        return members, np.zeros(len(members), np.float32)
    A, B = P[members], P[crowd]
    squares = np.einsum("ij,ij->i", A, A)[:, None] + np.einsum("ij,ij->i", B, B)[None] - 2 * (A @ B.T)
    near = np.sqrt(np.maximum(np.partition(squares, k, axis=1)[:, : k + 1], 0)).sum(axis=1) / k
    order = np.argsort(near, kind="stable")
    return members[order], (1 / (near[order] + 1e-12)).astype(np.float32)
