"""Cutting chips: all 256 x 256 chips of a 10980 x 10980 x 4 uint16 COG of real pixels.

Ours (``read_ahead``) beside what datasets do: open the file for each chip, read windows in random order, read them in
row order; and beside the limit, just decoding all blocks in order with as many threads. GDAL_CACHEMAX is 64 for all.
Every contender reads the same chips; each runs in turns with the others. A slow contender (open per chip, random) reads
a fixed sample of the chips and its rate counts, as it has no state that more chips would help.
"""

from __future__ import annotations

import os

os.environ["GDAL_CACHEMAX"] = "64"

import multiprocessing
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import rasterio
from rasterio.shutil import copy as gdal_copy
from rasterio.windows import Window as GdalWindow

import _bench
from groundset.core import Grid, Window
from groundset.imagery import open_source, read_ahead

SIDE, CHIP, BLOCK = 10980, 256, 512
THREADS = len(os.sched_getaffinity(0))
WANTED = {
    "ratio_vs_open_per_chip": (">=", 10.0),
    "ratio_vs_random": (">=", 5.0),
    "ratio_vs_row_order": (">=", 1.8),
    "share_of_decode": (">=", 0.9),
    "peak_rss_gb": ("<=", 1.5),
}


def make_cog() -> Path:
    """The COG, made once: a real Sentinel-2 scene (blue, green, red, near infrared), mirrored to fill the tile."""
    path = _bench.cache_dir("chips") / f"cog_{SIDE}_v2.tif"
    if path.exists():
        return path
    with rasterio.open(_bench.test_data("boadella", "Boadella_2020-01-13.tif")) as ds:
        real = ds.read([2, 3, 4, 8]).clip(0, None).astype(np.uint16)
    row = np.concatenate([real, real[:, :, ::-1]], axis=2)
    cell = np.concatenate([row, row[:, ::-1]], axis=1)
    row = np.tile(cell, (1, 1, SIDE // cell.shape[2] + 1))[:, :, :SIDE]
    profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 4, "dtype": "uint16", "crs": "EPSG:32631"}
    profile |= {"transform": rasterio.Affine(10, 0, 399960, 0, -10, 4700040), "tiled": True, "bigtiff": "yes"}
    plain, beside = path.with_suffix(".plain.tif"), path.with_suffix(".part.tif")
    with rasterio.open(plain, "w", **profile) as out:
        for top in range(0, SIDE, row.shape[1]):
            height = min(row.shape[1], SIDE - top)
            out.write(row[:, :height], window=GdalWindow(0, top, SIDE, height))
    options = {"COMPRESS": "DEFLATE", "PREDICTOR": "2", "BLOCKSIZE": str(BLOCK), "NUM_THREADS": "ALL_CPUS"}
    gdal_copy(plain, beside, driver="COG", **options)
    plain.unlink()
    beside.rename(path)
    return path


def gdal(window: Window) -> GdalWindow:
    return GdalWindow(window.x_off, window.y_off, window.width, window.height)


def read_one(ds: rasterio.DatasetReader, window: Window) -> int:
    return int(ds.read(window=gdal(window), boundless=False).shape[0])


def open_per_chip(path: Path, windows: Sequence[Window]) -> int:
    for window in windows:
        with rasterio.open(path) as ds:
            read_one(ds, window)
    return len(windows)


def in_order(path: Path, windows: Sequence[Window]) -> int:
    with rasterio.open(path) as ds:
        for window in windows:
            read_one(ds, window)
    return len(windows)


def ours(path: Path, windows: Sequence[Window]) -> int:
    scene = open_source(path)[0]
    return sum(pixels.data.shape[0] == 4 for _, pixels in read_ahead(scene, windows, threads=THREADS))


def decode(path: Path, windows: Sequence[Window]) -> int:
    """The limit: every block that the windows touch, once, in order, from one open file a thread."""
    blocks = sorted({(w.y_off // BLOCK, w.x_off // BLOCK) for w in windows})
    parts = [blocks[i::THREADS] for i in range(THREADS)]

    def work(part: Sequence[tuple[int, int]]) -> None:
        with rasterio.open(path) as ds:
            for row, col in part:
                width, height = min(BLOCK, SIDE - col * BLOCK), min(BLOCK, SIDE - row * BLOCK)
                ds.read(window=GdalWindow(col * BLOCK, row * BLOCK, width, height))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, parts))
    return len(windows)


def peak_of_ours(path: Path, windows: Sequence[Window]) -> float:
    """Peak memory of a process that does nothing but our sweep."""
    ours(path, windows)
    return _bench.peak_rss_gb()


def main() -> None:
    quick = _bench.quick_asked()
    path = make_cog()
    windows = [w for _, _, w in Grid(CHIP, edge="drop").windows(SIDE, SIDE)]
    if quick:
        windows = [w for w in windows if w.y_off < 10 * CHIP]
    rng = np.random.default_rng(0)
    some = [windows[i] for i in rng.choice(len(windows), 60 if quick else 300, replace=False)]
    contenders: dict[str, tuple[Callable[[Path, Sequence[Window]], int], Sequence[Window]]] = {
        "ours": (ours, windows),
        "decode": (decode, windows),
        "row_order": (in_order, windows),
        "random": (in_order, some),
        "open_per_chip": (open_per_chip, some),
    }
    # Spawned, so that this process's imports are all that is inherited; measured first, before anything else is read.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peak = pool.apply(peak_of_ours, (path, windows))
    calls = {name: (lambda f=f, w=w: f(path, w)) for name, (f, w) in contenders.items()}
    timings = _bench.run("chips", calls, rounds=3 if quick else 5, warm=0 if quick else 1)
    rates = {name: [len(w) / s for s in timings.seconds[name]] for name, (_, w) in contenders.items()}
    _bench.table(
        [(name, len(contenders[name][1]), statistics.median(r)) for name, r in rates.items()],
        ("contender", "chips", "chips a second (median)"),
    )

    def over(peer: str) -> float:
        return statistics.median(a / b for a, b in zip(rates["ours"], rates[peer], strict=True))

    metrics = {f"ratio_vs_{peer}": over(peer) for peer in ("open_per_chip", "random", "row_order")}
    metrics |= {"share_of_decode": over("decode"), "peak_rss_gb": peak}
    metrics |= {"chips_per_s": statistics.median(rates["ours"]), "threads": THREADS}
    _bench.finish("chips", metrics, quick, wanted=WANTED, packages=("rasterio",))


if __name__ == "__main__":
    main()
