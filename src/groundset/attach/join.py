"""What features give to chips: inside, share, distance, count and values, for chips of one CRS at one time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.attach import clip
from groundset.attach.distance import WINDOWS, nearest
from groundset.attach.layer import Join, Take
from groundset.attach.places import Area, Floats, Ints
from groundset.attach.project import Ground, Near

_POINT, _LINE, _POLYGON = 0, 1, 3
_LATEST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Met:
    """Pairs of a chip and a feature that it meets, each once, by chip and then in the file's order.

    Args:
        chip: Position of the chip.
        feature: Position of the feature.
        weight: Pixels of the chip that a polygon covers, pixels of a line's length in it, or points in it.
        share: (n chips,) share of each chip under polygons, each place once however many lie over it.
    """

    chip: Ints
    feature: Ints
    weight: Floats
    share: Floats


def meet(area: Area, at: Ints, geometry: npt.NDArray[np.object_], *, shares: bool) -> Met:
    """Which features lie in which chips, and how much of them; sharing an edge or a corner alone is not meeting.

    Args:
        area: The chips.
        at: Positions of the features in the file.
        geometry: The features, in the CRS of the chips.
        shares: Whether the share of chips under polygons is wanted.
    """
    import shapely

    parts, index = shapely.get_parts(geometry, return_index=True)
    while (nested := shapely.get_type_id(parts) > _POLYGON).any():  # collections in collections
        inner, where = shapely.get_parts(parts[nested], return_index=True)
        index = np.concatenate([index[~nested], index[nested][where]])
        parts = np.concatenate([parts[~nested], inner])
    kinds, owner = shapely.get_type_id(parts), at[index]
    found: list[tuple[Any, Any, Floats]] = []
    covered = np.zeros(len(area))
    areal = kinds == _POLYGON
    if areal.any():
        some, whose = clip.pieces(parts[areal], owner[areal])
        shapes = clip.polygons(some, whose)
        chip, shape = clip.near(shapes, area)
        amount = clip.areas(shapes, area, chip, shape)
        there = amount > 0
        chip, shape, amount = chip[there], shape[there], amount[there]
        found.append((chip, whose[shape], amount))
        if shares:
            covered = _covered(area, parts[areal], owner[areal], some, chip, whose[shape], shape, amount)
    for wants, make, measure in (
        ((_LINE, 2), clip.lines, clip.lengths),
        ((_POINT,), clip.points, clip.held),
    ):
        of_kind = np.isin(kinds, wants)
        shapes = make(parts[of_kind], owner[of_kind])
        chip, shape = clip.near(shapes, area)
        amount = measure(shapes, area, chip, shape)
        found.append((chip[amount > 0], shapes.feature[shape[amount > 0]], amount[amount > 0]))
    pairs = [np.concatenate([one[k] for one in found]).astype(np.int64) for k in (0, 1)]
    weight = np.concatenate([one[2] for one in found])
    share = np.minimum(covered / area.size.prod(axis=1), 1.0)
    return _each(pairs[0], pairs[1], weight, share)


def _each(chip: Ints, feature: Ints, weight: Floats, share: Floats) -> Met:
    """Pieces of one feature in one chip together."""
    width = int(feature.max(initial=0)) + 1
    keys, back = np.unique(chip * width + feature, return_inverse=True)
    total: Floats = np.bincount(back, weight, minlength=len(keys)).astype(np.float64)
    return Met(keys // width, keys % width, total, share)


def _covered(
    area: Area, parts: Any, owner: Ints, pieces: Any, chip: Ints, feature: Ints, piece: Ints, amount: Floats
) -> Floats:
    """Pixels of each chip under polygons, places under several of them once.

    Where at most two pairs overlap in a chip no three do, and what the pairs share is taken off; else GEOS unites them.
    """
    import shapely

    total = np.bincount(chip, amount, minlength=len(area)).astype(np.float64)
    both = _overlaps(parts, owner, chip, feature)
    if not len(both):
        return total
    some, pair = clip.pieces(both, np.arange(len(both)))
    shapes = clip.polygons(some, pair)
    where, shape = clip.near(shapes, area)
    shared = clip.areas(shapes, area, where, shape)
    total -= np.bincount(where, shared, minlength=len(area))
    found = np.unique(np.stack([where[shared > 0], pair[shape[shared > 0]]], axis=-1), axis=0)
    chips, pairs = np.unique(found[:, 0], return_counts=True)
    several = chips[pairs > 2]
    if not len(several):
        return total
    use = np.isin(chip, several)
    boxes = area.shapes()
    inside = shapely.intersection(boxes[chip[use]], pieces[piece[use]])
    order = np.argsort(chip[use], kind="stable")
    here = np.searchsorted(several, chip[use][order])
    heaps = shapely.geometrycollections(inside[order], indices=here)
    # GEOS divides by zero on its way where sides are nearly parallel, and NumPy would tell of it
    with np.errstate(divide="ignore", invalid="ignore"):
        merged = shapely.area(shapely.union_all(np.asarray(heaps, object)[:, None], axis=1))
    total[several] = merged / shapely.area(boxes[several]) * area.size[several].prod(axis=1)
    return total


def _overlaps(parts: Any, owner: Ints, chip: Ints, feature: Ints) -> npt.NDArray[np.object_]:
    """What each two features have in common, of those that share a chip with another."""
    import shapely

    pairs = np.unique(np.stack([chip, feature], axis=-1), axis=0)
    where, times = np.unique(pairs[:, 0], return_counts=True)
    shared = np.isin(pairs[:, 0], where[times > 1])
    some = np.isin(owner, np.unique(pairs[shared, 1]))
    shapes, whose = parts[some], owner[some]
    a, b = shapely.STRtree(shapes).query(shapes) if len(shapes) else (np.empty(0, int), np.empty(0, int))
    other = (a < b) & (whose[a] != whose[b])
    a, b = a[other], b[other]
    over = shapely.relate_pattern(shapes[a], shapes[b], "T********")  # their insides meet
    out: npt.NDArray[np.object_] = shapely.intersection(shapes[a[over]], shapes[b[over]])
    return out


@dataclass(frozen=True, slots=True)
class Group:
    """Chips of one CRS at one time, and the features that count there.

    Args:
        ground: The features.
        area: The chips.
        crs: Their pyproj CRS.
        wanted: Features that count, bool (n,); None: all.
        gaps: Of each feature, how far its date lies from the chips' (microseconds); None where dates do not matter.
        joins: What is wanted.
        take: What the value of a chip is that several features meet; None: by kind.
    """

    ground: Ground
    area: Area
    crs: Any
    wanted: npt.NDArray[np.bool_] | None
    gaps: Ints | None
    joins: tuple[Join, ...]
    take: Take | None

    def joined(self, columns: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """Values (n chips,) by join, and by column of the file."""
        far = "distance" in self.joins or self.take == "nearest"
        margin = WINDOWS[0] if far and self.crs.is_projected else 0.0
        around = self.ground.near(self.crs, self.area.extent(), margin, self.wanted)
        met = meet(self.area, *around, shares="share" in self.joins)
        count = np.bincount(met.chip, minlength=len(self.area))
        out: dict[str, npt.NDArray[Any]] = {"inside": count > 0, "share": met.share, "count": count}
        if far:
            out["distance"], met = self._distance(met, count, around)
        chip, feature, weight = met.chip, met.feature, met.weight
        if columns and self.gaps is not None:
            near = _least(chip, self.gaps[feature], len(self.area))
            chip, feature, weight = chip[near], feature[near], weight[near]
        for name, values in columns.items():
            out[f"value:{name}"] = taken(values, chip, feature, weight, len(self.area), self.take)
        return out

    def _distance(self, met: Met, count: Ints, around: Near) -> tuple[Floats, Met]:
        """Metres to the nearest feature, NaN where there is none; with ``nearest`` also the pairs to take values of."""
        metres = np.full(len(self.area), np.nan)
        metres[count > 0] = 0.0
        away = np.flatnonzero(count == 0)
        found = nearest(self.ground, self.area.take(away), self.crs, self.wanted, around)
        metres[away[found.chip]] = found.metres
        if self.take != "nearest":
            return metres, met
        chip = np.concatenate([met.chip, away[found.chip]])
        feature, weight = np.concatenate([met.feature, found.feature]), np.ones(len(met.weight) + len(found.chip))
        weight[: len(met.weight)] = met.weight
        order = np.lexsort((feature, chip))
        return metres, Met(chip[order], feature[order], weight[order], met.share)


def _least(chip: Ints, gap: Ints, n: int) -> npt.NDArray[np.bool_]:
    """Of the pairs of each chip those whose gap is the least."""
    least = np.full(n, _LATEST)
    np.minimum.at(least, chip, gap)
    out: npt.NDArray[np.bool_] = gap == least[chip]
    return out


def taken(
    values: npt.NDArray[Any], chip: Ints, feature: Ints, weight: Floats, n: int, take: Take | None
) -> npt.NDArray[Any]:
    """The value of each chip from those of the features that it meets.

    Numbers: their mean, by the area, length or count in the chip; text and flags: the one over most of the chip.

    Args:
        values: Of each feature: float64 with NaN, or objects with None.
        chip: Pairs, as in :class:`Met`.
        feature: See there.
        weight: See there.
        n: Number of chips.
        take: Another way than that.

    Returns:
        (n,) float64 with NaN, or objects with None.
    """
    numbers = values.dtype == np.float64
    said = values[feature]
    there = np.isfinite(said) if numbers else np.array([v is not None for v in said], bool)
    chip, said, weight = chip[there], said[there], weight[there]
    if not numbers or take in ("most", "nearest"):
        return _most(said, chip, weight, n, numbers=numbers)
    if take in ("minimum", "maximum"):
        ends = np.full(n, np.inf if take == "minimum" else -np.inf)
        (np.minimum if take == "minimum" else np.maximum).at(ends, chip, said)
        ends[np.isinf(ends)] = np.nan
        return ends
    if take == "sum":
        sums: Floats = np.bincount(chip, said, minlength=n).astype(np.float64)
        sums[np.bincount(chip, minlength=n) == 0] = np.nan
        return sums
    total = np.bincount(chip, weight, minlength=n)
    products = np.bincount(chip, weight * said, minlength=n)
    mean: Floats = np.divide(products, total, out=np.full(n, np.nan), where=total > 0)
    return mean


def _most(said: npt.NDArray[Any], chip: Ints, weight: Floats, n: int, *, numbers: bool) -> npt.NDArray[Any]:
    """The value with the greatest weight in each chip; of equal ones that which comes first in the file."""
    out: npt.NDArray[Any] = np.full(n, np.nan) if numbers else np.full(n, None, object)
    codes: dict[Any, int] = {}
    code = np.array([codes.setdefault(v, len(codes)) for v in said.tolist()], np.int64)
    if not len(code):
        return out
    keys, first, back = np.unique(chip * len(codes) + code, return_index=True, return_inverse=True)
    total = np.bincount(back, weight)
    order = np.lexsort((first, -np.round(total, 6), keys // len(codes)))
    chips, at = np.unique(keys[order] // len(codes), return_index=True)
    names = np.array(list(codes), np.float64 if numbers else object)
    out[chips] = names[keys[order][at] % len(codes)]
    return out
