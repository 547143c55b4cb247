"""A workspace of two real Sentinel-2 dates with labels, a model and two releases: what the page's tests look at."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import mapping

import groundset as gs

SENTINEL_2 = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
DAYS = (13, 28)
ACTOR = "anna"
MARGIN = 0.0006
"""Degrees around the shore where nobody puts a point."""


def make(root: Path, data: Path) -> Path:
    """Build the workspace in ``root`` from the Boadella images of ``data``; half a minute."""
    with gs.create(root, scheme="water") as ws:
        for day in DAYS:
            image = data / "boadella" / f"Boadella_2020-01-{day}.tif"
            ws.ingest(image, bands=SENTINEL_2, time=f"2020-01-{day}T10:45:00Z", chip_size=64)
        lake_shape, frame = _reservoir(data, ws)
        ws.annotate(_points(root, lake_shape, frame, seed=1, count=60), task="pixels", actor=ACTOR)
        ids = sorted(ws.chips["chip_id"].to_pylist())
        ws.annotate(ids[:6], "water", task="chips", actor=ACTOR)
        ws.annotate(ids[6:20], "non-water", task="chips", actor="ben")
        ws.segment(task="pixels")
        ws.release("v1", task="pixels", license="CC-BY-4.0")
        ws.annotate(_points(root, lake_shape, frame, seed=2, count=20), task="pixels", actor="ben")
        ws.release("v2", task="pixels", license="CC-BY-4.0")
    return root


def _reservoir(data: Path, ws: gs.Workspace) -> tuple[shapely.Geometry, shapely.Geometry]:
    body = json.loads((data / "boadella" / "boadella.geojson").read_text())
    shape = shapely.make_valid(shapely.from_geojson(json.dumps(body["features"][0]["geometry"])))
    west, south, east, north = ws.lake.scenes.get(ws.lake.scenes.ids()[0]).geobox.boundingbox
    return shape, shapely.box(west, south, east, north)


def _points(root: Path, water: shapely.Geometry, frame: shapely.Geometry, *, seed: int, count: int) -> Path:
    rng = np.random.default_rng(seed)
    west, south, east, north = frame.bounds
    wet, dry = water.buffer(-MARGIN), frame.difference(water.buffer(MARGIN))
    features = []
    for name, area in (("water", wet), ("non-water", dry)):
        found = 0
        while found < count:
            point = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
            if area.contains(point):
                features.append({"type": "Feature", "properties": {"class": name}, "geometry": mapping(point)})
                found += 1
    path = root / f"points-{seed}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path
