"""Ranges of a scene's bands: measured once, kept beside the workspace, and done without a disk that can be written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from serving import make_workspace

from groundset.imagery.whereabouts import MovedError
from groundset.views.statistics import SceneStatistics
from groundset.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path) -> Iterator[Workspace]:
    with make_workspace(tmp_path / "lake") as made:
        yield made


def test_they_are_the_percentiles_of_the_whole_scene(ws: Workspace) -> None:
    scene = ws.lake.scenes.get("s")
    told = SceneStatistics(ws.lake).of(scene)
    stored = ws.lake.reader("s").read_small(4096).physical()
    for name, plane in zip(scene.bands.names, stored, strict=True):
        assert told[name] == pytest.approx(tuple(np.percentile(plane, (2, 98))), rel=1e-3)
    low, high = told["NDWI"]
    assert low == -high


def test_a_scene_moved_away_keeps_the_ranges_it_had(ws: Workspace) -> None:
    scene = ws.lake.scenes.get("s")
    known = SceneStatistics(ws.lake)
    before = known.of(scene)
    ((kept,),) = [list((ws.lake.layout.cache / "ranges").iterdir())]
    assert SceneStatistics(ws.lake).of(scene) == before
    assert kept.exists()
    (ws.root / "imagery" / "s.tif").rename(ws.root / "imagery" / "t.tif")
    with pytest.raises(MovedError):
        SceneStatistics(ws.lake).of(scene)


def test_where_they_cannot_be_kept_they_are_measured(ws: Workspace) -> None:
    scene = ws.lake.scenes.get("s")
    before = dict(SceneStatistics(ws.lake).of(scene))
    ranges = ws.lake.layout.cache / "ranges"
    for file in ranges.iterdir():
        file.unlink()
    ranges.rmdir()
    ranges.write_text("not a folder")
    assert SceneStatistics(ws.lake).of(scene) == before
