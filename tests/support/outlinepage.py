"""The editor of outlines as a person uses it, and what the server has of them meanwhile."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from labelpage import SIGN_IN, api, handled
from madelake import TIME, add_scene, lake_like_image, write_scene
from pageserver import Served
from playwright.sync_api import Locator, Page, expect

from groundset.core import Grid
from groundset.imagery import open_source
from groundset.lake import init
from groundset.taxonomy import WATER

ACTOR = "una"
TASK = "ponds"
CHIP = "s_0_1_1"
SIDE = 32
FRAME = 0.86
"""Share of the view that the chip takes at first."""
PATIENCE_S = 20


def make_ponds(folder: Path) -> Path:
    """A made scene of 128 x 128 pixels in 16 chips, with an outline task and one of pixels; and a later date of it."""
    with init(folder, scheme=WATER, tasks={"pixels": "segment", TASK: "outline"}) as lake:
        image, _ = lake_like_image()
        path = write_scene(folder / "s.tif", image)
        bands = ["blue", "green", "red", "nir"]
        (scene,) = open_source(str(path), bands=bands, time=TIME, scene_id="s")
        (later,) = open_source(str(path), bands=bands, time=TIME + timedelta(days=30), scene_id="t")
        lake.set_grid(Grid(SIDE))
        add_scene(lake, scene, SIDE)
        lake.scenes.put(later)
    return folder


@dataclass(slots=True)
class OutlinePage:
    """The editor on the chip at row 1, column 1: pixels 32 to 64 of the scene."""

    page: Page
    server: Served

    def open(self) -> OutlinePage:
        """Sign in and open the editor."""
        self.page.goto(self.server.url)
        self.page.wait_for_url(lambda url: "token=" not in url)
        self.page.evaluate(SIGN_IN, ACTOR)
        self.page.evaluate("hash => { location.hash = hash; }", f"#/outline/{CHIP}?task={TASK}")
        return self.reload()

    def reload(self) -> OutlinePage:
        """Load the page anew."""
        self.page.reload()
        expect(self.stage).to_be_visible()
        expect(self.stage).to_have_attribute("data-drawn", "1")
        return self

    @property
    def stage(self) -> Locator:
        """The first of the views."""
        return self.page.locator("[role=application]").first

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the scene is on the screen."""
        box = self.stage.bounding_box()
        assert box
        zoom = FRAME * min(box["width"], box["height"]) / SIDE
        return (
            box["x"] + box["width"] / 2 + (x - 1.5 * SIDE) * zoom,
            box["y"] + box["height"] / 2 + (y - 1.5 * SIDE) * zoom,
        )

    def click(self, *places: tuple[float, float]) -> None:
        """Click places of the scene."""
        for place in places:
            self.page.mouse.click(*self.place(*place))

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press, move, let go."""
        self.page.mouse.move(*self.place(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.place(*end), steps=3)
        self.page.mouse.up()

    def saved(self) -> None:
        """Wait until the server has everything."""
        handled(self.page)
        expect(self.page.locator("[data-saved]")).to_have_attribute("data-waiting", "0")

    def shapes(self) -> list[dict[str, Any]]:
        """What the server has, as GeoJSON features in pixels of the scene."""
        self.saved()
        found: list[dict[str, Any]] = api(self.server, f"/shapes?task={TASK}")["features"]
        return found

    def until(self, count: int) -> list[dict[str, Any]]:
        """Wait until the server has so many shapes."""
        end = time.monotonic() + PATIENCE_S
        while len(found := self.shapes()) != count:
            assert time.monotonic() < end, f"{len(found)} shapes, wanted {count}"
        return found
