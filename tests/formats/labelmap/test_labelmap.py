"""Label maps: the same pixels as masks and answers laid down with NumPy, and files that GDAL reads with names."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from madelake import TIME, add_scene, paint, write_scene
from PIL import Image
from rasterio.transform import from_origin

from groundset.cascade import Kept
from groundset.chips.chip import cut, scene_windows
from groundset.core import ConflictError, Grid, InputError, MissingError, Origin, StoppedError, Window
from groundset.formats import export_project
from groundset.formats.labelmap import LabelMap, LabelMaps, label_map, write_maps
from groundset.formats.labelmap import map as maps
from groundset.imagery import Scene, open_source
from groundset.journal import NewEvent, answer
from groundset.journal.payloads import answers
from groundset.lake import Lake, init
from groundset.outlines import Shapes
from groundset.taxonomy import WATER

ROWS, COLS = 70, 90
LAND, WET, OTHER = (WATER.find(name).code for name in ("non-water", "water", "not-applicable"))


def scene_of(folder: Path, name: str = "made") -> Scene:
    path = write_scene(folder / f"{name}.tif", np.ones((1, ROWS, COLS), np.uint8))
    return open_source(str(path), bands=["b1"], time=TIME, scene_id=name)[0]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with init(tmp_path / "lake", scheme=WATER) as made:
        yield made


@pytest.fixture
def scene(lake: Lake, tmp_path: Path) -> Scene:
    return scene_of(tmp_path)


def cut_into(lake: Lake, scene: Scene, grid: Grid) -> None:
    lake.scenes.put(scene)
    for level in range(grid.levels):
        chips = [cut(scene, level, row, col, w) for row, col, w in scene_windows(scene, grid, level)]
        lake.chips.write_part(f"{scene.id}_{level}", chips)


def say(lake: Lake, chip_id: str, class_: int, value: str = "positive", *, actor: str = "anna", **more: object) -> None:
    lake.journal.append([NewEvent("answer", "chips", chip_id, answer(class_, value, **more))], actor=actor)  # type: ignore[arg-type]


def test_masks_lie_where_their_chips_lie(lake: Lake, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "STRIP", 16)
    rng = np.random.default_rng(0)
    wanted = np.full((ROWS, COLS), 255, np.uint8)
    origin = np.zeros((ROWS, COLS), np.uint8)
    for i, chip in enumerate(add_scene(lake, scene, 32)):
        if i % 4 == 3:
            continue
        codes = rng.choice([LAND, WET, OTHER, 255], (32, 32)).astype(np.uint8)
        y, x = chip.window.slices
        codes[ROWS - y.start :], codes[:, COLS - x.start :] = 255, 255
        paint(lake, chip, codes, origin=Origin.IMPORT if i % 2 else Origin.HUMAN)
        wanted[y, x] = codes[: ROWS - y.start, : COLS - x.start]
        origin[y, x] = np.where(wanted[y, x] == 255, 0, Origin.IMPORT if i % 2 else Origin.HUMAN)
    made = label_map(lake, "made", task="pixels")
    np.testing.assert_array_equal(made.codes, wanted)
    np.testing.assert_array_equal(made.read().origin, origin)
    np.testing.assert_array_equal(np.concatenate([m.classes for _, m in made.strips()]), wanted)
    np.testing.assert_array_equal(made.read(Window(20, 30, 41, 23)).classes, wanted[30:53, 20:61])


def test_answers_fill_their_chips_and_finer_ones_win(lake: Lake, scene: Scene) -> None:
    cut_into(lake, scene, Grid(32, levels=2, edge="pad"))
    say(lake, "made_0_0_0", WET)
    say(lake, "made_0_1_1", LAND)
    say(lake, "made_0_2_2", WET)
    say(lake, "made_1_0_1", LAND)
    say(lake, "made_1_1_1", WET, "not-applicable", reason="cloud")
    wanted = np.full((ROWS, COLS), 255, np.uint8)
    wanted[:32, :32] = WET
    wanted[32:64, 32:64] = LAND
    wanted[64:, 64:] = WET
    wanted[:16, 16:32] = LAND
    wanted[16:32, 16:32] = OTHER
    np.testing.assert_array_equal(label_map(lake, "made", task="chips").codes, wanted)
    coarse = label_map(lake, "made", task="chips", level=0).codes
    assert (coarse[:32, :32] == WET).all()
    assert set(np.unique(label_map(lake, "made", task="chips", level=1).codes)) == {LAND, OTHER, 255}


def test_a_finer_negative_takes_the_class_of_the_coarser_away(tmp_path: Path) -> None:
    lines = "code,name,title,color\n1,water,Water,#0000ff\n2,forest,Forest,#00ff00\n3,town,Town,#ff0000\n"
    (tmp_path / "three.csv").write_text(lines)
    from groundset.taxonomy import read_scheme

    with init(tmp_path / "lake", scheme=read_scheme(tmp_path / "three.csv")) as lake:
        cut_into(lake, scene_of(tmp_path), Grid(32, levels=2))
        say(lake, "made_0_0_0", 1)
        say(lake, "made_1_0_0", 1, "negative")
        say(lake, "made_1_0_1", 2, "negative")
        codes = label_map(lake, "made", task="chips").codes
    assert (codes[:16, :16] == 255).all()
    assert (codes[:16, 16:32] == 1).all()


def test_where_chips_overlap_the_stronger_origin_wins_then_the_later(lake: Lake, scene: Scene) -> None:
    cut_into(lake, scene, Grid(32, 16))
    say(lake, "made_0_0_0", WET, actor="model:m", origin=Origin.MODEL, confidence=0.75)
    say(lake, "made_0_0_1", LAND)
    say(lake, "made_0_0_2", WET)
    say(lake, "made_0_0_3", LAND, actor="model:m", origin=Origin.MODEL, confidence=0.5)
    mask = label_map(lake, "made", task="chips").read(Window(0, 0, COLS, 1))
    assert mask.classes[0, ::16].tolist() == [WET, LAND, WET, WET, LAND, 255]
    assert mask.origin[0, ::16].tolist() == [2, 1, 1, 1, 2, 0]
    assert mask.confidence[0, ::16].tolist() == [75, 255, 255, 255, 50, 255]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, COLS - 1), st.integers(0, ROWS - 1), st.data())
def test_any_window_is_a_part_of_the_whole(made_once: LabelMap, x: int, y: int, data: st.DataObject) -> None:
    window = Window(x, y, data.draw(st.integers(1, COLS - x)), data.draw(st.integers(1, ROWS - y)))
    np.testing.assert_array_equal(made_once.read(window).classes, made_once.codes[window.slices])


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelMap]:
    folder = tmp_path_factory.mktemp("once")
    with init(folder / "lake", scheme=WATER) as lake:
        cut_into(lake, scene_of(folder), Grid(32, 16, levels=2))
        rng = np.random.default_rng(1)
        for chip in list(lake.chips.chips())[::3]:
            say(lake, str(chip.id), int(rng.choice([LAND, WET])))
        yield label_map(lake, "made", task="chips")


def test_shapes_are_drawn(tmp_path: Path) -> None:
    with init(tmp_path / "lake", scheme=WATER, tasks={"shapes": "outline"}) as lake:
        cut_into(lake, scene_of(tmp_path), Grid(32))
        ring = [[10, 5], [40, 5], [40, 25], [10, 25], [10, 5]]
        feature = {
            "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"class": WET, "kind": "polygon"},
        }  # fmt: skip
        body = {"type": "FeatureCollection", "features": [feature], "coordinates": "pixel", "layer": "one"}
        lake.journal.append([NewEvent("shapes", "shapes", "made_0_0_0", body)], actor="anna")
        codes = label_map(lake, "made", shapes=Shapes(lake)).codes
    wanted = np.full((ROWS, COLS), 255, np.uint8)
    wanted[5:25, 10:40] = WET
    np.testing.assert_array_equal(codes, wanted)


def test_gdal_reads_colours_names_and_the_place(lake: Lake, scene: Scene, tmp_path: Path) -> None:
    cut_into(lake, scene, Grid(32))
    say(lake, "made_0_0_0", WET)
    say(lake, "made_0_0_1", LAND)
    report = export_project(lake, LabelMaps(), tmp_path / "out", task="chips")
    assert "1 scene" in report.summary()
    files = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert files == [
        "made.classes.csv", "made.codes.tif", "made.codes.tif.aux.xml", "made.colour.tif", "made.origin.tif",
        "made.origin.tif.aux.xml",
    ]  # fmt: skip
    with rasterio.open(tmp_path / "out" / "made.codes.tif") as file:
        codes = file.read(1)
        assert file.crs.to_epsg() == 32632
        assert file.transform == scene.geobox.affine
        assert file.nodata == 255
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert {c: file.colormap(1)[c][:3] for c in (LAND, WET)} == {c: WATER.find(c).rgb for c in (LAND, WET)}
        assert file.colormap(1)[255] == (0, 0, 0, 0)
    np.testing.assert_array_equal(codes, label_map(lake, "made", task="chips").codes)
    with rasterio.open(tmp_path / "out" / "made.colour.tif") as file:
        assert [c.name for c in file.colorinterp] == ["red", "green", "blue", "alpha"]
        picture = file.read()
    assert tuple(picture[:3, 0, 0]) == WATER.find(WET).rgb
    assert (picture[3] > 0).tolist() == (codes != 255).tolist()
    with rasterio.open(tmp_path / "out" / "made.origin.tif") as file:
        assert file.descriptions == ("origin", "confidence")
        assert (file.read(1) == np.where(codes == 255, 0, 1)).all()
    rasterio.shutil.copy(tmp_path / "out" / "made.codes.tif", tmp_path / "x.vrt", driver="VRT")
    seen = (tmp_path / "x.vrt").read_text()  # what GDAL itself found in file and sidecar
    assert "<Category>Water</Category>" in seen
    assert "GDALRasterAttributeTable" in seen
    with (tmp_path / "out" / "made.classes.csv").open() as text:
        table = {row["name"]: int(row["pixels"]) for row in csv.DictReader(text)}
    assert table == {"non-water": 1024, "water": 1024, "not-applicable": 0, "unlabelled": ROWS * COLS - 2048}


def test_without_a_crs_and_said_so(lake: Lake, tmp_path: Path) -> None:
    Image.fromarray(np.ones((ROWS, COLS, 3), np.uint8)).save(tmp_path / "photo.png")
    cut_into(lake, open_source(str(tmp_path / "photo.png"), scene_id="photo")[0], Grid(32))
    say(lake, "photo_0_0_0", WET)
    made = label_map(lake, "photo")
    assert any("no CRS" in note for note in made.notes)
    with rasterio.open(made.write(tmp_path / "map.tif")) as file:
        assert file.crs is None
        assert (file.read(1) == WET).all()


def test_the_mark_follows_the_labels_of_the_scene(lake: Lake, scene: Scene, tmp_path: Path) -> None:
    cut_into(lake, scene, Grid(32))
    cut_into(lake, scene_of(tmp_path, "second"), Grid(32))
    say(lake, "made_0_0_0", WET)
    first = label_map(lake, "made", task="chips").mark
    say(lake, "second_0_0_0", WET)
    assert label_map(lake, "made", task="chips").mark == first
    say(lake, "made_0_0_1", LAND)
    second = label_map(lake, "made", task="chips")
    assert second.mark != first
    say(lake, "made_0_0_1", WET)
    assert (second.codes[:32, 32:64] == LAND).all()  # what was asked for stays what it was


def test_chips_with_several_classes_are_a_loss(tmp_path: Path) -> None:
    with init(tmp_path / "lake", scheme=WATER) as made:
        made.layout.config.write_text(
            made.layout.config.read_text().replace('kind = "classify"', 'kind = "classify"\nmulti = true')
        )
    with Lake.open(tmp_path / "lake") as lake:
        cut_into(lake, scene_of(tmp_path), Grid(32))
        lake.journal.append([NewEvent("answer", "chips", "made_0_0_0", answers([LAND, WET]))], actor="anna")
        with pytest.raises(InputError, match="lose something"):
            export_project(lake, "label-map", tmp_path / "out")
        assert not (tmp_path / "out").exists()
        report = export_project(lake, "label-map", tmp_path / "out", allow_lossy=True)
        assert "several classes" in report.summary()
        assert (label_map(lake, "made").codes[:32, :32] == LAND).all()


def test_what_cannot_be_mapped_is_told(lake: Lake, scene: Scene, tmp_path: Path) -> None:
    cut_into(lake, scene, Grid(32))
    with pytest.raises(InputError, match="no labels to map"):
        label_map(lake, "made")
    with pytest.raises(InputError, match="nothing of this scene is labelled"):
        label_map(lake, "made", task="pixels")
    with pytest.raises(MissingError, match="no such scene"):
        label_map(lake, "lost", task="chips")
    with pytest.raises(InputError, match="no single"):
        label_map(lake, "made", task="lost")
    say(lake, "made_0_0_0", WET)
    with pytest.raises(MissingError, match="no chips of this level") as told:
        label_map(lake, "made", level=4)
    assert "level 0" in str(told.value.found)
    with pytest.raises(InputError, match="beyond the scene"):
        label_map(lake, "made").read(Window(0, 0, COLS + 1, 1))
    with pytest.raises(MissingError, match="no such scene"):
        export_project(lake, LabelMaps(["lost"]), tmp_path / "out", task="chips")
    with pytest.raises(InputError, match="no such style"):
        label_map(lake, "made").write(tmp_path / "x.tif", "grey")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="written, not read"):
        LabelMaps().open(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").touch()
    with pytest.raises(ConflictError, match="something here"):
        export_project(lake, LabelMaps(), tmp_path / "full", task="chips")


def test_stopped_halfway_leaves_nothing(lake: Lake, scene: Scene, tmp_path: Path) -> None:
    cut_into(lake, scene, Grid(32))
    say(lake, "made_0_0_0", WET)

    def stop(_step: object) -> None:
        raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        write_maps(label_map(lake, "made"), {"codes": tmp_path / "maps" / "a.tif"}, progress=stop)
    assert not list((tmp_path / "maps").iterdir())


def test_a_large_scene_takes_the_memory_of_a_strip(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    grid = {"width": 6000, "height": 6000, "crs": "EPSG:32632", "transform": from_origin(500_000, 5_000_000, 10, 10)}
    with rasterio.open(path, "w", driver="GTiff", count=1, dtype="uint8", sparse_ok=True, **grid):
        pass
    cut_into(lake, open_source(str(path), bands=["b1"], time=TIME, scene_id="large")[0], Grid(500))
    events = [NewEvent("answer", "chips", str(c.id), answer(WET)) for c in lake.chips.chips()]
    lake.journal.append(events, actor="anna")
    made = label_map(lake, "large")
    tracemalloc.start()
    counts = write_maps(made, {"codes": tmp_path / "map.tif"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts[WET] == 36_000_000
    assert peak < 8 * 512 * 6000  # two strips of three planes, and a little; the whole would be 36,000,000 a plane


def test_real_pixels_of_spain(data_dir: Path, tmp_path: Path) -> None:
    sample = data_dir / "sen1floods11_sample" / "sample"
    with rasterio.open(sample / "Labels" / "Spain_7370579_LabelHand.tif") as file:
        truth = file.read(1)
    codes = np.where(truth < 0, 255, truth).astype(np.uint8)
    image = sample / "S2" / "Spain_7370579_S2Hand.tif"
    with init(tmp_path / "lake", scheme=WATER) as lake:
        opened = open_source(str(image), sensor="sentinel-2-l1c", time=TIME.replace(year=2019), scene_id="spain")[0]
        for chip in add_scene(lake, opened, 128):
            paint(lake, chip, codes[chip.window.slices])
        with rasterio.open(label_map(lake, "spain").write(tmp_path / "map.tif")) as file, rasterio.open(image) as s2:
            np.testing.assert_array_equal(file.read(1), codes)
            assert file.crs == s2.crs
            assert file.bounds == s2.bounds


def test_what_a_cascade_keeps_takes_the_place_of_its_coarse_positives(lake: Lake, scene: Scene) -> None:
    cut_into(lake, scene, Grid(32, levels=2))
    say(lake, "made_0_0_0", WET)
    say(lake, "made_0_0_1", LAND)
    say(lake, "made_1_0_1", LAND)
    at = np.array([0, 1]), np.array([0, 1])
    kept = Kept(WET, "one", "made", 1, 16, True, *at, at[0] * 16, at[1] * 16, np.array([True, False]))
    mask = label_map(lake, "made", task="chips", cells=[kept]).read(Window(0, 0, 64, 32))
    wanted = np.full((32, 64), 255, np.uint8)
    wanted[:16, :16] = WET
    wanted[16:, 16:32] = WET
    wanted[:16, 16:32] = LAND
    wanted[:, 32:] = LAND
    np.testing.assert_array_equal(mask.classes, wanted)
    assert (mask.origin[16:, 16:32] == Origin.MODEL).all()
    assert (label_map(lake, "made", task="chips", level=0, cells=[kept]).codes[:32, :32] == 255).all()
