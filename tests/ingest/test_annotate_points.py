"""Labels from points, dated and not, and from tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onscenes import box, mosaic

from groundset.core import InputError, Origin
from groundset.imagery import Scene
from groundset.ingest.annotate import annotate
from groundset.lake import Lake


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

    def test_without_a_column_all_are_of_one_class(
        self, lake: Lake, spain: Scene, tmp_path: Path, geojson: Callable[..., Path]
    ) -> None:
        point = box(spain, 300, 20, 301, 21).centroid
        bare = geojson((point, {"name": "a pond"}))
        with pytest.raises(InputError, match=r"no class column.*found: name.*--class"):
            annotate(lake, bare, actor="e", task="pixels")
        report = annotate(lake, bare, actor="e", task="pixels", label="water")
        assert report.counts == {"water": 1}
        assert mosaic(lake, spain)[20, 300] == 1
        assert annotate(lake, bare, actor="e", task="pixels", label="water").created == 0
        assert annotate(lake, bare, actor="e", task="pixels", label="0").counts == {"non-water": 1}
        assert mosaic(lake, spain)[20, 300] == 0
        with pytest.raises(InputError, match=r"class not in the scheme.*'pond'"):
            annotate(lake, bare, actor="e", task="pixels", label="pond")
        (tmp_path / "chips.csv").write_text(f"chip_id\n{spain.id}_0_0_0\n{spain.id}_0_0_1\n")
        assert annotate(lake, tmp_path / "chips.csv", actor="e", label="1").counts == {"water": 2}


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
            ("lon,lat,class\n1,2,water\n5,1000,water\n", r"no such place: a latitude is.*line 3: 1000.*1 of 2"),
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
