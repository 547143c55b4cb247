"""Shapes of files into an outline task."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from ponds import BOWTIE, RING

import groundset as gs
from groundset.core import InputError, MissingError, Origin
from groundset.ingest import AnnotateReport
from groundset.lake import Lake
from groundset.outlines import Shapes, bring_file, feature_collection, read_bytes

File = Callable[..., Path]


def bring(lake: Lake, path: Path, **more: str) -> AnnotateReport:
    return bring_file(lake, path, task="ponds", actor="anna", **more)


def test_geojson_in_its_crs_with_attributes_holes_lines_and_points(lake: Lake, shapes: Shapes, file: File) -> None:
    path = file(
        (RING, {"class": "water", "name": "Lago", "area": 3.5, "kind": "lake"}),
        (BOWTIE, {"class": "1"}),
        (shapely.LineString([(0, 100), (127, 100.5)]), {"class": "non-water"}),
        (shapely.Point(5, 5), {"class": "water"}),
        (shapely.box(40, 40, 45, 45), {"class": None}),
    )
    report = bring(lake, path)
    assert (report.created, report.known, report.skipped) == (4, 0, 1)
    assert report.counts == {"water": 3, "non-water": 1}
    assert report.crossing == ["feature 1"]
    assert "4 shapes brought in" in report.summary()
    ring, eight, line, point = shapes.of("ponds")
    assert ring.geometry.equals(RING)
    assert (ring.attributes, ring.kind, ring.chip_id) == ({"name": "Lago", "area": 3.5, "kind": "lake"}, "polygon",
                                                          shapes.places.homes(np.array([RING]), "s")[0])  # fmt: skip
    assert eight.geometry.equals_exact(BOWTIE)
    assert eight.problem
    assert [line.kind, point.kind] == ["polyline", "point"]
    assert {s.origin for s in (ring, eight, line, point)} == {Origin.IMPORT}
    assert {s.source for s in (ring, eight, line, point)} == {report.layer}

    again = bring(lake, path)
    assert (again.created, again.known, again.bulk) == (0, 4, None)
    lake.journal.undo(str(report.bulk), actor="anna")
    assert shapes.of("ponds") == []
    assert bring(lake, path).created == 4


def test_rfc_7946_gpkg_and_shapefile_say_the_same(lake: Lake, on_map: Callable[..., Any], tmp_path: Path) -> None:
    import geopandas

    frame = geopandas.GeoDataFrame({"class": ["water"]}, geometry=[on_map(RING)], crs="EPSG:32632")
    frame.to_crs(4326).to_file(tmp_path / "r.geojson", RFC7946="YES", COORDINATE_PRECISION=9)
    frame.to_file(tmp_path / "r.gpkg")
    frame.to_crs(3857).to_file(tmp_path / "r.shp")
    for name in ("r.geojson", "r.gpkg", "r.shp"):
        report = bring(lake, tmp_path / name)
        assert report.created == 1, name
    shapes = Shapes(lake).of("ponds")
    assert all(s.geometry.symmetric_difference(RING).area < 0.1 for s in shapes)
    with pytest.warns(UserWarning, match="crs"):
        frame.set_crs(None, allow_override=True).to_file(tmp_path / "n.gpkg")
    with pytest.raises(InputError, match="does not say its CRS"):
        bring(lake, tmp_path / "n.gpkg")
    assert read_bytes((tmp_path / "r.gpkg").read_bytes(), "r.gpkg").names == ["feature 1"]


def test_our_own_geojson_comes_back_as_it_was(lake: Lake, shapes: Shapes, file: File, tmp_path: Path) -> None:
    path = file((shapely.box(1, 1, 5, 5), {"class": 1, "kind": "oriented-box", "score": 0.5, "depth": 3,
                                           "attributes": {"name": "é", "deep": None}}))  # fmt: skip
    bring(lake, path)
    (one,) = shapes.of("ponds")
    assert (one.kind, one.score, one.depth, one.attributes) == ("oriented-box", 0.5, 3, {"name": "é"})
    text = feature_collection([one], shapes.places, "map")
    layer = read_bytes(text, "own.geojson")
    assert layer.crs.to_epsg() == 32632
    (tmp_path / "own.geojson").write_bytes(text)
    assert bring(lake, tmp_path / "own.geojson").created == 1
    first, second = shapes.of("ponds")
    assert first.properties() | {"import": ""} == second.properties() | {"import": ""}
    assert first.geometry.equals_exact(second.geometry)


def test_long_edges_bend_as_they_do_on_the_ground(data_dir: Path, tmp_path: Path) -> None:
    image = data_dir / "boadella" / "Boadella_2020-01-13.tif"
    with gs.create(tmp_path / "lake", scheme="water") as ws:
        ws.add_task("lakes", kind="outline")
        from datetime import UTC, datetime

        from onscenes import fill

        from groundset.imagery import open_source

        scene = open_source(str(image), bands=[f"B{i}" for i in range(1, 13)], scene_id="b",
                            time=datetime(2020, 1, 13, tzinfo=UTC))[0]  # fmt: skip
        fill(ws.lake, [scene])
        lakes = data_dir / "boadella/boadella.geojson"
        body = json.loads(lakes.read_text())
        report = ws.annotate(lakes, "water", task="lakes", actor="anna")
        assert report.kind == "shapes"
        assert len(ws.shapes("lakes")) == report.created == len(body["features"])
        ws.annotate(lakes, "water", task="pixels", actor="anna")
        with pytest.raises(InputError, match="value and reason are for chip ids"):
            ws.annotate(lakes, "water", task="pixels", value="negative")
        drawn = ws.rasterise("lakes", to="pixels", actor="ben")
        assert drawn.created
        chips = [c for c in ws.lake.chips.chips() if str(c.id) in ws.lake.labels("pixels").chip_ids]
        for chip in chips:
            burnt, ours = (
                [ws.lake.masks.get(e.payload["sha256"]).classes for e in ws.lake.labels("pixels").events(chip.id)
                 if e.actor == who] for who in ("anna", "ben")
            )  # fmt: skip
            assert (burnt[0] != ours[0]).mean() < 0.002


def test_what_cannot_be_brought(lake: Lake, file: File, tmp_path: Path) -> None:
    good = (RING, {"class": "water"})
    for path, error, words in (
        (file((RING, {"class": "ice"}), name="a.geojson"), MissingError, "not in the scheme"),
        (file((RING, {"kind": "x"}), name="b.geojson"), MissingError, "no class column"),
        (file((shapely.box(5000, 5000, 5001, 5001), {"class": "water"}), name="c.geojson"), InputError, "lies on a"),
        (file(name="d.geojson"), InputError, "no features"),
        (tmp_path / "nope.gpkg", MissingError, "no such file"),
    ):
        with pytest.raises(error, match=words):
            bring(lake, path)
    for data in (b"", b"PK\3\4", b"[]", b'{"type": "Point"}', b"SQLite format 3\x00", b"<OGRVRTDataSource/>",
                 json.dumps({"features": [{"geometry": None}]}).encode(),
                 json.dumps({"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}],
                             "crs": {"properties": {"name": "moon"}}}).encode()):  # fmt: skip
        with pytest.raises(InputError):
            read_bytes(data, "x")
    assert lake.journal.head() == 0
    assert bring(lake, file(good)).created == 1
