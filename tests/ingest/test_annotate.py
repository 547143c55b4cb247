"""Labels from files, on real scenes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from groundset.chips import cut, scene_windows
from groundset.core import UNLABELLED, Grid, InputError, LabelMask, MissingError, Origin, Scheme, SchemeClass
from groundset.imagery import Scene, open_source
from groundset.ingest.annotate import annotate
from groundset.lake import Lake, init
from groundset.taxonomy import WATER

GRID = Grid(256)
WATER_CODE, LAND_CODE = 1, 0
Labels = dict[str, np.ndarray[Any, np.dtype[np.uint8]]]


def fill(lake: Lake, scenes: list[Scene], grid: Grid = GRID) -> None:
    lake.set_grid(grid)
    for scene in scenes:
        lake.scenes.put(scene)
        chips = [cut(scene, 0, r, c, w) for r, c, w in scene_windows(scene, grid)]
        lake.chips.write_part(f"{scene.id}_0", chips)


@pytest.fixture(scope="module")
def spain(data_dir: Path) -> Scene:
    path = data_dir / "sen1floods11_sample/sample/S2/Spain_7370579_S2Hand.tif"
    return open_source(str(path), sensor="sentinel-2-l1c", time=datetime(2019, 9, 17, 10, 50, tzinfo=UTC))[0]


@pytest.fixture(scope="module")
def reservoir(data_dir: Path) -> list[Scene]:
    names = [f"B{i}" for i in range(1, 13)]
    return [
        open_source(
            str(data_dir / f"boadella/Boadella_2020-01-{day}.tif"),
            bands=names,
            time=datetime(2020, 1, day, 10, 45, tzinfo=UTC),
        )[0]
        for day in (13, 28)
    ]


@pytest.fixture
def lake(tmp_path: Path, spain: Scene) -> Iterator[Lake]:
    with init(tmp_path / "lake", scheme=WATER) as lake:
        fill(lake, [spain])
        yield lake


@pytest.fixture
def two_dates(tmp_path: Path, reservoir: list[Scene]) -> Iterator[Lake]:
    with init(tmp_path / "lake", scheme=WATER) as lake:
        fill(lake, reservoir)
        yield lake


@pytest.fixture
def geojson(tmp_path: Path) -> Callable[..., Path]:
    def write(*features: tuple[Any, dict[str, Any]], name: str = "labels.geojson") -> Path:
        body = [
            {"type": "Feature", "properties": p, "geometry": None if g is None else shapely.geometry.mapping(g)}
            for g, p in features
        ]
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": body}))
        return path

    return write


def masks(lake: Lake, task: str = "pixels") -> Labels:
    labels = lake.labels(task)
    return {str(c.id): labels.mask(c, flags=False).classes for c in lake.chips.chips() if str(c.id) in labels.chip_ids}


def mosaic(lake: Lake, scene: Scene) -> np.ndarray[Any, np.dtype[np.uint8]]:
    out = np.full((scene.height, scene.width), UNLABELLED, np.uint8)
    for chip in lake.chips.chips(f"{scene.id}_0"):
        label = masks(lake).get(str(chip.id))
        if label is not None:
            rows, cols = min(chip.window.bottom, scene.height), min(chip.window.right, scene.width)
            out[chip.window.y_off : rows, chip.window.x_off : cols] = label[
                : rows - chip.window.y_off, : cols - chip.window.x_off
            ]
    return out


def box(scene: Scene, x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A rectangle in pixels of the scene as one in its CRS."""
    t = scene.geobox.transform
    return shapely.box(t.c + t.a * x0, t.f + t.e * y1, t.c + t.a * x1, t.f + t.e * y0)


class TestPolygons:
    def test_burnt_as_rasterio_burns_the_whole_scene(self, two_dates: Lake, reservoir: list[Scene], data_dir: Path,
                                                     tmp_path: Path) -> None:  # fmt: skip
        from rasterio.features import rasterize

        body = json.loads((data_dir / "boadella/boadella.geojson").read_text())
        body["features"][0]["properties"]["class"] = "water"
        path = tmp_path / "water.geojson"
        path.write_text(json.dumps(body))
        report = annotate(two_dates, path, actor="expert-1")
        assert report.task == "pixels"
        for scene in reservoir:
            t = scene.geobox.transform
            wanted = rasterize(
                [(shapely.geometry.shape(f["geometry"]), 1) for f in body["features"]],
                out_shape=(scene.height, scene.width),
                transform=Affine(*t[:6]),
                fill=UNLABELLED,
                dtype="uint8",
            )
            assert 0 < (wanted == 1).sum() < wanted.size
            np.testing.assert_array_equal(mosaic(two_dates, scene), wanted)
        assert report.counts == {"water": 2 * int((wanted == 1).sum())}

    def test_payload_and_origin(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        path = geojson((box(spain, 10, 10, 50, 50), {"class": "1"}))
        annotate(lake, path, actor="expert-1")
        (event,) = lake.journal.current("pixels")
        assert event.actor == "expert-1"
        assert event.payload["source"]["file"] == "labels.geojson"
        assert len(event.payload["source"]["sha256"]) == 64
        mask = lake.masks.get(event.payload["sha256"])
        assert mask.count() == {1: 40 * 40}
        assert set(np.unique(mask.origin)) == {0, Origin.IMPORT}
        assert lake.labels("pixels").training_mask(lake.chips.get(str(event.chip_id))).count() == {1: 40 * 40}

    @pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb"])
    def test_formats_and_crs(self, lake: Lake, spain: Scene, tmp_path: Path, ending: str) -> None:
        import geopandas
        from pyproj import Transformer

        there = Transformer.from_crs("EPSG:4326", "EPSG:25830", always_xy=True)
        shape = shapely.transform(
            shapely.segmentize(box(spain, 10.3, 20.3, 100.3, 60.3), 1e-4), there.transform, interleaved=False
        )
        path = tmp_path / f"labels.{ending}"
        geopandas.GeoDataFrame({"class": [1]}, geometry=[shape], crs="EPSG:25830").to_file(path)
        annotate(lake, path, actor="e")
        found = mosaic(lake, spain)
        wanted = np.full_like(found, UNLABELLED)
        wanted[20:60, 10:100] = 1
        np.testing.assert_array_equal(found, wanted)

    def test_later_feature_wins_and_is_counted(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        path = geojson(
            (box(spain, 0, 0, 40, 40), {"class": "water"}), (box(spain, 20, 0, 60, 40), {"class": "non-water"})
        )
        report = annotate(lake, path, actor="e")
        assert report.overlaps == 20 * 40
        assert report.counts == {"water": 20 * 40, "non-water": 40 * 40}
        assert "800 pixels met features of different classes; the later feature was taken" in report.summary()

    def test_polygon_over_four_chips_and_beyond(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        report = annotate(lake, geojson((box(spain, 200, 200, 900, 900), {"class": 0})), actor="e")
        assert report.created == 4
        assert (mosaic(lake, spain)[200:, 200:] == 0).all()
        assert (mosaic(lake, spain) == 0).sum() == 312 * 312

    def test_padding_stays_unlabelled(self, tmp_path: Path, spain: Scene, geojson: Callable[..., Path]) -> None:
        with init(tmp_path / "padded", scheme=WATER) as lake:
            fill(lake, [spain], Grid(400))
            annotate(lake, geojson((box(spain, -50, -50, 900, 900), {"class": 1})), actor="e")
            assert {k: int((m == 1).sum()) for k, m in masks(lake).items()} == {
                f"{spain.id}_0_0_0": 400 * 400,
                f"{spain.id}_0_0_1": 400 * 112,
                f"{spain.id}_0_1_0": 400 * 112,
                f"{spain.id}_0_1_1": 112 * 112,
            }

    def test_broken_geometry_is_repaired_and_named(
        self, lake: Lake, spain: Scene, geojson: Callable[..., Path]
    ) -> None:
        x0, y0, x1, y1 = box(spain, 10, 10, 50, 50).bounds
        bow = shapely.Polygon([(x0, y0), (x1, y1), (x1, y0), (x0, y1)])
        report = annotate(lake, geojson((bow, {"class": 1})), actor="e")
        assert report.repaired == ["feature 0"]
        assert report.counts["water"] == pytest.approx(800, abs=60)

    def test_missed_and_skipped_are_counted(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        report = annotate(
            lake,
            geojson(
                (box(spain, 0, 0, 10, 10), {"class": 1}),
                (box(spain, 20.6, 20.6, 20.9, 20.9), {"class": 1}),
                (box(spain, 30, 30, 40, 40), {"class": None}),
                (shapely.box(10, 10, 11, 11), {"class": 1}),
            ),
            actor="e",
        )
        assert (report.features, report.missed, report.skipped, report.unmet) == (4, 1, 1, 1)


class TestTwice:
    def test_same_file_changes_nothing(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        path = geojson((box(spain, 200, 200, 300, 300), {"class": 1}))
        assert annotate(lake, path, actor="e").created == 4
        head = lake.journal.head()
        again = annotate(lake, path, actor="e")
        assert (again.created, again.known, lake.journal.head()) == (0, 4, head)
        assert "was annotated before: 4 chips, nothing changed" in again.summary()
        assert annotate(lake, path, actor="somebody else").created == 4

    def test_second_file_adds_on_top(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        annotate(lake, geojson((box(spain, 0, 0, 40, 40), {"class": 1}), name="a.geojson"), actor="e")
        annotate(lake, geojson((box(spain, 20, 0, 60, 40), {"class": 0}), name="b.geojson"), actor="e")
        (event,) = lake.journal.current("pixels", actor="e")
        assert lake.masks.get(event.payload["sha256"]).count() == {0: 1600, 1: 800}

    def test_undo_takes_all_back_and_the_file_can_come_again(
        self, lake: Lake, spain: Scene, geojson: Callable[..., Path]
    ) -> None:
        path = geojson((box(spain, 200, 200, 300, 300), {"class": 1}))
        report = annotate(lake, path, actor="e")
        assert report.bulk is not None
        lake.journal.undo(report.bulk, actor="e")
        assert lake.labels("pixels").chip_ids == ()
        assert annotate(lake, path, actor="e").created == 4
        assert annotate(lake, path, actor="e").created == 0
        assert len(lake.labels("pixels").chip_ids) == 4

    def test_new_scene_gets_the_same_file(self, lake: Lake, spain: Scene, reservoir: list[Scene],
                                          geojson: Callable[..., Path]) -> None:  # fmt: skip
        path = geojson((box(spain, 0, 0, 10, 10), {"class": 1}), (box(reservoir[0], 0, 0, 10, 10), {"class": 1}))
        assert annotate(lake, path, actor="e").created == 1
        fill(lake, reservoir[:1])
        again = annotate(lake, path, actor="e")
        assert (again.created, again.known) == (1, 1)


class TestRasters:
    def reference(self, data_dir: Path, tmp_path: Path, nodata: int | None = -1) -> Path:
        source = data_dir / "sen1floods11_sample/sample/Labels/Spain_7370579_LabelHand.tif"
        path = tmp_path / "reference.tif"
        with rasterio.open(source) as file:
            profile, data = file.profile, file.read()
        with rasterio.open(path, "w", **{**profile, "nodata": nodata}) as file:
            file.write(data)
        return path

    def test_hand_labels_pixel_by_pixel(self, lake: Lake, spain: Scene, data_dir: Path, tmp_path: Path) -> None:
        path = self.reference(data_dir, tmp_path)
        with rasterio.open(path) as file:
            wanted = file.read(1)
        report = annotate(lake, path, actor="sen1floods11")
        np.testing.assert_array_equal(mosaic(lake, spain), np.where(wanted == -1, UNLABELLED, wanted))
        assert report.counts == {"non-water": int((wanted == 0).sum()), "water": int((wanted == 1).sum())}

    def test_raster_of_another_size_and_crs_is_warped(
        self, lake: Lake, spain: Scene, data_dir: Path, tmp_path: Path
    ) -> None:
        from rasterio.warp import Resampling, calculate_default_transform, reproject

        source, path = self.reference(data_dir, tmp_path), tmp_path / "utm.tif"
        with rasterio.open(source) as file:
            data = file.read(1)
            transform, width, height = calculate_default_transform(
                file.crs, "EPSG:32630", file.width, file.height, *file.bounds, resolution=5
            )
            out = np.full((height, width), -1, np.int16)
            reproject(data, out, src_transform=file.transform, src_crs=file.crs, dst_transform=transform,
                      dst_crs="EPSG:32630", resampling=Resampling.nearest, src_nodata=-1, dst_nodata=-1)  # fmt: skip
        with rasterio.open(path, "w", driver="GTiff", width=width, height=height, count=1, dtype="int16", nodata=-1,
                           crs="EPSG:32630", transform=transform) as file:  # fmt: skip
            file.write(out, 1)
        annotate(lake, path, actor="e")
        found, wanted = mosaic(lake, spain), np.where(data == -1, UNLABELLED, data)
        assert (found == wanted).mean() > 0.985  # edges move by half a pixel twice

    def test_part_of_the_scene_leaves_the_rest_unlabelled(self, lake: Lake, spain: Scene, tmp_path: Path) -> None:
        t = spain.geobox.transform
        at = Affine(t.a, 0, t.c + 300 * t.a, 0, t.e, t.f + 20 * t.e)
        with rasterio.open(tmp_path / "p.tif", "w", driver="GTiff", width=100, height=50, count=1, dtype="uint8",
                           crs="EPSG:4326", transform=at) as file:  # fmt: skip
            file.write(np.zeros((1, 50, 100), np.uint8))
        annotate(lake, tmp_path / "p.tif", actor="e")
        found = mosaic(lake, spain)
        assert (found[20:70, 300:400] == 0).all()
        assert (found != UNLABELLED).sum() == 50 * 100

    def test_codes_that_the_scheme_lacks_are_named_and_nothing_is_written(
        self, lake: Lake, data_dir: Path, tmp_path: Path
    ) -> None:
        head = lake.journal.head()
        with pytest.raises(InputError, match=r"cannot be class codes.*found: -1.*nodata"):
            annotate(lake, self.reference(data_dir, tmp_path, nodata=None), actor="e")
        assert (lake.journal.head(), list(lake.layout.masks.iterdir())) == (head, [])

    def test_existing_map_through_a_sheet(self, lake: Lake, spain: Scene, tmp_path: Path) -> None:
        t, rng = spain.geobox.transform, np.random.default_rng(0)
        codes = rng.choice(np.array([10, 40, 80], np.uint8), (52, 52))
        path, sheet = tmp_path / "worldcover.tif", tmp_path / "worldcover__water.csv"
        with rasterio.open(path, "w", driver="GTiff", width=52, height=52, count=1, dtype="uint8", nodata=0,
                           crs="EPSG:4326", transform=Affine(10 * t.a, 0, t.c, 0, 10 * t.e, t.f)) as file:  # fmt: skip
            file.write(codes, 1)
        sheet.write_text("from_code,relation,to_code\n80,exact,water\n10,broad,non-water\n")
        with pytest.raises(InputError, match=r"does not map every class.*asked: 40"):
            annotate(lake, path, actor="worldcover", sheet=sheet)
        assert lake.journal.head() == 0
        sheet.write_text("from_code,relation,to_code\n80,exact,1\n10,broad,0\n40,ignore,\n")
        annotate(lake, path, actor="worldcover", sheet=sheet)
        big = np.kron(codes, np.ones((10, 10), np.uint8))[:512, :512]
        np.testing.assert_array_equal(
            mosaic(lake, spain), np.select([big == 80, big == 10], [1, 0], UNLABELLED).astype(np.uint8)
        )
        (event, *_) = lake.journal.current("pixels")
        assert event.payload["source"]["sheet"] == "worldcover__water"

    def test_refused(self, lake: Lake, tmp_path: Path, data_dir: Path) -> None:
        with rasterio.open(tmp_path / "f.tif", "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8",
                           crs="EPSG:4326", transform=Affine(0.1, 0, 20, 0, -0.1, 20)) as file:  # fmt: skip
            file.write(np.zeros((1, 2, 2), np.uint8))
        with pytest.raises(InputError, match=r"lies on no scene.*CRS EPSG:4326.*Spain_7370579"):
            annotate(lake, tmp_path / "f.tif", actor="e")
        with pytest.raises(InputError, match=r"not a raster of class codes.*13 bands"):
            annotate(lake, data_dir / "sen1floods11_sample/sample/S2/Spain_7370579_S2Hand.tif", actor="e")
        with pytest.raises(InputError, match=r"a raster cannot answer a classify task.*tasks that fit: pixels"):
            annotate(lake, self.reference(data_dir, tmp_path), actor="e", task="chips")


class TestPoints:
    def test_into_pixels(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        point = box(spain, 300, 20, 301, 21).centroid
        report = annotate(lake, geojson((point, {"class": "water"})), actor="e", task="pixels")
        assert report.counts == {"water": 1}
        assert mosaic(lake, spain)[20, 300] == 1

    def test_into_chips(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        a, b = box(spain, 300, 20, 301, 21).centroid, box(spain, 10, 400, 11, 401).centroid
        report = annotate(
            lake, geojson((a, {"class": 1}), (b, {"class": 0}), (b, {"class": 1})), actor="e", task="chips"
        )
        assert (report.created, report.overlaps) == (2, 1)
        labels = lake.labels("chips")
        found = {c: a.code for c in labels.chip_ids if (a := labels.answer(c)) is not None}
        assert found == {f"{spain.id}_0_0_1": 1, f"{spain.id}_0_1_0": 1}

    def test_task_is_needed(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        with pytest.raises(InputError, match=r"--task"):
            annotate(lake, geojson((box(spain, 0, 0, 1, 1).centroid, {"class": 1})), actor="e")

    def test_csv_with_lon_lat(self, lake: Lake, spain: Scene, tmp_path: Path) -> None:
        p = box(spain, 300, 20, 301, 21).centroid
        (tmp_path / "p.csv").write_text(f"lon,lat,class\n{p.x},{p.y},water\n")
        annotate(lake, tmp_path / "p.csv", actor="e", task="pixels")
        assert mosaic(lake, spain)[20, 300] == 1

    def test_csv_with_x_y_crs(self, lake: Lake, spain: Scene, tmp_path: Path) -> None:
        from pyproj import Transformer

        p = box(spain, 300, 20, 301, 21).centroid
        x, y = Transformer.from_crs("EPSG:4326", "EPSG:32630", always_xy=True).transform(p.x, p.y)
        (tmp_path / "p.csv").write_text(f"x,y,crs,class\n{x},{y},EPSG:32630,water\n")
        annotate(lake, tmp_path / "p.csv", actor="e", task="pixels")
        assert mosaic(lake, spain)[20, 300] == 1


class TestDates:
    def points(self, scene: Scene, *dates: str | None) -> list[tuple[Any, dict[str, Any]]]:
        return [
            (box(scene, 10 + i, 10, 11 + i, 11).centroid, {"class": "water", "date": d}) for i, d in enumerate(dates)
        ]

    def test_nearest_acquisition_within_the_window(
        self, two_dates: Lake, reservoir: list[Scene], geojson: Callable[..., Path]
    ) -> None:
        path = geojson(*self.points(reservoir[0], "2020-01-14", "2020-01-27T09:00:00Z", "2020-01-20", None))
        report = annotate(two_dates, path, actor="e", task="pixels", within="3d")
        first, second = (mosaic(two_dates, s)[10, 10:14].tolist() for s in reservoir)
        assert first == [1, 255, 255, 1]
        assert second == [255, 1, 255, 1]
        assert report.unmatched == 1

    def test_window_is_asked_for(self, two_dates: Lake, reservoir: list[Scene], geojson: Callable[..., Path]) -> None:
        path = geojson(*self.points(reservoir[0], "2020-01-14"))
        with pytest.raises(InputError, match=r"2 acquisitions, 2020-01-13 to 2020-01-28.*--within 3d"):
            annotate(two_dates, path, actor="e", task="pixels")

    def test_one_acquisition_needs_none(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        report = annotate(lake, geojson(*self.points(spain, "2018-01-14")), actor="e", task="pixels")
        assert report.counts == {"water": 1}

    def test_nothing_within(self, two_dates: Lake, reservoir: list[Scene], geojson: Callable[..., Path]) -> None:
        path = geojson(*self.points(reservoir[0], "2021-01-14"))
        with pytest.raises(InputError, match=r"no acquisition|has an acquisition within the window"):
            annotate(two_dates, path, actor="e", task="pixels", within="12h")
        with pytest.raises(InputError, match=r"not a time window.*3d, 12h"):
            annotate(two_dates, path, actor="e", task="pixels", within="soon")

    def test_unreadable_date_names_the_feature(
        self, two_dates: Lake, reservoir: list[Scene], geojson: Callable[..., Path]
    ) -> None:
        path = geojson(*self.points(reservoir[0], "2020-01-14", "in spring"))
        with pytest.raises(InputError, match=r"feature 1 has no readable date.*in spring"):
            annotate(two_dates, path, actor="e", task="pixels", within="3d")


class TestTables:
    def test_chip_and_class(self, lake: Lake, spain: Scene, tmp_path: Path) -> None:
        path = tmp_path / "chips.csv"
        path.write_text(f"chip_id,class\n{spain.id}_0_0_0,water\n{spain.id}_0_0_1,0\n{spain.id}_0_1_1,\n")
        report = annotate(lake, path, actor="e")
        assert (report.task, report.created, report.skipped) == ("chips", 2, 1)
        answer = lake.labels("chips").answer(f"{spain.id}_0_0_0")
        assert answer is not None
        assert (answer.code, answer.origin) == (1, Origin.IMPORT)
        assert annotate(lake, path, actor="e").created == 0

    @pytest.mark.parametrize(
        ("text", "match"),
        [
            ("chip_id,class\nnowhere_0_0_0,water\n", r"no such chip.*'nowhere_0_0_0' \(line 2\)"),
            ("chip_id,class\nSCENE_0_0_0,lake\n", r"class not in the scheme.*'lake' \(line 2\).*water \(1\)"),
            ("chip_id,class\nSCENE_0_0_0,watr\n", r"did you mean water"),
            ("chip_id,kind\nSCENE_0_0_0,water\n", r"no class column.*asked: class.*found: chip_id, kind.*--column"),
            ("name,class\nx,water\n", r"says neither chip nor place.*found: name, class"),
            ("lon,lat,class\n1,north,water\n", r"line 2 has no coordinate.*north"),
            ("x,y,crs,class\n1,2,EPSG:999999,water\n", r"no known CRS"),
            ("chip_id,class\n", r"has no rows"),
            ("", r"no class column|has no rows"),
        ],
    )
    def test_refused(self, lake: Lake, spain: Scene, tmp_path: Path, text: str, match: str) -> None:
        path = tmp_path / "t.csv"
        path.write_text(text.replace("SCENE", spain.id))
        with pytest.raises(InputError, match=match):
            annotate(lake, path, actor="e")
        assert lake.journal.head() == 0

    def test_sheet_maps_names(self, lake: Lake, spain: Scene, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text(f"chip_id,kind\n{spain.id}_0_0_0,sea\n{spain.id}_0_0_1,forest\n")
        (tmp_path / "s.csv").write_text("from_code,relation,to_code\nsea,broad,water\nforest,broad,non-water\n")
        annotate(lake, tmp_path / "t.csv", actor="e", sheet=tmp_path / "s.csv", column="kind")
        answer = lake.labels("chips").answer(f"{spain.id}_0_0_1")
        assert answer is not None
        assert answer.code == 0


class TestRefusedVectors:
    def test_outside_every_scene(self, lake: Lake, geojson: Callable[..., Path]) -> None:
        path = geojson((shapely.box(10, 50, 11, 51), {"class": 1}))
        with pytest.raises(InputError, match=r"10\.0000, 50\.0000, 11\.0000, 51\.0000.*-0\.78\d\d, 38\.08"):
            annotate(lake, path, actor="e")

    def test_class_not_in_the_scheme(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        path = geojson((box(spain, 0, 0, 9, 9), {"class": 1}), (box(spain, 0, 0, 9, 9), {"class": "lake"}))
        with pytest.raises(MissingError, match=r"'lake' \(feature 1\)"):
            annotate(lake, path, actor="e")

    def test_missing_column(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        with pytest.raises(MissingError, match=r"asked: class.*found: kind, n.*--column"):
            annotate(lake, geojson((box(spain, 0, 0, 9, 9), {"kind": "water", "n": 1})), actor="e")

    def test_no_crs(self, lake: Lake, spain: Scene, tmp_path: Path) -> None:
        import geopandas

        path = tmp_path / "x.shp"
        geopandas.GeoDataFrame({"class": [1]}, geometry=[box(spain, 0, 0, 9, 9)], crs="EPSG:4326").to_file(path)
        path.with_suffix(".prj").unlink()
        with pytest.raises(InputError, match=r"x.shp does not say its CRS"):
            annotate(lake, path, actor="e")

    def test_empty_broken_foreign(self, lake: Lake, spain: Scene, geojson: Callable[..., Path], tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"has no features"):
            annotate(lake, geojson(), actor="e")
        line = shapely.LineString([(0, 0), (1, 1)])
        with pytest.raises(InputError, match=r"feature 0 is neither point nor polygon.*LineString"):
            annotate(lake, geojson((line, {"class": 1})), actor="e")
        with pytest.raises(InputError, match=r"feature 1 has no readable geometry"):
            annotate(lake, geojson((box(spain, 0, 0, 1, 1), {"class": 1}), (None, {"class": 1})), actor="e")
        flat = shapely.Polygon([(0, 0), (1, 1), (2, 2), (0, 0)])
        with pytest.raises(InputError, match=r"feature 0 has a broken geometry that cannot be repaired"):
            annotate(lake, geojson((flat, {"class": 1})), actor="e")
        (tmp_path / "x.geojson").write_text("<html>")
        with pytest.raises(InputError, match=r"no file of labels that can be read"):
            annotate(lake, tmp_path / "x.geojson", actor="e")
        with pytest.raises(MissingError, match=r"no such file"):
            annotate(lake, tmp_path / "nothing.geojson", actor="e")

    def test_polygons_into_a_classify_task(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        path = geojson((box(spain, 0, 0, 9, 9), {"class": 1}))
        with pytest.raises(InputError, match=r"polygons cannot answer a classify task.*tasks that fit: pixels"):
            annotate(lake, path, actor="e", task="chips")
        with pytest.raises(InputError, match=r"nothing"):
            annotate(lake, path, actor="e", task="nothing")

    def test_no_chips_yet(self, tmp_path: Path, spain: Scene, geojson: Callable[..., Path]) -> None:
        with init(tmp_path / "new", scheme=WATER) as lake, pytest.raises(InputError, match=r"no chips to label yet"):
            annotate(lake, geojson((box(spain, 0, 0, 9, 9), {"class": 1})), actor="e")


def test_multi_takes_all_classes(tmp_path: Path, spain: Scene) -> None:
    scheme = Scheme("s", tuple(SchemeClass(i, n, n, "#000000") for i, n in enumerate("abc")))
    with init(tmp_path / "multi", scheme=scheme) as lake:
        toml = lake.layout.config
        toml.write_text(toml.read_text().replace('kind = "classify"', 'kind = "classify"\nmulti = true'))
    with Lake.open(tmp_path / "multi") as lake:
        fill(lake, [spain])
        (tmp_path / "t.csv").write_text(f"chip_id,class\n{spain.id}_0_0_0,a\n{spain.id}_0_0_0,c\n")
        annotate(lake, tmp_path / "t.csv", actor="e")
        answer = lake.labels("chips").answer(f"{spain.id}_0_0_0")
        assert answer is not None
        assert answer.classes == (0, 2)


def test_human_pixels_stay_above_a_file(lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
    from groundset.ingest.annotate_direct import annotate_mask

    chip = lake.chips.get(f"{spain.id}_0_0_0")
    drawn = np.full(chip.window.shape, UNLABELLED, np.uint8)
    drawn[:20, :20] = 0
    annotate_mask(lake, str(chip.id), drawn, actor="e", strokes=2, seconds=1.5)
    annotate(lake, geojson((box(spain, 0, 0, 40, 40), {"class": 1})), actor="e")
    mask: LabelMask = lake.labels("pixels").mask(chip, flags=False)
    assert mask.count() == {0: 400, 1: 1200}
