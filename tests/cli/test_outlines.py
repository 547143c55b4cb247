"""``groundset outlines``, ``add task --kind`` and ``annotate`` of an outline task, as people type them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from ponds import BOWTIE, RING
from serving import make_workspace
from typer.testing import CliRunner

from groundset.cli.app import app
from groundset.core import GroundsetError, MissingError


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    make_workspace(tmp_path / "lake").close()

    def go(*words: str) -> str:
        done = CliRunner().invoke(app, [w.replace("DIR", str(tmp_path / "lake")) for w in words])
        if isinstance(done.exception, GroundsetError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return go


def test_shapes_from_a_file_to_masks_and_back(run: Callable[..., str], tmp_path: Path) -> None:
    import shapely

    ring, eight = (shapely.affinity.affine_transform(g, [10, 0, 0, -10, 500_000, 5_000_000]) for g in (RING, BOWTIE))
    features = [
        {"type": "Feature", "properties": {"class": "water"}, "geometry": shapely.geometry.mapping(g)}
        for g in (ring, eight)
    ]
    crs = {"type": "name", "properties": {"name": "EPSG:32632"}}
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    assert "outline" in run("add", "task", "DIR", "ponds", "--kind", "outline")
    told = run("annotate", "DIR", str(file), "--task", "ponds")
    assert "2 shapes brought in" in told
    assert "feature 1" in told
    assert "nothing changed" in run("annotate", "DIR", str(file), "--task", "ponds")
    assert "1 shapes repaired" in run("outlines", "repair", "DIR")
    assert "2 shapes moved" in run("outlines", "shift", "DIR", "--scene", "s", "--dx", "20")
    assert "masks drawn" in run("outlines", "rasterise", "DIR")
    assert "shapes traced" in run("outlines", "vectorise", "DIR", "--of", "pixels")
    run("outlines", "write", "DIR", str(tmp_path / "out.geojson"))
    assert len(json.loads((tmp_path / "out.geojson").read_text())["features"]) > 2
    assert "shapes: " in run("release", "DIR", "v1", "--task", "ponds")
    for feature in features:
        feature["properties"] = {}
    bare = tmp_path / "bare.geojson"
    bare.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    with pytest.raises(MissingError, match="no class column"):
        run("annotate", "DIR", str(bare), "--task", "ponds")
    run("add", "task", "DIR", "lakes", "--kind", "outline")
    assert "2 shapes brought in" in run("annotate", "DIR", str(bare), "--task", "lakes", "--class", "water")
