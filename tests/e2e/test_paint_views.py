"""The views of the pixel editor: six in step, looks without the server, other dates, web maps, kept arrangements."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest
from labelpage import api
from pageserver import Served
from paintpage import PaintPage
from PIL import Image
from playwright.sync_api import Locator, Page, expect

TASK = "pixels"
WAIT = 400
MARKED = """
(canvas) => {
  const { width, height } = canvas;
  const data = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (data[4 * (y * width + x) + 3]) {
    left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y);
  }
  const { offsetLeft, offsetTop } = canvas; // it is no larger than its marks
  return right < 0 ? null : [offsetLeft + (left + right + 1) / 2, offsetTop + (top + bottom + 1) / 2];
}
"""
PICTURE = """
(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(width >> 2, height >> 2, width >> 1, height >> 1);
  let sum = 0;
  for (const word of new Uint32Array(data.buffer)) sum = (Math.imul(sum, 31) + word) | 0;
  return sum;
}
"""


@pytest.fixture
def chip(served: Served) -> str:
    """A chip of the first date."""
    chips = api(served, "/chips?limit=100")["chips"]
    return str(next(c["id"] for c in chips if c["datetime"].startswith("2020-01-13") and c["id"].endswith("_2_2")))


def panes(page: Page) -> Locator:
    """The views that are seen."""
    return page.locator("section.pane")


def physical(server: Served, chip: str) -> dict[str, npt.NDArray[np.float64]]:
    """Values by band, as NumPy computes them."""
    with httpx.Client(base_url=f"{server.base}api", headers={"Authorization": f"Bearer {server.token}"}) as http:
        bands = http.get(f"/chips/{chip}").json()["bands"]
        stored = np.load(io.BytesIO(http.get(f"/chips/{chip}/pixels").content))
    return {b["name"]: p * b["scale"] + b["offset"] for b, p in zip(bands, stored, strict=True)}


def told(page: Page) -> dict[str, float]:
    """Values that the page tells of the pixel under the pointer."""
    rows = page.get_by_label("Values of the pixel").locator("div")
    texts = [(row.locator("dt").inner_text(), row.locator("dd").inner_text()) for row in rows.all()]
    return {name.strip(): float(value) for name, value in texts if value}


def hover(pane: Locator, col: float, row: float, size: int) -> tuple[float, float]:
    """Point at a place of a chip that is seen whole; where that is in the view, CSS pixels."""
    box = pane.bounding_box()
    assert box
    zoom = min(box["width"], box["height"]) / size * 0.96
    x, y = (col - size / 2) * zoom + box["width"] / 2, (row - size / 2) * zoom + box["height"] / 2
    pane.page.mouse.move(box["x"] + x, box["y"] + y)
    return x, y


def same(told: dict[str, float], values: dict[str, npt.NDArray[np.float64]], row: int, col: int) -> None:
    """All bands are told, with four figures."""
    for name, plane in values.items():
        assert told[name] == pytest.approx(plane[row, col], rel=6e-4), name


def test_six_views_move_in_step_and_tell_the_values(page: Page, served: Served, chip: str) -> None:
    editor = PaintPage(page, served, chip).open()
    editor.press("Alt+6")
    expect(panes(page)).to_have_count(6)
    page.wait_for_timeout(WAIT)
    hover(panes(page).nth(0), 40.5, 20.5, 64)
    page.wait_for_timeout(WAIT)
    same(told(page), physical(served, chip), 20, 40)
    stage = panes(page).nth(2)
    x, y = hover(stage, 44.5, 18.5, 64)
    page.mouse.wheel(0, -400)
    page.mouse.down(button="middle")
    box = stage.bounding_box()
    assert box
    page.mouse.move(box["x"] + x - 20, box["y"] + y + 12, steps=3)
    page.mouse.up(button="middle")
    page.wait_for_timeout(2 * WAIT)
    wide = [i for i in range(6) if "surroundings" in panes(page).nth(i).inner_text()]
    for i in range(6):
        marked = panes(page).nth(i).locator("canvas").nth(2).evaluate(MARKED)
        if i == 2:  # the pointer itself is there
            continue
        assert marked is not None
        if i not in wide:
            assert marked == pytest.approx([x - 20, y + 12], abs=1.5), i
    editor.press("0", "Alt+1")
    expect(panes(page)).to_have_count(1)


def test_looks_change_without_the_server(page: Page, served: Served, chip: str) -> None:
    editor = PaintPage(page, served, chip).open()
    editor.press("Alt+4")
    page.wait_for_timeout(4 * WAIT)
    canvas = panes(page).nth(0).locator("canvas").nth(0)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    panes(page).nth(0).locator(".head button").click()
    panel = page.get_by_role("dialog", name="View 1")
    seen = canvas.evaluate(PICTURE)
    acts: tuple[Callable[[], Any], ...] = (
        lambda: panel.get_by_role("radio", name="Full").check(force=True),
        lambda: panel.get_by_label("Brightness").fill("0.2"),
        lambda: panel.get_by_label("Contrast").fill("1.6"),
        lambda: panel.get_by_label("Saturation").fill("2"),
        lambda: panel.get_by_label("Gamma").fill("0.6"),
        lambda: panel.get_by_role("switch", name="Invert").check(force=True),
        lambda: panel.get_by_role("radio", name="Agriculture").check(force=True),
        lambda: panel.get_by_role("radio", name="Indices").check(force=True),
    )
    for act in acts:
        act()
        page.wait_for_timeout(WAIT // 2)
        now = canvas.evaluate(PICTURE)
        assert now != seen
        seen = now
    page.keyboard.press("Escape")
    editor.press("b", "b")
    page.wait_for_timeout(WAIT)
    assert [url for url in asked if "/pixels" in url or "/quicklook" in url] == []
    changed = [url for url in asked if "/api/" in url and "margin=" not in url]
    assert changed == []


def test_another_date_of_the_same_place(page: Page, served: Served, chip: str) -> None:
    other = chip.replace("2020-01-13", "2020-01-28")
    PaintPage(page, served, chip).open()
    page.get_by_role("group", name="Views").get_by_role("button").click()
    page.get_by_role("menuitemradio", name="Dates").click()
    dated = panes(page).nth(1)
    expect(dated).to_contain_text("2020-01-28")
    page.wait_for_timeout(WAIT)
    values = physical(served, other)
    assert any(not np.array_equal(plane, values[name]) for name, plane in physical(served, chip).items())
    hover(dated, 10.5, 50.5, 64)
    page.wait_for_timeout(WAIT)
    same(told(page), values, 50, 10)
    dated.locator(".head button").click()
    page.get_by_label("Shows").select_option(label="Date before")
    expect(dated).to_contain_text("There is no earlier date of this place.")


@contextmanager
def tile_server() -> Iterator[tuple[str, list[str]]]:
    """A web map on the loopback interface: every tile is one colour. Its address, and what was asked for."""
    asked: list[str] = []
    png = io.BytesIO()
    Image.new("RGB", (256, 256), (200, 40, 120)).save(png, "png")

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(png.getvalue())

        def log_message(self, *_said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_web_map_is_a_view_and_an_arrangement_is_everybodys(
    new_page: Callable[..., Page], serve_own: Callable[..., Served], lake_copy: Path, chip: str
) -> None:
    with tile_server() as (address, asked):
        settings = lake_copy / "groundset.toml"
        settings.write_text(
            settings.read_text() + f'\n[views.mine]\nkind = "tiles"\ntitle = "Loopback map"\n'
            f'url = "{address}/{{z}}/{{x}}/{{y}}.png"\nattribution = "© loopback"\n'
        )
        server = serve_own(lake_copy)
        page = new_page()
        editor = PaintPage(page, server, chip).open()
        editor.press("Alt+2")
        view = panes(page).nth(1)
        view.locator(".head button").click()
        page.get_by_label("Shows").select_option(label="Loopback map")
        page.keyboard.press("Escape")
        expect(view).to_contain_text("© loopback")
        page.wait_for_timeout(3 * WAIT)
        assert asked
        assert all(path.count("/") == 3 and path.endswith(".png") for path in asked)
        editor.press("v")  # labels away
        page.wait_for_timeout(WAIT)
        drawn = np.asarray(Image.open(io.BytesIO(view.screenshot())).convert("RGB")).astype(int)
        rows, cols = drawn.shape[:2]
        middle = drawn[rows // 4 : rows // 2, cols // 4 : cols // 2].reshape(-1, 3)
        assert np.abs(np.median(middle, axis=0) - [200, 40, 120]).max() <= 2
        page.get_by_role("group", name="Views").get_by_role("button").click()
        page.get_by_role("menuitem", name="Keep all groups for everybody").click()
        expect(page.get_by_text("sees these views first")).to_be_visible()
        kept = api(server, f"/tasks/{TASK}/arrangement")["groups"]
        assert any("tiles:mine" in group for group in kept)
        another = new_page()
        PaintPage(another, server, chip).open(actor="ben")
        expect(panes(another).nth(1)).to_contain_text("© loopback")


def test_two_fingers_move_the_picture_and_one_paints(browser: Any, served: Served, chip: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, has_touch=True)
    page = context.new_page()
    editor = PaintPage(page, served, chip).open(actor="tom")
    editor.press("Alt+1")
    page.wait_for_timeout(WAIT)
    touch = context.new_cdp_session(page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    zoom = page.get_by_role("group", name="Zoom").locator(".zoom")
    before = float(zoom.inner_text()[:-1])
    x, y = editor.place(32, 32)
    fingers("touchStart", (x - 40, y))
    fingers("touchStart", (x - 40, y), (x + 40, y))
    for step in range(1, 6):
        fingers("touchMove", (x - 40 - 10 * step, y), (x + 40 + 10 * step, y))
    fingers("touchEnd")
    page.wait_for_timeout(WAIT)
    assert float(zoom.inner_text()[:-1]) > 1.5 * before
    expect(page.locator(".figures")).not_to_contain_text("· 1 stroke")
    editor.press("0")
    page.wait_for_timeout(WAIT)
    a, b = editor.place(10, 10), editor.place(40, 30)
    fingers("touchStart", a)
    fingers("touchMove", b)
    fingers("touchEnd")
    editor.strokes(1)
    context.close()
