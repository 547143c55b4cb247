"""Outside knowledge joined to chips: what the columns say, how they follow the file, what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from attachgrid import CRS, chips_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundset.attach import AttachedStore, clip, source
from groundset.attach.join import meet
from groundset.attach.places import Area
from groundset.core import ConflictError, InputError, MissingError
from groundset.workspace import Workspace

Write = Callable[..., Path]


def values(ws: Workspace, name: str, scene: str = "may") -> list[Any]:
    """A column of the chips of a scene, row by row."""
    column = ws.index.moment().attached(name).to_pylist()
    return [v for v, i in zip(column, ws.index.now().chips.ids, strict=True) if i.startswith(scene)]


def test_polygons_give_inside_share_distance_count_and_values(ws: Workspace, file: Write):
    left, right = shapely.box(0, 0, 150, 100), shapely.box(100, 0, 200, 50)
    report = ws.attach(file(left, right, pop=[10.0, 20.0], kind=["a", "b"]), column=["pop", "kind"])
    assert [c.name for c in report.layer.columns] == [
        "land_inside", "land_share", "land_distance", "land_count", "land_pop", "land_kind",
    ]  # fmt: skip
    assert values(ws, "land_inside")[:5] == [True, True, False, False, False]  # the chip below only touches
    assert values(ws, "land_share")[:4] == pytest.approx([1, 0.75, 0, 0], abs=1e-5)  # what both cover counts once
    assert values(ws, "land_distance")[:5] == pytest.approx([0, 0, 0, 100, 0], abs=0.2)
    assert values(ws, "land_count")[:4] == [1, 2, 0, 0]
    assert values(ws, "land_pop")[:4] == [pytest.approx(10), pytest.approx(15, abs=1e-3), None, None]
    assert values(ws, "land_kind")[:4] == ["a", "a", None, None]
    assert ws.search("land_share > 0.5 AND land_pop < 12 AND scene_id = 'may'").ids == ["may_0_0_0"]
    facet = next(q for q in ws.index.queryables() if q.name == "land_kind")
    assert facet.values == [("a", 4)]


def test_points_and_lines(ws: Workspace, file: Write):
    ws.attach(file(shapely.Point(100, 50), shapely.Point(30, 30), shapely.Point(30, 40), v=[1, 2, 6]),
              name="post", column="v")  # fmt: skip
    assert values(ws, "post_count")[:3] == [2, 1, 0]  # one on the edge is in the chip that begins there
    assert values(ws, "post_v")[:3] == [4, 1, None]
    assert values(ws, "post_distance")[:3] == pytest.approx([0, 0, 100], abs=0.2)
    road = shapely.LineString([(0, 150), (400, 150)])
    ws.attach(file(road, name="road.geojson"), join=("inside", "distance"))
    assert values(ws, "road_inside") == [False] * 4 + [True] * 4 + [False] * 8
    assert values(ws, "road_distance")[::4] == pytest.approx([50, 0, 50, 150], abs=0.1)
    with pytest.raises(InputError, match="cannot give a share"):
        ws.attach(file(road, name="way.geojson"), join=("share",))


def test_dates_choose_the_value_nearest_in_time(ws: Workspace, file: Write):
    spot = shapely.Point(50, 50)
    path = file(spot, spot, spot, v=[1, 2, 3], day=["2020-04-28", "2020-05-30T00:00:00+02:00", "2021-01-01T00:00:00"])
    report = ws.attach(path, name="gauge", column="v", date_column="day", within="20d")
    assert any("no time zone" in note for note in report.layer.notes)
    assert values(ws, "gauge_v", "may")[0] == 1
    assert values(ws, "gauge_v", "june")[0] == 2
    assert values(ws, "gauge_count", "may")[0] == 1  # the others are too far off


def test_tables_name_chips_or_scenes(ws: Workspace, tmp_path: Path):
    by_chip = tmp_path / "notes.csv"
    by_chip.write_text(
        "chip_id;height;wet\nmay_0_0_0;3,5;true\nmay_0_0_1;;false\nother_0_0_0;1;true\n".replace(",", ".")
    )
    ws.attach(by_chip)
    assert values(ws, "notes_height")[:3] == [3.5, None, None]
    assert values(ws, "notes_wet")[:3] == [True, False, None]
    by_scene = tmp_path / "weather.csv"
    by_scene.write_text("scene_id,rain\nmay,1.5\n")
    ws.attach(by_scene)
    assert ws.search("weather_rain = 1.5").total == 16
    places = tmp_path / "spots.csv"
    places.write_text("ost,nord,n\n500050,4699950,7\n")
    with pytest.raises(MissingError, match="neither chip nor scene nor place"):
        ws.attach(places)
    with pytest.raises(InputError, match="does not say its CRS"):
        ws.attach(places, x="ost", y="nord")
    with pytest.raises(MissingError, match="did you mean nord"):
        ws.attach(places, x="ost", y="nrd", crs=CRS)
    ws.attach(places, x="ost", y="nord", crs=CRS, column="n")
    assert values(ws, "spots_n")[:2] == [7, None]


def test_values_follow_the_file_and_the_chips(ws: Workspace, file: Write):
    path = file(shapely.box(0, 0, 100, 100))
    ws.attach(path)
    store = AttachedStore(ws.root)
    first = store.get("land").version
    assert ws.search("land_inside = true").total == 2
    ws.lake.chips.write_part("later_0", chips_of("later", range(1)))
    assert ws.search("land_inside = true").total == 3  # new chips get values
    file(shapely.box(0, 0, 200, 100))
    assert ws.search("land_inside = true").total == 6
    assert store.get("land").version != first
    assert [p.name for p in (store.folder / "land").iterdir() if p.is_dir()] == [store.get("land").version]
    os.utime(path)  # touched, not changed
    again = store.get("land").version
    assert ws.search("land_inside = true").total == 6
    assert store.get("land").version == again
    path.write_text("{}")
    assert ws.search("land_inside = true").total == 6  # what cannot be read keeps the last values
    assert "was not taken" in ws.attached()[0].summary()
    path.unlink()
    assert ws.search("land_inside = true").total == 6
    assert ws.attached()[0].file == "missing"
    assert "file missing" in next(q.title for q in ws.index.queryables() if q.name == "land_share")
    with pytest.raises(MissingError):
        ws.refresh_attached("land", force=True)
    ws.detach("land")
    with pytest.raises(InputError, match="land_inside"):
        ws.search("land_inside = true")


def test_the_same_again_adds_nothing_and_names_must_be_free(ws: Workspace, file: Write):
    path = file(shapely.box(0, 0, 100, 100), shapely.box(0, 0, 9, 9), Pop=[1, 2], pop=[3, 4])
    assert ws.attach(path).chips == 32
    assert ws.attach(path).chips == 0
    with pytest.raises(InputError, match="two columns come to the same name"):
        ws.attach(path, name="twice", column=["Pop", "pop"])
    with pytest.raises(ConflictError, match="another file is attached"):
        ws.attach(file(shapely.Point(1, 1), name="x.geojson"), name="land")
    with pytest.raises(ConflictError, match="taken"):
        ws.attach(file(shapely.Point(1, 1), name="valid.geojson", fraction=[1]), column="fraction")
    ws.add_attribute("town_count", "number")
    with pytest.raises(ConflictError, match="an attribute has this name"):
        ws.attach(file(shapely.Point(1, 1), name="town.geojson"))
    with pytest.raises(ConflictError, match="attached layer has a column"):
        ws.add_attribute("land_share", "number")
    with pytest.raises(InputError, match="name of a layer"):
        ws.attach(path, name="Ö")


def test_bad_files_are_refused_by_name(ws: Workspace, file: Write, tmp_path: Path):
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    report = ws.attach(file(bow, None, shapely.box(0, 0, 5, 5), name="bow.geojson"), join=("share",))
    assert "repaired 1 feature (feature 1)" in report.summary()
    assert "without a geometry, and so nowhere: 1 feature (feature 2)" in report.summary()
    assert values(ws, "bow_share")[0] == pytest.approx(0.50125, abs=1e-5)  # the square sticks out of the bow by half
    with pytest.raises(InputError, match=r"broken geometries.*feature 1"):
        ws.attach(file(bow, name="bow2.geojson"), repair=False)
    with pytest.raises(InputError, match="has no features"):
        ws.attach(file(name="none.geojson"))
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(InputError, match="is empty"):
        ws.attach(tmp_path / "empty.csv")
    (tmp_path / "fake.gpkg").write_text("<OGRVRTDataSource/>")
    with pytest.raises(InputError, match="not what its name says"):
        ws.attach(tmp_path / "fake.gpkg")
    with pytest.raises(MissingError, match="did you mean pop"):
        ws.attach(file(bow, name="p.geojson", pop=[1]), column="popp")
    bare = gpd.GeoDataFrame(geometry=[shapely.box(500_000, 4_699_900, 500_100, 4_700_000)], crs=CRS)
    bare.to_file(tmp_path / "bare.shp")
    (tmp_path / "bare.prj").unlink()
    with pytest.raises(InputError, match="--crs EPSG"):
        ws.attach(tmp_path / "bare.shp")
    ws.attach(tmp_path / "bare.shp", crs=CRS)
    assert values(ws, "bare_count")[:5] == [1, 0, 0, 0, 0]
    (tmp_path / "far.csv").write_text("lon,lat\n5,50\n-1000,50\n")
    with pytest.raises(InputError, match=r"no such place: a longitude.*line 3: -1000"):
        ws.attach(tmp_path / "far.csv")
    with pytest.raises(InputError, match="nobody knows this CRS"):
        ws.attach(tmp_path / "bare.shp", crs="EPSG:99999")
    (tmp_path / "a.kml").write_text("<kml/>")
    with pytest.raises(InputError, match="kind are not attached"):
        ws.attach(tmp_path / "a.kml", strict=True)


@pytest.mark.parametrize("suffix", ["gpkg", "fgb", "shp", "parquet"])
def test_every_format_says_the_same(ws: Workspace, tmp_path: Path, suffix: str):
    frame = gpd.GeoDataFrame({"pop": [3.5]}, geometry=[shapely.box(500_000, 4_699_950, 500_100, 4_700_000)], crs=CRS)
    path = tmp_path / f"same.{suffix}"
    frame.to_parquet(path) if suffix == "parquet" else frame.to_file(path)
    ws.attach(path, column="pop")
    assert values(ws, "same_share")[0] == pytest.approx(0.5)
    assert values(ws, "same_pop")[:2] == [3.5, None]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(source, "_PAUSE", 0)
    path = tmp_path / "log.csv"
    path.write_text("a\n")

    def read() -> None:
        path.write_text(path.read_text() + "b\n")

    with pytest.raises(ConflictError, match="being written"):
        source.settled(path, read)


def test_chips_without_a_place_have_no_value(ws: Workspace, file: Write):
    ws.lake.chips.write_part("photo_0", chips_of("photo", range(1), crs=None))
    report = ws.attach(file(shapely.box(0, 0, 100, 100)))
    assert report.unplaced == 4
    assert "4 chips have no CRS" in report.summary()
    assert values(ws, "land_inside", "photo") == [None] * 4


def test_labels_begin_from_a_layer_as_one_act(ws: Workspace, file: Write):
    path = file(shapely.box(0, 0, 180, 100))
    report = ws.attach(path, label="water", when="share > 0.7", actor="anna")
    assert report.labelled == 4
    assert ws.search("label = 'water'").total == 4
    event = next(e for e in ws.lake.journal.events(kind="answer"))
    assert (event.payload["origin"], event.payload["source"]["layer"]) == (4, "land")
    again = ws.label_attached("land", "water", when="share > 0.7", actor="anna")
    assert (again.created, again.known) == (0, 4)
    bulk = next(e for e in ws.lake.journal.events(kind="bulk"))
    ws.lake.journal.undo(bulk.id, actor="anna")
    assert ws.search("label = 'water'").total == 0
    with pytest.raises(InputError, match="no chip fulfils"):
        ws.label_attached("land", "water", when="distance > 1000000")


@given(st.integers(0, 2**31), st.floats(0, 90), st.integers(1, 12))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_areas_are_those_of_geos(seed: int, turn: float, number: int):
    """Any polygons, with holes and overlaps, over a grid that is turned against its CRS."""
    rng = np.random.default_rng(seed)
    shapes = shapely.buffer(shapely.points(rng.uniform(0, 60, (number, 2))), rng.uniform(0.5, 30, number))
    shapes = shapely.difference(shapes, shapely.buffer(shapely.points(rng.uniform(0, 60, (number, 2))), 5))
    shapes = shapes[~shapely.is_empty(shapes)]
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    at = [(i * 12.0, j * 12.0) for i in range(4) for j in range(4)]
    transform = [(cos, -sin, x * cos - y * sin, -sin, -cos, -x * sin - y * cos + 50) for x, y in at]
    area = Area(np.array(transform), np.full((16, 2), 12.0))
    met = meet(area, np.arange(len(shapes)), shapes, shares=True)
    boxes = area.shapes()
    union = shapely.union_all(shapes)
    assert met.share == pytest.approx(shapely.area(shapely.intersection(boxes, union)) / 144, abs=1e-7)
    for chip, feature, weight in zip(met.chip, met.feature, met.weight, strict=True):
        assert weight == pytest.approx(shapely.intersection(boxes[chip], shapes[feature]).area, abs=1e-6)


def test_large_polygons_are_cut_into_pieces_of_the_same_area():
    star = shapely.buffer(shapely.Point(0, 0), 100, quad_segs=2_000).difference(shapely.box(-10, -10, 10, 10))
    small, whose = clip.pieces(np.array([star], object), np.array([3]))
    assert shapely.get_num_coordinates(small).max() <= clip.VERTICES
    assert set(whose.tolist()) == {3}
    assert shapely.area(small).sum() == pytest.approx(star.area)
