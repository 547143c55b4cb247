"""A workspace of a grid of chips on known ground, and files to attach to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyproj
import pytest
import shapely
from attachgrid import CRS, DAYS, ROWS, SIDE, X, Y, chips_of

from groundset.core import Grid
from groundset.lake import init
from groundset.taxonomy import WATER
from groundset.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    """Two dates of 4 x 4 chips."""
    with Workspace(init(tmp_path / "lake", scheme=WATER)) as made:
        made.lake.set_grid(Grid(SIDE))
        for name, when in DAYS.items():
            made.lake.chips.write_part(f"{name}_0", chips_of(name, range(ROWS), when=when))
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Write a GeoJSON of shapes given in metres from the grid's upper left corner, x right and y down."""
    there = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)

    def place(shape: Any) -> Any:
        moved = shapely.transform(shape, lambda xy: xy * (1, -1) + (X, Y))
        return shapely.transform(moved, there.transform, interleaved=False)

    def write(*shapes: Any, name: str = "land.geojson", **columns: list[Any]) -> Path:
        features = [
            {
                "type": "Feature",
                "properties": {key: values[i] for key, values in columns.items()},
                "geometry": None if shape is None else shapely.geometry.mapping(place(shape)),
            }
            for i, shape in enumerate(shapes)
        ]
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return path

    return write
