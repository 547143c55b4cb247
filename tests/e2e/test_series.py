"""Several dates of one place: a series made on the page, two dates with a swipe, and chips found by words."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import httpx
import numpy as np
import rasterio
from pageserver import Served
from PIL import Image
from playwright.sync_api import Locator, Page, expect

DATES = ("2020-01-13", "2020-01-28")
NAMED = """async () => {
  const { csrf } = await (await fetch('api/session')).json();
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
  await fetch('api/session', { method: 'POST', headers, body: JSON.stringify({ actor: 'anna' }) });
}"""
"""Says who one is, as the dialog does."""


def test_a_series_is_swiped_and_chips_are_found_by_words(
    server: Served, page: Page, open_page: Callable[..., Page]
) -> None:
    open_page(page, server=server)
    page.evaluate(NAMED)
    with httpx.Client(base_url=f"{server.base}api", headers={"Authorization": f"Bearer {server.token}"}) as http:
        (proposed,) = http.get("/series").json()["proposed"]
        scenes = [date["scene_id"] for date in proposed["dates"]]
        page.goto(f"{server.base}#/scenes/{scenes[0]}")
        page.reload()  # with the name
        page.get_by_role("button", name="Make series").click()
        expect(page.get_by_role("heading", name=f"Series {proposed['name']}")).to_be_visible()
        assert [d["scene_id"] for d in http.get("/series").json()["series"][0]["dates"]] == scenes

    page.goto(f"{server.base}#/chip/{scenes[0]}_0_2_2")
    stage = page.locator(".stage").first
    expect(page.get_by_role("img", name=f"Chip {scenes[0]}")).to_be_visible()
    page.keyboard.press("w")
    divider = page.get_by_role("slider", name="Divider between two dates")
    expect(page.get_by_role("img", name=DATES[1])).to_be_visible()
    page.mouse.move(5, 5)
    page.keyboard.press("b")  # one date fills the picture, then the other
    expect(divider).to_have_attribute("aria-valuenow", "0")
    later = _picture(page, stage)
    page.keyboard.press("b")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    earlier = _picture(page, stage)
    width = earlier.shape[1]
    inner = slice(60, -60)
    assert np.abs(earlier[inner] - later[inner]).mean() > 10
    divider.focus()
    page.keyboard.press("Home")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", "50")
    both = _picture(page, stage)
    left, right = slice(0, width // 2 - 40), slice(width // 2 + 40, width - 20)
    assert np.abs(both[inner, left] - earlier[inner, left]).mean() < 1
    assert np.abs(both[inner, right] - later[inner, right]).mean() < 1
    box = divider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 12, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 12 + width / 4, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "75")
    assert f"{scenes[0]}_0_2_2" in page.url  # arrows on the divider turned no page

    page.goto(f"{server.base}#/chips?task=chips")
    page.get_by_role("button", name="Words").click()
    page.get_by_role("searchbox", name="Find chips by words").fill("lakes")
    found = page.get_by_role("list", name="Classes that are meant").get_by_role("button", name="Water")
    expect(found).to_contain_text("definition “lakes”")
    page.keyboard.press("Enter")
    page.wait_for_url("**words=lakes**")
    expect(page.get_by_label("Sort")).to_contain_text("By words")

    page.goto(f"{server.base}#/chips?task=chips")
    page.get_by_role("button", name="Add a task").click()
    page.get_by_label("Name of the new task").fill("changed")
    page.get_by_role("radio", name="Pixels").check()
    page.get_by_role("radio", name="The change").check()
    page.get_by_role("button", name="Add the task").click()
    page.wait_for_url("**task=changed**")
    expect(page.locator(".wall[data-total]").first).to_have_attribute("data-total", "36")  # a place counts once
    page.goto(f"{server.base}#/paint/{scenes[1]}_0_2_2?task=changed")
    expect(page.get_by_role("heading", name=f"{scenes[0]}_0_2_2")).to_be_visible()  # answers lie with the first date


def test_a_label_map_is_seen_and_taken_along(server: Served, page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page, server=server, place="#/scenes/Boadella_2020-01-13")
    part = page.get_by_role("region", name="Label map")
    part.get_by_role("combobox", name="Task").select_option(label="pixels")
    part.get_by_role("switch", name="Over the picture").press("Space")
    expect(page.locator("img[src^='blob:']").last).to_be_visible()
    with page.expect_download() as codes:
        part.get_by_role("button", name="Class codes").click()
    with page.expect_download() as names:
        part.get_by_role("button", name="Class names").click()
    told = [one.value.suggested_filename for one in (codes, names)]
    assert told == ["Boadella_2020-01-13.codes.tif", "Boadella_2020-01-13.codes.tif.aux.xml"]
    with rasterio.open(codes.value.path()) as file:
        assert set(np.unique(file.read(1))) <= {0, 1, 255}
    assert "<Category>Water</Category>" in Path(names.value.path()).read_text()


def test_labels_of_two_scenes_are_brought_together(server: Served, page: Page, open_page: Callable[..., Page]) -> None:
    first, second = "Boadella_2020-01-13", "Boadella_2020-01-28"
    own = {"id": str(uuid4()), "kind": "answer", "task": "chips", "chip_id": f"{second}_0_5_5"}
    kept = {"task": "chips", "limit": 0, "filter": f"scene_id = '{second}' AND label IS NOT NULL"}
    with httpx.Client(base_url=f"{server.base}api", headers={"Authorization": f"Bearer {server.token}"}) as http:
        assert http.post("/annotations", json=[own | {"payload": {"class": 1, "value": "positive"}}]).is_success
        open_page(page, server=server)
        page.evaluate(NAMED)
        page.goto(f"{server.base}#/scenes/{second}")
        page.reload()
        page.get_by_role("button", name="Bring labels of scenes together").click()
        dialog = page.get_by_role("dialog", name="Bring labels of two scenes together")
        dialog.get_by_role("combobox", name="Task").select_option(label="chips")
        dialog.get_by_role("radio", name="First wins").check()
        expect(dialog).to_contain_text(f"--scenes {second},{first} --rule first")
        dialog.get_by_role("button", name="Bring together").click()
        expect(dialog).to_contain_text("21 chips written")
        assert http.get("/chips", params=kept).json()["total"] == 21
        dialog.get_by_role("button", name="Take it back").click()
        expect(dialog.get_by_text("21 chips written")).to_be_hidden()
        assert http.get("/chips", params=kept).json()["total"] == 1


def _picture(page: Page, stage: Locator) -> np.ndarray:
    page.wait_for_timeout(400)
    return np.asarray(Image.open(io.BytesIO(stage.screenshot())).convert("RGB"), np.float64)
