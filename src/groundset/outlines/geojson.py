"""Shapes as GeoJSON, quickly: the text of 20,000 takes a fraction of a second."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from groundset.core import InputError
from groundset.outlines.shape import Shape

if TYPE_CHECKING:
    from groundset.outlines.places import Places

Coordinates = Literal["pixel", "map"]
_DECIMALS = 4
"""Of pixel coordinates."""


def feature_collection(
    shapes: Sequence[Shape], places: Places, coordinates: Coordinates = "pixel", *, matched: int | None = None
) -> bytes:
    """Shapes as a GeoJSON FeatureCollection with ``numberMatched`` and ``numberReturned``.

    Each feature has, beside ``id``, ``geometry`` and the ``properties`` that its event has: ``scene``, ``chip_id``,
    ``origin``, ``actor``, ``at``, ``seq``, and ``problem`` where its geometry has one.

    Args:
        shapes: The shapes, in order.
        places: Where scenes lie.
        coordinates: ``pixel`` (column, row from the upper left corner of the scene, to 0.0001) or ``map`` (the scene's
            CRS, which ``crs`` names).
        matched: How many there would be without a limit.

    Raises:
        InputError: Map coordinates of scenes of several CRS, or of none.
    """
    import shapely

    geometry = np.empty(len(shapes), object)
    geometry[:] = [s.geometry for s in shapes]
    crs = ""
    if coordinates == "map":
        crs = _crs([s.scene for s in shapes], places)
        for scene_id in {s.scene for s in shapes}:
            some = [i for i, s in enumerate(shapes) if s.scene == scene_id]
            geometry[some] = places.on_map(geometry[some], scene_id)
    else:
        geometry = shapely.transform(geometry, lambda points: np.round(points, _DECIMALS))
    texts = shapely.to_geojson(geometry) if len(shapes) else []
    body = ",".join(f'{{"type":"Feature",{_members(s)},"geometry":{t}}}' for s, t in zip(shapes, texts, strict=True))
    count = len(shapes) if matched is None else matched
    head = f'"type":"FeatureCollection","coordinates":"{coordinates}",{crs}'
    return f'{{{head}"numberMatched":{count},"numberReturned":{len(shapes)},"features":[{body}]}}'.encode()


def _members(shape: Shape) -> str:
    said = {
        "id": shape.id, "scene": shape.scene, "chip_id": shape.chip_id, "origin": int(shape.origin),
        "actor": shape.actor, "at": shape.at, "seq": shape.seq, "properties": shape.properties(),
    }  # fmt: skip
    if shape.problem is not None:
        said["problem"] = shape.problem
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)[1:-1]


def _crs(scenes: Sequence[str], places: Places) -> str:
    """The member ``crs`` as GeoJSON of 2008 had it, which GDAL and QGIS read."""
    from groundset.chips.chip import crs_text

    found = {crs_text(places.geobox(own)) for own in set(scenes)}
    if len(found) > 1 or None in found:
        raise InputError(
            "these shapes have no one CRS", found=", ".join(sorted(str(c) for c in found)),
            hint="name one scene, or ask for pixel coordinates",
        )  # fmt: skip
    if not found:
        return ""
    text = str(found.pop())
    name = f"urn:ogc:def:crs:EPSG::{text.removeprefix('EPSG:')}" if text.startswith("EPSG:") else text
    return f'"crs":{{"type":"name","properties":{{"name":{json.dumps(name)}}}}},'
