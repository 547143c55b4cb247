"""Strata of a sample: what a vector file, a raster of classes or an attached layer says of chips not yet cut."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from groundset._files import sha256_file
from groundset.attach import source
from groundset.attach.join import meet, taken
from groundset.attach.layer import Asked
from groundset.attach.places import Area
from groundset.attach.project import Ground
from groundset.attach.store import AttachedStore
from groundset.core import UNLABELLED, InputError, MissingError
from groundset.ingest._annotate.raster import CodeRaster, is_raster, open_codes
from groundset.ingest.sampling import Sampling, Strata

if TYPE_CHECKING:
    from groundset.imagery import Scene
    from groundset.ingest._part import Place
    from groundset.ingest.designs import Allocation
    from groundset.lake import Lake

NONE = "none"
"""Stratum of chips of which the layer says nothing."""
INSIDE, OUTSIDE = "inside", "outside"
_POINTS = 16
"""A class raster is looked at in so many places a side of each chip."""


def sampling(
    lake: Lake,
    size: int,
    *,
    stratify: str | Path | None = None,
    column: str | None = None,
    min_distance: float | None = None,
    allocation: Allocation = "proportional",
    seed: int = 0,
) -> Sampling:
    """A sample with its strata.

    Args:
        lake: The workspace.
        size: Chips.
        stratify: Name of an attached layer, a vector file, or a raster of class codes; None: one stratum.
        column: Column of a vector file that names the stratum: that over most of the chip counts. Without it, and
            where an attached layer has no column of values, chips are ``inside`` or ``outside``.
        min_distance: Least distance between the middles of two chips, metres.
        allocation: ``proportional`` or ``equal``.
        seed: Of the random numbers.

    Raises:
        InputError: The layer cannot be read.
    """
    if stratify is None:
        if column is not None:
            raise InputError("a column of strata needs a layer", asked=f"stratify_column = {column}")
        return Sampling(size, allocation, min_distance, seed)
    store = AttachedStore(lake.root)
    crs = None
    path = Path(stratify).expanduser()
    if str(stratify) in store.names():
        layer = store.get(str(stratify))
        path, crs = layer.path(lake.root), layer.asked.crs
        column = column or next((c.source for c in layer.columns if c.source is not None), None)
    if not path.is_file():
        raise MissingError(
            "there is no such layer or file", asked=f"stratify = {stratify}",
            found=f"attached: {', '.join(store.names()) or 'none'}", hint="name an attached layer, or a file",
        )  # fmt: skip
    key = f"{sha256_file(path)}|{column}"
    strata = of_raster(path) if _raster(path) else of_vector(path, column, crs)
    return Sampling(size, allocation, min_distance, seed, strata, str(stratify), key)


def _raster(path: Path) -> bool:
    return path.suffix.lower() not in source.SAFE and is_raster(path)


def of_vector(path: Path, column: str | None, crs: str | None = None) -> Strata:
    """Strata from polygons (or points, or lines)."""
    import pyproj

    columns = () if column is None else (column,)
    _, _, features = source.settled(path, lambda: source.read(path, Asked(columns=columns, crs=crs)))
    if features.key != "place" or features.geometry is None:
        raise InputError("strata come from places", asked=f"stratify = {path}", found="rows that name chips or scenes")
    ground = Ground(features.geometry, features.crs)
    values: Any = None if column is None else next(iter(features.columns.values()))

    def of(scene: Scene, places: Sequence[Place]) -> Sequence[str]:
        if scene.geobox.crs is None or not len(places):
            return [NONE] * len(places)
        area, target = area_of(scene, places), pyproj.CRS.from_wkt(scene.geobox.crs.to_wkt())
        met = meet(area, *ground.near(target, area.extent(), 0.0), shares=False)
        if values is None:
            inside = np.bincount(met.chip, minlength=len(places)) > 0
            return [INSIDE if yes else OUTSIDE for yes in inside.tolist()]
        most = taken(values, met.chip, met.feature, met.weight, len(places), "most")
        return [_name(v) for v in most.tolist()]

    return of


def of_raster(path: Path) -> Strata:
    """Strata from class codes: the code at most of 16 x 16 places of the chip, where it has one."""

    def of(scene: Scene, places: Sequence[Place]) -> Sequence[str]:
        if scene.geobox.crs is None:
            return [NONE] * len(places)
        with open_codes(path) as raster:
            return [_majority(raster, scene, place) for place in places]

    return of


def _majority(raster: CodeRaster, scene: Scene, place: Place) -> str:
    from odc.geo.geobox import GeoBox

    from groundset.chips import Chip
    from groundset.chips.chip import chip_geobox
    from groundset.core import ChipId, Window

    whole = chip_geobox(scene.geobox, place[2])
    scale = whole.affine * whole.affine.scale(place[2].width / _POINTS, place[2].height / _POINTS)
    coarse = GeoBox((_POINTS, _POINTS), scale, whole.crs)
    codes = raster.on_chip(Chip(ChipId(scene.id, 0, *place[:2]), Window(0, 0, _POINTS, _POINTS), coarse))
    there = codes[codes != UNLABELLED]
    if not there.size:
        return NONE
    found, counts = np.unique(there, return_counts=True)
    return str(int(found[counts.argmax()]))


def area_of(scene: Scene, places: Sequence[Place]) -> Area:
    """Chips that are not cut yet, as the joins want them."""
    a = scene.geobox.affine
    windows = [p[2] for p in places]
    transform = [(a.a, a.b, a.c + a.a * w.x_off + a.b * w.y_off, a.d, a.e, a.f + a.d * w.x_off + a.e * w.y_off)
                 for w in windows]  # fmt: skip
    return Area(np.array(transform, float), np.array([(w.width, w.height) for w in windows], float))


def _name(value: Any) -> str:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return NONE
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
