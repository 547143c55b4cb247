"""Fusion: nothing moves, what is missing is nodata, and a chip does not depend on how it was cut."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from rasterio.warp import Resampling, reproject
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from groundset.core import Band, BandSet, InputError, MissingError, Window
from groundset.imagery import SceneReader, open_source
from groundset.imagery.fusion import check_overlap, fuse, offset_in, read_on_grid, same_grid
from groundset.imagery.opening import open_raster
from groundset.imagery.scene import BandSource, Scene

UTM = "EPSG:32630"


def write(path: Path, array: np.ndarray, geobox: GeoBox, nodata: float | None = None) -> Path:
    data = array if array.ndim == 3 else array[None]
    with rasterio.open(
        path, "w", driver="GTiff", count=len(data), dtype=data.dtype, height=data.shape[1], width=data.shape[2],
        crs=str(geobox.crs) if geobox.crs else None, transform=geobox.affine, nodata=nodata, tiled=True,
        blockxsize=128, blockysize=128, compress="deflate",
    ) as out:  # fmt: skip
        out.write(data)
    return path


def scene(name: str, path: Path, geobox: GeoBox, *bands: Band, sensor: str | None = None) -> Scene:
    sources = tuple((BandSource(str(path), i + 1),) for i in range(len(bands)))
    return Scene(name, geobox, BandSet(bands), sources, datetime(2020, 1, 1, tzinfo=UTC), sensor=sensor)


@pytest.fixture(scope="module")
def radar(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, GeoBox, np.ndarray]:
    """Sen1Floods11's radar in UTM at 20 m, on another extent, half a pixel off; with the S2 file's grid."""
    sample = data_dir / "sen1floods11_sample" / "sample"
    s2 = sample / "S2" / "Spain_7370579_S2Hand.tif"
    with rasterio.open(sample / "S1" / "Spain_7370579_S1Hand.tif") as src:
        original = src.read()
        fine = GeoBox.from_rio(src)
    west, south, east, north = rasterio.warp.transform_bounds(fine.crs.to_wkt(), UTM, *fine.extent.boundingbox)
    west, north = west // 20 * 20 + 10, north // 20 * 20 + 10  # half a pixel off the 20 m lattice
    rows, cols = int((north - south) / 20) + 20, int((east - west) / 20 * 0.7)  # the eastern part is missing
    grid = GeoBox((rows, cols), Affine(20, 0, west, 0, -20, north), UTM)
    coarse = np.full((2, rows, cols), np.nan, np.float32)
    reproject(
        original, coarse, src_transform=fine.affine, src_crs=fine.crs.to_wkt(), dst_transform=grid.affine, dst_crs=UTM,
        src_nodata=np.nan, dst_nodata=np.nan, resampling=Resampling.average,
    )  # fmt: skip
    path = write(tmp_path_factory.mktemp("radar") / "s1_utm20.tif", coarse, grid, np.nan)
    return s2, path, fine, original


def test_an_edge_stays_within_half_a_pixel(radar: tuple[Path, Path, GeoBox, np.ndarray]) -> None:
    _, path, fine, original = radar
    shifts = []
    for index in (1, 2):
        for resampling in ("bilinear", "cubic"):
            got, valid = read_on_grid(BandSource(str(path), index, resampling), fine, dtype="float32", nodata=np.nan)
            inside = np.s_[40:470, 40:330]
            assert valid[inside].all()
            # Both at the coarse file's resolution, so that only position can differ.
            want = ndimage.uniform_filter(np.nan_to_num(original[index - 1]), 2, origin=0)
            want = ndimage.shift(want, (-0.5, -0.5), order=1)  # an even filter is off its centre by half a pixel
            shift, _, _ = phase_cross_correlation(want[inside], got[inside], upsample_factor=50)
            shifts.append(np.abs(shift).max())
    assert max(shifts) < 0.5
    assert max(shifts) <= 0.25  # what is reached


def test_the_water_line_lies_where_it_lay(radar: tuple[Path, Path, GeoBox, np.ndarray]) -> None:
    """Sub-pixel position of the strongest VV edge along rows, before and after."""
    _, path, fine, original = radar
    got, _ = read_on_grid(BandSource(str(path)), fine, dtype="float32", nodata=np.nan)
    before, after = (ndimage.gaussian_filter(np.nan_to_num(a), 4) for a in (original[0], got))
    moved = []
    for row in range(40, 470, 3):
        slope = np.abs(np.gradient(before[row, 40:320]))
        at = 40 + int(slope.argmax())
        if slope.max() < 0.6:
            continue
        level = before[row, at]
        here = np.interp(level, *_rising(after[row, at - 6 : at + 7]))
        moved.append(here - 6)
    assert len(moved) > 20
    assert abs(float(np.median(moved))) < 0.5


def _rising(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(values)
    return values[order], np.arange(len(values))[order]


def test_the_missing_part_is_nodata(radar: tuple[Path, Path, GeoBox, np.ndarray]) -> None:
    _, path, fine, _ = radar
    got, valid = read_on_grid(BandSource(str(path)), fine, dtype="float32", nodata=np.nan)
    assert not valid[:, 400:].any()
    assert np.isnan(got[:, 400:]).all()
    share = valid.mean()
    assert 0.6 < share < 0.8
    nothing = GeoBox((8, 8), fine.affine * Affine.translation(-5000, 0), fine.crs)
    out, there = read_on_grid(BandSource(str(path)), nothing, dtype="float32", nodata=np.nan)
    assert not there.any()
    assert np.isnan(out).all()


@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "cubic", "average"])
@pytest.mark.parametrize("size", [20.0, 10.0, 5.0])
def test_positions_agree_with_pyproj(tmp_path: Path, resampling: str, size: float) -> None:
    """A smooth field sampled at pixel centres is found again on another grid: no GDAL in the truth."""
    utm = GeoBox((300, 300), Affine(20, 0, 694_990, 0, -20, 4_221_990), UTM)
    target = GeoBox((120, 120), Affine(size, 0, 697_003, 0, -size, 4_219_004), UTM)
    ys, xs = np.mgrid[0:300, 0:300] + 0.5

    def field(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x - 694_990) / 20 + 3 * (y - 4_221_990) / 20

    path = write(tmp_path / "f.tif", field(*(utm.affine * (xs, ys))).astype("float32"), utm)
    got, valid = read_on_grid(BandSource(str(path), 1, resampling), target, dtype="float32", nodata=None)  # type: ignore[arg-type]
    ty, tx = np.mgrid[0:120, 0:120] + 0.5
    want = field(*(target.affine * (tx, ty)))
    assert valid.all()
    # A pixel to the side changes the field by 1, a line by 3: nearest may be off by half of each, and so may an
    # average of no more than one pixel.
    allowed = 2.02 if resampling == "nearest" or (resampling == "average" and size < 20) else 0.05
    assert np.abs(got - want).max() < allowed


def test_positions_agree_with_pyproj_across_crs(tmp_path: Path) -> None:
    utm = GeoBox((400, 400), Affine(20, 0, 694_990, 0, -20, 4_221_990), UTM)
    target = GeoBox((200, 200), Affine(9e-5, 0, -0.76, 0, -9e-5, 38.1), "EPSG:4326")
    ys, xs = np.mgrid[0:400, 0:400] + 0.5
    x, y = utm.affine * (xs, ys)
    path = write(tmp_path / "f.tif", ((x - 694_990) / 20 + 3 * (y - 4_221_990) / 20).astype("float32"), utm)
    got, valid = read_on_grid(BandSource(str(path)), target, dtype="float32", nodata=None)
    ty, tx = np.mgrid[0:200, 0:200] + 0.5
    x, y = Transformer.from_crs("EPSG:4326", UTM, always_xy=True).transform(*(target.affine * (tx, ty)))
    assert valid.all()
    assert np.abs(got - ((x - 694_990) / 20 + 3 * (y - 4_221_990) / 20)).max() < 0.1  # a 25th of a 20 m pixel


@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "average"])
def test_a_chip_does_not_depend_on_how_it_was_cut(
    radar: tuple[Path, Path, GeoBox, np.ndarray], resampling: str
) -> None:
    _, path, fine, _ = radar
    source = BandSource(str(path), 1, resampling)  # type: ignore[arg-type]
    whole, whole_valid = read_on_grid(source, fine, dtype="float32", nodata=np.nan)
    for rows, cols in (((0, 64), (0, 64)), ((100, 164), (37, 101)), ((448, 512), (300, 364)), ((64, 320), (128, 384))):
        part, part_valid = read_on_grid(source, fine[slice(*rows), slice(*cols)], dtype="float32", nodata=np.nan)
        same = part_valid & whole_valid[slice(*rows), slice(*cols)]
        assert (part_valid == whole_valid[slice(*rows), slice(*cols)]).mean() > 0.999
        difference = np.abs(part - whole[slice(*rows), slice(*cols)])[same]
        if resampling == "nearest":
            assert (difference == 0).mean() > 0.98  # PROJ is interpolated along lines: a hundredth of a pixel
        else:
            assert difference.size == 0 or np.quantile(difference, 0.99) < 0.3  # dB; neighbours differ by many


@settings(max_examples=25, deadline=None)
@given(
    left=st.integers(-30, 60), top=st.integers(-30, 60), rows=st.integers(1, 50), cols=st.integers(1, 50),
    nodata=st.sampled_from([None, 0, 7]),
)  # fmt: skip
def test_coinciding_pixels_are_copied(left: int, top: int, rows: int, cols: int, nodata: int | None) -> None:
    rng = np.random.default_rng(3)
    array = rng.integers(0, 9, (40, 50)).astype("uint16")
    grid = GeoBox((40, 50), Affine(10, 0, 500_000, 0, -10, 4_000_000), UTM)
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="GTiff", count=1, dtype="uint16", height=40, width=50, crs=UTM, transform=grid.affine
        ) as out:
            out.write(array, 1)
        target = GeoBox((rows, cols), grid.affine * Affine.translation(left, top), UTM)
        with memory.open() as dataset:
            got, valid = read_on_grid(BandSource("m"), target, dtype="uint16", nodata=nodata, dataset=dataset)
    padded = np.pad(array, 100, constant_values=60_000)[100 + top : 100 + top + rows, 100 + left : 100 + left + cols]
    inside = padded != 60_000
    assert (valid == inside & (padded != nodata)).all()
    assert (got[inside] == padded[inside]).all()
    assert (got[~inside] == (nodata or 0)).all()


def test_nodata_does_not_bleed_into_its_neighbours(tmp_path: Path) -> None:
    grid = GeoBox((40, 40), Affine(20, 0, 500_000, 0, -20, 4_000_000), UTM)
    array = np.full((40, 40), 1000, "uint16")
    array[:, 20:] = 0
    path = write(tmp_path / "n.tif", array, grid, 0)
    target = GeoBox((80, 80), Affine(10, 0, 500_000, 0, -10, 4_000_000), UTM)
    got, valid = read_on_grid(BandSource(str(path)), target, dtype="uint16", nodata=0)
    assert set(np.unique(got[valid])) == {1000}
    assert set(np.unique(got[~valid])) == {0}
    assert valid[:, :39].all()
    assert not valid[:, 41:].any()


def test_a_file_without_nodata_tells_what_it_does_not_cover(tmp_path: Path) -> None:
    grid = GeoBox((40, 40), Affine(20, 0, 500_000, 0, -20, 4_000_000), UTM)
    for count in (1, 4):
        array = np.stack([np.zeros((40, 40), "uint8")] * count)
        path = write(tmp_path / f"z{count}.tif", array, grid)
        target = GeoBox((100, 100), Affine(10, 0, 500_003, 0, -10, 4_000_000), UTM)
        _, valid = read_on_grid(BandSource(str(path), count), target, dtype="uint8", nodata=None)
        assert valid[2:78, 2:76].all()  # zero is a value here
        assert not valid[82:].any()
        assert not valid[:, 82:].any()


def test_fuse_puts_radar_on_the_optical_grid(radar: tuple[Path, Path, GeoBox, np.ndarray]) -> None:
    s2_path, s1_path, fine, _ = radar
    with open_raster(str(s1_path)) as src:
        s1_grid = GeoBox.from_rio(src)
    s2 = scene("s2", s2_path, fine, Band("B02", dtype="int16"), Band("B03", dtype="int16"), sensor="sentinel-2-l1c")
    s1 = scene("s1", s1_path, s1_grid, Band("vv"), Band("vh"), sensor="sentinel-1-grd")
    fused = fuse([s2, s1])
    assert fused.bands.names == ("B02", "B03", "vv", "vh")
    assert fused.sensor == "sentinel-2-l1c+sentinel-1-grd"
    assert [b.sensor for b in fused.bands] == ["sentinel-2-l1c"] * 2 + ["sentinel-1-grd"] * 2
    assert same_grid(fused.geobox, fine)
    assert {x.resampling for band in fused.sources for x in band} == {"bilinear"}
    assert {x.resampling for band in fuse([s2, s1], resampling="cubic").sources for x in band} == {"cubic"}
    other = fuse([s2, s1], reference=s1_grid)
    assert same_grid(other.geobox, s1_grid)


def test_equal_band_names_get_their_sensor(tmp_path: Path) -> None:
    grid = GeoBox((40, 40), Affine(20, 0, 500_000, 0, -20, 4_000_000), UTM)
    path = write(tmp_path / "a.tif", np.ones((40, 40), "uint8"), grid)
    a = scene("a", path, grid, Band("red"), sensor="naip")
    b = scene("b", path, grid, Band("red"), Band("nir"))
    assert fuse([a, b]).bands.names == ("naip_red", "b_red", "nir")


def test_what_does_not_overlap_is_refused_with_both_extents(tmp_path: Path) -> None:
    here = GeoBox((40, 40), Affine(20, 0, 500_000, 0, -20, 4_000_000), UTM)
    there = GeoBox((40, 40), Affine(20, 0, 900_000, 0, -20, 4_000_000), UTM)
    path = write(tmp_path / "a.tif", np.ones((40, 40), "uint8"), here)
    a, b = scene("here", path, here, Band("x")), scene("there", path, there, Band("y"))
    with pytest.raises(InputError, match=r"there and the reference grid do not overlap.*1\.4.*-3\.0") as refused:
        fuse([a, b])
    assert len(re.findall(r"-?\d+\.\d{4}", str(refused.value))) == 8
    with pytest.raises(InputError, match="without a CRS"):
        check_overlap("a", here, "photo", GeoBox((4, 4), Affine.identity(), None))
    with pytest.raises(InputError, match="nothing to fuse"):
        fuse([])


def test_same_grid_and_offset() -> None:
    grid = GeoBox((100, 80), Affine(10, 0, 500_000, 0, -10, 4_000_000), UTM)
    assert same_grid(grid, grid)
    assert offset_in(grid, grid[10:20, 30:40]) == (30, 10)
    assert offset_in(grid, GeoBox((100, 80), Affine(10, 0, 500_005, 0, -10, 4_000_000), UTM)) is None
    assert offset_in(grid, GeoBox((100, 80), Affine(20, 0, 500_000, 0, -20, 4_000_000), UTM)) is None
    assert offset_in(grid, GeoBox((100, 80), grid.affine, "EPSG:32631")) is None
    assert not same_grid(grid, grid[0:50, :])


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    grid = GeoBox((256, 256), Affine(20, 0, 500_000, 0, -20, 4_000_000), UTM)
    rng = np.random.default_rng(0)
    good = write(tmp_path / "good.tif", rng.integers(0, 60_000, (256, 256)).astype("uint16"), grid)
    with pytest.raises(MissingError, match=r"no such file.*gone\.tif"):
        read_on_grid(BandSource(str(tmp_path / "gone.tif")), grid, dtype="uint16", nodata=None)
    cut = tmp_path / "cut.tif"
    cut.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    for target in (grid, replace_resolution(grid)):
        with pytest.raises(InputError, match=r"cut\.tif"):
            read_on_grid(BandSource(str(cut)), target, dtype="uint16", nodata=None)
    html = tmp_path / "page.tif"
    html.write_text("<!DOCTYPE html><html>Not found</html>")
    with pytest.raises(InputError, match=r"page\.tif.*HTML"):
        read_on_grid(BandSource(str(html)), grid, dtype="uint16", nodata=None)


def replace_resolution(grid: GeoBox) -> GeoBox:
    return GeoBox((512, 512), grid.affine * Affine.scale(0.5), grid.crs)


def test_scene_is_kept_as_it_was(tmp_path: Path) -> None:
    grid = GeoBox((40, 40), Affine(20, 0, 500_000, 0, -20, 4_000_000), UTM)
    path = write(tmp_path / "a.tif", np.ones((40, 40), "uint8"), grid)
    one = replace(scene("a", path, grid, Band("x")), cloud_cover=3.0, group="g")
    fused = fuse([one])
    assert (fused.cloud_cover, fused.group, fused.datetime) == (3.0, "g", one.datetime)


def _one_band(path: Path, data: np.ndarray, pixel: float, *, mask: np.ndarray | None = None, **more: str) -> str:
    grid = {"crs": "EPSG:32631", "transform": Affine(pixel, 0, 5e5, 0, -pixel, 5e6)}
    shape = {"count": len(data), "height": data.shape[1], "width": data.shape[2], "dtype": data.dtype}
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(path, "w", driver="GTiff", **shape, **grid, **more) as ds,
    ):
        ds.write(data)
        if mask is not None:
            ds.write_mask(mask)
    return str(path)


def test_a_coarse_bands_own_mask_counts_beside_the_sensors_nodata(tmp_path: Path) -> None:
    """What the file hides is no data, and does not bleed into the pixels beside it."""
    _one_band(tmp_path / "S_B04.tif", np.full((1, 60, 60), 900, np.uint16), 10)
    data, mask = np.full((1, 30, 30), 1200, np.uint16), np.ones((30, 30), bool)
    data[0, :10], mask[:10] = 7777, False
    _one_band(tmp_path / "S_B11.tif", data, 20, mask=mask)
    (scene,) = open_source(tmp_path, sensor="sentinel-2-l2a", time="2020-01-01T00:00:00Z")
    with SceneReader(scene) as reader:
        pixels = reader.read(Window(0, 0, 60, 60))
    assert not pixels.valid[1, :20].any()
    assert pixels.valid[1, 21:].all()
    assert np.unique(pixels.data[1][pixels.valid[1]]).tolist() == [1200]


def test_an_alpha_channel_that_is_a_band_masks_nothing_on_another_grid(tmp_path: Path, data_dir: Path) -> None:
    with rasterio.open(data_dir / "naip_landsat" / "m_4709963_se_14_1_20180716.tif") as ds:
        data = ds.read(window=((0, 64), (0, 64)))
    path = _one_band(tmp_path / "naip.tif", data, 5, photometric="RGB", alpha="YES")
    (scene,) = open_source(path, sensor="naip")
    half = scene.geobox.affine * Affine.translation(8.5, 8.5)
    with SceneReader(fuse([scene], reference=GeoBox((40, 40), half, scene.geobox.crs))) as reader:
        assert reader.read(Window(0, 0, 40, 40)).valid.all()
