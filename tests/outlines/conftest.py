"""A small made scene of 128 x 128 pixels in 16 chips, with an outline task beside the one of pixels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from madelake import TIME, add_scene, lake_like_image, write_scene

from groundset.core import Grid
from groundset.imagery import open_source
from groundset.journal import Appended, NewEvent
from groundset.lake import Lake, init
from groundset.outlines import Shapes
from groundset.taxonomy import WATER

Geo = Callable[..., Any]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with init(tmp_path / "lake", scheme=WATER, tasks={"pixels": "segment", "ponds": "outline"}) as lake:
        image, _ = lake_like_image()
        path = write_scene(tmp_path / "s.tif", image)
        (scene,) = open_source(str(path), bands=["blue", "green", "red", "nir"], time=TIME, scene_id="s")
        lake.set_grid(Grid(32))
        add_scene(lake, scene, 32)
        yield lake


@pytest.fixture
def shapes(lake: Lake) -> Shapes:
    return Shapes(lake)


@pytest.fixture
def append(lake: Lake) -> Callable[[Sequence[NewEvent], str], list[Appended]]:
    return lambda new, who: lake.annotate(new, actor=who)


@pytest.fixture
def on_map(lake: Lake) -> Geo:
    """A geometry in pixels of the scene in its CRS."""
    affine = lake.scenes.get("s").geobox.affine

    def moved(geometry: Any) -> Any:
        def go(points: np.ndarray) -> np.ndarray:
            return np.array([affine * tuple(p) for p in points]).reshape(-1, 2)

        return shapely.transform(geometry, go)

    return moved


@pytest.fixture
def file(tmp_path: Path, on_map: Geo) -> Callable[..., Path]:
    """A GeoJSON file in the scene's CRS, of (geometry in pixels, properties)."""

    def write(*features: tuple[Any, dict[str, Any]], name: str = "ponds.geojson") -> Path:
        body = {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}},
            "features": [
                {"type": "Feature", "properties": p, "geometry": shapely.geometry.mapping(on_map(g))}
                for g, p in features
            ],
        }
        path = tmp_path / name
        path.write_text(json.dumps(body))
        return path

    return write


@pytest.fixture
def say(lake: Lake) -> Callable[..., str]:
    """One shape by hand, in pixels of its chip (``s_0_0_0``: of the scene); None removes it. The event's id."""

    def event(
        own: str, geometry: Any, *, actor: str = "anna", chip: str = "s_0_0_0", code: int = 1, **more: Any
    ) -> str:
        origin = more.pop("origin", None)
        features = [] if geometry is None else [
            {"type": "Feature", "geometry": shapely.geometry.mapping(geometry), "properties": {"class": code, **more}}
        ]  # fmt: skip
        payload = {"type": "FeatureCollection", "coordinates": "pixel", "layer": own, "features": features}
        if origin is not None:
            payload["origin"] = origin
        new = NewEvent("shapes", "ponds", chip, payload)
        (done,) = lake.annotate([new], actor=actor)
        assert done.status == "created", done.error
        return new.id

    return event
