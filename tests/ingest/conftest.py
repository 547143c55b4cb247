"""Real scenes cut into chips, and files of labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from onscenes import fill

from groundset.imagery import Scene, open_source
from groundset.lake import Lake, init
from groundset.taxonomy import WATER


@pytest.fixture(scope="module")
def spain(data_dir: Path) -> Scene:
    path = data_dir / "sen1floods11_sample/sample/S2/Spain_7370579_S2Hand.tif"
    return open_source(str(path), sensor="sentinel-2-l1c", time=datetime(2019, 9, 17, 10, 50, tzinfo=UTC))[0]


@pytest.fixture(scope="module")
def reservoir(data_dir: Path) -> list[Scene]:
    names = [f"B{i}" for i in range(1, 13)]
    return [
        open_source(
            str(data_dir / f"boadella/Boadella_2020-01-{day}.tif"),
            bands=names,
            time=datetime(2020, 1, day, 10, 45, tzinfo=UTC),
        )[0]
        for day in (13, 28)
    ]


@pytest.fixture
def lake(tmp_path: Path, spain: Scene) -> Iterator[Lake]:
    with init(tmp_path / "lake", scheme=WATER) as lake:
        fill(lake, [spain])
        yield lake


@pytest.fixture
def two_dates(tmp_path: Path, reservoir: list[Scene]) -> Iterator[Lake]:
    with init(tmp_path / "lake", scheme=WATER) as lake:
        fill(lake, reservoir)
        yield lake


@pytest.fixture
def geojson(tmp_path: Path) -> Callable[..., Path]:
    def write(*features: tuple[Any, dict[str, Any]], name: str = "labels.geojson") -> Path:
        body = [
            {"type": "Feature", "properties": p, "geometry": None if g is None else shapely.geometry.mapping(g)}
            for g, p in features
        ]
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": body}))
        return path

    return write
