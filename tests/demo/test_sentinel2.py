"""The Sentinel-2 sample on a loopback STAC API and S3 that serve items of the public catalogues' shape, real pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import stacitems
from rasterio.transform import from_bounds
from rasterio.warp import Resampling, reproject
from realservers.s3 import S3Server
from realservers.stac import StacServer

from groundset.core import Bbox
from groundset.demo import demo
from groundset.demo.sentinel2 import WORLDCOVER_WATER, Place, sample

pytestmark = pytest.mark.services
PIXELS = 0.0001


@pytest.fixture
def place(data_dir: Path, tmp_path: Path, s3: S3Server, stac_api: StacServer) -> Place:
    """A catalogue with one scene and one land-cover map, both behind S3 addresses."""
    bucket = s3.bucket("demo")

    def upload(path: Path) -> str:
        s3.upload(bucket, path.name, path)
        return f"s3://{bucket}/{path.name}"

    scene = stacitems.sentinel_2(data_dir, tmp_path / "cogs")
    for asset in scene["assets"].values():
        if asset["href"].startswith("/"):
            asset["href"] = upload(Path(asset["href"]))
    imagery = stac_api.collection("sentinel-2-l2a")
    stac_api.add(imagery, [scene])

    box = scene["bbox"]
    cover = land_cover(data_dir, tmp_path / "worldcover.tif", box)
    maps = stac_api.collection("esa-worldcover")
    item = {
        **{k: scene[k] for k in ("type", "stac_version", "stac_extensions", "geometry", "bbox", "links")},
        "id": "worldcover-tile",
        "properties": {"datetime": "2021-07-01T00:00:00Z"},
        "assets": {"map": {"href": upload(cover), "type": "image/tiff; application=geotiff", "roles": ["data"]}},
        "collection": maps,
    }
    stac_api.add(maps, [item])
    return Place(
        Bbox(*box),
        "2023-01-01T00:00:00Z/2023-12-31T00:00:00Z",
        bands=("blue", "green", "red", "nir", "swir16"),
        imagery_api=stac_api.url,
        imagery_collection=imagery,
        map_api=stac_api.url,
        map_collection=maps,
    )


def land_cover(data_dir: Path, path: Path, box: list[float]) -> Path:
    """The hand labels as a map with ESA WorldCover's codes, in degrees: another grid than the scene's."""
    west, south, east, north = box
    shape = (round((north - south) / PIXELS), round((east - west) / PIXELS))
    grid = from_bounds(west, south, east, north, shape[1], shape[0])
    hand = np.full(shape, -1, np.int16)
    with rasterio.open(data_dir / "sen1floods11_sample/sample/Labels/Spain_7370579_LabelHand.tif") as src:
        reproject(
            src.read(1), hand, src_transform=src.transform, src_crs=src.crs, dst_transform=grid, dst_crs="EPSG:4326",
            src_nodata=-1, dst_nodata=-1, resampling=Resampling.nearest,
        )  # fmt: skip
    codes = np.select([hand == 1, hand == 0], [WORLDCOVER_WATER, 10], 0).astype(np.uint8)
    with rasterio.open(
        path, "w", driver="COG", count=1, dtype="uint8", height=shape[0], width=shape[1], crs="EPSG:4326",
        transform=grid, nodata=0,
    ) as out:  # fmt: skip
        out.write(codes, 1)
    return path


def test_the_main_job_on_sentinel_2_from_a_stac_api(place: Place, tmp_path: Path):
    lines: list[str] = []
    summary = demo(tmp_path / "lake", sample=sample(place, chip_size=32, block="0.96km"), say=lines.append)
    assert "IoU water" in summary
    assert "MNDWI" in summary
    assert (tmp_path / "lake" / "releases" / "v1" / "report.html").is_file()
    again: list[str] = []
    demo(tmp_path / "lake", sample=sample(place, chip_size=32, block="0.96km"), say=again.append)
    for step in ("scene", "label", "release", "score"):
        assert "found" in next(line for line in again if line.strip().startswith(step))
