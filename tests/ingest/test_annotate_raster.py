"""Labels from rasters of class codes, on real scenes."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from onscenes import GRID, masks, mosaic
from rasterio.errors import NotGeoreferencedWarning

from groundset.core import UNLABELLED, InputError
from groundset.imagery import Scene, open_source
from groundset.ingest.annotate import annotate
from groundset.lake import Lake, init
from groundset.taxonomy import WATER


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

    def test_what_the_rasters_own_mask_hides_is_no_label(
        self, lake: Lake, spain: Scene, data_dir: Path, tmp_path: Path
    ) -> None:
        source, path = self.reference(data_dir, tmp_path, nodata=None), tmp_path / "masked.tif"
        with rasterio.open(source) as file:
            data, profile = file.read(1), file.profile
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as file:
            file.write(np.maximum(data, 0), 1)  # what nobody knew is 0, as water is not
            file.write_mask(data >= 0)
        annotate(lake, path, actor="e")
        np.testing.assert_array_equal(mosaic(lake, spain), np.where(data < 0, UNLABELLED, data))

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
        with pytest.raises(InputError, match=r"says the class of each pixel itself"):
            annotate(lake, self.reference(data_dir, tmp_path), actor="e", task="pixels", label="water")

    def test_photo_without_crs_takes_a_raster_of_its_size_and_name(self, tmp_path: Path) -> None:
        from groundset.ingest import ingest

        rng = np.random.default_rng(0)
        wanted = rng.integers(0, 2, (80, 100)).astype(np.uint8)
        (tmp_path / "labels").mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            for path, bands in (("boat.png", rng.integers(0, 255, (3, 80, 100))), ("labels/boat.tif", wanted[None])):
                with rasterio.open(tmp_path / path, "w", width=100, height=80, count=len(bands), dtype="uint8") as file:
                    file.write(bands.astype(np.uint8))
            with init(tmp_path / "lake", scheme=WATER) as lake:
                ingest(lake, open_source(str(tmp_path / "boat.png")), grid=GRID)
                annotate(lake, tmp_path / "labels/boat.tif", actor="e")
                np.testing.assert_array_equal(masks(lake)["boat_0_0_0"], wanted)
