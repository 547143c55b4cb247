"""A small release written by hand to the published layout, for tests of what comes after a release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine

from groundset.release.table import write_table

SIZE = 16
BANDS = [
    {
        "name": name,
        "data_type": "uint16",
        "nodata": 0,
        "raster:scale": 0.0001,
        "raster:offset": -0.1,
        "statistics": {"mean": 0.05, "stddev": 0.08},
    }
    for name in ("green", "nir")
]


def sha(path: Path) -> str:
    """Multihash of a file."""
    return "1220" + hashlib.sha256(path.read_bytes()).hexdigest()


def write_tiff(path: Path, array: np.ndarray, *, crs: str | None = "EPSG:32631", nodata: float | None = None) -> None:
    """A small GeoTIFF of (bands, rows, columns)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile: dict[str, Any] = {"driver": "GTiff", "count": len(array), "dtype": array.dtype.name, "crs": crs}
    profile |= {"width": array.shape[2], "height": array.shape[1], "nodata": nodata}
    if crs is not None:
        profile["transform"] = Affine(10, 0, 500_000, 0, -10, 4_600_000)
    with rasterio.open(path, "w", **profile) as file:
        file.write(array)


def item(root: Path, chip: str, place: float | None, *, seed: int) -> dict[str, Any]:
    """One chip: its files, and its STAC item."""
    rng = np.random.default_rng(seed)
    folder = root / "items" / chip
    image = rng.integers(1, 3000, (2, SIZE, SIZE)).astype(np.uint16)
    write_tiff(folder / "image.tif", image, nodata=0)
    write_tiff(folder / "mask.tif", rng.integers(0, 2, (1, SIZE, SIZE)).astype(np.uint8), nodata=255)
    geometry = None
    if place is not None:
        ring = [[place, 41.0], [place + 0.01, 41.0], [place + 0.01, 41.01], [place, 41.01], [place, 41.0]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
    body: dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": chip,
        "collection": "tiny",
        "geometry": geometry,
        "stac_extensions": [],
        "properties": {"datetime": "2020-01-13T10:45:00Z", "groundset:split": "train"},
        "links": [
            {"rel": "root", "href": "../../catalog.json"},
            {"rel": "collection", "href": "../../collection.json"},
            {"rel": "source", "href": "https://example.com/scene.json"},
        ],
        "assets": {
            key: {
                "href": f"./{key}.tif",
                "type": "image/tiff; application=geotiff",
                "roles": ["data"],
                "file:checksum": sha(folder / f"{key}.tif"),
            }
            for key in ("image", "mask")
        },
    }
    if place is not None:
        body["bbox"] = [place, 41.0, place + 0.01, 41.01]
    (folder / f"{chip}.json").write_text(json.dumps(body))
    return body


def tiny_release(
    root: Path,
    *,
    chips: int = 3,
    crs: bool = True,
    name: str = "tiny",
    splits: Sequence[str] = ("train",),
    labels: Sequence[str | list[str]] | None = None,
) -> Path:
    """Write a release of ``chips`` chips; without ``crs`` the items have no geometry.

    ``splits`` are taken in turns. With ``labels``, taken in turns, it is a release of a classify task.
    """
    root.mkdir(parents=True)
    ids = [f"scene_0_0_{i}" for i in range(chips)]
    items = []
    for i, chip in enumerate(ids):
        body = item(root, chip, 3.0 + 0.01 * i if crs else None, seed=i)
        body["collection"] = name
        body["properties"]["groundset:split"] = splits[i % len(splits)]
        if labels is not None:
            body["properties"]["label"] = labels[i % len(labels)]
            del body["assets"]["mask"]
            (root / "items" / chip / "mask.tif").unlink()
        (root / "items" / chip / f"{chip}.json").write_text(json.dumps(body))
        items.append(body)
    (root / "README.md").write_text("# tiny\n")
    (root / "scheme.csv").write_text("code,name,title,color\n0,non-water,Land,#aa8844\n1,water,Water,#2255ff\n")
    recipe = {"name": "v1", "kind": "segment" if labels is None else "classify", "scheme_name": "water"}
    recipe["multi"] = any(isinstance(n, list) for n in labels or ())
    (root / "release.json").write_text(json.dumps({"recipe": recipe}))
    collection = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": name,
        "description": "A tiny release",
        "license": "CC-BY-4.0",
        "extent": {
            "spatial": {"bbox": [[3.0, 41.0, 3.1, 41.1]]},
            "temporal": {"interval": [["2020-01-13T10:45:00Z", "2020-01-13T10:45:00Z"]]},
        },
        "links": [
            {"rel": "root", "href": "./catalog.json"},
            *({"rel": "item", "href": f"./items/{c}/{c}.json", "type": "application/geo+json"} for c in ids),
        ],
        "item_assets": {"image": {"bands": BANDS}},
        "assets": {"readme": {"href": "./README.md", "file:checksum": sha(root / "README.md")}},
    }
    (root / "collection.json").write_text(json.dumps(collection))
    write_table(root / "chips.parquet", items, collection)
    links = [{"rel": "root", "href": "./catalog.json"}, {"rel": "child", "href": "./collection.json"}]
    catalog = {"type": "Catalog", "stac_version": "1.1.0", "id": f"{name}-catalog", "description": "x", "links": links}
    (root / "catalog.json").write_text(json.dumps(catalog))
    return root
