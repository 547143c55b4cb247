"""labels.geojson: the outlines of one chip, as RFC 7946 wants them, with pixels for those who need no map."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from groundset.core import PEOPLE_ORIGINS, Scheme
from groundset.release.kinds.categories import category_ids
from groundset.release.kinds.parts import OnChip, Part, tidy

if TYPE_CHECKING:
    from groundset.chips import Chip

NAME = "labels.geojson"
Geometries = npt.NDArray[np.object_]
_DEGREES = 9
"""Decimals of longitude and latitude: 0.1 mm."""


def labels_geojson(on: OnChip, chip: Chip, scheme: Scheme) -> bytes:
    """A FeatureCollection; the same shapes give the same bytes.

    ``geometry`` is in longitude and latitude (WGS 84), null where the chip has no CRS. ``geometry_pixels`` and
    ``bbox_pixels`` (left, top, right, bottom) count from the upper left corner of the chip's image. ``ignore`` is true
    of shapes of the not-applicable class, inside of which nothing can be told.

    Args:
        on: The shapes, bottom first.
        chip: Their chip.
        scheme: Names of the classes.
    """
    ids = category_ids(scheme)
    names = {c.code: c.name for c in scheme}
    ignored = None if scheme.not_applicable is None else scheme.not_applicable.code
    features = []
    for part, place in zip(on.parts, on_ground(on.parts, chip), strict=True):
        geometry = None if place is None else json.loads(shapely.to_geojson(place))
        said = _said(part, names, ids, ignored)
        features.append({"type": "Feature", "id": part.id, "geometry": geometry, "properties": said})
    text = {"type": "FeatureCollection", "groundset:chip": str(chip.id), "groundset:complete": on.complete}
    return json.dumps({**text, "features": features}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def method(part: Part) -> str:
    """``manual`` where people or files say so, else ``automated``."""
    return "manual" if part.origin in PEOPLE_ORIGINS else "automated"


def _said(part: Part, names: dict[int, str], ids: dict[int, int], ignored: int | None) -> dict[str, Any]:
    return {
        "class": names[part.code],
        "code": part.code,
        "category_id": ids[part.code],
        "kind": part.kind,
        "ignore": ignored == part.code,
        "origin": part.origin.name.lower(),
        "method": method(part),
        "score": part.score,
        "attributes": dict(part.attributes),
        "clipped": part.clipped,
        "repaired": part.repaired,
        "area_pixels": part.area,
        "bbox_pixels": list(part.box),
        "geometry_pixels": json.loads(shapely.to_geojson(part.geometry)),
    }


def on_ground(parts: Sequence[Part], chip: Chip) -> list[Any]:
    """Geometries in longitude and latitude, exterior rings counterclockwise; None without CRS."""
    if chip.geobox.crs is None or not parts:
        return [None] * len(parts)
    geometry: Geometries = np.empty(len(parts), object)
    geometry[:] = [part.geometry for part in parts]
    a, b, c, d, e, f = chip.geobox.affine[:6]
    turn, corner = np.array([[a, d], [b, e]]), np.array([c, f])
    to_degrees = chip.geobox.crs.transformer_to_crs("EPSG:4326", always_xy=True)

    def moved(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x, y = (points @ turn + corner).T
        return np.round(np.stack(to_degrees(x, y), axis=1), _DEGREES)

    placed = shapely.transform(geometry, moved)
    return [shapely.orient_polygons(_cut(tidy(one) or one)) for one in placed]


def _cut(geometry: Any) -> Any:
    """A geometry that crosses the antimeridian in two parts, as RFC 7946 asks for."""
    west, _, east, _ = geometry.bounds
    if east - west <= 180:
        return geometry
    round_ = shapely.transform(
        geometry, lambda p: np.stack([np.where(p[:, 0] < 0, p[:, 0] + 360, p[:, 0]), p[:, 1]], 1)
    )
    near = shapely.intersection(round_, shapely.box(0, -90, 180, 90))
    far = shapely.transform(shapely.intersection(round_, shapely.box(180, -90, 360, 90)), lambda p: p - [360, 0])
    return shapely.union_all([near, far])
