"""Which block a chip lies in, and which split a block goes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

from groundset.release.distances import wrapped

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_GEOD = Geod(ellps="WGS84")
_DEGREE_M = 111_195.0


@dataclass(frozen=True, slots=True)
class Place:
    """A chip as the splits see it.

    Args:
        id: Chip id.
        footprint: Polygon in EPSG:4326, None without CRS.
        crs: CRS of the chip's grid, as text that is equal for equal CRSs.
        bounds: (left, bottom, right, top) in that CRS.
        group: Folder or column that keeps chips without CRS together.
        classes: Class name -> pixels (or 1 for a chip of the class); without the not-applicable class.
        fingerprint: 64-bit perceptual hash; near-duplicates without CRS stay together.
        shapes: Ids of the shapes on it: one shape lies in one split.
    """

    id: str
    footprint: shapely.Geometry | None = None
    crs: str | None = None
    bounds: tuple[float, float, float, float] | None = None
    group: str | None = None
    classes: Mapping[str, int] = field(default_factory=dict)
    fingerprint: int | None = None
    shapes: frozenset[str] = frozenset()


class Ground:
    """Positions of the chips that have a CRS, in chips from a common corner.

    Chips of one CRS are counted in that CRS, so that a block is a whole number of chips. Chips of several CRSs are
    counted on a grid of rows of equal latitude whose columns are as wide in metres as the rows are high: one place has
    one block, whatever UTM zone its scenes were delivered in.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self._crs = places[0].crs if len({p.crs for p in places}) == 1 and all(p.bounds for p in places) else None
        self._one_crs = self._crs is not None
        self.chip_m = chip_side(places)
        if self._one_crs:
            bounds = np.array([p.bounds for p in places], np.float64)
            self._corner = float(bounds[:, 0].min()), float(bounds[:, 3].max())
            self._size = np.ptp(bounds[:, [0, 2]], axis=1).max(), np.ptp(bounds[:, [1, 3]], axis=1).max()
        else:
            centres = np.array([_centre(p) for p in places], np.float64)
            self._corner = float(wrapped(centres[:, 0]).min()), float(centres[:, 1].max())
        self._east, self._south = self._positions(places)

    def covers(self, place: Place) -> bool:
        """Whether a place that is not among the chips has a block here."""
        return place.footprint is not None and (self._crs is None or place.crs == self._crs)

    def _positions(self, places: Sequence[Place]) -> tuple[Floats, Floats]:
        """Of each centre, chips to the east and to the south of the corner."""
        if self._one_crs:
            bounds = np.array([p.bounds for p in places], np.float64)
            wide, high = self._size
            east = ((bounds[:, 0] + bounds[:, 2]) / 2 - self._corner[0]) / wide
            return east, (self._corner[1] - (bounds[:, 1] + bounds[:, 3]) / 2) / high
        centres = np.array([_centre(p) for p in places], np.float64)
        east = (wrapped(centres[:, 0]) - self._corner[0]) * _DEGREE_M / self.chip_m
        return east, (self._corner[1] - centres[:, 1]) * _DEGREE_M / self.chip_m

    @property
    def extent(self) -> float:
        """The longer side of the ground in chips, from first to last centre."""
        return float(max(np.ptp(self._east), np.ptp(self._south)))

    def blocks(self, side: float) -> Ints:
        """Block of each chip for blocks of ``side`` x ``side`` chips: numbers from 0, (n,)."""
        _, block = np.unique(self._cells(side, self._east, self._south), axis=0, return_inverse=True)
        return np.asarray(block.reshape(-1), np.int64)

    def cells(self, side: float, places: Sequence[Place]) -> Ints:
        """Row and column of the block of each place that is covered: (n, 2)."""
        return self._cells(side, *self._positions(places))

    def _cells(self, side: float, east: Floats, south: Floats) -> Ints:
        row = np.floor(south / side).astype(np.int64)
        if not self._one_crs:
            middle = self._corner[1] - (row + 0.5) * side * self.chip_m / _DEGREE_M
            east = east * np.cos(np.radians(np.clip(middle, -89.9, 89.9)))
        return np.column_stack([row, np.floor(east / side).astype(np.int64)])

    def sides(self) -> list[int]:
        """Sides to try in chips, the largest first: each whole number to 64, then in steps of a tenth."""
        largest = max(1, int(np.ceil(self.extent)))
        out, side = [], largest
        while side > 64:
            out.append(side)
            side = int(side / 1.1)
        return out + list(range(min(side, largest), 0, -1))


def allocate(
    blocks: Ints, presence: npt.NDArray[np.bool_], fractions: Sequence[float], rng: np.random.Generator
) -> Ints:
    """Split of each chip (index into ``fractions``), whole blocks at a time: (n,).

    Rare classes come first (after Sechidis et al. 2011): every split gets a block that holds the class while there
    are any; the rest goes where most is wanting.

    Args:
        blocks: Block of each chip, numbers from 0: (n,).
        presence: Which chip holds which class: (n, classes).
        fractions: Share of the chips that each split shall have; 0 leaves a split empty.
        rng: Breaks ties.
    """
    count = int(blocks.max()) + 1
    chips = np.bincount(blocks, minlength=count)
    holds = np.zeros((count, presence.shape[1] + 1), bool)
    np.logical_or.at(holds[:, :-1], blocks, presence)
    holds[:, -1] = True  # "a chip at all" is the last, commonest class
    wanted = np.asarray(fractions, np.float64) * len(blocks)
    order = [int(s) for s in np.argsort(fractions, kind="stable") if fractions[s] > 0]
    split = np.full(count, -1, np.int64)
    shuffled = rng.permutation(count)
    for c in np.argsort(holds.sum(axis=0), kind="stable"):
        for s in order:
            if holds[split == s, c].any():
                continue
            free = [int(b) for b in shuffled if split[b] < 0 and holds[b, c]]
            if not free:
                break
            fitting = [b for b in free if chips[b] <= wanted[s] * 1.25]
            taken = fitting[0] if fitting else min(free, key=lambda b: int(chips[b]))
            split[taken] = s
            wanted[s] -= chips[taken]
    for b in sorted((int(b) for b in shuffled if split[b] < 0), key=lambda b: -int(chips[b])):
        s = max(order, key=lambda s: float(wanted[s]))
        split[b] = s
        wanted[s] -= chips[b]
    return np.asarray(split[blocks])


def chip_side(places: Sequence[Place]) -> float:
    """Side of a usual chip in metres, of places on the ground."""
    step = max(1, len(places) // 200)
    areas = [abs(_GEOD.geometry_area_perimeter(p.footprint)[0]) for p in places[::step]]
    return max(float(np.sqrt(np.median(areas))), 1e-3)


def _centre(place: Place) -> tuple[float, float]:
    assert place.footprint is not None
    left, bottom, right, top = place.footprint.bounds
    if right - left > 180:  # cut at the antimeridian
        lon = wrapped(shapely.get_coordinates(place.footprint)[:, 0])
        left, right = float(lon.min()), float(lon.max())
    return (left + right) / 2, (bottom + top) / 2
