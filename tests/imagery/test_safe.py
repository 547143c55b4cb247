"""Sentinel-2 SAFE products in the published layout: folder and zip, Level-1C and Level-2A, JPEG 2000 bands."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio

from groundset.core import GroundsetError, InputError, MissingError, Window
from groundset.imagery import Reason, SceneReader, open_source, read_ahead

SIDE = 240  # pixels at 10 m
BANDS = {10: ("B02", "B03", "B04", "B08"), 20: ("B05", "B06", "B07", "B8A", "B11", "B12"), 60: ("B01", "B09", "B10")}
NAMES = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
STAMP = "T31TDH_20220213T105141"


def write_jp2(path: Path, data: np.ndarray, gsd: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "JP2OpenJPEG", "count": 1, "height": data.shape[0], "width": data.shape[1]}
    profile |= {
        "dtype": data.dtype,
        "crs": "EPSG:32631",
        "transform": rasterio.Affine(gsd, 0, 399960, 0, -gsd, 4700040),
    }
    with rasterio.open(path, "w", **profile, QUALITY="100", REVERSIBLE="YES") as ds:
        ds.write(data, 1)


def real_band(data_dir: Path, name: str, gsd: int) -> np.ndarray:
    """A band of a real scene at ``gsd`` metres, as stored since baseline 04.00 (1000 added)."""
    with rasterio.open(data_dir / "boadella" / "Boadella_2020-01-13.tif") as ds:
        index = min(NAMES.index(name) + 1, 12)
        side = SIDE * 10 // gsd
        return ds.read(index, window=((0, SIDE), (0, SIDE)), out_shape=(side, side)).clip(1).astype(np.uint16) + 1000


def make_safe(folder: Path, data_dir: Path, level: str = "2A", baseline: str = "04.00") -> Path:
    name = f"S2A_MSIL{level}_20220213T105141_N{baseline.replace('.', '')}_R051_T31TDH_20220213T140000.SAFE"
    safe = folder / name
    granule = f"GRANULE/L{level}_T31TDH_A034710_20220213T105139"
    images = []
    for gsd, bands in BANDS.items():
        for band in bands:
            if level == "2A" and band == "B10":
                continue
            inner = f"IMG_DATA/R{gsd}m/{STAMP}_{band}_{gsd}m" if level == "2A" else f"IMG_DATA/{STAMP}_{band}"
            images.append(f"{granule}/{inner}")
            write_jp2(safe / f"{images[-1]}.jp2", real_band(data_dir, band, gsd), gsd)
    if level == "2A":
        scl = np.full((SIDE // 2, SIDE // 2), 4, np.uint8)
        scl[:10], scl[10:20], scl[20:30] = 9, 3, 0
        images.append(f"{granule}/IMG_DATA/R20m/{STAMP}_SCL_20m")
        write_jp2(safe / f"{images[-1]}.jp2", scl, 20)
        # The coarse copy of a band that Level-2A also ships must not win over the fine one.
        images.append(f"{granule}/IMG_DATA/R60m/{STAMP}_B02_60m")
        write_jp2(safe / f"{images[-1]}.jp2", real_band(data_dir, "B02", 60), 60)
    (safe / f"MTD_MSIL{level}.xml").write_text(product_xml(level, baseline, name, images))
    (safe / granule / "MTD_TL.xml").write_text(TILE.format(side=SIDE, level=level))
    return safe


def product_xml(level: str, baseline: str, name: str, images: list[str]) -> str:
    new = baseline >= "04.00"
    if level == "2A":
        values = "".join(f'<BOA_ADD_OFFSET band_id="{i}">-1000</BOA_ADD_OFFSET>' for i in range(13))
        scaling = (
            '<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>'
            f"</QUANTIFICATION_VALUES_LIST>{f'<BOA_ADD_OFFSET_VALUES_LIST>{values}</BOA_ADD_OFFSET_VALUES_LIST>' * new}"
        )
    else:
        values = "".join(f'<RADIO_ADD_OFFSET band_id="{i}">-1000</RADIO_ADD_OFFSET>' for i in range(13))
        scaling = '<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>'
        scaling += f"<Radiometric_Offset_List>{values}</Radiometric_Offset_List>" * new
    files = "".join(f"<IMAGE_FILE>{i}</IMAGE_FILE>" for i in images)
    schema = f"https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-{level}.xsd"
    return f"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-{level}_User_Product xmlns:n1="{schema}"><n1:General_Info><Product_Info>
<PRODUCT_START_TIME>2022-02-13T10:51:41.024Z</PRODUCT_START_TIME><PRODUCT_URI>{name}</PRODUCT_URI>
<PROCESSING_LEVEL>Level-{level}</PROCESSING_LEVEL><PRODUCT_TYPE>S2MSI{level}</PRODUCT_TYPE>
<PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE>
<Datatake datatakeIdentifier="GS2A"><SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME></Datatake>
<Product_Organisation><Granule_List><Granule imageFormat="JPEG2000">{files}</Granule></Granule_List>
</Product_Organisation></Product_Info><Product_Image_Characteristics><Special_Values>
<SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>
{scaling}</Product_Image_Characteristics></n1:General_Info><n1:Quality_Indicators_Info>
<Cloud_Coverage_Assessment>12.5</Cloud_Coverage_Assessment></n1:Quality_Indicators_Info>
</n1:Level-{level}_User_Product>"""


TILE = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-{level}_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-{level}_Tile_Metadata.xsd">
<n1:General_Info><SENSING_TIME metadataLevel="Standard">2022-02-13T10:56:23.123456Z</SENSING_TIME></n1:General_Info>
<n1:Geometric_Info><Tile_Geocoding metadataLevel="Brief"><HORIZONTAL_CS_NAME>WGS84 / UTM zone 31N</HORIZONTAL_CS_NAME>
<HORIZONTAL_CS_CODE>EPSG:32631</HORIZONTAL_CS_CODE>
<Size resolution="60"><NROWS>40</NROWS><NCOLS>40</NCOLS></Size>
<Size resolution="10"><NROWS>{side}</NROWS><NCOLS>{side}</NCOLS></Size>
<Geoposition resolution="10"><ULX>399960</ULX><ULY>4700040</ULY><XDIM>10</XDIM><YDIM>-10</YDIM></Geoposition>
</Tile_Geocoding></n1:Geometric_Info></n1:Level-{level}_Tile_ID>"""


@pytest.fixture(scope="module")
def safe(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_safe(tmp_path_factory.mktemp("l2a"), data_dir)


@pytest.fixture(scope="module")
def zipped(safe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("zip") / safe.name
    return Path(shutil.make_archive(str(target), "zip", safe.parent, safe.name))


def test_level_2a_as_it_lies(safe: Path, data_dir: Path) -> None:
    (scene,) = open_source(safe)
    assert scene.sensor == "sentinel-2-l2a"
    assert scene.bands.names == tuple(n for n in NAMES if n != "B10")
    assert tuple(scene.geobox.shape) == (SIDE, SIDE)
    assert (scene.bands[0].scale, scene.bands[0].offset, scene.bands[0].nodata) == (0.0001, -0.1, 0.0)
    assert scene.cloud_cover == 12.5
    assert scene.datetime is not None
    assert scene.datetime.isoformat() == "2022-02-13T10:56:23.123456+00:00"
    assert scene.id == safe.name.removesuffix(".SAFE")
    assert scene.product["s2:processing_baseline"] == "04.00"
    with SceneReader(scene) as reader:
        pixels = reader.read(Window(0, 0, SIDE, SIDE))
        assert (pixels.data[1] == real_band(data_dir, "B02", 10)).all()
        assert pixels.valid.all()
        # physical = (DN - 1000) / 10000
        assert np.allclose(pixels.physical()[1], (real_band(data_dir, "B02", 10) - 1000.0) / 10000, atol=1e-6)
        coarse = real_band(data_dir, "B11", 20)
        assert abs(float(pixels.data[10].mean()) - coarse.mean()) < 0.01 * coarse.mean()


def test_coarse_bands_stay_in_place(safe: Path) -> None:
    """Each 20 m pixel becomes four of 10 m around the same centre: their mean is near it, not half a pixel away."""
    (scene,) = open_source(safe, bands=["B11"])
    with SceneReader(scene) as reader, rasterio.open(scene.sources[0][0].href) as ds:
        fine = reader.read(Window(0, 0, SIDE, SIDE)).data[0].astype(float)
        coarse = ds.read(1).astype(float)
    back = fine.reshape(SIDE // 2, 2, SIDE // 2, 2).mean((1, 3))
    errors = {s: np.abs(np.roll(back, s, 1) - coarse)[2:-2, 2:-2].mean() for s in (-1, 0, 1)}
    assert errors[0] < errors[-1] / 2
    assert errors[0] < errors[1] / 2


def test_the_products_flags_are_reasons(safe: Path) -> None:
    (scene,) = open_source(safe)
    with SceneReader(scene) as reader:
        reasons = reader.read_reasons(Window(0, 0, 100, 100))
    assert (reasons[:20] == Reason.CLOUD).all()
    assert (reasons[20:40] == Reason.SHADOW).all()
    assert (reasons[40:60] == Reason.NODATA).all()
    assert (reasons[60:] == Reason.NONE).all()


def test_the_zip_is_the_same_scene(safe: Path, zipped: Path) -> None:
    (a,), (b,) = open_source(safe), open_source(zipped)
    assert (a.id, a.bands, a.geobox, a.datetime) == (b.id, b.bands, b.geobox, b.datetime)
    with SceneReader(a) as one, SceneReader(b) as other:
        assert (one.read(Window(5, 5, 50, 50)).data == other.read(Window(5, 5, 50, 50)).data).all()


@pytest.mark.parametrize("kind", ["safe", "zipped"])
def test_jpeg_2000_is_decoded_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (scene,) = open_source(request.getfixturevalue(kind), bands=["B02", "B11"])
    windows = [Window(x, y, 100, 100) for x in (0, 100, 200) for y in (0, 100, 200)]
    with SceneReader(scene) as plain:
        for window, pixels in read_ahead(scene, windows, threads=2, cache=tmp_path):
            assert (pixels.data == plain.read(window).data).all()
    decoded = sorted((tmp_path / "decoded").iterdir())
    assert len(decoded) == 2
    times = [p.stat().st_mtime_ns for p in decoded]
    with SceneReader(scene, cache=tmp_path) as reader:
        reader.read(Window(0, 0, 10, 10))
    assert [p.stat().st_mtime_ns for p in sorted((tmp_path / "decoded").iterdir())] == times


def test_a_zip_in_capitals_is_decoded_too(zipped: Path, tmp_path: Path) -> None:
    loud = tmp_path / "PRODUCT.ZIP"
    shutil.copyfile(zipped, loud)
    (scene,) = open_source(loud, bands=["B02"])
    with SceneReader(scene, cache=tmp_path / "cache") as reader:
        assert reader.read(Window(0, 0, 10, 10)).valid.all()


@pytest.mark.parametrize(("baseline", "offset"), [("03.01", 0.0), ("05.10", -0.1)])
def test_level_1c_and_the_offset_of_its_baseline(baseline: str, offset: float, tmp_path: Path, data_dir: Path) -> None:
    (scene,) = open_source(make_safe(tmp_path, data_dir, "1C", baseline))
    assert scene.sensor == "sentinel-2-l1c"
    assert scene.bands.names == NAMES
    assert {b.offset for b in scene.bands} == {offset}
    assert scene.flags is None


def test_a_folder_of_products(safe: Path) -> None:
    assert [s.sensor for s in open_source(safe.parent)] == ["sentinel-2-l2a"]


def test_the_user_cannot_make_it_another_product(safe: Path) -> None:
    with pytest.raises(InputError, match="another kind"):
        open_source(safe, sensor="sentinel-2-l1c")
    with pytest.raises(MissingError, match="B10"):
        open_source(safe, bands=["B10"])


def test_broken_products(safe: Path, zipped: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(zipped.read_bytes()[:5000])
    with pytest.raises(InputError, match="corrupt or cut short"):
        open_source(cut)
    other = Path(shutil.make_archive(str(tmp_path / "other"), "zip", safe / "GRANULE"))
    with pytest.raises(InputError, match="no single Sentinel-2 product"):
        open_source(other)
    copy = tmp_path / safe.name
    shutil.copytree(safe, copy)
    next(copy.rglob("*_B02_10m.jp2")).write_bytes(b"\x00\x00\x00\x0cjP  \r\n\x87\nbroken")
    (scene,) = open_source(copy, bands=["B02"])
    with pytest.raises(GroundsetError, match="corrupt or cut short"), SceneReader(scene) as reader:
        reader.read(Window(0, 0, 8, 8))
    with pytest.raises(GroundsetError, match="corrupt"), SceneReader(scene, cache=tmp_path / "cache") as reader:
        reader.read(Window(0, 0, 8, 8))
    assert not list((tmp_path / "cache").rglob("*.tif"))
    with next(copy.rglob("MTD_TL.xml")).open("r+b") as file:
        file.truncate((64 << 20) + 1)
    large = Path(shutil.make_archive(str(tmp_path / "large"), "zip", tmp_path, copy.name))
    assert large.stat().st_size < 32 << 20
    for product in (copy, large):
        with pytest.raises(InputError, match=r"too large.*MTD_TL\.xml.*64 MB"):
            open_source(product)
    next(copy.rglob("MTD_TL.xml")).write_text("<broken")
    with pytest.raises(InputError, match=r"MTD_TL\.xml"):
        open_source(copy)
