"""Pictures over HTTP: pages of quicklooks, and map tiles beside titiler's on the same COG.

Called by ``server.py``; by itself it prints the same figures. Both tile servers are uvicorn processes with one worker.
Each round asks both for the same tiles, which no round before it asked for, so that what either keeps of a drawn tile
is of no use; both warp bilinearly, stretch the same three bands and answer WebP of 256 x 256 pixels.
"""

from __future__ import annotations

import io
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from _bench import REPO, cache_dir, quick_asked, table

sys.path[:0] = [str(REPO / "tests" / "support")]

Tile = tuple[int, int, int]
ZOOMS = (9, 10, 11, 12, 13)
PER_PAGE = 100
TITILER_SETTINGS = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_CACHEMAX": "200",
    "VSI_CACHE": "TRUE",
    "GDAL_HTTP_MULTIPLEX": "YES",
}
"""As titiler's documentation advises."""


def measure(*, quick: bool) -> tuple[dict[str, float], Mapping[str, tuple[str, float]]]:
    """Metrics, and those of them that have a threshold."""
    rounds, tiles, pages = (3, 20, 50) if quick else (7, 34, 500)
    with tempfile.TemporaryDirectory() as folder:
        cog = _cog()
        root = _workspace(Path(folder) / "lake", cog)
        with _ours(root) as ours, _titiler() as peer:
            per_second = _pages(ours, pages)
            seconds = _tiles(ours, peer, cog, rounds, tiles)
    ratios = [theirs / mine for mine, theirs in zip(*seconds.values(), strict=True)]
    ratio = statistics.median(ratios)
    medians = {name: statistics.median(s) / tiles * 1000 for name, s in seconds.items()}
    print(f"\nquicklook pages of {PER_PAGE}: {per_second:.0f} a second\n")
    table(list(medians.items()), ("tiles of 256 x 256", "ms a tile"))
    print(f"\ntitiler.core {version('titiler.core')} beside us: " + ", ".join(f"{r:.2f}" for r in ratios))
    metrics = {
        "tile_ratio_vs_titiler": ratio,
        "tile_ms": medians["groundset"],
        "tile_ms_titiler": medians["titiler"],
        "quicklook_pages_per_second": per_second,
    }
    return metrics, {"tile_ratio_vs_titiler": (">=", 0.9)}


def _cog() -> Path:
    """The Landsat 8 scene of the itaipu sample as a COG with overviews."""
    import rasterio.shutil

    from groundset.demo.samples import choose

    path = cache_dir("benchmarks") / "itaipu-cog.tif"
    if not path.exists():
        source = choose("itaipu").scenes()[0].sources[0][0].href
        rasterio.shutil.copy(source, path, driver="COG", compress="DEFLATE", overview_resampling="average")
    return path


def _workspace(root: Path, cog: Path) -> Path:
    import groundset as gs

    with gs.create(root, scheme="water") as ws:
        ws.ingest(cog, bands=["blue", "green", "red"], time="2020-05-18T00:00:00Z", chip_size=128, scene_id="itaipu")
    return root


@contextmanager
def _ours(root: Path) -> Iterator[httpx.Client]:
    from serving import running

    with running(root) as server:
        yield server.client(timeout=60)
        server.stop()


@contextmanager
def _titiler() -> Iterator[httpx.Client]:
    from realservers.process import answers, free_port
    from realservers.process import running as process

    port = free_port()
    command = [sys.executable, str(Path(__file__).resolve()), "--titiler", str(port)]
    log = Path(tempfile.gettempdir()) / f"titiler-{os.getpid()}.log"
    with process(command, env={**os.environ, **TITILER_SETTINGS}, log=log, ready=lambda: answers(port)):
        yield httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)


def _serve_titiler(port: int) -> None:
    import uvicorn
    from fastapi import FastAPI
    from titiler.core.factory import TilerFactory

    app = FastAPI()
    app.include_router(TilerFactory().router)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


def _pages(client: httpx.Client, count: int) -> float:
    """Pages of 100 stored quicklooks a second, one after the other over one connection."""
    addresses = [f"api/quicklooks?part=itaipu_0&rows={i % 100}-{i % 100 + PER_PAGE - 1}" for i in range(count)]
    _get(client, addresses[0], {})
    start = time.perf_counter()
    for address in addresses:
        _get(client, address, {})
    return count / (time.perf_counter() - start)


def _tiles(ours: httpx.Client, peer: httpx.Client, cog: Path, rounds: int, tiles: int) -> dict[str, list[float]]:
    """Seconds of each round, in turns."""
    from rio_tiler.io import Reader

    told = ours.get("api/scenes/itaipu").json()
    bands = {b["name"]: b for b in told["bands"]}
    shown = [(i, bands[name]) for i, name in ((3, "red"), (2, "green"), (1, "blue"))]
    query: dict[str, Any] = {
        "url": str(cog), "bidx": [i for i, _ in shown], "rescale": [f"{b['low']},{b['high']}" for _, b in shown],
        "resampling": "bilinear", "reproject": "bilinear", "nodata": "0",
    }  # fmt: skip
    west, south, east, north = told["scene"]["bbox"]
    with Reader(str(cog)) as scene:
        every = (tile for zoom in ZOOMS for tile in _covering(zoom, west, south, east, north))
        wanted = [(z, x, y) for z, x, y in every if scene.tile_exists(x, y, z)]
    random.Random(0).shuffle(wanted)
    if len(wanted) < (rounds + 1) * tiles:
        raise SystemExit(f"{len(wanted)} tiles are too few for {rounds} rounds of {tiles}")
    ways = {
        "groundset": lambda t: _get(ours, "api/scenes/itaipu/tiles/{}/{}/{}".format(*t), {}),
        "titiler": lambda t: _get(peer, "tiles/WebMercatorQuad/{}/{}/{}.webp".format(*t), query),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for i in range(rounds + 1):  # the first one warms both
        some = wanted[i * tiles : (i + 1) * tiles]
        for name in list(ways) if i % 2 else list(reversed(ways)):
            start = time.perf_counter()
            pictures = [ways[name](tile) for tile in some]
            took = time.perf_counter() - start
            _check(pictures)
            if i:
                seconds[name].append(took)
    return seconds


def _check(pictures: list[bytes]) -> None:
    from PIL import Image

    sizes = {Image.open(io.BytesIO(p)).size for p in pictures if p[:4] == b"RIFF"}
    if sizes - {(256, 256)}:
        raise SystemExit(f"tiles of other sizes than asked for: {sizes}")


def _get(client: httpx.Client, address: str, query: Mapping[str, Any]) -> bytes:
    answer = client.get(address, params=query or None)
    if answer.status_code != 200:
        raise SystemExit(f"{answer.url}: {answer.status_code} {answer.text[:500]}")
    return answer.content


def _covering(zoom: int, west: float, south: float, east: float, north: float) -> Iterator[Tile]:
    size = 1 << zoom

    def row(lat: float) -> int:
        return int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * size)

    for x in range(int((west + 180) / 360 * size), int((east + 180) / 360 * size) + 1):
        for y in range(row(north), row(south) + 1):
            yield zoom, x, y


if __name__ == "__main__":
    if "--titiler" in sys.argv:
        _serve_titiler(int(sys.argv[-1]))
    else:
        print(measure(quick=quick_asked())[0])
