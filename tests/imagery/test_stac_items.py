"""STAC items become scenes by what they state, and by nothing else."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import rasterio
import stacitems
from odc.geo.geobox import GeoBox

from groundset.core import Bbox, InputError, MissingError, whole
from groundset.imagery import Reason, SceneReader, SceneStore, open_source, read_map_on_grid, scenes_from_items
from groundset.imagery.fusion import same_grid
from groundset.imagery.stac_assets import item_bands
from groundset.imagery.stac_items import open_stac
from groundset.imagery.stac_read import to_item
from groundset.imagery.stac_sensor import infer_sensor, sentinel2_offset


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stac")


@pytest.fixture(scope="module")
def s2(data_dir: Path, folder: Path) -> dict[str, Any]:
    return stacitems.sentinel_2(data_dir, folder)


def item(data: dict[str, Any], **properties: object) -> pystac.Item:
    changed = copy.deepcopy(data)
    changed["properties"] |= properties
    changed["properties"] = {k: v for k, v in changed["properties"].items() if v is not None}
    return to_item(changed, "/nowhere/item.json")


def test_sentinel_2_item_is_a_scene(s2: dict[str, Any]) -> None:
    (scene,) = scenes_from_items([item(s2)])
    assert scene.sensor == "sentinel-2-l2a"
    assert scene.bands.names == ("B02", "B03", "B04", "B08", "B8A", "B11")
    assert [b.common_name for b in scene.bands][:4] == ["blue", "green", "red", "nir"]
    assert {(b.scale, b.offset, b.nodata, b.dtype) for b in scene.bands} == {(0.0001, -0.1, 0.0, "uint16")}
    assert (scene.height, scene.width) == (240, 240)  # the finest asset's grid
    assert scene.cloud_cover == 3.5
    assert scene.datetime is not None
    assert scene.datetime.isoformat() == "2023-06-12T10:56:31+00:00"
    assert scene.flags is not None
    assert (scene.flags.kind, scene.flags.source.resampling) == ("scl", "nearest")
    assert scene.product["s2:processing_baseline"] == "05.09"
    assert not any(x.href.endswith(".jp2") for band in scene.sources for x in band)


def test_its_pixels_are_physical_and_its_flags_are_reasons(s2: dict[str, Any]) -> None:
    (scene,) = scenes_from_items([item(s2)])
    with SceneReader(scene) as reader:
        pixels = reader.read(whole(scene.width, scene.height))
        reasons = reader.read_reasons(whole(scene.width, scene.height))
    assert pixels.data.shape == (6, 240, 240)
    assert pixels.valid_fraction > 0.99
    stored = pixels.data[0][pixels.valid[0]].astype(np.float32)
    assert np.allclose(pixels.physical()[0][pixels.valid[0]], stored * 0.0001 - 0.1)
    assert (reasons[:20, :20] == Reason.CLOUD).all()
    assert (reasons[40:60, :20] == Reason.SHADOW).all()
    assert (reasons[:, 100:] == Reason.NONE).mean() > 0.99


OFFSETS = [
    # boa_offset_applied, baseline, offset in raster:bands, date -> offset of the pixels
    (True, "05.09", -0.1, "2023-06-12", 0.0),  # earth-search: taken off, though its bands say -0.1
    (True, "05.09", 0.0, "2023-06-12", 0.0),
    (True, None, None, "2023-06-12", 0.0),
    (False, "05.09", -0.1, "2023-06-12", -0.1),
    (False, "05.09", None, "2023-06-12", -0.1),
    (False, "02.09", -0.1, "2019-06-12", 0.0),  # earth-search's bands say -0.1 for every date
    (False, "02.09", None, "2019-06-12", 0.0),
    (False, None, -0.1, "2023-06-12", -0.1),
    (None, "05.09", -0.1, "2023-06-12", -0.1),
    (None, "04.00", 0.0, "2022-02-01", 0.0),  # a copy that says that it was harmonised
    (None, "04.00", None, "2022-02-01", -0.1),  # Planetary Computer: only the baseline
    (None, "03.01", None, "2022-01-20", 0.0),
    (None, "05.00", None, "2020-01-20", -0.1),  # reprocessed: Collection 1
    (None, "02.12", None, "2019-06-12", 0.0),
    (None, None, None, "2019-06-12", 0.0),
    (None, None, -0.1, "2023-06-12", -0.1),
    (None, None, None, "2023-06-12", None),  # nobody says: an error
]


@pytest.mark.parametrize(("applied", "baseline", "stated", "date", "want"), OFFSETS)
def test_the_offset_of_baseline_4_counts_exactly_once(
    s2: dict[str, Any], applied: bool | None, baseline: str | None, stated: float | None, date: str, want: float | None
) -> None:
    data = copy.deepcopy(s2)
    for asset in data["assets"].values():
        for band in asset.get("raster:bands", []):
            band.pop("offset", None)
            if stated is not None:
                band["offset"] = stated
    one = item(
        data,
        **{
            "earthsearch:boa_offset_applied": applied,
            "s2:processing_baseline": baseline,
            "datetime": f"{date}T10:56:31Z",
        },
    )
    if want is None:
        with pytest.raises(InputError, match=r"offset of -1000.*s2:processing_baseline"):
            scenes_from_items([one])
        return
    (scene,) = scenes_from_items([one])
    assert {b.offset for b in scene.bands} == {want}
    assert {b.scale for b in scene.bands} == {0.0001}


def test_baseline_is_read_from_the_product_name(s2: dict[str, Any]) -> None:
    named = item(s2, **{"earthsearch:boa_offset_applied": None, "s2:processing_baseline": None})
    named.properties["s2:product_uri"] = "S2B_MSIL2A_20230612T105629_N0509_R094_T30SXH_20230612T135016.SAFE"
    assert sentinel2_offset(named, None) == -0.1


@pytest.mark.parametrize(
    ("properties", "collection", "want"),
    [
        ({"platform": "sentinel-2a", "s2:product_type": "S2MSI2A"}, None, "sentinel-2-l2a"),
        ({"constellation": "sentinel-2", "processing:level": "L1C"}, None, "sentinel-2-l1c"),
        ({"constellation": "sentinel-2", "product:type": "S2MSI2A"}, "sentinel-2-l2a", "sentinel-2-l2a"),
        ({"constellation": "sentinel-2"}, "sentinel-2-l2a", "sentinel-2-l2a"),
        ({"constellation": "sentinel-2"}, "my-copies", None),
        ({"platform": "landsat-9", "landsat:correction": "L2SP"}, None, "landsat-9"),
        ({"platform": "landsat-7"}, "landsat-c2-l2", "landsat-7"),
        ({"platform": "landsat-8", "processing:level": "L1TP"}, "landsat-c2-l1", None),
        ({"platform": "sentinel-1a", "sar:product_type": "GRD"}, None, "sentinel-1-grd"),
        ({"platform": "SENTINEL-1A"}, "sentinel-1-rtc", "sentinel-1-grd"),
        ({"platform": "sentinel-1a", "sar:product_type": "SLC"}, "x", None),
        ({}, "naip", "naip"),
        ({"naip:year": "2018"}, "aerial", "naip"),
        ({}, "anything", None),
    ],
)
def test_the_sensor_is_what_the_item_states(
    properties: dict[str, Any], collection: str | None, want: str | None
) -> None:
    data = {
        "type": "Feature", "stac_version": "1.0.0", "id": "x", "geometry": None, "links": [], "assets": {},
        "properties": {"datetime": "2023-01-01T00:00:00Z", **properties},
    }  # fmt: skip
    if collection:
        data["collection"] = collection
    assert infer_sensor(to_item(data, "/x.json")) == want


def test_bands_are_selected_by_name_and_common_name(s2: dict[str, Any]) -> None:
    (scene,) = scenes_from_items([item(s2)], bands=["swir16", "B03", "red"])
    assert scene.bands.names == ("B11", "B03", "B04")
    (coarse,) = scenes_from_items([item(s2)], bands=["swir16"])
    assert (coarse.height, coarse.width) == (120, 120)
    with pytest.raises(MissingError, match=r"unknown band.*asked: B10.*found: B02, B03, B04, B08, B8A, B11"):
        scenes_from_items([item(s2)], bands=["B10"])


def test_coarse_bands_lie_where_they_belong(s2: dict[str, Any]) -> None:
    """B8A at 20 m and B08 at 10 m see the same edges: correlation is best without any shift."""
    (scene,) = scenes_from_items([item(s2)], bands=["nir", "nir08"])
    with SceneReader(scene) as reader:
        nir, nir08 = reader.read(whole(240, 240)).data.astype(float)
    inner = np.s_[20:220, 20:220]
    fits = {
        (dy, dx): np.corrcoef(nir[inner].ravel(), np.roll(nir08, (dy, dx), (0, 1))[inner].ravel())[0, 1]
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
    }
    assert max(fits, key=lambda k: fits[k]) == (0, 0)


def test_stac_1_1_bands(s2: dict[str, Any]) -> None:
    data = copy.deepcopy(s2)
    data["stac_version"] = "1.1.0"
    data["properties"]["proj:code"] = f"EPSG:{data['properties'].pop('proj:epsg')}"
    for asset in data["assets"].values():
        raster = (asset.pop("raster:bands", None) or [{}])[0]
        eo = (asset.pop("eo:bands", None) or [{}])[0]
        if raster:
            asset["bands"] = [
                {
                    "name": eo.get("name", "scl"),
                    "eo:common_name": eo.get("common_name"),
                    "data_type": raster["data_type"],
                    "nodata": 0,
                    "raster:scale": raster.get("scale", 1),
                    "raster:offset": raster.get("offset", 0),
                }
            ]
    old, new = (scenes_from_items([item(d)])[0] for d in (s2, data))
    assert new.bands == old.bands
    assert same_grid(new.geobox, old.geobox)


def test_planetary_computer_shape(s2: dict[str, Any]) -> None:
    """Assets by band name (B02), no raster:bands, a visual with the role data, SCL in capitals."""
    data = copy.deepcopy(s2)
    names = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "nir08": "B8A", "swir16": "B11", "scl": "SCL"}
    assets = {}
    for key, name in names.items():
        asset = {k: v for k, v in data["assets"][key].items() if k != "raster:bands"}
        assets[name] = asset | ({"eo:bands": [{"name": name, "common_name": key}]} if name != "SCL" else {})
    assets["visual"] = {
        "href": "https://nowhere.invalid/TCI.tif", "type": "image/tiff; application=geotiff", "roles": ["data"],
        "eo:bands": [{"name": n} for n in ("B04", "B03", "B02")],
    }  # fmt: skip
    data["assets"] = assets
    one = item(data, **{"earthsearch:boa_offset_applied": None})
    (scene,) = scenes_from_items([one])
    assert scene.bands.names == ("B02", "B03", "B04", "B08", "B8A", "B11")
    assert {(b.dtype, b.offset) for b in scene.bands} == {("uint16", -0.1)}  # dtype read from the files
    assert scene.flags is not None


def test_numbers_that_somebody_worked_on_are_taken_as_they_are(s2: dict[str, Any], tmp_path: Path) -> None:
    """Reflectance as float32 that states no scale: the product's 0.0001 must not count once more."""
    data = copy.deepcopy(s2)
    asset = data["assets"]["green"]
    with rasterio.open(asset["href"]) as file:
        green, profile = file.read() * np.float32(0.0001) - np.float32(0.1), file.profile
    asset["href"] = str(tmp_path / "green.tif")
    with rasterio.open(asset["href"], "w", **profile | {"dtype": "float32", "nodata": None}) as file:
        file.write(green)
    asset["raster:bands"] = [{"data_type": "float32"}]
    data["assets"] = {"green": asset}
    (scene,) = scenes_from_items([item(data)])
    assert [(b.scale, b.offset, b.nodata, b.dtype) for b in scene.bands] == [(1.0, 0.0, None, "float32")]
    with SceneReader(scene) as reader:
        np.testing.assert_array_equal(reader.read(whole(scene.width, scene.height)).physical(), green)


def test_landsat_with_qa_pixel(data_dir: Path, folder: Path) -> None:
    (scene,) = scenes_from_items([item(stacitems.landsat_8(data_dir, folder))])
    assert scene.sensor == "landsat-8"
    assert scene.bands.names == ("B3", "B4", "B5", "B6")
    assert {(b.scale, b.offset) for b in scene.bands} == {(2.75e-05, -0.2)}
    assert scene.flags is not None
    assert scene.flags.kind == "qa_pixel"
    with SceneReader(scene) as reader:
        assert (reader.read_reasons(whole(scene.width, scene.height))[:10, :10] == Reason.CLOUD).all()


def test_sentinel_1_needs_calibration_and_a_unit(data_dir: Path, folder: Path) -> None:
    data = stacitems.radar(data_dir, folder)
    (scene,) = scenes_from_items([item(data)])
    assert scene.sensor == "sentinel-1-grd"
    assert [(b.name, b.unit) for b in scene.bands] == [("vv", "dB"), ("vh", "dB")]
    silent = stacitems.radar(data_dir, folder, unit=None)
    with pytest.raises(InputError, match="dB or linear"):
        scenes_from_items([item(silent)])
    silent["collection"] = "sentinel-1-rtc"
    (rtc,) = scenes_from_items([item(silent)])
    assert {b.unit for b in rtc.bands} == {"linear"}
    for asset in silent["assets"].values():
        asset["raster:bands"][0]["data_type"] = "uint16"
    silent["collection"] = "sentinel-1-grd"
    with pytest.raises(InputError, match="without calibration"):
        scenes_from_items([item(silent)])


def test_optical_and_radar_items_fuse(data_dir: Path, folder: Path, s2: dict[str, Any], tmp_path: Path) -> None:
    items = [item(s2), item(stacitems.radar(data_dir, folder))]
    (scene,) = scenes_from_items(items, fuse=True)
    assert scene.bands.names == ("B02", "B03", "B04", "B08", "B8A", "B11", "vv", "vh")
    assert scene.sensor == "sentinel-2-l2a+sentinel-1-grd"
    with SceneReader(scene) as reader:
        pixels = reader.read(whole(240, 240))
    assert pixels.valid[:6].mean() > 0.99
    assert not pixels.valid[6:, :, 170:].any()  # beyond the radar's extent
    assert not pixels.valid[6:, :, 0].any()  # it begins half a coarse pixel further east
    assert pixels.valid[6:, 10:230, 10:150].all()
    assert np.isnan(pixels.physical()[6:, :, 170:]).all()
    store = SceneStore(tmp_path / "scenes")
    store.put(scene)
    again = store.get(scene.id)
    assert (again.bands, again.sources, again.flags) == (scene.bands, scene.sources, scene.flags)
    reference = GeoBox((100, 100), scene.geobox.affine, scene.geobox.crs)
    assert same_grid(scenes_from_items(items, fuse=True, reference=reference)[0].geobox, reference)
    with pytest.raises(InputError, match=r"several items of one sensor.*mosaic"):
        scenes_from_items([items[0], item(s2), items[1]], fuse=True)


def test_a_generic_item_gets_the_bands_that_it_names(s2: dict[str, Any]) -> None:
    data = copy.deepcopy(s2)
    data["collection"] = "my-own"
    data["properties"] = {"datetime": "2023-06-12T10:56:31Z", "proj:epsg": 32630}
    (scene,) = scenes_from_items([item(data)])
    assert scene.sensor is None
    assert scene.bands.names == ("blue", "green", "red", "nir", "nir08", "swir16")
    assert {(b.scale, b.offset) for b in scene.bands} == {(0.0001, -0.1)}  # the item states them
    assert (
        scenes_from_items([item(data, **{"s2:processing_baseline": "05.09"})], sensor="sentinel-2-l2a")[0].bands.names[
            0
        ]
        == "B02"
    )


def test_items_apart_do_not_make_a_scene(data_dir: Path, tmp_path: Path, s2: dict[str, Any]) -> None:
    far = stacitems.radar(data_dir, tmp_path)
    for asset in far["assets"].values():
        asset |= {"proj:code": "EPSG:32630", "proj:shape": [100, 100], "proj:transform": [20, 0, 5e5, 0, -20, 5e6]}
    with pytest.raises(InputError, match=r"do not overlap.*S1A_IW_GRDH_20230612: -3\.0000, 45\..*-0\.7"):
        scenes_from_items([item(s2), item(far)], fuse=True)


def test_an_item_without_readable_bands_and_no_items() -> None:
    data = {
        "type": "Feature", "stac_version": "1.0.0", "id": "empty", "geometry": None, "links": [],
        "assets": {"meta": {"href": "m.xml", "roles": ["metadata"]}},
        "properties": {"datetime": "2023-01-01T00:00:00Z"},
    }  # fmt: skip
    with pytest.raises(InputError, match=r"no asset with bands.*meta \(metadata\)"):
        item_bands(to_item(data, "/x.json"), None, None, "bilinear")
    with pytest.raises(MissingError, match="no item found"):
        scenes_from_items([])


def test_a_box_cuts_the_grid(s2: dict[str, Any]) -> None:
    (scene,) = scenes_from_items([item(s2)])
    west, south, east, north = s2["bbox"]
    dx, dy = (east - west) / 4, (north - south) / 4
    (part,) = scenes_from_items([item(s2)], bbox=Bbox(west + dx, south + dy, east - dx, north - dy))
    assert 110 < part.width < 140
    assert 110 < part.height < 140
    with SceneReader(scene) as a, SceneReader(part) as b:
        x, y = (round(v) for v in ~scene.geobox.affine * (part.geobox.affine.c, part.geobox.affine.f))
        want = a.read(whole(240, 240)).data[:, y : y + part.height, x : x + part.width]
        got = b.read(whole(part.width, part.height)).data
    assert (got[:4] == want[:4]).all()
    with pytest.raises(InputError, match="do not overlap"):
        scenes_from_items([item(s2)], bbox=Bbox(10, 10, 11, 11))


def test_a_map_on_the_scenes_grid(data_dir: Path, folder: Path, s2: dict[str, Any]) -> None:
    (scene,) = scenes_from_items([item(s2)])
    label = data_dir / "sen1floods11_sample" / "sample" / "Labels" / "Spain_7370579_LabelHand.tif"
    data = {
        "type": "Feature", "stac_version": "1.0.0", "id": "worldcover", "geometry": None, "links": [],
        "bbox": [-0.78, 38.08, -0.74, 38.12], "properties": {"datetime": "2021-01-01T00:00:00Z"},
        "assets": {"map": {"href": str(label), "type": "image/tiff; application=geotiff", "roles": ["data"]}},
    }  # fmt: skip
    one = to_item(data, "/x.json")
    codes = read_map_on_grid([one, one], "map", scene.geobox)
    assert codes.shape == (240, 240)
    assert set(np.unique(codes)) <= {-1, 0, 1}
    with SceneReader(scene) as reader:
        green, nir = reader.read(whole(240, 240), ["green", "nir"]).physical()
    index = (green - nir) / (green + nir)
    assert np.nanmedian(index[codes == 1]) > np.nanmedian(index[codes == 0]) + 0.1  # water lies on water
    with pytest.raises(MissingError, match=r"no such asset.*asked: cover of worldcover.*found: map"):
        read_map_on_grid([one], "cover", scene.geobox)
    with pytest.raises(MissingError, match="no item of the map"):
        read_map_on_grid([], "map", scene.geobox)
    elsewhere = GeoBox((10, 10), scene.geobox.affine * scene.geobox.affine.translation(1e5, 0), scene.geobox.crs)
    with pytest.raises(InputError, match="does not cover"):
        read_map_on_grid([one], "map", elsewhere)


def test_eurosat_catalogue_of_others(data_dir: Path) -> None:
    catalog = data_dir / "eurosat_ms100_stac" / "data" / "EuroSAT" / "stac" / "subset" / "catalog.json"
    scenes = open_source(str(catalog))
    assert len(scenes) == 100
    assert len({s.id for s in scenes}) == 100
    assert scenes[0].bands.names[:3] == ("B01", "B02", "B03")
    assert len(scenes[0].bands) == 13
    assert scenes[0].bands.find("swir16") == 11
    with SceneReader(scenes[0]) as reader:
        pixels = reader.read(whole(64, 64))
    assert pixels.valid_fraction == 1
    assert pixels.data.dtype == np.uint16


def test_open_stac_of_a_file(s2: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "item.json"
    path.write_text(json.dumps(s2))
    (scene,) = open_stac(str(path), bands=["B02"], sensor="sentinel-2-l2a")
    assert scene.bands.names == ("B02",)
    assert scene.source_items == (str(path),)
