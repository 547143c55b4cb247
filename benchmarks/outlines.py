"""The editor of outlines in Chromium with software GL (a graphics card is faster), on loopback.

A made scene of 40,000 x 40,000 pixels (three bands of 16 bit, tiled, with overviews, a sixteenth of its blocks
written) and 20,000 polygons of eight to sixteen vertices on it. ``edit_ms``: from letting a dragged vertex go to the
frame after its shape was drawn anew and handed to the outbox, all 20,000 in the editor, median over edits at two zooms;
the 95th percentile beside it. ``pan_fps``, ``zoom_fps``: frames a second while the view is dragged and the wheel is
turned with all polygons in view, the worst frame beside them. ``open_s``: from the address of the whole scene's view
to its pixels on the screen, the browser's cache cold, median. ``extra_mb``: what the browser's processes hold at most
(proportional set size) while moving through that scene at several zooms, over an empty page. No peer is measured.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

import _bench

sys.path.insert(0, str(_bench.REPO / "tests" / "support"))

from labelpage import SIGN_IN
from pageserver import Served, chromium, serving

SIDE = 40_000
BLOCK = 512
POLYGONS = 20_000
CHIP = 1_000
TASK = "ponds"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
VIEW = {"width": 1280, "height": 800}
WANTED = {"edit_ms": ("<=", 100.0), "open_s": ("<=", 2.0), "extra_mb": ("<=", 500.0)}

EDITS = """
() => {
  window.edits = [];
  const stage = document.querySelector('[role=application]');
  addEventListener('pointerup', (event) => {
    const before = stage.dataset.drawn;
    const look = () => {
      if (stage.dataset.drawn !== before) requestAnimationFrame(() => edits.push(performance.now() - event.timeStamp));
      else if (performance.now() - event.timeStamp < 10000) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);
}
"""
FRAMES = """
() => {
  const seen = (window.seen = { frames: [], on: true });
  let last = performance.now();
  const tick = (now) => {
    if (!seen.on) return;
    seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
"""
DRAWN = """
() => {
  const canvas = document.querySelector('[role=application] canvas');
  if (!canvas || !canvas.width) return null;
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [64, 40];
  const context = copy.getContext('2d', { willReadFrequently: true });
  context.drawImage(canvas, 0, 0, 64, 40);
  return context.getImageData(0, 0, 64, 40).data.some((value) => value > 0) ? performance.now() : null;
}
"""


def workspace() -> Path:
    """The workspace, made once; some minutes."""
    from datetime import UTC, datetime

    from madelake import add_scene

    from groundset.core import Grid
    from groundset.imagery import open_source
    from groundset.lake import init
    from groundset.taxonomy import WATER

    path = _bench.cache_dir("outlines") / f"large_{SIDE}_v1"
    if path.exists():
        return path
    beside = path.with_suffix(".part")
    with init(beside, scheme=WATER, tasks={TASK: "outline"}) as lake:
        image = _scene(path.with_name(f"scene_{SIDE}.tif"))
        when = datetime(2024, 5, 1, 10, tzinfo=UTC)
        (scene,) = open_source(str(image), bands=["blue", "green", "red"], time=when, scene_id="large")
        lake.set_grid(Grid(CHIP))
        add_scene(lake, scene, CHIP)
        lake.annotate(list(_events()), actor="benchmark")
    return beside.rename(path)


def _scene(path: Path) -> Path:
    """A sparse GeoTIFF with overviews."""
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin
    from rasterio.windows import Window

    rng = np.random.default_rng(0)
    how = {"driver": "GTiff", "dtype": "uint16", "count": 3, "nodata": 0, "crs": "EPSG:32632", "compress": "zstd"}
    tiles = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "SPARSE_OK": True, "BIGTIFF": "YES"}
    place = {"width": SIDE, "height": SIDE, "transform": from_origin(300_000, 5_200_000, 10, 10)}
    with rasterio.open(path, "w", **how, **tiles, **place) as out:
        for row in range(0, SIDE, 4 * BLOCK):
            for col in range(0, SIDE, 4 * BLOCK):
                size = min(BLOCK, SIDE - row), min(BLOCK, SIDE - col)
                block = rng.integers(200, 4000, (3, BLOCK // 8, BLOCK // 8), "uint16").repeat(8, 1).repeat(8, 2)
                out.write(block[:, : size[0], : size[1]], window=Window(col, row, size[1], size[0]))
    with rasterio.Env(SPARSE_OK_OVERVIEW="YES", COMPRESS_OVERVIEW="ZSTD"), rasterio.open(path, "r+") as out:
        out.build_overviews([4, 16, 64], Resampling.nearest)
    return path


def _events() -> Iterator[Any]:
    """A polygon an event, on a jittered lattice, so that they are spread and do not overlap much."""
    from groundset.journal import NewEvent

    rng = np.random.default_rng(1)
    across = int(np.ceil(np.sqrt(POLYGONS)))
    step = SIDE / across
    for i in range(POLYGONS):
        x, y = (i % across + 0.5) * step, (i // across + 0.5) * step
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(8, 17)))
        radius = rng.uniform(0.25, 0.5, angles.size) * step
        ring = np.round(np.c_[x + radius * np.cos(angles), y + radius * np.sin(angles)], 2)
        col, row = min(int(x // CHIP), SIDE // CHIP - 1), min(int(y // CHIP), SIDE // CHIP - 1)
        points = (ring - (col * CHIP, row * CHIP)).round(2).tolist()
        feature = {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [[*points, points[0]]]},
            "properties": {"class": i % 2, "kind": "polygon"},
        }
        payload = {"type": "FeatureCollection", "coordinates": "pixel", "layer": f"p{i}", "features": [feature]}
        yield NewEvent("shapes", TASK, f"large_0_{row}_{col}", payload)


@contextmanager
def opened(browser: Browser, server: Served, place: str = "") -> Iterator[Page]:
    """A page of a browser that has seen nothing, signed in."""
    context = browser.new_context(viewport=VIEW, color_scheme="dark")
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_url(lambda url: "token=" not in url)
    page.evaluate(SIGN_IN, "benchmark")
    if place:
        page.evaluate("hash => { location.hash = hash; }", place)
        page.reload()
    yield page
    context.close()


def _until(page: Page, ready: str, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := page.evaluate(ready):
            return found
        page.wait_for_timeout(20)
    raise SystemExit(f"not there after {seconds:g} s: {ready}")


def editing(browser: Browser, server: Served, times: int) -> tuple[list[float], dict[str, dict[str, float]]]:
    """Milliseconds of each edit, and the frames of panning and zooming over all polygons."""
    across = int(np.ceil(np.sqrt(POLYGONS)))
    step = SIDE / across
    chip = SIDE // CHIP // 2
    with opened(browser, server, f"#/outline/large_0_{chip}_{chip}?task={TASK}") as page:
        _until(page, "() => document.querySelector('[role=application]')?.dataset.drawn")
        box = page.locator("[role=application]").bounding_box()
        assert box is not None
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.evaluate(EDITS)
        page.keyboard.press("n")
        found: list[float] = []
        for zoomed in (0, 4):
            for _ in range(zoomed):
                page.keyboard.press("-")
            page.wait_for_timeout(1500)
            zoom = 0.86 * min(box["width"], box["height"]) / CHIP / 1.5**zoomed
            for i in range(times):
                page.keyboard.press("Escape")
                at = (chip + 0.5) * CHIP
                k = round((at - step / 2) / step) + i % 3 - 1
                x = middle[0] + ((k + 0.5) * step - at) * zoom
                y = middle[1] + ((round((at - step / 2) / step) + 0.5) * step - at) * zoom
                page.mouse.click(x, y)
                spot = _vertex(page, server, k, round((at - step / 2) / step))
                sx, sy = middle[0] + (spot[0] - at) * zoom, middle[1] + (spot[1] - at) * zoom
                count = len(page.evaluate("() => edits"))
                page.mouse.move(sx, sy)
                page.mouse.down()
                page.mouse.move(sx + 6, sy + 5, steps=4)
                page.mouse.up()
                _until(page, f"() => edits.length > {count}", 20)
                found.append(page.evaluate("() => edits.at(-1)"))
                page.wait_for_timeout(100)
        page.keyboard.press("Escape")
        page.keyboard.press("0")
        page.wait_for_timeout(1500)
        frames = {"pan": _frames(page, middle, False), "zoom": _frames(page, middle, True)}
        return found, frames


def _vertex(page: Page, server: Served, col: int, row: int) -> tuple[float, float]:
    """The first vertex of a polygon as it is now."""
    from labelpage import api

    _until(page, "() => document.querySelector('[data-saved]').dataset.waiting === '0'")
    step = SIDE / int(np.ceil(np.sqrt(POLYGONS)))
    x, y = (col + 0.5) * step, (row + 0.5) * step
    own = f"p{row * int(np.ceil(np.sqrt(POLYGONS))) + col}"
    told = api(server, f"/shapes?task={TASK}&scene=large&bbox={x - 9},{y - 9},{x + 9},{y + 9}")["features"]
    ring = next(one for one in told if one["id"] == own)["geometry"]["coordinates"][0]
    return ring[0][0], ring[0][1]


def _frames(page: Page, middle: tuple[float, float], zoom: bool) -> dict[str, float]:
    page.mouse.move(*middle)
    if not zoom:
        page.mouse.down(button="middle")
    page.evaluate(FRAMES)
    start = time.monotonic()
    turn = 0
    while time.monotonic() - start < 4:
        turn += 1
        if zoom:
            page.mouse.wheel(0, -40 if turn // 25 % 2 == 0 else 40)
        else:
            page.mouse.move(middle[0] + 200 * np.sin(turn / 20), middle[1] + 120 * np.cos(turn / 20))
        page.wait_for_timeout(12)
    if not zoom:
        page.mouse.up(button="middle")
    frames = sorted(page.evaluate("() => { window.seen.on = false; return window.seen.frames; }")[1:])
    return {"fps": 1000 * len(frames) / sum(frames), "p95_ms": frames[int(0.95 * len(frames))], "worst_ms": frames[-1]}


def opening(browser: Browser, server: Served) -> float:
    """Seconds until the whole scene is on the screen."""
    with opened(browser, server) as page:
        _until(page, "() => document.querySelector('#page-title') !== null")
        page.wait_for_timeout(500)
        start = page.evaluate("() => { const now = performance.now(); location.hash = '#/scene/large'; return now; }")
        return (float(_until(page, DRAWN)) - float(start)) / 1000


def extra(playwright: Any, server: Served) -> tuple[float, float]:
    """MB of a browser on an empty page, and after a walk through the scene."""
    with tempfile.TemporaryDirectory() as folder:
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=chromium(), args=ARGUMENTS, viewport=VIEW
        )
        page = context.pages[0]
        page.goto("about:blank")
        page.wait_for_timeout(1500)
        empty = _held_mb(folder)
        page.goto(server.url)
        page.evaluate("() => { location.hash = '#/scene/large'; }")
        _until(page, DRAWN)
        box = page.locator("[role=application]").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 400, box["y"] + 300)
        most = 0.0
        for delta in (-600, -600, -600, 400, -900, -600, 1500):
            page.mouse.wheel(0, delta)
            page.wait_for_timeout(300)
            page.mouse.down()
            page.mouse.move(box["x"] + 150, box["y"] + 120, steps=6)
            page.mouse.up()
            page.mouse.move(box["x"] + 400, box["y"] + 300)
            page.wait_for_timeout(900)
            most = max(most, _held_mb(folder))
        context.close()
        return empty, most


def _held_mb(folder: str) -> float:
    """Proportional set size of all processes that descend from the browser of a profile, in MB."""
    tree: dict[int, int] = {}
    roots = []
    for one in Path("/proc").iterdir():
        if not one.name.isdigit():
            continue
        try:
            parent = int((one / "stat").read_text().rpartition(")")[2].split()[1])
            if folder.encode() in (one / "cmdline").read_bytes() and int(one.name) != os.getpid():
                roots.append(int(one.name))
        except OSError:
            continue
        tree[int(one.name)] = parent
    family = set(roots)
    while more := {pid for pid, parent in tree.items() if parent in family} - family:
        family |= more
    held = 0
    for pid in family:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            held += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return held * 1024 / 1e6


def main() -> None:
    quick = _bench.quick_asked()
    times, rounds = (5, 1) if quick else (12, 5)
    root = workspace()
    from pageserver import built_ui

    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        print(f"Chromium {browser.version}, software GL (SwiftShader), {VIEW['width']} x {VIEW['height']}")
        with serving(_copy(root, Path(made)), log=Path(made) / "server.log", ui=built_ui()) as server:
            opening(browser, server)  # the server's own first answers
            opens = [opening(browser, server) for _ in range(rounds)]
            edits, frames = editing(browser, server, times)
            browser.close()
            empty, most = extra(playwright, server)
    edits.sort()
    _bench.table(
        [(name, one["fps"], one["p95_ms"], one["worst_ms"]) for name, one in frames.items()],
        ("20,000 polygons in view", "frames/s", "p95 ms", "worst ms"),
    )
    metrics = {
        "edit_ms": statistics.median(edits),
        "edit_p95_ms": edits[int(0.95 * (len(edits) - 1))],
        "pan_fps": frames["pan"]["fps"],
        "pan_worst_ms": frames["pan"]["worst_ms"],
        "zoom_fps": frames["zoom"]["fps"],
        "zoom_worst_ms": frames["zoom"]["worst_ms"],
        "open_s": statistics.median(opens),
        "empty_mb": empty,
        "extra_mb": most - empty,
    }
    _bench.finish("outlines", metrics, quick, wanted=WANTED, packages=("playwright", "fastapi", "uvicorn"))


def _copy(root: Path, made: Path) -> Path:
    """Edits are not for the next run."""
    import shutil

    return Path(shutil.copytree(root, made / "edited"))


if __name__ == "__main__":
    main()
