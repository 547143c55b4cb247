"""A sample of chips in place of every chip: drawn once, stored with its probabilities, carried on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from madelake import TIME, write_scene
from rasterio.warp import transform_geom

from groundset.core import ConflictError, InputError
from groundset.ingest.sampled import SampleStore
from groundset.lake import init
from groundset.taxonomy import WATER
from groundset.workspace import Workspace

OPTIONS: dict[str, Any] = {"time": TIME, "chip_size": 16, "bands": ["blue", "green", "red", "nir"]}


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(init(tmp_path / "lake", scheme=WATER)) as made:
        yield made


@pytest.fixture
def scenes(tmp_path: Path) -> list[Path]:
    """Two scenes of 8 x 8 chips on one place; the left quarter of the second has no data."""
    rng = np.random.default_rng(0)
    out = []
    for name in ("one", "two"):
        image = rng.integers(200, 3_000, (4, 128, 128), dtype=np.uint16)
        if name == "two":
            image[:, :, :32] = 0
        out.append(write_scene(tmp_path / f"{name}.tif", image))
    return out


def area_of(scene: Path, cols: float, rows: float) -> dict[str, Any]:
    """The upper left part of a scene, in degrees."""
    with rasterio.open(scene) as ds:
        right, bottom = ds.transform * (ds.width * cols, ds.height * rows)
        box = shapely.box(ds.bounds.left, bottom, right, ds.bounds.top)
        return dict(transform_geom(ds.crs, "EPSG:4326", shapely.geometry.mapping(box)))


@pytest.fixture
def geojson(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, *shapes: dict[str, Any], **columns: list[Any]) -> Path:
        features = [
            {"type": "Feature", "properties": {k: v[i] for k, v in columns.items()}, "geometry": shape}
            for i, shape in enumerate(shapes)
        ]
        (tmp_path / name).write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return tmp_path / name

    return write


def test_a_stratified_sample_is_drawn_once(ws: Workspace, scenes: list[Path], geojson: Callable[..., Path]):
    land = geojson("land.geojson", area_of(scenes[0], 0.5, 1), kind=["wood"])
    again = {**OPTIONS, "sample": 20, "stratify": land, "stratify_column": "kind", "allocation": "equal", "seed": 3}
    report = ws.ingest(*scenes, **again)
    assert report.chips == len(ws.lake.chips) == 20
    (design,) = SampleStore(ws.root).designs()
    nodata = 16  # two columns of the second scene
    assert design.population == 128 - nodata
    assert design.strata == {"none": (64, 10), "wood": (48, 10)}
    assert ws.search("stratum = 'wood' AND inclusion > 0.208 AND inclusion < 0.209").total == 10
    weights = [1 / p for p in ws.index.moment().attached("inclusion").to_pylist()]
    assert sum(weights) == pytest.approx(design.population)
    assert ws.ingest(*scenes, **again).chips == 0
    assert len(SampleStore(ws.root).designs()) == 1
    with pytest.raises(ConflictError, match="another sample was drawn"):
        ws.ingest(*scenes, **{**again, "sample": 21})
    with pytest.raises(ConflictError, match="would be no sample"):
        ws.ingest(*scenes, **OPTIONS)
    with pytest.raises(InputError, match="--stratify"):
        ws.ingest(*scenes, **OPTIONS, stratify=land)


def test_strata_from_a_raster_and_an_attached_layer(ws: Workspace, scenes: list[Path], tmp_path: Path):
    with rasterio.open(scenes[0]) as ds:
        codes = np.repeat(np.repeat(np.array([[1, 2], [2, 2]], np.uint8), 64, 0), 64, 1)
        profile = {**ds.profile, "count": 1, "dtype": "uint8", "nodata": None}
    with rasterio.open(tmp_path / "cover.tif", "w", **profile) as out:
        out.write(codes, 1)
    ws.ingest(scenes[0], **OPTIONS, sample=8, stratify=tmp_path / "cover.tif")
    (design,) = SampleStore(ws.root).designs()
    assert design.strata == {"1": (16, 2), "2": (48, 6)}
    report = ws.ingest(scenes[1], **OPTIONS, sample=3, min_distance=200)
    assert 1 <= report.chips <= 3
    with pytest.raises(InputError, match="no such layer or file"):
        ws.ingest(scenes[1], **OPTIONS, sample=4, stratify="nothing")


def test_an_area_of_interest_for_files(ws: Workspace, scenes: list[Path], geojson: Callable[..., Path]):
    aoi = geojson("aoi.geojson", area_of(scenes[0], 0.25, 0.5))
    assert ws.ingest(scenes[0], **OPTIONS, aoi=aoi).chips == 2 * 4  # neighbours that it touches are left out
    assert ws.ingest(scenes[0], **OPTIONS, aoi=aoi).chips == 0
    assert ws.ingest(scenes[0], **OPTIONS).chips == 64 - 8
    far = geojson("far.geojson", shapely.geometry.mapping(shapely.box(100, 0, 101, 1)))
    with pytest.raises(InputError, match="no chip lies in this area"):
        ws.ingest(scenes[1], **OPTIONS, aoi=far)


def test_a_release_carries_the_probabilities(ws: Workspace, scenes: list[Path]):
    import pyarrow.parquet as pq

    ws.ingest(scenes[0], **OPTIONS, sample=16)
    chips = ws.search(limit=None).ids
    ws.annotate(chips[:8], "water", actor="anna")
    ws.annotate(chips[8:], "non-water", actor="anna")
    release = ws.release("v1", task="chips", license="CC0-1.0")
    table = pq.read_table(release.path / "chips.parquet")
    assert table.column("groundset:inclusion").to_pylist() == [0.25] * 16
    assert set(table.column("groundset:stratum").to_pylist()) == {"all"}
