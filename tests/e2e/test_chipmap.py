"""The list's chips on the map in Chromium: click, rectangle and lasso select; answers reach the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from labelpage import api
from pageserver import Served
from PIL import Image
from playwright.sync_api import Page, expect
from rankpage import open_list, settled, stored, until

import groundset as gs

SCENE = "scene_id = 'Boadella_2020-01-13'"


@pytest.fixture
def own(lake_copy: Path, serve_own: Callable[..., Served]) -> Served:
    """A server over a workspace of its own."""
    return serve_own(lake_copy)


class ChipMap:
    """The map of one scene's chips."""

    def __init__(self, page: Page, server: Served) -> None:
        self.page, self.server = page, server
        open_list(page, server, f"&view=map&filter={quote(SCENE)}")
        self.stage = page.get_by_role("application", name="Map of the chips")
        self.chips = api(server, f"/chips?f=geojson&task=chips&filter={quote(SCENE)}")["features"]
        expect(self.stage).to_have_attribute("data-drawn", str(len(self.chips)), timeout=60_000)
        expect(page.locator(".maplibregl-canvas")).to_be_visible()
        settled(page, self.stage)  # the ranking beside it has come
        self.still()

    def still(self) -> None:
        """Wait until the map has come to rest."""
        expect(self.page.locator(".map[data-idle=true]")).to_be_attached(timeout=60_000)

    def at(self, chip: dict[str, Any]) -> tuple[float, float]:
        """Middle of a chip on the screen."""
        ring = np.array(chip["geometry"]["coordinates"][0][:-1])
        x, y = self.page.evaluate(
            """([lng, lat]) => { const stage = document.querySelector('[role=application]');
            const [p, box] = [stage.project(lng, lat), stage.getBoundingClientRect()];
            return [p.x + box.left, p.y + box.top]; }""",
            ring.mean(0).tolist(),
        )
        return x, y

    def draw(self, points: list[tuple[float, float]]) -> None:
        """Draw with the pointer."""
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*point, steps=4)
        self.page.mouse.up()

    def selected(self) -> int:
        """Number of selected chips, as the page says."""
        return int(self.stage.get_attribute("data-selected") or 0)

    def named(self, row: int, col: int) -> dict[str, Any]:
        """A chip by its place on the grid."""
        return next(c for c in self.chips if c["id"].endswith(f"_{row}_{col}"))


def _water(server: Served, chips: list[dict[str, Any]]) -> bool:
    return all((stored(server, chip["id"]) or {}).get("classes") == [1] for chip in chips)


@pytest.fixture
def chipmap(page: Page, own: Served) -> ChipMap:
    """The map."""
    return ChipMap(page, own)


def test_a_click_selects_and_a_key_answers(chipmap: ChipMap) -> None:
    one, other = chipmap.named(3, 2), chipmap.named(4, 4)
    chipmap.page.mouse.click(*chipmap.at(one))
    until(chipmap.page, lambda: chipmap.selected() == 1, "one is selected")
    chipmap.page.keyboard.down("Control")
    chipmap.page.mouse.click(*chipmap.at(other))
    chipmap.page.keyboard.up("Control")
    until(chipmap.page, lambda: chipmap.selected() == 2, "and another")
    chipmap.page.keyboard.press("p")
    until(chipmap.page, lambda: _water(chipmap.server, [one, other]), "both are water on the server")


def test_a_rectangle_selects_what_lies_in_it(chipmap: ChipMap) -> None:
    inside = [chipmap.named(row, col) for row in (3, 4) for col in (1, 2)]
    (left, top), (right, bottom) = chipmap.at(inside[0]), chipmap.at(inside[-1])
    chipmap.page.keyboard.press("b")
    chipmap.draw([(left - 8, top - 8), (right + 8, bottom + 8)])
    until(chipmap.page, lambda: chipmap.selected() == len(inside), "the four are selected")
    chipmap.page.keyboard.press("p")
    until(chipmap.page, lambda: _water(chipmap.server, inside), "the server has the four")


def test_shift_and_drag_is_a_rectangle_too(chipmap: ChipMap) -> None:
    left, top = chipmap.at(chipmap.named(2, 2))
    right, bottom = chipmap.at(chipmap.named(2, 4))
    chipmap.page.keyboard.down("Shift")
    chipmap.draw([(left - 8, top - 8), (right + 8, bottom + 8)])
    chipmap.page.keyboard.up("Shift")
    until(chipmap.page, lambda: chipmap.selected() == 3, "a row of three")


def test_a_lasso_selects_around_a_corner(chipmap: ChipMap) -> None:
    corner = [chipmap.named(2, 1), chipmap.named(3, 1), chipmap.named(4, 1), chipmap.named(4, 2), chipmap.named(4, 3)]
    a, _, c, _, e = (chipmap.at(one) for one in corner)
    half = (c[1] - a[1]) / 4
    chipmap.page.get_by_role("button", name="Select with a lasso").click()
    chipmap.draw([
        (a[0] - half / 2, a[1] - half), (a[0] + half / 2, a[1] - half), (c[0] + half / 2, c[1] - half / 2),
        (e[0] + half, e[1] - half / 2), (e[0] + half, e[1] + half), (c[0] - half / 2, c[1] + half),
    ])  # fmt: skip
    until(chipmap.page, lambda: chipmap.selected() == len(corner), "the five around the corner")
    chipmap.page.keyboard.press("p")
    until(chipmap.page, lambda: _water(chipmap.server, corner), "the server has the five")


def test_arrows_go_to_the_neighbour_on_the_ground(chipmap: ChipMap) -> None:
    chipmap.page.mouse.click(*chipmap.at(chipmap.named(2, 2)))
    expect(chipmap.stage).to_have_attribute("data-cursor", chipmap.named(2, 2)["id"])
    for key, (row, col) in (("ArrowRight", (2, 3)), ("ArrowDown", (3, 3)), ("ArrowLeft", (3, 2)), ("ArrowUp", (2, 2))):
        chipmap.page.keyboard.press(key)
        expect(chipmap.stage).to_have_attribute("data-cursor", chipmap.named(row, col)["id"])


def test_one_selection_on_map_and_wall(chipmap: ChipMap) -> None:
    chipmap.page.mouse.click(*chipmap.at(chipmap.named(2, 2)))
    until(chipmap.page, lambda: chipmap.selected() == 1, "one is selected")
    chipmap.page.keyboard.press("v")
    chipmap.page.keyboard.press("w")
    chosen = chipmap.page.locator("[role=gridcell][aria-selected=true] a")
    expect(chosen).to_have_attribute("data-chip", chipmap.named(2, 2)["id"])


def test_is_accessible(chipmap: ChipMap, axe: Callable[..., None]) -> None:
    axe(chipmap.page, exclude=(".maplibregl-map",))


def test_without_a_place_on_the_ground_it_says_so(page: Page, serve_own: Callable[..., Served], tmp_path: Path) -> None:
    picture = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(picture)
    with gs.create(tmp_path / "photos", scheme="water") as ws:
        ws.ingest(picture)
    open_list(page, serve_own(tmp_path / "photos"), "&view=map")
    expect(page.get_by_role("heading", name="These chips have no place on the ground")).to_be_visible()
    page.get_by_role("button", name="See the wall").click()
    expect(page.locator("a[data-index='0']")).to_be_attached()
