"""The chips page as a person uses it to label, and what the journal says of it meanwhile."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from pageserver import Served
from playwright.sync_api import Locator, Page, expect

SIGN_IN = """async (actor) => {
  const me = await (await fetch('./api/session')).json();
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf };
  await fetch('./api/session', { method: 'POST', headers, body: JSON.stringify({ actor }) });
}"""
PATIENCE_S = 30


def api(server: Served, path: str, body: Any = None) -> Any:
    """What the HTTP API answers; a body is posted."""
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{server.base}api{path}", data, headers)) as answer:
        return json.load(answer)


def handled(page: Page) -> None:
    """Wait until the page has dealt with what was pressed: Chromium may answer before it has."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@dataclass(slots=True)
class LabelPage:
    """A browser page on the chips of one task, and the events since it was opened."""

    page: Page
    server: Served
    task: str = "chips"
    since: int = field(init=False)
    ids: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Remember where the journal stands, and the list's first chips."""
        self.since = api(self.server, "/workspace")["head"]
        self.ids = [chip["id"] for chip in api(self.server, "/chips?limit=300")["chips"]]

    def open(self, actor: str | None = "anna", place: str = "") -> LabelPage:
        """Sign in under a name and open the wall."""
        self.page.goto(self.server.url)
        self.page.wait_for_url(lambda url: "token=" not in url)
        if actor is not None:
            self.page.evaluate(SIGN_IN, actor)
            self.page.reload()
        self.page.evaluate("hash => { location.hash = hash; }", f"#/chips?task={self.task}{place}")
        expect(self.page.locator("[role=gridcell] a[data-chip]").first).to_be_attached()
        expect(self.panel).to_be_visible()
        return self

    @property
    def panel(self) -> Locator:
        """The label panel."""
        return self.page.get_by_role("region", name="Label", exact=True)

    @property
    def state(self) -> Locator:
        """Whether all is saved."""
        return self.panel.locator("[data-waiting]")

    def tile(self, index: int) -> Locator:
        """A tile by its place in the list."""
        return self.page.locator(f"a[data-index='{index}']")

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def selected(self) -> list[int]:
        """Places of the selected tiles among those that are there for screen readers."""
        handled(self.page)
        found = self.page.locator("[role=gridcell][aria-selected=true] a")
        return sorted(int(i) for i in found.evaluate_all("all => all.map((a) => a.dataset.index)"))

    def says(self, index: int, text: str) -> None:
        """Wait until the tile's name has the text."""
        expect(self.tile(index)).to_have_attribute("aria-label", _having(text))

    def saved(self) -> None:
        """Wait until the server has everything."""
        handled(self.page)
        expect(self.state).to_have_attribute("data-waiting", "0", timeout=60_000)

    def events(self) -> list[dict[str, Any]]:
        """What the journal holds since the page was opened, undone or not, and what is about no chip left out."""
        self.saved()
        told = api(self.server, f"/annotations?since={self.since}&limit=10000&active=true")["events"]
        return [event for event in told if event["kind"] != "bulk"]

    def answers(self) -> list[tuple[int, Any, str]]:
        """(place of the chip, class or attribute, what was said) of the events, undos left out."""
        said = [event for event in self.events() if event["chip_id"] is not None]
        return [(self.ids.index(event["chip_id"]), *_said(event)) for event in said]

    def label(self, index: int) -> dict[str, Any] | None:
        """The chip's label as the API tells it."""
        return self.row(index)["label"]  # type: ignore[no-any-return]

    def row(self, index: int) -> dict[str, Any]:
        """The chip's row as the API tells it."""
        self.saved()
        asked = quote(f"chip_id = '{self.ids[index]}'")
        return api(self.server, f"/chips?task={self.task}&filter={asked}")["chips"][0]  # type: ignore[no-any-return]

    def until(self, check: Callable[[], bool], what: str) -> None:
        """Ask until it is so; the browser's events go on meanwhile."""
        end = time.monotonic() + PATIENCE_S
        while not check():
            if time.monotonic() > end:
                raise AssertionError(f"not within {PATIENCE_S} s: {what}")
            self.page.wait_for_timeout(100)

    def middle(self, index: int) -> tuple[float, float]:
        """The middle of a tile on the screen."""
        box = self.tile(index).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 3

    def drag(self, start: int, end: int) -> None:
        """Draw a frame from one tile to another."""
        self.page.mouse.move(*self.middle(start))
        self.page.mouse.down()
        self.page.mouse.move(*self.middle(end), steps=6)
        self.page.mouse.up()


def members(events: Sequence[dict[str, Any]]) -> set[str | None]:
    """The bulk acts that events are members of."""
    return {event["bulk"] for event in events}


def _said(event: dict[str, Any]) -> tuple[Any, str]:
    payload = event["payload"]
    if event["kind"] == "training":
        return None, "train" if payload["use"] else "aside"
    if event["kind"] == "attribute":
        return payload["name"], str(payload["value"])
    return payload["class"], payload["value"]


def _having(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))
