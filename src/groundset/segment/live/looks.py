"""What segments look like: which are typical of a chip, and which are unlike each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]

_FAR = 3.0
"""Standard deviations beyond which a look is no farther: a few odd pixels are not what a chip is like."""
_ROUNDS = 10
_MOST_CLUSTERS = 48


def leaf_looks(leaves: Int32, planes: Float32, count: int) -> tuple[Float64, Ints]:
    """Standardised mean features of each leaf (leaves, features), and its pixels (leaves,).

    Args:
        leaves: The leaf of each pixel (rows, columns), -1 none.
        planes: float32 (features, rows, columns), NaN where it is unknown.
        count: Number of leaves.
    """
    there = leaves >= 0
    at = leaves[there]
    size = np.bincount(at, minlength=count)
    out = np.zeros((count, len(planes)))
    for k, plane in enumerate(planes):
        out[:, k] = np.bincount(at, np.nan_to_num(plane[there]), count) / np.maximum(size, 1)
    if count:
        middle = np.median(out, axis=0)
        spread = np.median(np.abs(out - middle), axis=0) * 1.4826  # a normal distribution's standard deviation
        out = np.clip((out - middle) / np.where(spread > 0, spread, 1.0), -_FAR, _FAR)
    return out, size.astype(np.int64)


def clustered(looks: Float64, size: Ints, count: int) -> tuple[Ints, Ints]:
    """Segments in the order of how near they lie to the middle of their cluster, and the cluster of each.

    k-means (Lloyd 1982) from the most usual look, then by turns what lies farthest from all before (Gonzalez 1985).

    Args:
        looks: (segments, features).
        size: Pixels of each.
        count: How many clusters at most.
    """
    n = len(looks)
    if not n:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first = int(np.linalg.norm(looks, axis=1).argmin())
    seeds, far = [first], ((looks - looks[first]) ** 2).sum(axis=1)
    while len(seeds) < min(count, n, _MOST_CLUSTERS) and far.max() > 0:
        seeds.append(int(far.argmax()))
        far = np.minimum(far, ((looks - looks[seeds[-1]]) ** 2).sum(axis=1))
    middle = looks[seeds]
    for _ in range(_ROUNDS):
        distance = (looks**2).sum(axis=1)[:, None] - 2 * looks @ middle.T + (middle**2).sum(axis=1)
        group = distance.argmin(axis=1)
        weight = np.bincount(group, size, len(middle))
        sums = np.stack([np.bincount(group, size * f, len(middle)) for f in looks.T], axis=1)
        middle = np.where(weight[:, None] > 0, sums / np.maximum(weight, 1)[:, None], middle)
    return np.argsort(np.take_along_axis(distance, group[:, None], axis=1)[:, 0], kind="stable"), group


def diverse(looks: Float64, worth: Float64, n: int) -> Ints:
    """Which to take, one after the other, each the less worth the more it looks like one taken before.

    Args:
        looks: (segments, features), on any scale.
        worth: Of each.
        n: How many at most.
    """
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
