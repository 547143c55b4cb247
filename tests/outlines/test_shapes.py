"""The index: who wins, what lies where, and that it follows the journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from ponds import BOWTIE

from groundset.core import InputError, MissingError, Origin
from groundset.journal import NewEvent
from groundset.lake import Lake
from groundset.outlines import Shapes, feature_collection
from groundset.outlines.shape import parse

Say = Callable[..., str]


def found(shapes: Shapes, **where: Any) -> list[tuple[str, float]]:
    return sorted((s.id, s.geometry.area) for s in shapes.of("ponds", **where))


def test_edits_follow_and_undo_brings_back(lake: Lake, shapes: Shapes, say: Say) -> None:
    assert found(shapes) == []
    say("a", shapely.box(1, 1, 5, 5))
    say("b", shapely.box(3, 3, 9, 9), actor="ben", chip="s_0_1_1")  # pixels of its chip
    first = shapes.version()
    assert found(shapes) == [("a", 16), ("b", 36)]
    assert found(shapes, scene="s", bbox=(0, 0, 10, 10)) == [("a", 16)]
    assert found(shapes, chip="s_0_1_1") == [("b", 36)]
    assert found(shapes, actor="ben") == [("b", 36)]
    edit = say("a", shapely.box(1, 1, 6, 6), actor="ben")
    assert found(shapes, scene="s", bbox=(0, 0, 10, 10)) == [("a", 25)]
    assert shapes.version() > first
    gone = say("b", None)
    assert found(shapes) == [("a", 25)]
    for event, then in ((gone, [("a", 25), ("b", 36)]), (edit, [("a", 16), ("b", 36)])):
        lake.journal.undo(event, actor="anna")
        assert found(shapes) == then
        assert found(Shapes(lake)) == then
    back = next(e for e in lake.journal.events(kind="undo"))
    lake.journal.undo(back.id, actor="anna")
    assert found(shapes) == [("a", 16)]
    assert {s.id for s in shapes.as_of("ponds", first).shapes()} == {"a", "b"}


def test_people_win_over_models_and_a_shape_may_change_its_chip(shapes: Shapes, say: Say) -> None:
    say("a", shapely.box(1, 1, 5, 5))
    say("a", shapely.box(1, 1, 9, 9), actor="model:x", origin=2, score=0.5)
    assert found(shapes) == [("a", 16)]
    say("a", shapely.box(1, 1, 2, 2), chip="s_0_3_3", kind="box", depth=2, attributes={"name": "Lago"})
    (one,) = shapes.of("ponds")
    assert one.geometry.bounds == (97, 97, 98, 98)
    assert (one.kind, one.depth, one.attributes, one.origin) == ("box", 2, {"name": "Lago"}, Origin.HUMAN)
    say("m", shapely.box(0, 0, 9, 9), actor="model:x", origin=2)
    assert [s.id for s in shapes.of("ponds")] == ["m", "a"]


def test_what_crosses_itself_is_kept_and_told(shapes: Shapes, say: Say) -> None:
    say("x", BOWTIE)
    (one,) = shapes.of("ponds")
    assert one.geometry.equals_exact(BOWTIE)
    assert one.problem == "self-intersection at 80, 80"
    assert one.kind == "polygon"


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": "here"},
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "LineString", "coordinates": [[0, 0]]},
        {"type": "Point"},
    ],
)
def test_what_cannot_be_drawn_is_refused(lake: Lake, geometry: dict[str, Any]) -> None:
    feature = {"type": "Feature", "geometry": geometry, "properties": {"class": 1}}
    payload = {"type": "FeatureCollection", "coordinates": "pixel", "layer": "x", "features": [feature]}
    (done,) = lake.annotate([NewEvent("shapes", "ponds", "s_0_0_0", payload)], actor="anna")
    assert done.status == "refused"
    assert "cannot be drawn" in str(done.error)


def test_the_label_of_a_chip_follows_the_shape_whoever_said_it(lake: Lake, say: Say) -> None:
    say("a", shapely.box(1, 1, 5, 5), origin=4, actor="ben")
    assert lake.labels("ponds").chip_ids == ("s_0_0_0",)
    say("a", None)
    assert lake.labels("ponds").chip_ids == ()


def test_wrong_questions(shapes: Shapes) -> None:
    for where, error in (
        ({"bbox": (0, 0, 1, 1)}, InputError),
        ({"scene": "s", "bbox": (1, 0, 0, 1)}, InputError),
        ({"chip": "s_0_9_9"}, MissingError),
    ):
        with pytest.raises(error):
            shapes.of("ponds", **where)
    with pytest.raises(InputError, match="outline"):
        shapes.of("pixels")


def test_geojson_in_pixels_and_on_the_map(shapes: Shapes, say: Say) -> None:
    say("a", shapely.box(1, 1, 5, 5), kind="box")
    pixel = json.loads(feature_collection(shapes.of("ponds"), shapes.places, matched=7))
    assert (pixel["numberMatched"], pixel["numberReturned"], pixel["coordinates"]) == (7, 1, "pixel")
    (feature,) = pixel["features"]
    assert shapely.geometry.shape(feature["geometry"]).bounds == (1, 1, 5, 5)
    assert feature["properties"] == {"class": 1, "kind": "box"}
    told = json.loads(feature_collection(shapes.of("ponds"), shapes.places, "map"))
    assert told["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::32632"
    bounds = shapely.geometry.shape(told["features"][0]["geometry"]).bounds
    assert bounds == (500_010, 4_999_950, 500_050, 4_999_990)
    assert json.loads(feature_collection([], shapes.places, "map"))["features"] == []


def test_coordinates_are_cut_out_of_the_text_only_where_they_stand() -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    for properties in ({"class": 1, "attributes": {"a": '{"geometry":'}}, {"class": 1, "x": {"geometry": point}}):
        payload = {"features": [{"geometry": point, "properties": properties, "type": "Feature"}], "layer": "x"}
        text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
        told, geometry = parse(text)
        assert [json.loads(g) for g in geometry] == [point]
        assert told["features"][0]["properties"] == properties
        assert told["layer"] == "x"
