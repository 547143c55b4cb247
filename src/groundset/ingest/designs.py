"""Designs of samples: which chips are chosen, each with the probability that it is. Pure functions over arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from groundset.core import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Allocation = Literal["proportional", "equal"]
ALLOCATIONS: tuple[Allocation, ...] = ("proportional", "equal")

DEGREE = 110_574.0
"""Least metres of a degree of latitude on the ellipsoid."""
RADIUS = 6_335_439.0
"""Least radius of curvature of the ellipsoid, metres."""
_RATIOS = (4.0, 3.0, 2.5, 2.0, 1.75, 1.5, 1.3)
_TRIALS, _SPARE = 6, 1.15
_NEAR_POLE = 89.9


class Chosen(NamedTuple):
    """Positions of the chips chosen, ascending, and the inclusion probability of each (0-1]."""

    at: Ints
    inclusion: Floats


def allocate(sizes: Sequence[int], size: int, how: Allocation) -> list[int]:
    """How many chips each stratum gives: in proportion to its chips (largest remainders), or equally many.

    Each gets at least one, since a stratum without a chip is one that nothing is known of, and none more than it has.

    Raises:
        InputError: More are asked for than there are, or fewer than there are strata.
    """
    total = sum(sizes)
    if not 0 < size <= total:
        raise InputError("a sample has at least one chip, and at most all of them", asked=f"sample = {size}",
                         found=f"{total:,} chips")  # fmt: skip
    if size < len(sizes):
        raise InputError(
            "a sample has at least one chip of each stratum", asked=f"sample = {size}", found=f"{len(sizes)} strata",
            hint="ask for more chips, or take a layer with fewer strata",
        )  # fmt: skip
    out = [1] * len(sizes)
    wants = [size * n / total if how == "proportional" else size / len(sizes) for n in sizes]
    for _ in range(size - len(sizes)):
        open_ = [i for i, n in enumerate(sizes) if out[i] < n]
        out[max(open_, key=lambda i: (wants[i] - out[i], -i))] += 1
    return out


def stratified(strata: Ints, counts: Sequence[int], rng: np.random.Generator) -> Chosen:
    """Simple random sampling without replacement in each stratum; inclusion is chosen / chips of the stratum, exactly.

    Args:
        strata: Stratum of each chip, from 0.
        counts: Chips to choose of each stratum.
        rng: Random numbers.
    """
    chosen, inclusion = [], []
    for code, count in enumerate(counts):
        there = np.flatnonzero(strata == code)
        chosen.append(rng.permutation(there)[:count])
        inclusion.append(np.full(count, count / len(there)))
    at = np.concatenate(chosen).astype(np.int64)
    order = np.argsort(at)
    return Chosen(at[order], np.concatenate(inclusion)[order])


def spaced(lon: Floats, lat: Floats, share: Floats, size: int, metres: float, rng: np.random.Generator) -> Chosen:
    """A sample in which no two chips lie nearer than ``metres``, spread over the ground, with known probabilities.

    Two phases. A grid of cells is laid at random over the globe, and of each cell only the inner part counts, so that
    chips of different cells are always far enough apart; every chip is in an inner part with a known probability. Of
    the cells that hold chips, ``size`` are chosen systematically along a Morton curve with unequal probabilities
    (Madow 1949; spread as in GRTS, Stevens and Olsen 2004), and of each one chip. Inclusion is the product of both
    phases: totals weighted by its inverse are unbiased (the double expansion estimator; Sarndal, Swensson and Wretman
    1992, chapter 9). No simulation is needed.

    Args:
        lon: Longitude of the chips' middles, degrees.
        lat: Latitude.
        share: Probability that is aimed at for each chip (chosen / chips of its stratum).
        size: Chips to choose; fewer are chosen where the grid as it fell holds fewer cells.
        metres: Least geodesic distance between middles.
        rng: Random numbers.

    Raises:
        InputError: So many do not fit.
    """
    ratio = _ratio(lon, lat, size, metres)
    cells, first = _cells(lon, lat, metres, ratio, rng)
    inside = np.flatnonzero(cells >= 0)
    weight = share[inside] / first[inside]
    _, cell = np.unique(cells[inside], return_inverse=True)
    n = int(cell.max()) + 1
    second = _capped(weight, cell, n, min(size, n))
    of_cell: Floats = np.bincount(cell, second, minlength=n).astype(np.float64)
    middle = np.stack([np.bincount(cell, v[inside], n) / np.bincount(cell, minlength=n) for v in (lon, lat)])
    order = np.argsort(_morton(middle[0], middle[1]), kind="stable")
    taken = order[_systematic(of_cell[order], rng)]
    at = [_one(np.flatnonzero(cell == c), second, rng) for c in np.sort(taken).tolist()]
    chosen = np.array(at, np.int64)
    inclusion = np.minimum(first[inside[chosen]] * second[chosen], 1.0)
    back = np.argsort(inside[chosen])
    return Chosen(inside[chosen][back].astype(np.int64), inclusion[back])


def least_distance(lon: Floats, lat: Floats) -> float:
    """Least distance between two chips' middles, metres, never more than the geodesic one; infinite for one chip."""
    from scipy.spatial import cKDTree

    if len(lon) < 2:
        return float("inf")
    points = _sphere(lon, lat)
    chord = cKDTree(points).query(points, k=2)[0][:, 1].min()
    return float(2 * RADIUS * np.arcsin(min(1.0, chord / 2)))


def _sphere(lon: Floats, lat: Floats) -> Floats:
    a, b = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)], axis=-1)


def _ratio(lon: Floats, lat: Floats, size: int, metres: float) -> float:
    """The widest cells of which there are enough; found by trial grids of their own, so that nothing is biased."""
    fit = 0
    for ratio in _RATIOS:
        trials = np.random.default_rng(0)
        found = []
        for _ in range(_TRIALS):
            cells, _ = _cells(lon, lat, metres, ratio, trials)
            found.append(len(np.unique(cells[cells >= 0])))
        if min(found) >= _SPARE * size:
            return ratio
        fit = max(fit, min(found))
    raise InputError(
        "so many chips so far apart do not fit on this ground", asked=f"sample = {size}, min_distance = {metres:g}",
        found=f"about {int(fit / _SPARE)} fit", hint="ask for fewer, or let them lie nearer",
    )  # fmt: skip


def _cells(lon: Floats, lat: Floats, metres: float, ratio: float, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """The cell of each chip, -1 outside of the inner parts, and the probability of being in one, on a random grid."""
    gap = metres / DEGREE
    high = gap * ratio
    up = rng.random() * high
    row = np.floor((lat + 90 - up) / high).astype(np.int64)
    rows = row - row.min()
    across = (lat + 90 - up) / high - row
    edge = np.stack([np.abs(up + row * high - 90), np.abs(up + (row + 1) * high - 90)])
    widest = np.cos(np.radians(np.minimum(edge.max(axis=0), _NEAR_POLE)))
    sine = np.sin(metres / (2 * RADIUS)) / widest
    aside = np.degrees(2 * np.arcsin(np.minimum(sine, 1.0)))
    number = np.maximum(np.floor(360 / (aside * ratio)), 1.0)
    wide = 360 / number
    aside = np.where(number > 1, aside, 0.0)
    shift = rng.random(int(rows.max()) + 1)[rows]
    along = (lon % 360) / wide + shift
    column = np.floor(along)
    inner = (across >= 0.5 / ratio) & (across < 1 - 0.5 / ratio)
    rest = along - column
    inner &= (rest >= aside / wide / 2) & (rest < 1 - aside / wide / 2)
    key = rows * 4_000_000_000 + (column % number).astype(np.int64)
    return np.where(inner, key, -1), (1 - 1 / ratio) * (1 - aside / wide)


def _capped(weight: Floats, cell: Ints, n: int, size: int) -> Floats:
    """Probabilities in proportion to the weights that sum to ``size``, none of a cell's together above 1."""
    out = weight / weight.sum() * size
    full = np.zeros(n, bool)
    for _ in range(n):
        of_cell = np.bincount(cell, out, minlength=n)
        over = ~full & (of_cell >= 1)
        if not over.any():
            break
        full |= over
        held = full[cell]
        out[held] = weight[held] / np.bincount(cell, weight, minlength=n)[cell[held]]
        rest = weight[~held].sum()
        out[~held] = weight[~held] / rest * (size - full.sum()) if rest > 0 else 0.0
    kept: Floats = out
    return kept


def _systematic(probability: Floats, rng: np.random.Generator) -> Ints:
    """Positions chosen: as many as the probabilities sum to, each with its own (Madow 1949)."""
    sums = np.cumsum(probability)
    sums *= round(float(sums[-1])) / sums[-1]
    steps = np.ceil(np.concatenate([[0.0], np.round(sums, 9)]) - rng.random())
    return np.flatnonzero(np.diff(steps) > 0)


def _one(there: Ints, probability: Floats, rng: np.random.Generator) -> int:
    p = probability[there]
    return int(rng.choice(there, p=p / p.sum()))


def _morton(lon: Floats, lat: Floats) -> Ints:
    """Place on a curve that keeps neighbours near each other."""
    out = np.zeros(len(lon), np.int64)
    ends = []
    for v in (lon, lat):
        low, high = v.min(), v.max()
        ends.append(((v - low) / max(high - low, 1e-9) * 65_535).astype(np.int64))
    for bit in range(16):
        for k, v in enumerate(ends):
            out |= ((v >> bit) & 1) << (2 * bit + k)
    return out
