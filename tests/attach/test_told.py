"""What a file states and is not as it seems: its CRS, the chips that its rows name, the ids of its features."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from attachgrid import CRS

from groundset.attach.geojson import told
from groundset.core import InputError
from groundset.workspace import Workspace

Write = Callable[..., Path]
WIDE = 80_000  # more than what is looked at of each end


def named(name: Any) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


def with_crs(path: Path, crs: Any, *, after: bool = False, pad: int = 0) -> Path:
    """The file with a member ``crs``, before or after its features, which a wide property pads."""
    body = json.loads(path.read_text())
    for one in body["features"]:
        one["properties"] = {"crs": 'a "crs": {} [', "pad": "x" * pad, **one["properties"]}
    path.write_text(json.dumps({**body, "crs": crs} if after else {"crs": crs, **body}))
    return path


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("pad", [0, WIDE])
@pytest.mark.parametrize(
    "crs",
    [
        named("urn:ogc:def:crs:EPSG::999999"), named("urn:ogc:def:crs:FOO::9999"), named(""), named(5), {}, "nowhere",
        {"type": "link", "properties": {"href": "nowhere.prj"}},
    ],
)  # fmt: skip
def test_an_unknown_crs_of_geojson_is_not_wgs_84(ws: Workspace, file: Write, crs: Any, pad: int, after: bool):
    path = with_crs(file(shapely.box(0, 0, 9, 9)), crs, after=after, pad=pad)
    with pytest.raises(InputError, match=r"nobody knows this CRS.*land\.geojson"):
        ws.attach(path)
    assert not ws.attached()
    assert ws.attach(path, crs="EPSG:4326").met == 2  # as the message says


def test_a_crs_that_is_null_is_unknown(ws: Workspace, file: Write):
    path = with_crs(file(shapely.box(0, 0, 9, 9)), None)
    with pytest.raises(InputError, match=r"does not say its CRS.*--crs"):
        ws.attach(path)
    assert ws.attach(path, crs="EPSG:4326").met == 2


@pytest.mark.parametrize("pad", [0, WIDE])
@pytest.mark.parametrize(
    "name",
    ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326", "CRS84", "urn:ogc:def:crs:OGC::CRS84"],
)
def test_a_known_crs_of_geojson_is_taken(ws: Workspace, file: Write, name: str, pad: int):
    assert ws.attach(with_crs(file(shapely.box(0, 0, 9, 9)), named(name), pad=pad)).met == 2
    body = {
        "type": "Point",
        "coordinates": [500_050, 4_699_950],
        "crs": named(f"urn:ogc:def:crs:{CRS.replace(':', '::')}"),
    }
    path = file(name="utm.geojson")
    path.write_text(json.dumps(body))
    assert ws.attach(path, join=("count",)).met == 2


@pytest.mark.parametrize("pad", [0, WIDE])
def test_only_a_member_of_the_file_is_its_crs(ws: Workspace, file: Write, pad: int):
    at = [named("urn:ogc:def:crs:FOO::1")]
    path = file(shapely.box(0, 0, 9, 9), crs=at, pad=["x" * pad], last=['"crs": \\"crs": {'])
    assert not told(path).states
    body = json.loads(path.read_text())
    body["features"][0]["properties"] = dict(reversed(body["features"][0]["properties"].items()))
    path.write_text(json.dumps(body))
    assert not told(path).states
    assert ws.attach(path).met == 2


def test_features_are_counted_from_one_and_keep_their_ids(ws: Workspace, file: Write, tmp_path: Path):
    bow = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    shapes = [shapely.box(0, 0, 5, 5)] * 3 + [bow]
    with pytest.raises(InputError, match=r"\(feature 4\)"):
        ws.attach(file(*shapes), repair=False)
    path = file(*shapes)
    plain = json.loads(path.read_text())
    for ids in ([7, 8, 9, 17], [0, 1, 2, 3], ["a", "b", "c", "d"]):
        for one, name in zip(plain["features"], ids, strict=True):
            one["id"] = name
        path.write_text(json.dumps(plain))
        with pytest.raises(InputError, match=rf"\(feature 4 with id {ids[-1]}\)"):
            ws.attach(path, repair=False)
    frame = gpd.GeoDataFrame({"a": range(4)}, geometry=[shapely.transform(s, lambda xy: xy + 500_000) for s in shapes])
    frame = frame.set_crs(CRS)
    for suffix in ("gpkg", "shp", "parquet"):
        other = tmp_path / f"four.{suffix}"
        frame.to_parquet(other) if suffix == "parquet" else frame.to_file(other)
        with pytest.raises(InputError, match=r"\(feature 4\)"):
            ws.attach(other, repair=False)


def test_rows_that_name_no_chip_are_told(ws: Workspace, tmp_path: Path):
    path = tmp_path / "notes.csv"
    path.write_text("chip_id,height\nmay_0_0_0,3\nnope,4\n\nnever,5\n" + "".join(f"no{i},1\n" for i in range(5)))
    told = ws.attach(path).summary()
    assert "7 rows (line 3: 'nope', line 5: 'never', line 6: 'no0', line 7: 'no1', line 8: 'no2' and 2 more)" in told
    assert "name no chip of this workspace" in told
    path.write_text("chip_id,height\nnope,4\n")
    with pytest.raises(InputError, match=r"no row of other\.csv names a chip.*line 2: 'nope'.*look like"):
        ws.attach(path.rename(tmp_path / "other.csv"))
    assert [state.layer.name for state in ws.attached()] == ["notes"]
    (tmp_path / "rain.csv").write_text("scene_id,rain\nmai,4\n")
    with pytest.raises(InputError, match=r"names a scene.*line 2: 'mai'"):
        ws.attach(tmp_path / "rain.csv")


def test_rows_that_name_a_chip_twice_are_refused(ws: Workspace, tmp_path: Path):
    path = tmp_path / "notes.csv"
    path.write_text("chip_id,height\nmay_0_0_0,3\nmay_0_0_1,1\nmay_0_0_0,5\n")
    with pytest.raises(InputError, match=r"a chip more than once.*may_0_0_0.*line 2, line 4.*--take"):
        ws.attach(path)
    assert not ws.attached()
    assert ws.attach(path, take="maximum").met == 2
    assert ws.attach(path, name="number", join=("count",)).met == 2
    dated = tmp_path / "dated.csv"
    dated.write_text("chip_id,height,day\nmay_0_0_0,3,2020-05-01\nmay_0_0_0,5,2020-06-01\n")
    assert ws.attach(dated, date_column="day").met == 1


def test_a_changed_file_of_unknown_or_doubled_chips_is_not_taken(ws: Workspace, tmp_path: Path):
    path = tmp_path / "notes.csv"
    path.write_text("chip_id,height\nmay_0_0_0,3\n")
    ws.attach(path)
    for text, why in (("nope,4\n", "names a chip of this workspace"), ("may_0_0_0,1\n" * 2, "more than once")):
        path.write_text("chip_id,height\n" + text)
        assert ws.search("notes_height = 3").total == 1
        assert why in ws.attached()[0].summary()
