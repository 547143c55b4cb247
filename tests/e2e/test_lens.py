"""The lens: labels given there are in the journal, a rectangle to search with, surroundings, layers side by side."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from labelpage import handled
from pageserver import Served
from PIL import Image
from playwright.sync_api import Page, Route, expect

NAME = """async () => {
  const { csrf } = await (await fetch('./api/session')).json();
  await fetch('./api/session', { method: 'POST', body: JSON.stringify({ actor: 'dora' }),
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf } });
}"""


class Lens:
    """A page open at a chip in the middle of the scene, as dora."""

    def __init__(self, page: Page, server: Served) -> None:
        self.page = page
        self.http = httpx.Client(base_url=f"{server.base}api", headers={"Authorization": f"Bearer {server.token}"})
        chips = self.http.get("/chips", params={"limit": 100}).json()["chips"]
        row = next(c for c in chips if c["grid_row"] == 2 and c["grid_col"] == 2)
        self.id: str = row["id"]
        self.detail: dict[str, Any] = self.http.get(f"/chips/{self.id}").json()

    def open(self, query: str = "") -> Lens:
        self.page.evaluate(NAME)
        self.page.evaluate("hash => { location.hash = hash; }", f"#/chip/{self.id}{query}")
        self.page.reload()
        expect(self.page.locator(".stage .layer:not(.hidden) canvas")).to_be_visible()
        return self

    def answers(self) -> list[tuple[int, str]]:
        """Class and value of what stands of this chip in the task of chips, oldest first."""
        told = self.http.get("/annotations", params={"chip_id": self.id, "active": True}).json()["events"]
        said = [e for e in told if e["kind"] == "answer" and e["task"] == "chips" and e["actor"] == "dora"]
        return [(e["payload"]["class"], e["payload"]["value"]) for e in said if e.get("active", True)]

    def saved(self) -> None:
        expect(self.page.locator("[data-waiting='0']").first).to_be_visible()

    def screen(self) -> Any:
        shot = self.page.locator(".stage canvas").first.screenshot()
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(float)


@pytest.fixture
def lens(
    page: Page, open_page: Callable[..., Page], serve_own: Callable[..., Served], lake_copy: Path
) -> Iterator[Lens]:
    server = serve_own(lake_copy)
    made = Lens(open_page(page, "#/", server), server)
    yield made
    made.http.close()


def test_labels_given_on_the_lens_are_in_the_journal(lens: Lens) -> None:
    page = lens.open().page
    codes = [c["code"] for t in lens.http.get("/workspace").json()["tasks"] if t["name"] == "chips"
             for c in t["classes"] if not c["not_applicable"]]  # fmt: skip
    turn = page.get_by_role("button", name="Label for chips")
    goes_on = page.get_by_label("Go on")
    expect(turn.or_(goes_on).first).to_be_attached()
    if turn.count():
        turn.click()
    if goes_on.is_checked():
        goes_on.press("Space")  # a click may come while the panel is still laid out
    expect(goes_on).not_to_be_checked()
    expect(page.get_by_role("option").first).to_be_visible()
    for key, wanted in (("2", (codes[1], "positive")), ("u", (codes[1], "unsure")), ("n", (codes[1], "negative"))):
        page.keyboard.press(key)
        lens.saved()
        _wait(page, lambda wanted=wanted: wanted in lens.answers())  # type: ignore[misc]
    page.keyboard.press("z")
    _wait(page, lambda: (codes[1], "negative") not in lens.answers())
    page.keyboard.press("y")
    _wait(page, lambda: (codes[1], "negative") in lens.answers())


def test_a_rectangle_is_searched_with(lens: Lens, allowed_errors: list[str]) -> None:
    allowed_errors.append("422|503|501")
    page = lens.open().page
    page.keyboard.press("r")
    expect(page.get_by_role("group", name="Rectangle")).to_contain_text(re.compile("^32 . 32 px"))
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(page.get_by_role("group", name="Rectangle")).to_contain_text(re.compile("^33 . 32 px"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#/chips"))
    x, y = lens.detail["x_off"] + 17, lens.detail["y_off"] + 17
    like = httpx.URL(page.url.replace("#/chips", "chips")).params["like"]
    assert like == f"{lens.detail['chip']['scene_id']}@{x},{y},33,32"


def test_a_rectangle_is_drawn_with_the_mouse(lens: Lens) -> None:
    page = lens.open().page
    page.get_by_role("button", name="Rectangle to search with").click()
    box = page.locator(".stage canvas").first.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle[0] - 60, middle[1] - 40)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 40, steps=4)
    page.mouse.up()
    handled(page)
    told = page.get_by_role("group", name="Rectangle").locator(".size").inner_text()
    zoom = min(box["width"], box["height"]) / 64 * 0.96
    wide, high = (int(n) for n in re.findall(r"\d+", told))
    assert abs(wide - 120 / zoom) <= 1.5
    assert abs(high - 80 / zoom) <= 1.5
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Rectangle")).to_have_count(0)


def test_surroundings_are_seen_and_told(lens: Lens) -> None:
    page = lens.open("?mix=B08&smooth=0&stretch=full").page
    page.wait_for_timeout(1500)
    around = lens.screen()
    page.keyboard.press("d")
    page.wait_for_timeout(400)
    alone = lens.screen()
    height, width = around.shape[:2]
    zoom = min(width, height) / 64 * 0.96
    left = int(width / 2 - 33.5 * zoom), int(height / 2)
    if left[0] > 0:
        assert np.abs(around[left[1], left[0]] - alone[left[1], left[0]]).max() > 3
    assert np.abs(around[height // 2, width // 2] - alone[height // 2, width // 2]).max() <= 2
    page.keyboard.press("d")
    margin = 3
    wide = np.load(io.BytesIO(lens.http.get(f"/chips/{lens.id}/pixels", params={"margin": margin}).content))
    own = np.load(io.BytesIO(lens.http.get(f"/chips/{lens.id}/pixels").content))
    assert (wide[:, margin:-margin, margin:-margin] == own).all()


def test_all_layers_side_by_side(lens: Lens) -> None:
    page = lens.open().page
    page.keyboard.press("g")
    board = page.get_by_role("list", name="All layers of the chip")
    offered = len(lens.detail["layers"]) + len(lens.detail["indices"])
    expect(board.get_by_role("listitem")).to_have_count(offered)
    page.wait_for_timeout(800)
    first = board.locator("canvas").first.evaluate(
        "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; return new Set(d).size }"
    )
    assert first > 20
    board.get_by_role("button", name=re.compile("^NDWI")).click()
    expect(board).to_have_count(0)
    page.wait_for_url(re.compile("index=NDWI"))


def test_a_formula_is_kept_as_a_layer(lens: Lens) -> None:
    page = lens.open("?formula=B08%2BB04").page
    page.get_by_label("Formula over bands").fill("(B08 - B04) / (B08 + B04) ** 2")
    page.get_by_label("Name of this view").fill("My greenness")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("radio", name=re.compile("My greenness"))).to_be_checked()
    (view,) = lens.http.get("/views").json()
    assert (view["name"], view["expression"]) == ("My-greenness", "(B08 - B04) / (B08 + B04) ** 2")


def test_what_others_do_leaves_alone_how_a_chip_is_looked_at(lens: Lens) -> None:
    page = lens.open("?formula=B08%2BB04").page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/workspace", hold)
    view = {"name": "sums", "title": "Sums", "expression": "B03 + B04"}
    with page.expect_request("**/api/workspace"):
        assert lens.http.post("/views", json=view).status_code < 300
    page.get_by_label("Formula over bands").fill("B08 - B04")  # not in the address yet when the news arrive
    with page.expect_response(re.compile(rf"/api/chips/{lens.id}$")):
        held.pop(0).continue_()
    page.unroute("**/api/workspace")
    handled(page)
    expect(page.get_by_label("Formula over bands")).to_have_value("B08 - B04")
    page.get_by_role("radio", name="Layers", exact=True).check(force=True)
    expect(page.get_by_role("radio", name=re.compile("Sums"))).to_be_visible()


def test_several_pixels_are_compared(lens: Lens) -> None:
    page = lens.open().page
    box = page.locator(".stage canvas").first.bounding_box()
    assert box is not None
    for i, more in enumerate(([], ["Shift"], ["Shift"])):
        page.locator(".stage canvas").first.click(
            position={"x": box["width"] / 2 + 40 * i, "y": box["height"] / 2}, modifiers=more, force=True
        )
    marked = page.get_by_role("list", name="Marked pixels").get_by_role("listitem")
    expect(marked).to_have_count(3)
    page.keyboard.press("Escape")
    expect(marked).to_have_count(0)


def _wait(page: Page, so: Callable[[], bool]) -> None:
    for _ in range(100):
        if so():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come to be")
