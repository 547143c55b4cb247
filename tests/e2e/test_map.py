"""The map and the scene page, in the real browser: tiles, chips, layers, keys, and what is said where it cannot be."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pageserver import Served
from PIL import Image
from playwright.sync_api import Page, expect

NO_WEBGL = """
    const original = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return String(kind).startsWith('webgl') ? null : original.call(this, kind, ...rest);
    };
"""
STAGE = "[data-chips]"


def at_rest(page: Page) -> None:
    expect(page.locator(f"{STAGE}[data-idle=true]")).to_be_visible(timeout=60_000)


def open_map(page: Page, open_page: Callable[..., Page], place: str = "#/map") -> Page:
    open_page(page, place)
    at_rest(page)
    expect(page.locator(f"{STAGE}[data-chips=shown]")).to_be_visible(timeout=30_000)
    at_rest(page)
    return page


def picture(page: Page) -> np.ndarray:
    at_rest(page)
    shot = page.locator(f"{STAGE} canvas").screenshot(animations="disabled")
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), float)


def middle(image: np.ndarray) -> np.ndarray:
    rows, columns = image.shape[:2]
    return image[rows // 3 : 2 * rows // 3, columns // 3 : 2 * columns // 3]


def test_tiles_appear_and_go(page: Page, open_page: Callable[..., Page]) -> None:
    open_map(page, open_page)
    page.keyboard.press("l")  # without the chips' colours
    drawn = middle(picture(page))
    assert drawn.std() > 5  # a real image, not one colour
    page.get_by_role("button", name="Hide all").click()
    page.wait_for_timeout(300)
    empty = middle(picture(page))
    assert empty.std() < drawn.std() / 2
    page.get_by_role("button", name="Show all").click()
    page.wait_for_timeout(300)
    assert np.abs(middle(picture(page)) - drawn).mean() < 3


def test_another_layer_draws_other_pixels(page: Page, open_page: Callable[..., Page]) -> None:
    open_map(page, open_page)
    page.keyboard.press("l")
    before = middle(picture(page))
    choice = page.get_by_label("Layer")
    expect(choice.locator("option", has_text=re.compile("^NDWI"))).to_have_count(1)
    choice.select_option(label="False colour infrared")
    page.wait_for_timeout(500)
    assert np.abs(middle(picture(page)) - before).mean() > 3
    page.keyboard.press("Escape")
    page.locator("#page-title").focus()
    page.keyboard.press("1")
    expect(choice.locator("option:checked")).to_have_text("Each scene's own")


def test_a_click_opens_the_chip_and_the_card_shows_it_before(page: Page, open_page: Callable[..., Page]) -> None:
    open_map(page, open_page)
    box = page.locator(STAGE).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2 + 5, box["y"] + box["height"] / 2 + 5)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    card = page.locator(".card p.mono")
    expect(card).to_be_visible()
    name = card.inner_text()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(lambda url: f"#/chip/{name}" in url)


def test_the_address_keeps_the_view(page: Page, open_page: Callable[..., Page]) -> None:
    open_map(page, open_page)
    page.wait_for_url(lambda url: "at=" in url)
    first = page.url
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_url(lambda url: url != first)
    at_rest(page)
    zoomed = page.url
    page.reload()
    at_rest(page)
    assert page.url == zoomed
    page.keyboard.press("f")
    page.wait_for_url(lambda url: url != zoomed)


def test_a_filter_holds_here_too(page: Page, open_page: Callable[..., Page]) -> None:
    open_map(page, open_page)
    legend = page.get_by_label("Classes of the chips").get_by_role("status")
    expect(legend).to_contain_text("72 chips")
    page.evaluate("() => { location.hash = `#/map?filter=${encodeURIComponent(\"scene_id LIKE '%13%'\")}`; }")
    expect(legend).to_contain_text("36 chips")
    page.get_by_role("button", name="Clear the filter").click()
    expect(legend).to_contain_text("72 chips")


def test_a_wrong_filter_is_told(page: Page, open_page: Callable[..., Page], allowed_errors: list[str]) -> None:
    allowed_errors.append("422")
    open_page(page, "#/map?filter=nonsense%20%3D%201")
    expect(page.get_by_role("alert")).to_contain_text("nonsense", timeout=30_000)


def test_it_recovers_by_itself_when_the_server_is_back(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    allowed_errors: list[str],
) -> None:
    allowed_errors += ["ERR_", "Failed to fetch", "Failed to load"]
    server = serve_own(lake_copy)
    open_map(page, lambda page, place: open_page(page, place, server))  # so that the page itself is here
    page.evaluate("() => { location.hash = '#/chips'; }")
    expect(page.locator(".wall")).to_be_visible()
    server.stop()
    page.evaluate("() => { location.hash = '#/map'; }")
    expect(page.get_by_role("button", name="Try again").first).to_be_visible(timeout=30_000)
    serve_own(lake_copy, port=server.port)
    expect(page.locator(f"{STAGE}[data-chips=shown]")).to_be_visible(timeout=60_000)
    page.keyboard.press("l")
    page.wait_for_timeout(500)
    assert middle(picture(page)).std() > 5


def test_without_webgl_the_list_still_works(page: Page, open_page: Callable[..., Page]) -> None:
    page.add_init_script(NO_WEBGL)
    open_page(page, "#/map")
    expect(page.get_by_role("alert")).to_contain_text("WebGL 2")
    expect(page.get_by_role("complementary", name="Scenes").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("link", name="About").first.click()
    expect(page.get_by_role("heading", name="Bands")).to_be_visible()


def test_by_keyboard_alone(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page)
    page.keyboard.press("g")
    page.keyboard.press("m")
    at_rest(page)
    before = page.url
    fly = page.get_by_role("button", name="fly there").first
    for _ in range(40):
        if fly.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(fly).to_be_focused()
    page.keyboard.press("Enter")
    at_rest(page)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement?.tagName") == "CANVAS":
            break
    page.keyboard.press("+")
    page.wait_for_url(lambda url: url != before)
    switch = page.get_by_role("switch", name="Chip outlines")
    expect(switch).to_be_checked()
    page.keyboard.press("l")
    expect(switch).not_to_be_checked()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious(
    new_page: Callable[..., Page], open_page: Callable[..., Page], axe: Callable[..., None], theme: str
) -> None:
    page = open_map(new_page(theme=theme), open_page)
    axe(page)
    page.get_by_role("link", name="About").first.click()
    expect(page.get_by_role("heading", name="Bands")).to_be_visible()
    axe(page)


def test_the_page_of_a_scene(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page, "#/map")
    page.get_by_role("link", name="About").first.click()
    expect(page.locator("tbody tr")).to_have_count(12)
    expect(page.get_by_role("row", name="B04")).to_contain_text("red")
    preview = page.locator("figure img")
    expect(preview).to_be_visible()
    before = preview.get_attribute("src")
    page.keyboard.press("2")
    expect(preview).not_to_have_attribute("src", str(before))
    assert "scene_id" in str(page.get_by_role("link", name="Its chips").get_attribute("href"))
    page.get_by_role("link", name="On the map").click()
    at_rest(page)
