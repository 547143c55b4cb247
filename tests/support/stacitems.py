"""STAC items in the shape of the public catalogues, over real pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject, transform_geom

UTM = "EPSG:32630"
SIZE = 240
"""Pixels of 10 m along a side of a made scene."""
S2_BANDS = {"blue": 2, "green": 3, "red": 4, "nir": 8, "nir08": 9, "swir16": 12}
"""earth-search's asset keys and their band in Sen1Floods11's S2 file."""
COARSE = {"nir08", "swir16", "scl", "qa_pixel"}
Href = Callable[[Path], str]


def sentinel_2(
    data_dir: Path,
    folder: Path,
    item_id: str = "S2B_30SXH_20230612_0_L2A",
    *,
    when: str = "2023-06-12T10:56:31Z",
    shift: tuple[int, int] = (0, 0),
    href: Href = str,
    properties: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An item like earth-search v1's sentinel-2-l2a, with its COGs in ``folder``; ``shift`` in pixels of 10 m."""
    source = data_dir / "sen1floods11_sample" / "sample" / "S2" / "Spain_7370579_S2Hand.tif"
    folder.mkdir(parents=True, exist_ok=True)
    assets: dict[str, Any] = {}
    for key, index in {**S2_BANDS, "scl": 0}.items():
        pixel = 20 if key in COARSE else 10
        grid = _grid(shift, pixel)
        array = _cut(source, index, grid, pixel) if index else _scl(source, grid, pixel)
        path = _cog(folder / f"{item_id}_{key}.tif", array, grid, 0)
        dtype = "uint8" if key == "scl" else "uint16"
        raster = {"nodata": 0, "data_type": dtype, "spatial_resolution": pixel}
        if key != "scl":
            raster |= {"scale": 0.0001, "offset": -0.1}
        assets[key] = {
            "href": href(path),
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "roles": ["data"] if key == "scl" else ["data", "reflectance"],
            "proj:shape": [SIZE * 10 // pixel] * 2,
            "proj:transform": list(grid)[:6],
            "raster:bands": [raster],
        }
        if key != "scl":
            assets[key]["eo:bands"] = [{"name": key, "common_name": key}]
        jp2 = {**assets[key], "type": "image/jp2", "href": f"s3://nowhere/{key}.jp2"}
        assets[f"{key}-jp2"] = jp2
    assets["visual"] = {
        "href": "s3://nowhere/visual.tif",
        "type": "image/tiff; application=geotiff",
        "roles": ["visual"],
    }
    assets["thumbnail"] = {"href": "https://nowhere.invalid/t.jpg", "type": "image/jpeg", "roles": ["thumbnail"]}
    props = {
        "datetime": when,
        "platform": "sentinel-2b",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "eo:cloud_cover": 3.5,
        "proj:epsg": 32630,
        "s2:processing_baseline": "05.09",
        "s2:product_type": "S2MSI2A",
        "earthsearch:boa_offset_applied": False,
        **(properties or {}),
    }
    return _item(item_id, shift, assets, {k: v for k, v in props.items() if v is not None}, "sentinel-2-l2a")


def landsat_8(data_dir: Path, folder: Path, *, href: Href = str) -> dict[str, Any]:
    """An item like the Landsat Collection 2 Level-2 catalogues'."""
    source = data_dir / "sen1floods11_sample" / "sample" / "S2" / "Spain_7370579_S2Hand.tif"
    folder.mkdir(parents=True, exist_ok=True)
    grid = _grid((0, 0), 30)
    assets: dict[str, Any] = {}
    for key, index in {"green": 3, "red": 4, "nir08": 8, "swir16": 12, "qa_pixel": 0}.items():
        array = _cut(source, index, grid, 30) if index else _qa(source, grid)
        path = _cog(folder / f"LC08_{key}.tif", array, grid, 1 if key == "qa_pixel" else 0)
        raster: dict[str, Any] = {"nodata": 0, "data_type": "uint16", "spatial_resolution": 30}
        if key != "qa_pixel":
            raster |= {"scale": 2.75e-05, "offset": -0.2}
        assets[key] = {
            "href": href(path),
            "type": "image/vnd.stac.geotiff; cloud-optimized=true",
            "roles": ["cloud", "water-mask"] if key == "qa_pixel" else ["data"],
            "raster:bands": [raster],
        }
        if key != "qa_pixel":
            assets[key]["eo:bands"] = [{"name": f"OLI_{key}", "common_name": key}]
    props = {
        "datetime": "2023-06-13T10:45:00Z",
        "platform": "landsat-8",
        "instruments": ["oli", "tirs"],
        "landsat:correction": "L2SP",
        "eo:cloud_cover": 1.0,
        "proj:epsg": 32630,
        "proj:shape": [SIZE // 3, SIZE // 3],
        "proj:transform": list(grid)[:6],
    }
    return _item("LC08_L2SP_199033_20230613_02_T1", (0, 0), assets, props, "landsat-c2-l2")


def radar(data_dir: Path, folder: Path, *, unit: str | None = "dB", href: Href = str) -> dict[str, Any]:
    """An item of calibrated Sentinel-1 at 20 m, half a pixel off and smaller than the optical scene."""
    source = data_dir / "sen1floods11_sample" / "sample" / "S1" / "Spain_7370579_S1Hand.tif"
    folder.mkdir(parents=True, exist_ok=True)
    origin = _grid((0, 0), 20)
    grid = from_origin(origin.c + 10, origin.f + 10, 20, 20)
    assets = {}
    for key, index in {"vv": 1, "vh": 2}.items():
        array = _cut(source, index, grid, 20, rows=SIZE // 2 + 4, cols=SIZE // 3, dtype="float32", nodata=np.nan)
        path = _cog(folder / f"s1_{key}.tif", array, grid, np.nan)
        raster = {"data_type": "float32", "nodata": "nan"} | ({"unit": unit} if unit else {})
        assets[key] = {
            "href": href(path), "type": "image/tiff; application=geotiff", "roles": ["data"], "raster:bands": [raster],
        }  # fmt: skip
    props = {
        "datetime": "2023-06-12T18:02:00Z",
        "platform": "sentinel-1a",
        "constellation": "sentinel-1",
        "sar:product_type": "GRD",
    }
    return _item("S1A_IW_GRDH_20230612", (0, 0), assets, props, "s1-calibrated")


def _item(
    item_id: str, shift: tuple[int, int], assets: dict[str, Any], properties: dict[str, Any], collection: str
) -> dict[str, Any]:
    grid = _grid(shift, 10)
    left, top, side = grid.c, grid.f, SIZE * 10
    ring = [(left, top - side), (left + side, top - side), (left + side, top), (left, top), (left, top - side)]
    geometry = transform_geom(UTM, "EPSG:4326", {"type": "Polygon", "coordinates": [ring]})
    x, y = zip(*geometry["coordinates"][0], strict=True)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [
            f"https://stac-extensions.github.io/{e}/schema.json"
            for e in ("eo/v1.1.0", "raster/v1.1.0", "projection/v1.1.0")
        ],
        "id": item_id,
        "geometry": geometry,
        "bbox": [min(x), min(y), max(x), max(y)],
        "properties": properties,
        "links": [],
        "assets": assets,
        "collection": collection,
    }  # fmt: skip


def _grid(shift: tuple[int, int], pixel: int) -> rasterio.Affine:
    return from_origin(694_980 + shift[0] * 10, 4_220_940 - shift[1] * 10, pixel, pixel)


def _cut(
    source: Path,
    index: int,
    grid: rasterio.Affine,
    pixel: int,
    *,
    rows: int | None = None,
    cols: int | None = None,
    dtype: str = "uint16",
    nodata: float = 0,
) -> np.ndarray:
    out = np.full((rows or SIZE * 10 // pixel, cols or SIZE * 10 // pixel), nodata, dtype)
    with rasterio.open(source) as src:
        values = src.read(index).astype(dtype)
        reproject(
            values, out, src_transform=src.transform, src_crs=src.crs, dst_transform=grid, dst_crs=UTM,
            src_nodata=nodata, dst_nodata=nodata, resampling=Resampling.average if pixel > 10 else Resampling.bilinear,
        )  # fmt: skip
    return out


def _scl(source: Path, grid: rasterio.Affine, pixel: int) -> np.ndarray:
    """A scene classification: water where the near infrared is dark, a block of cloud, a block of shadow."""
    nir = _cut(source, 8, grid, pixel)
    scl = np.where(nir == 0, 0, np.where(nir < 900, 6, 4)).astype("uint8")
    scl[:10, :10] = 9
    scl[20:30, :10] = 3
    return scl


def _qa(source: Path, grid: rasterio.Affine) -> np.ndarray:
    nir = _cut(source, 8, grid, 30)
    qa = np.where(nir == 0, 1, 21824).astype("uint16")
    qa[:10, :10] = 22280  # cloud, high confidence
    return qa


def _cog(path: Path, array: np.ndarray, grid: rasterio.Affine, nodata: float) -> Path:
    with rasterio.open(
        path, "w", driver="COG", count=1, dtype=array.dtype, height=array.shape[0], width=array.shape[1], crs=UTM,
        transform=grid, nodata=nodata, blocksize=128, compress="deflate",
    ) as out:  # fmt: skip
        out.write(array, 1)
    return path
