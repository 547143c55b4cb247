"""Labels from files, on real scenes: polygons, the same file twice, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from onscenes import box, fill, masks, mosaic

from groundset.core import (
    UNLABELLED,
    Grid,
    InputError,
    LabelMask,
    MissingError,
    Origin,
    Scheme,
    SchemeClass,
    Step,
    StoppedError,
)
from groundset.imagery import Scene
from groundset.ingest.annotate import annotate
from groundset.lake import Lake, init
from groundset.taxonomy import WATER


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

    def test_second_file_adds(self, lake: Lake, spain: Scene, geojson: Callable[..., Path]) -> None:
        annotate(lake, geojson((box(spain, 0, 0, 40, 40), {"class": 1}), name="a.geojson"), actor="e")
        annotate(lake, geojson((box(spain, 20, 0, 60, 40), {"class": 0}), name="b.geojson"), actor="e")
        first, second = lake.journal.current("pixels", actor="e")
        assert [lake.masks.get(e.payload["sha256"]).count() for e in (first, second)] == [{1: 1600}, {0: 1600}]
        assert np.bincount(mosaic(lake, spain).ravel(), minlength=2)[:2].tolist() == [1600, 800]

    def test_undo_of_an_earlier_file_takes_back_its_pixels_and_it_can_come_again(
        self, lake: Lake, spain: Scene, geojson: Callable[..., Path]
    ) -> None:
        first = geojson((box(spain, 0, 0, 40, 300), {"class": 1}), name="a.geojson")
        second = geojson((box(spain, 20, 0, 60, 300), {"class": 0}), name="b.geojson")
        earlier, later = (annotate(lake, path, actor="e") for path in (first, second))
        wanted = np.full((spain.height, spain.width), UNLABELLED, np.uint8)
        wanted[:300, 20:60] = 0
        undo = lake.journal.undo(str(earlier.bulk), actor="e")
        np.testing.assert_array_equal(mosaic(lake, spain), wanted)
        assert (annotate(lake, second, actor="e").created, annotate(lake, first, actor="e").created) == (0, 2)
        wanted[:300, :40] = 1  # said last, it counts where both say something
        np.testing.assert_array_equal(mosaic(lake, spain), wanted)
        assert (annotate(lake, second, actor="e").created, annotate(lake, first, actor="e").created) == (0, 0)
        lake.journal.undo(undo.id, actor="e")
        np.testing.assert_array_equal(mosaic(lake, spain), wanted)
        lake.journal.undo(str(later.bulk), actor="e")
        wanted[:300, 40:60] = UNLABELLED
        np.testing.assert_array_equal(mosaic(lake, spain), wanted)

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


def test_stopped_in_the_middle_leaves_nothing_and_goes_on(
    lake: Lake, spain: Scene, geojson: Callable[..., Path]
) -> None:
    path = geojson((box(spain, 200, 200, 300, 300), {"class": 1}))

    def stop(step: Step) -> None:
        raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        annotate(lake, path, actor="e", progress=stop)
    assert lake.journal.head() == 0
    assert annotate(lake, path, actor="e").created == 4


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
