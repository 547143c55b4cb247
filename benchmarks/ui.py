"""The page in Chromium with software GL (a graphics card is faster), over a workspace of 100,000 chips on loopback.

``paint_ms``: from the navigation to a useful home page (counts and class bars are there), cold cache, median.
``first_screen_kb``: bytes received for it, compressed. ``wheel_ui_mb``: what the page takes in the built wheel,
compressed; it is that page which is measured. ``scroll_fps``: frames a second while the wall of chips is scrolled with
the wheel at a pace that shows new tiles all the time, the lowest of three tile sizes; beside it the worst frame, the
main thread's work a frame and the share of tiles that were shown without their picture. ``key_ms``: from a key that
labels the chip at the cursor to the frame after its badge was drawn on the wall, every chip another answer, the ranking
following live; median, the 95th percentile beside it. No peer: none shows this.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import _bench

sys.path.insert(0, str(_bench.REPO / "tests" / "support"))

from labelpage import SIGN_IN
from manychips import many_chips
from pageserver import Served, chromium, serving

CHIPS = 100_000
STATIC = "groundset/server/static/"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
VIEW = {"width": 1280, "height": 800}
SIZES = (48, 128, 256)
PACES = {"read": 1_200, "skim": 6_000}
"""Pixels a second; the first counts, the second is reported."""
WANTED = {
    "paint_ms": ("<=", 1000.0), "first_screen_kb": ("<=", 400.0), "wheel_ui_mb": ("<=", 1.5), "key_ms": ("<=", 50.0),
}  # fmt: skip
ANSWERS = {"2": "Forest", "3": "Herbaceous vegetation", "4": "Highway", "u": "unsure"}
"""Keys that label, and what a chip is called that is labelled so: no key is pressed that would change nothing."""

USEFUL = """
(() => {
  const look = () => {
    const counts = [...document.querySelectorAll('.figures dd')].some((one) => one.textContent.includes('100,000'));
    if (counts && document.querySelectorAll('td.bar [role=meter]').length >= 10) {
      requestAnimationFrame((now) => { window.usefulAt = now; });
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""

FRAMES = """
() => {
  const seen = (window.seen = { frames: [], tiles: 0, waiting: 0, on: true });
  const wall = document.querySelector('.wall').wall;
  let last = performance.now();
  const tick = (now) => {
    if (!seen.on) return;
    seen.frames.push(now - last);
    last = now;
    const { tiles, waiting } = wall.stats();
    seen.tiles += tiles;
    seen.waiting += waiting;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
"""

KEYS = """
(signs) => {
  const seen = (window.keys = []);
  const area = (link) => {
    const box = link.getBoundingClientRect();
    const at = [box.left + 2, box.bottom - 40];
    const canvas = [...document.querySelectorAll('.bands canvas')].find((one) => {
      const r = one.getBoundingClientRect();
      return one.style.display !== 'none' && r.left <= at[0] && r.top <= at[1] && r.bottom > at[1];
    });
    const r = canvas.getBoundingClientRect();
    const k = canvas.width / r.width;
    const part = [(box.left - r.left) * k, (box.top - r.top) * k, box.width * k, box.height * k].map(Math.round);
    const ctx = canvas.getContext('2d');
    return () => ctx.getImageData(...part).data.reduce((sum, v, i) => (sum * 31 + v * (i + 1)) | 0, 7);
  };
  addEventListener('keydown', (event) => {
    if (!signs.includes(event.key)) return;
    const link = document.activeElement;
    const look = area(link);
    const before = look();
    const watch = () => {
      if (look() !== before) requestAnimationFrame(() => seen.push(performance.now() - event.timeStamp));
      else if (performance.now() - event.timeStamp > 5000) seen.push(Infinity);
      else requestAnimationFrame(watch);
    };
    requestAnimationFrame(watch);
  }, true);
}
"""


def workspace() -> Path:
    """The workspace, made once."""
    path = _bench.cache_dir("ui") / f"many_{CHIPS}_v1"
    if not path.exists():
        beside = path.with_suffix(".part")
        many_chips(beside, CHIPS).rename(path)
    return path


def wheel_page(folder: Path) -> tuple[Path, float]:
    """Build the wheel; the page in it, unpacked, and its compressed size in MB."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(_bench.REPO)]
    env = os.environ | {"GROUNDSET_REQUIRE_UI": "1"}
    subprocess.run(command, env=env, check=True, stdout=sys.stderr)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        files = [one for one in wheel.infolist() if one.filename.startswith(STATIC)]
        wheel.extractall(folder, files)
        return folder / STATIC, sum(one.compress_size for one in files) / 1e6


@contextmanager
def fresh(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has seen nothing yet."""
    context = browser.new_context(viewport=VIEW, color_scheme="dark")
    yield context
    context.close()


def first_screen(browser: Browser, server: Served) -> tuple[float, float]:
    """Milliseconds to a useful home page, and the kB received until nothing more came."""
    with fresh(browser) as context:
        page = context.new_page()
        page.add_init_script(USEFUL)
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        received: list[float] = []
        wire.on("Network.loadingFinished", lambda told: received.append(told["encodedDataLength"]))
        page.goto(server.url, wait_until="commit")
        useful = _until(page, "() => window.usefulAt ?? 0")
        _rested(page, received)
        return useful, sum(received) / 1000


def _rested(page: Page, received: list[float]) -> None:
    """Wait until nothing has been received for a while."""
    count = -1
    while count != len(received):
        count = len(received)
        page.wait_for_timeout(1000)


def _until(page: Page, ready: str, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := page.evaluate(ready):
            return found
        page.wait_for_timeout(50)
    raise SystemExit(f"not there after {seconds:g} s: {ready}")


def scroll(browser: Browser, server: Served, size: int, seconds: float) -> dict[str, dict[str, float]]:
    """Scroll the wall at each pace with the wheel."""
    with fresh(browser) as context:
        page = context.new_page()
        kept = f"localStorage.setItem('groundset.wall', JSON.stringify({{ size: {size} }}));"
        page.add_init_script(kept)
        page.goto(server.url)
        page.evaluate("() => { location.hash = '#/chips'; }")
        return {name: _pace(context, page, pace, seconds) for name, pace in PACES.items()}


def _pace(context: BrowserContext, page: Page, pace: int, seconds: float) -> dict[str, float]:
    ready = "() => { const s = document.querySelector('.wall')?.wall?.stats(); return s && s.tiles && !s.waiting; }"
    _until(page, ready)
    wire = context.new_cdp_session(page)
    wire.send("Performance.enable", {"timeDomain": "threadTicks"})
    box = page.locator(".wall").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = _work(wire)
    page.evaluate(FRAMES)
    start = time.monotonic()
    scrolled = 0.0
    while (passed := time.monotonic() - start) < seconds:
        due = pace * passed - scrolled
        page.mouse.wheel(0, due)
        scrolled += due
        page.wait_for_timeout(16)
    seen = page.evaluate("() => { window.seen.on = false; return window.seen; }")
    frames = sorted(seen["frames"][1:])
    return {
        "fps": 1000 * len(frames) / sum(frames),
        "p99_ms": frames[int(0.99 * (len(frames) - 1))],
        "worst_ms": frames[-1],
        "work_ms": 1000 * (_work(wire) - before) / len(frames),
        "waiting": seen["waiting"] / max(1, seen["tiles"]),
    }


def keys(browser: Browser, server: Served, times: int) -> list[float]:
    """Milliseconds from each key to the frame that shows its answer."""
    with fresh(browser) as context:
        page = context.new_page()
        page.goto(server.url)
        page.wait_for_url(lambda url: "token=" not in url)
        page.evaluate(SIGN_IN, "benchmark")
        page.reload()
        page.evaluate("() => { location.hash = '#/chips?task=chips&sort=random:1'; }")
        _until(
            page, "() => { const s = document.querySelector('.wall')?.wall?.stats(); return s?.tiles && !s.waiting; }"
        )
        page.evaluate(KEYS, list(ANSWERS))
        page.keyboard.press("ArrowRight")
        for i in range(times):
            said = page.evaluate("() => document.activeElement.getAttribute('aria-label').split(', ')[1]")
            page.keyboard.press(next(key for key in _turned(list(ANSWERS), i) if ANSWERS[key] != said))
            _until(page, f"() => window.keys.length > {i}")
            page.wait_for_timeout(300)
        found: list[float] = page.evaluate("() => window.keys")
        return found


def _turned(keys: list[str], by: int) -> list[str]:
    """The keys, beginning with another one."""
    return keys[by % len(keys) :] + keys[: by % len(keys)]


def _work(wire: Any) -> float:
    """Seconds of processor time of the main thread so far."""
    told = {one["name"]: one["value"] for one in wire.send("Performance.getMetrics")["metrics"]}
    return float(told["TaskDuration"])


def main() -> None:
    quick = _bench.quick_asked()
    rounds, seconds = (3, 3.0) if quick else (9, 10.0)
    root = workspace()
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        static, wheel_mb = wheel_page(Path(made))
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        print(f"Chromium {browser.version}, software GL (SwiftShader), {VIEW['width']} x {VIEW['height']}")
        with serving(root, log=Path(made) / "server.log", ui=static) as server:
            first_screen(browser, server)  # the server's own first answers: its index of 100,000 chips
            screens = [first_screen(browser, server) for _ in range(rounds)]
            walls = {size: scroll(browser, server, size, seconds) for size in SIZES}
        own = shutil.copytree(root, Path(made) / "labelled")  # answers are not for the next run
        with serving(own, log=Path(made) / "keys.log", ui=static) as server:
            pressed = sorted(keys(browser, server, 12 if quick else 40))
        browser.close()
    columns = ("fps", "p99_ms", "worst_ms", "work_ms", "waiting")
    rows = [
        (f"{size} px", f"{name}, {PACES[name]:,} px/s", *(one[key] for key in columns))
        for size, paces in walls.items()
        for name, one in paces.items()
    ]
    _bench.table(rows, ("tile", "pace", "frames/s", "p99 ms", "worst ms", "main thread ms/frame", "without picture"))
    slowest = min(walls.values(), key=lambda paces: paces["read"]["fps"])
    metrics = {
        "paint_ms": statistics.median(ms for ms, _ in screens),
        "first_screen_kb": max(kb for _, kb in screens),
        "wheel_ui_mb": wheel_mb,
        "scroll_fps": slowest["read"]["fps"],
        "scroll_worst_ms": max(paces["read"]["worst_ms"] for paces in walls.values()),
        "scroll_waiting": max(paces["read"]["waiting"] for paces in walls.values()),
        "key_ms": statistics.median(pressed),
        "key_p95_ms": pressed[int(0.95 * (len(pressed) - 1))],
        "skim_fps": min(paces["skim"]["fps"] for paces in walls.values()),
        "skim_waiting": max(paces["skim"]["waiting"] for paces in walls.values()),
    }
    _bench.finish("ui", metrics, quick, wanted=WANTED, packages=("playwright", "fastapi", "uvicorn"))


if __name__ == "__main__":
    main()
