"""What labels.geojson of a chip holds, against its image, its scheme and what its item says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from groundset.release._check_types import Finding, error

NEAR = 2e-3
"""Pixels by which numbers of one shape may differ: they are rounded to a ten-thousandth each."""
_DEGREES = 1e-7
_MOST = 20


@dataclass(frozen=True, slots=True)
class SeenShape:
    """A shape of a chip, as its file tells it. ``box`` is left, top, right, bottom in pixels."""

    id: str
    name: str
    category: int
    box: tuple[float, ...]
    area: float
    ignore: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The chip's image: rows and columns, and from pixels to degrees (None without CRS)."""

    shape: tuple[int, int]
    transform: Sequence[float]
    wkt: str | None


def outlines(
    root: Path, path: str, properties: Mapping[str, Any], codes: Mapping[str, int], frame: Frame | None
) -> tuple[list[Finding], list[SeenShape]]:
    """Findings of level Q2 about one file of outlines, at most 20, and its shapes.

    Args:
        root: The release.
        path: The file, relative to it.
        properties: Those of the chip's item.
        codes: Class name -> code, of the release's scheme.
        frame: The chip's image, None where it cannot be read.
    """
    try:
        content = json.loads((root / path).read_bytes())
        features = content["features"]
        good = content["type"] == "FeatureCollection" and isinstance(features, list)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as reason:
        return [error("Q2", path, "not readable as GeoJSON", str(reason), "a FeatureCollection")], []
    if not good:
        return [error("Q2", path, "type", content.get("type"), "FeatureCollection")], []
    findings: list[Finding] = []
    seen: list[SeenShape] = []
    for i, feature in enumerate(features):
        told = _feature(path, i, feature, codes, frame)
        findings += told[0]
        seen += [told[1]] if told[1] is not None else []
    findings += _twice(path, features)
    findings += _counted(path, properties, features, seen)
    return findings[:_MOST], seen


def _feature(
    path: str, i: int, feature: Any, codes: Mapping[str, int], frame: Frame | None
) -> tuple[list[Finding], SeenShape | None]:
    import shapely

    from groundset.outlines.cover import covers

    said = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(said, dict) or feature.get("id") is None:
        return [error("Q2", path, f"feature {i}", "without id or properties", "a feature with both")], None
    own = str(feature["id"])
    what = f"shape {own}"
    out: list[Finding] = []
    if codes.get(str(said.get("class"))) != said.get("code"):
        out.append(error("Q2", path, f"{what}: class", f"{said.get('class')} ({said.get('code')})", _listed(codes)))
    try:
        geometry = shapely.geometry.shape(said["geometry_pixels"])
        box = tuple(float(v) for v in said["bbox_pixels"])
        area = float(said["area_pixels"])
        bounds = np.array(geometry.bounds)
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError,
            OverflowError, RecursionError) as reason:  # fmt: skip
        return [*out, error("Q2", path, f"{what}: geometry in pixels", repr(reason), "a geometry, its box, area")], None
    if geometry.is_empty or not geometry.is_valid or not np.isfinite(bounds).all():
        wrong = "empty" if geometry.is_empty else shapely.is_valid_reason(geometry)
        return [*out, error("Q2", path, f"{what}: geometry", wrong, "a valid geometry")], None
    name, category = str(said.get("class")), said.get("category_id")
    number = category if isinstance(category, int) else 0
    seen = SeenShape(own, name, number, box, area, said.get("ignore") is True)
    if frame is None:
        return out, seen
    rows, cols = frame.shape
    if (bounds < -NEAR).any() or (bounds > np.array([cols, rows, cols, rows]) + NEAR).any():
        out.append(
            error("Q2", path, f"{what} lies outside of the chip", bounds.tolist(), f"0 to {cols} x {rows} pixels")
        )
        return out, seen
    covered = covers(geometry, frame.shape)
    wanted = [round(float(v), 4) for v in covered.bounds]
    if len(box) != 4 or not np.allclose(box, wanted, rtol=0, atol=NEAR) or box[2] <= box[0] or box[3] <= box[1]:
        out.append(error("Q2", path, f"{what}: box in pixels", list(box), f"{wanted}, as its outline has it"))
    if abs(area - covered.area) > NEAR + 1e-6 * covered.area:
        out.append(error("Q2", path, f"{what}: area in pixels", area, f"{covered.area:.4f}, as its outline has it"))
    return [*out, *_on_ground(path, what, feature.get("geometry"), geometry, frame)], seen


def _on_ground(path: str, what: str, told: Any, geometry: Any, frame: Frame) -> Iterator[Finding]:
    """The geometry in degrees is valid and where the one in pixels is."""
    import shapely

    if frame.wkt is None:
        if told is not None:
            yield error("Q2", path, f"{what}: geometry in degrees", told, "null, for the chip has no CRS")
        return
    try:
        place = shapely.geometry.shape(told)
        there = np.array(place.bounds)
        valid = bool(place.is_valid and not place.is_empty and np.isfinite(there).all())
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError,
            OverflowError, RecursionError):  # fmt: skip
        valid = False
    if not valid:
        yield error("Q2", path, f"{what}: geometry in degrees", told, "a valid geometry in longitude and latitude")
        return
    if there[2] - there[0] > 180:  # cut at the antimeridian
        return
    a, b, c, d, e, f = frame.transform[:6]
    x, y = shapely.get_coordinates(geometry).T
    lon, lat = _to_degrees(frame.wkt).transform(a * x + b * y + c, d * x + e * y + f)
    wanted = [min(lon), min(lat), max(lon), max(lat)]
    if not np.allclose(there, wanted, rtol=0, atol=_DEGREES + 1e-6 * (wanted[3] - wanted[1])):
        yield error("Q2", path, f"{what}: place in degrees", there.tolist(), f"{wanted}, as its pixels say")


@lru_cache(maxsize=32)
def _to_degrees(wkt: str) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(wkt, "EPSG:4326", always_xy=True)


def _twice(path: str, features: Sequence[Any]) -> Iterator[Finding]:
    """No id twice, and no shape of one class and outline under two ids; those cut at an edge may well be alike."""
    ids: set[str] = set()
    drawn: dict[str, str] = {}
    for feature in features:
        said = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(said, dict):
            continue
        own = str(feature.get("id"))
        if own in ids:
            yield error("Q2", path, f"shape {own}", "twice", "once")
        ids.add(own)
        key = json.dumps([said.get("class"), said.get("geometry_pixels")], sort_keys=True)
        if not said.get("clipped") and drawn.setdefault(key, own) != own:
            yield error("Q2", path, f"shape {own} is drawn twice", drawn[key], "an outline of its own")


def _counted(
    path: str, properties: Mapping[str, Any], features: Sequence[Any], seen: Sequence[SeenShape]
) -> Iterator[Finding]:
    """The item states shapes by class and origin, and the pixels that they cover."""
    counts = dict(Counter(shape.name for shape in seen))
    origins = dict(Counter(str(f["properties"].get("origin")) for f in features if _has_properties(f)))
    areas: dict[str, float] = {}
    for shape in seen:
        areas[shape.name] = areas.get(shape.name, 0.0) + shape.area
    for what, found in (("groundset:class_counts", counts), ("groundset:origin_counts", origins)):
        if properties.get(what) != found:
            yield error("Q2", path, f"{what}: shapes", found, f"{properties.get(what)}, as the item says")
    stated = properties.get("groundset:class_areas")
    same = isinstance(stated, dict) and stated.keys() == areas.keys()
    if not same or any(not _near(stated[n], a) for n, a in areas.items()):  # type: ignore[index]
        found_areas = {n: round(a, 2) for n, a in areas.items()}
        yield error("Q2", path, "groundset:class_areas", found_areas, f"{stated}, as the item says")
    if not seen and properties.get("groundset:complete") is not True:
        yield error("Q2", path, "a chip without a shape", "not marked complete", "groundset:complete true")


def _near(stated: Any, found: float) -> bool:
    return isinstance(stated, int | float) and abs(stated - found) <= 0.01 + 1e-6 * found


def _has_properties(feature: Any) -> bool:
    return isinstance(feature, dict) and isinstance(feature.get("properties"), dict)


def _listed(codes: Mapping[str, int]) -> str:
    return "one of " + ", ".join(f"{name} ({code})" for name, code in codes.items())
