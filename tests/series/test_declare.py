"""Series are made of scenes on one grid, and said in open form."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

import groundset as gs
from groundset.core import BandSet, ConflictError, GroundsetError, InputError, MissingError
from groundset.core.bands import Band
from groundset.core.series import SeriesConfig
from groundset.imagery import Scene
from groundset.series import difference, ordered

FIRST, SECOND = "boadella_2020-01-13", "boadella_2020-01-28"


def scene(name: str, when: datetime | None, *, shape=(40, 50), step=10.0, off=0.0, crs="EPSG:32631") -> Scene:
    box = GeoBox(shape, Affine(step, 0, 1000 + off, 0, -step, 5000), crs)
    return Scene(name, box, BandSet((Band("b1", dtype="uint8"),)), ((),), when)


def day(n: int) -> datetime:
    return datetime(2020, 1, n, 12, tzinfo=UTC)


def test_series_is_made_in_order_of_time_and_kept_in_the_settings(ws: gs.Workspace) -> None:
    (proposed,) = ws.propose_series()
    assert (proposed.name, proposed.scenes) == ("boadella", (FIRST, SECOND))
    made = ws.add_series("boadella", [SECOND, FIRST], title="Reservoir", actor="anna")
    assert made.scenes == (FIRST, SECOND)
    assert ws.series == {"boadella": (FIRST, SECOND)}
    told = tomllib.loads(ws.lake.layout.config.read_text())
    assert told["series"] == {"boadella": {"scenes": [FIRST, SECOND], "title": "Reservoir"}}
    assert ws.propose_series() == []
    assert [e.payload["added"] for e in ws.lake.journal.events(kind="scheme")][-1] == {"series": "boadella"}
    with pytest.raises(ConflictError, match="a series of this name"):
        ws.add_series("Boadella", [FIRST, SECOND])
    with pytest.raises(ConflictError, match="a scene is in one series"):
        ws.add_series("other", [FIRST, SECOND])
    with pytest.raises(MissingError, match="no such scene"):
        ws.add_series("other", [FIRST, "nowhere"])
    ws.add_task("changed", about="change", series="boadella")
    with pytest.raises(ConflictError, match="a task asks about this series"):
        ws.remove_series("boadella")
    with pytest.raises(InputError, match="no such series"):
        ws.add_task("changed2", about="change", series="nowhere")
    with pytest.raises(InputError, match="only a task about a period or a change"):
        ws.add_task("changed3", series="boadella")


def test_series_is_taken_back(ws: gs.Workspace) -> None:
    before = ws.lake.layout.config.read_text()
    ws.add_series("boadella", [FIRST, SECOND])
    ws.remove_series("boadella")
    assert ws.series == {}
    assert ws.lake.layout.config.read_text() == before
    with pytest.raises(MissingError, match="no such series"):
        ws.remove_series("boadella")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"crs": "EPSG:32632"}, "CRS EPSG:32632, not EPSG:32631"),
        ({"shape": (40, 51)}, "51 x 40 pixels, not 50 x 40"),
        ({"off": 5.0}, "upper left corner 0.5 pixels away"),
        ({"step": 20.0}, "pixels of 20 x 20, not 10 x 10"),
        ({"off": 500.0}, "upper left corner 50 pixels away"),  # only touches
    ],
)
def test_grids_that_differ_are_told(other: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match="one pixel grid") as caught:
        ordered([scene("a", day(1)), scene("b", day(2), **other)])
    assert told in str(caught.value.found)


def test_times() -> None:
    east = timezone(timedelta(hours=9))
    late, early = (
        scene("late", datetime(2020, 1, 2, 1, tzinfo=UTC)),
        scene("early", datetime(2020, 1, 2, 9, tzinfo=east)),
    )
    assert [s.id for s in ordered([late, early])] == ["early", "late"]  # 00:00 UTC, though its clock says 09:00
    with pytest.raises(InputError, match="have a time each"):
        ordered([late, scene("undated", None)])
    with pytest.raises(InputError, match="the same time"):
        ordered([late, replace(late, id="twin", datetime=late.datetime.astimezone(east))])
    with pytest.raises(InputError, match="two scenes or more"):
        ordered([late])


@given(st.floats(-5e-4, 5e-4), st.floats(-5e-4, 5e-4))
def test_rounding_of_a_header_makes_no_other_grid(dx: float, dy: float) -> None:
    one = GeoBox((100, 120), Affine(0.0001, 0, 2.79, 0, -0.0001, 42.36), "EPSG:4326")
    other = GeoBox((100, 120), one.affine * Affine.translation(dx, dy), "EPSG:4326")
    assert difference(one, one) is None
    assert difference(one, other) is None


@pytest.mark.parametrize("scenes", [("a",), ("a", "a"), (), ("a", "../b")])
def test_no_series(scenes: tuple[str, ...]) -> None:
    with pytest.raises(GroundsetError):
        SeriesConfig("s", scenes)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[series.s]\nscenes = ["a"]', 2),
        ('[series.s]\nscenes = ["a", 3]', 3),
        ('[series.s]\nscenes = ["a", "b"]\n[series.t]\nscenes = ["b", "c"]', 4),
        ("series = 3", 2),
        ('[tasks.t]\nkind = "classify"\nabout = "yesterday"', 4),
    ],
)
def test_mistakes_in_settings_name_the_line(ws: gs.Workspace, text: str, line: int) -> None:
    from groundset._config import parse_config

    with pytest.raises(InputError, match=f"line {line}"):
        parse_config('name = "x"\n' + text, ws.lake.layout.config)
