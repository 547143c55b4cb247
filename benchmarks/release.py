"""Releasing: chips written and validated a second, beside a serial loop that makes the same files one chip at a time.

Ours is the whole of ``release.build`` (pixels read, four files a chip, splits, statistics, items, table, report,
collection) with two processes, and then every item validated. The loop writes GeoTIFFs with rasterio's COG driver, a
thumbnail with Pillow, SHA-256 of each file and a pystac Item, and calls ``jsonschema.validate`` for the core schema and
each extension, with the schemas read from disk once. Both read the same real pixels and the same masks. The loop
takes a fixed sample of the chips and its rate counts, as more chips would not help it.

The processes are started before and reused, as for all steps of one call of the command line. Compression on both
sides is DEFLATE, lossless: ours takes level 1 for images (with the predictor a higher one gives the same size) and 6
for masks, and run lengths and Huffman codes for the PNG; the loop takes GDAL's level 6 and Pillow's 6, their defaults.
Mean bytes a chip of both stand in the metrics. Ours flushes all to disk before it is done; the loop does not. Removing
the files between the rounds counts for neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pystac
import rasterio
from PIL import Image
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

import _bench
from groundset.core import Grid
from groundset.imagery import SceneReader, open_source
from groundset.ingest import annotate_masks, ingest
from groundset.lake import Lake, init
from groundset.release import build
from groundset.release._wide import wide
from groundset.release.schemas import Validator
from groundset.taxonomy import WATER

CHIP = 256
NAMES = ("B02", "B03", "B04", "B08")
WANTED = {"ratio_vs_loop": (">=", 5.0)}


def make_lake(root: Path, side: int) -> Lake:
    """``side`` x ``side`` chips of a real Sentinel-2 scene, mirrored to fill, with masks (water where NDWI > 0)."""
    with rasterio.open(_bench.test_data("boadella", "Boadella_2020-01-13.tif")) as source:
        real = source.read([2, 3, 4, 8]).clip(0, None).astype(np.uint16)
    cell = np.concatenate([real, real[:, :, ::-1]], axis=2)
    cell = np.concatenate([cell, cell[:, ::-1]], axis=1)
    times = -(-side * CHIP // min(cell.shape[1:]))
    data = np.tile(cell, (1, times, times))[:, : side * CHIP, : side * CHIP]
    path = root / "scene.tif"
    profile = {"driver": "GTiff", "width": side * CHIP, "height": side * CHIP, "count": 4, "dtype": "uint16"}
    profile |= {"crs": "EPSG:32631", "transform": rasterio.Affine(10, 0, 399960, 0, -10, 4700040), "nodata": 0}
    with rasterio.open(path, "w", tiled=True, compress="deflate", **profile) as out:
        out.write(data)
    lake = init(root / "lake", scheme=WATER)
    ingest(lake, open_source(str(path), time=datetime(2020, 1, 13, tzinfo=UTC), bands=NAMES), grid=Grid(CHIP))
    water = (data[1].astype(int) > data[3]).astype(np.uint8)
    masks = {str(c.id): water[c.window.slices] for c in lake.chips.chips()}
    annotate_masks(lake, masks, actor="benchmark", task="pixels")
    return lake


def validate(paths: Sequence[Path]) -> int:
    """Validate items; the number of findings."""
    validator = _validator()
    return sum(len(validator.validate(json.loads(p.read_bytes()))) for p in paths)


def _validator() -> Validator:
    if not _KEPT:
        _KEPT.append(Validator(_bench.test_data("stac-schemas")))
    return _KEPT[0]


_KEPT: list[Validator] = []


def ours(lake: Lake, executor: Executor) -> int:
    """Release all chips and validate them; the number of chips."""
    made = build(lake, "v1", license="CC-BY-4.0", executor=executor)
    items = sorted(made.path.glob("items/*/*.json"))
    batches = [items[i : i + 32] for i in range(0, len(items), 32)]
    assert sum(found for _, found in wide(executor, validate, batches)) == 0
    return len(items)


def loop(lake: Lake, like: dict[str, dict[str, Any]], folder: Path, schemas: dict[str, Any]) -> int:
    """One chip after the other; the number of chips."""
    labels = lake.labels("pixels")
    registry = schemas["registry"]
    with SceneReader(lake.scenes.get("scene")) as reader:
        for chip_id, model in like.items():
            chip = lake.chips.get(chip_id)
            pixels, mask = reader.read(chip.window), labels.mask(chip)
            out = folder / chip_id
            out.mkdir(parents=True)
            colours = {c.code: (*c.rgb, 255) for c in WATER}
            write_cog(out / "image.tif", pixels.data, chip, nodata=0, names=NAMES, predictor=2)
            write_cog(out / "mask.tif", mask.classes[None], chip, nodata=255, names=("class",), colours=colours)
            both = np.stack([mask.origin, mask.confidence])
            write_cog(out / "origin.tif", both, chip, nodata=None, names=("origin", "confidence"))
            write_thumbnail(out / "thumbnail.png", pixels.data, mask.classes)
            item = make_item(model, out)
            for uri in [schemas["core"], *item["stac_extensions"]]:
                jsonschema.validate(item, registry.contents(uri), registry=registry)
            (out / f"{chip_id}.json").write_text(json.dumps(item, indent=2))
    return len(like)


def write_cog(path: Path, data: Any, chip: Any, *, nodata: float | None, names: tuple[str, ...], **more: Any) -> None:
    """A COG in the way of rasterio's documentation."""
    colours = more.pop("colours", None)
    count, rows, cols = data.shape
    profile = {"driver": "COG", "width": cols, "height": rows, "count": count, "dtype": data.dtype.name}
    profile |= {"crs": str(chip.geobox.crs), "transform": chip.geobox.transform, "nodata": nodata}
    with rasterio.open(path, "w", compress="deflate", **profile, **more) as out:
        if colours is not None:
            out.write_colormap(1, colours)
        out.descriptions = names
        out.write(data)


def write_thumbnail(path: Path, data: Any, classes: Any) -> None:
    """Natural colours, and beside them the same under the colours of the classes."""
    low, high = np.percentile(data[:3], (2, 98), axis=(1, 2))
    unit = np.clip((data[2::-1] - low[::-1, None, None]) / (high - low)[::-1, None, None], 0, 1)
    image = (unit ** (1 / 1.3) * 255).astype(np.uint8).transpose(1, 2, 0)
    colours = np.zeros((256, 3))
    for c in WATER:
        colours[c.code] = c.rgb
    over = (0.45 * image.mean(axis=2, keepdims=True) + 0.55 * colours[classes]).astype(np.uint8)
    Image.fromarray(np.concatenate([image, over], axis=1)).save(path)


def make_item(like: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A pystac Item with the fields of ours, and checksums of the files just written."""
    when = datetime.fromisoformat(like["properties"]["datetime"])
    properties = {k: v for k, v in like["properties"].items() if k != "datetime"}
    item = pystac.Item(like["id"], like["geometry"], like["bbox"], when, properties, collection=like["collection"])
    item.stac_extensions = list(like["stac_extensions"])
    for link in like["links"]:
        item.add_link(pystac.Link(link["rel"], link["href"], link.get("type")))
    for key, asset in like["assets"].items():
        file = folder / asset["href"]
        fields = {k: v for k, v in asset.items() if k not in ("href", "type", "roles", "title")}
        fields["file:checksum"] = "1220" + hashlib.sha256(file.read_bytes()).hexdigest()
        fields["file:size"] = file.stat().st_size
        item.add_asset(key, pystac.Asset(asset["href"], asset["title"], None, asset["type"], asset["roles"], fields))
    return item.to_dict(include_self_link=False, transform_hrefs=False)


def read_schemas(validator: Validator, item: dict[str, Any]) -> dict[str, Any]:
    """The same schemas that ours uses, in a registry that answers without network."""
    core = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"
    known: dict[str, Any] = {}
    for uri in [core, *item["stac_extensions"]]:
        known |= validator._closure(uri)  # noqa: SLF001 - the same files, not another reader of them
    resources = [(u, Resource.from_contents(s, default_specification=DRAFT7)) for u, s in known.items()]
    return {"core": core, "registry": Registry().with_resources(resources).crawl()}


def main() -> None:
    quick = _bench.quick_asked()
    side, sample, rounds = (10, 16, 2) if quick else (20, 48, 5)
    workers = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        lake = make_lake(Path(folder), side)
        first = build(lake, "first", license="CC-BY-4.0", executor=pool)
        items = {p.stem: json.loads(p.read_bytes()) for p in sorted(first.path.glob("items/*/*.json"))}
        like = dict(list(items.items())[:: max(1, len(items) // sample)][:sample])
        schemas = read_schemas(_validator(), next(iter(like.values())))
        made = {"ours": lake.layout.releases / "v1", "loop": Path(folder) / "loop"}
        size: dict[str, float] = {}

        def between() -> None:
            for key, path in made.items():
                if path.exists():
                    files = [f for f in path.glob("**/*") if f.suffix in (".tif", ".png")]
                    size[key] = sum(f.stat().st_size for f in files) / (len(items) if key == "ours" else len(like))
                    shutil.rmtree(path)

        timings = _bench.run(
            "release",
            {"ours": lambda: ours(lake, pool), "loop": lambda: loop(lake, like, made["loop"], schemas)},
            rounds=rounds,
            warm=1,
            between=between,
        )
        lake.close()
    rate = {k: timings.returned[k] / timings.median(k) for k in ("ours", "loop")}
    pairs = zip(timings.seconds["loop"], timings.seconds["ours"], strict=True)
    ratios = sorted((theirs / len(like)) / (mine / len(items)) for theirs, mine in pairs)
    ratio = float(np.median(ratios))
    rows = [(k, timings.returned[k], timings.median(k), rate[k], size[k] / 1e3) for k in rate]
    _bench.table(rows, ("", "chips", "seconds", "chips/s", "kB/chip"))
    metrics = {"ratio_vs_loop": ratio, "chips_per_second": rate["ours"], "loop_chips_per_second": rate["loop"]}
    metrics |= {"kb_per_chip": size["ours"] / 1e3, "loop_kb_per_chip": size["loop"] / 1e3, "workers": workers}
    metrics |= {"chips": len(items)}
    _bench.finish("release", metrics, quick, wanted=WANTED, packages=("rasterio", "pystac", "jsonschema"))


if __name__ == "__main__":
    main()
