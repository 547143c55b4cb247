"""Which features lie on which chips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from groundset.chips import Chip
from groundset.core import InputError
from groundset.imagery.scene import Scene
from groundset.ingest._annotate.dates import nearest
from groundset.ingest._annotate.features import Features, Geometries

Index = npt.NDArray[np.intp]
STEP_DEGREES, STEP_METRES = 0.01, 1000.0
"""Longest straight edge kept when reprojecting: a longer one would bend by more than a few centimetres."""


@dataclass(frozen=True, slots=True)
class OnScene:
    """Features that meet one scene: their positions in the file (ascending) and geometries in the scene's CRS."""

    scene: Scene
    index: Index
    geometry: Geometries


def on_scenes(features: Features, scenes: Sequence[Scene]) -> list[OnScene]:
    """Reproject features to each scene's CRS and keep those that meet its rectangle."""
    import shapely

    step = STEP_DEGREES if features.crs.is_geographic else STEP_METRES
    dense = features.geometry if features.is_points else shapely.segmentize(features.geometry, step)
    bounds = shapely.bounds(dense)
    return [_on_scene(features.crs, dense, bounds, s) for s in scenes if s.geobox.crs is not None]


def choose_by_date(
    features: Features, placed: Sequence[OnScene], within: timedelta | None
) -> tuple[list[OnScene], list[int]]:
    """Keep dated features only on the nearest acquisition within the window; undated ones stay everywhere.

    Returns:
        The features left on each scene, and the positions of dated features that found no acquisition.
    """
    if features.times is None:
        return list(placed), []
    times: Mapping[str, datetime | None] = {p.scene.id: p.scene.datetime for p in placed}
    met: dict[int, list[str]] = {}
    for p in placed:
        for i in p.index.tolist():
            met.setdefault(i, []).append(p.scene.id)
    allowed = {
        i: set(there if (when := features.times[i]) is None else nearest(when, there, times, within))
        for i, there in met.items()
    }
    out = []
    for p in placed:
        keep = np.array([p.scene.id in allowed[i] for i in p.index.tolist()], bool)
        out.append(OnScene(p.scene, p.index[keep], p.geometry[keep]))
    return out, sorted(i for i, there in allowed.items() if not there)


def on_chips(placed: OnScene, chips: Sequence[Chip]) -> Iterator[tuple[Chip, Index, Geometries]]:
    """For each chip that features meet: their positions (ascending) and geometries."""
    import shapely

    if len(placed.index) == 0:
        return
    boxes = np.array([c.geobox.extent.geom for c in chips], object)
    tree = shapely.STRtree(placed.geometry)
    chip_i, feature_i = tree.query(boxes, predicate="intersects")
    order = np.lexsort((feature_i, chip_i))
    chip_i, feature_i = chip_i[order], feature_i[order]
    starts = np.flatnonzero(np.diff(chip_i, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(chip_i)], strict=True):
        some = feature_i[start:stop]
        yield chips[chip_i[start]], placed.index[some], placed.geometry[some]


def check_met(features: Features, placed: Sequence[OnScene], scenes: Sequence[Scene], file: str) -> None:
    """At least one feature must meet a scene; the error names both bounding boxes."""
    import shapely

    if any(len(p.index) for p in placed):
        return
    if not placed:
        raise InputError(
            f"{file} holds places, but no scene of this workspace has a CRS",
            found=f"{len(scenes)} scenes without CRS",
            hint="name chips instead: a CSV with chip_id and class",
        )
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(features.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = shapely.total_bounds(features.geometry).tolist()
    theirs = to_degrees.transform_bounds(west, south, east, north, densify_pts=21)
    ours = np.array([p.scene.geobox.geographic_extent.boundingbox for p in placed])
    box = (*ours[:, :2].min(axis=0), *ours[:, 2:].max(axis=0))
    raise InputError(
        f"no feature of {file} lies on a scene",
        asked=f"features within {_degrees(theirs)} (west, south, east, north)",
        found=f"{len(placed)} scenes within {_degrees(box)}",
        hint="check the file's CRS and the order of its coordinates",
    )


def _on_scene(crs: Any, dense: Geometries, bounds: npt.NDArray[np.float64], scene: Scene) -> OnScene:
    import shapely
    from pyproj import CRS, Transformer

    target = CRS.from_wkt(crs_of(scene).to_wkt())
    back = Transformer.from_crs(target, crs, always_xy=True)
    west, south, east, north = back.transform_bounds(*scene.geobox.boundingbox.bbox, densify_pts=21)
    mx, my = (east - west) * 0.01, (north - south) * 0.01
    near = np.flatnonzero(
        (bounds[:, 0] <= east + mx)
        & (bounds[:, 2] >= west - mx)
        & (bounds[:, 1] <= north + my)
        & (bounds[:, 3] >= south - my)
    )
    there = Transformer.from_crs(crs, target, always_xy=True)
    geometry = shapely.transform(dense[near], there.transform, interleaved=False)
    meets = shapely.intersects(geometry, scene.geobox.extent.geom)
    return OnScene(scene, near[meets], geometry[meets])


def crs_of(scene: Scene) -> Any:
    """The CRS of a scene that has one."""
    assert scene.geobox.crs is not None
    return scene.geobox.crs


def _degrees(box: Sequence[float]) -> str:
    return ", ".join(f"{v:.4f}" for v in box)
