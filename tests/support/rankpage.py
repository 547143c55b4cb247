"""The chips page with its ranking, and what the server says of the same list."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from labelpage import SIGN_IN, api
from pageserver import Served
from playwright.sync_api import FloatRect, Locator, Page, expect

WATER = 1
PATIENCE_S = 30


def open_list(page: Page, server: Served, place: str = "", *, code: int = WATER, actor: str = "anna") -> None:
    """Sign in and open ``#/chips?task=chips`` with one class in hand."""
    page.goto(server.url)
    page.wait_for_url(lambda url: "token=" not in url)
    page.evaluate(SIGN_IN, actor)
    name = api(server, "/workspace")["name"]
    page.evaluate("([key, code]) => localStorage.setItem(key, code)", [f"groundset.class {name} chips", str(code)])
    page.reload()
    page.evaluate("hash => { location.hash = hash; }", f"#/chips?task=chips{place}")
    expect(panel(page)).to_be_visible()


def panel(page: Page) -> Locator:
    """The ranking beside the chips."""
    return page.get_by_role("region", name="Ranking", exact=True)


def asked(page: Page, name: str) -> str | None:
    """A word of the page's address."""
    found = parse_qs(urlsplit(page.url).fragment.partition("?")[2]).get(name)
    return found[0] if found else None


def ids(page: Page) -> list[str]:
    """Chips of the wall's cells, in order."""
    expect(page.locator("[role=gridcell] a[data-chip]").first).to_be_attached()
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('a[data-chip]')]
        .sort((a, b) => a.dataset.index - b.dataset.index).map((a) => a.dataset.chip)"""
    )
    return found


def listed(server: Served, query: str, limit: int = 200) -> list[str]:
    """Ids that the server lists."""
    return [chip["id"] for chip in api(server, f"/chips?task=chips&limit={limit}&{query}")["chips"]]


def total(server: Served, text: str) -> int:
    """Chips that a filter keeps."""
    return int(api(server, f"/chips?task=chips&limit=1&filter={quote(text)}")["total"])


def answer(server: Served, chips: Sequence[str], value: str, code: int = WATER) -> None:
    """Answer as somebody else does, elsewhere."""
    events = [
        {"id": str(uuid.uuid4()), "kind": "answer", "task": "chips", "chip_id": chip,
         "payload": {"class": code, "value": value}}
        for chip in chips
    ]  # fmt: skip
    told = api(server, "/annotations", events)
    assert {one["status"] for one in told["results"]} == {"created"}, json.dumps(told)


def stored(server: Served, chip: str) -> dict[str, Any] | None:
    """The chip's label as the server has it."""
    row = api(server, f"/chips?task=chips&filter={quote(f'chip_id = {chip!r}')}")["chips"][0]
    return row["label"]  # type: ignore[no-any-return]


def until(page: Page, check: Callable[[], bool], what: str) -> None:
    """Ask until it is so; the browser's events go on meanwhile."""
    end = time.monotonic() + PATIENCE_S
    while not check():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE_S} s: {what}")
        page.wait_for_timeout(100)


def settled(page: Page, what: Locator) -> FloatRect:
    """Where it is on the screen, once it has been there for a third of a second."""
    known, since = what.bounding_box(), time.monotonic()
    end = since + PATIENCE_S
    while known is None or time.monotonic() - since < 0.3:
        page.wait_for_timeout(50)
        now = what.bounding_box()
        if now != known:
            known, since = now, time.monotonic()
        assert since < end, "it does not come to rest"
    return known
