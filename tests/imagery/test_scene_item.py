"""Scenes as STAC Items: lossless, and valid against the published schemas."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from groundset.core import Band, BandSet, InputError, MissingError
from groundset.imagery import BandSource, FlagSource, Scene, SceneStore, open_source
from groundset.imagery.scene_item import scene_from_item, scene_to_item

names = st.lists(st.from_regex(r"[A-Za-z][A-Za-z0-9_ ]{0,8}", fullmatch=True), min_size=1, max_size=4, unique=True)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
words = st.none() | st.from_regex(r"[a-z]{1,8}", fullmatch=True)
sources = st.builds(
    BandSource,
    st.sampled_from(["/data/a.tif", "/data/b.jp2", "https://host/c.tif?x=1", "/vsizip//d.zip/e.jp2"]),
    st.integers(1, 13),
    st.sampled_from(["nearest", "bilinear", "cubic", "average"]),
)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    bands = [
        Band(
            name,
            common_name=draw(st.sampled_from([None, "red", "nir08", "vv"])),
            scale=draw(numbers),
            offset=draw(numbers),
            nodata=draw(st.none() | numbers | st.sampled_from([math.nan, math.inf, -math.inf])),
            dtype=draw(st.sampled_from(["uint8", "int16", "uint16", "float32"])),
            unit=draw(words),
            center_wavelength=draw(st.none() | st.floats(0.3, 14)),
            full_width_half_max=draw(st.none() | st.floats(0.01, 2)),
            gsd=draw(st.none() | st.floats(0.1, 1000)),
            sensor=draw(words),
            description=draw(words),
        )
        for name in draw(names)
    ]
    crs = draw(st.sampled_from(["EPSG:32631", "EPSG:4326", "EPSG:3035", None]))
    size = draw(st.floats(1e-4, 1e-3))
    affine = Affine(size, 0, draw(st.floats(-10, 10)), 0, -size, draw(st.floats(0, 50)))
    return Scene(
        id="scene-1",
        geobox=GeoBox((draw(st.integers(1, 99)), draw(st.integers(1, 99))), affine, crs),
        bands=BandSet(tuple(bands)),
        sources=tuple(tuple(draw(st.lists(sources, min_size=1, max_size=3))) for _ in bands),
        datetime=draw(st.none() | st.datetimes(datetime(1970, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
        sensor=draw(words),
        cloud_cover=draw(st.none() | st.floats(0, 100)),
        flags=draw(
            st.none()
            | st.builds(
                FlagSource, st.sampled_from(["scl", "qa_pixel"]), sources, st.lists(sources, max_size=2).map(tuple)
            )
        ),
        group=draw(words),
        source_items=tuple(draw(st.lists(st.sampled_from(["https://host/i.json", "/a/b.json"]), unique=True))),
        photo=draw(st.booleans()),
        guarded=draw(st.booleans()),
        product=draw(st.sampled_from([{}, {"platform": "sentinel-2a", "instruments": ["msi"]}])),
    )


@given(scenes())
@settings(max_examples=80, deadline=None)
def test_round_trip_without_loss(scene: Scene) -> None:
    text = json.dumps(scene_to_item(scene).to_dict(include_self_link=False, transform_hrefs=False), allow_nan=False)
    read = scene_from_item(json.loads(text))
    assert read == scene
    assert read.guarded is scene.guarded


def test_real_scenes_are_valid_stac(data_dir: Path, stac_schemas: Path, tmp_path: Path) -> None:
    from groundset.release.schemas import Validator

    s1 = data_dir / "sen1floods11_sample/sample/S1/Spain_7370579_S1Hand.tif"
    boadella = data_dir / "boadella/Boadella_2020-01-13.tif"
    found = [
        *open_source(s1, sensor="sentinel-1-grd"),
        *open_source(boadella, sensor="sentinel-2-l2a", time="2020-01-13T10:53:21Z"),
        *open_source(boadella),
    ]
    validator = Validator(network=False)
    for scene in found:
        item = scene_to_item(scene).to_dict(include_self_link=False, transform_hrefs=False)
        assert not validator.validate(item), scene.id


def test_store(data_dir: Path, tmp_path: Path) -> None:
    store = SceneStore(tmp_path / "scenes")
    assert store.ids() == []
    (scene,) = open_source(data_dir / "boadella/Boadella_2020-01-13.tif")
    store.put(scene)
    assert store.ids() == [scene.id]
    assert scene.id in store
    assert store.get(scene.id) == SceneStore(tmp_path / "scenes").get(scene.id) == scene
    with pytest.raises(MissingError, match="found: Boadella_2020-01-13"):
        store.get("other")
    store.path(scene.id).write_text("{}")
    with pytest.raises(InputError, match="broken"):
        store.get(scene.id)


def test_an_item_of_somebody_else_is_no_scene() -> None:
    with pytest.raises(InputError, match="does not describe a scene"):
        scene_from_item({"id": "x", "properties": {}, "assets": {}})
