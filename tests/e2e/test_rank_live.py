"""The ranking follows answers without moving what a person is looking at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from labelpage import handled
from pageserver import Served
from playwright.sync_api import Page, expect
from rankpage import answer, ids, listed, open_list, panel, until

NARROW = {"width": 900, "height": 520}


@pytest.fixture
def own(lake_copy: Path, serve_own: Callable[..., Served]) -> Served:
    """A server over a workspace of its own."""
    return serve_own(lake_copy)


def _seen(page: Page) -> list[str]:
    """Chips whose tiles are in view, at least in part."""
    found: list[str] = page.evaluate(
        """() => { const { first, end } = document.querySelector('.wall')?.wall?.view ?? { first: 0, end: 0 };
        return [...document.querySelectorAll('a[data-chip]')]
          .filter((a) => a.dataset.index >= first && a.dataset.index < end)
          .sort((a, b) => a.dataset.index - b.dataset.index).map((a) => a.dataset.chip); }"""
    )
    return found


def _all(page: Page) -> list[str]:
    """The wall's whole list, screen by screen."""
    out: dict[int, str] = {}
    page.locator(".wall").evaluate("w => { w.scrollTop = 0; }")
    for _ in range(40):
        handled(page)
        page.wait_for_function(
            """() => { const { first, end } = document.querySelector('.wall').wall.view;
            return [...Array(end - first).keys()]
              .every((i) => document.querySelector(`a[data-index="${first + i}"][data-chip]`)); }"""
        )
        out |= {int(i): chip for i, chip in page.evaluate(
            "() => [...document.querySelectorAll('a[data-chip]')].map((a) => [a.dataset.index, a.dataset.chip])"
        )}  # fmt: skip
        at_end = page.locator(".wall").evaluate(
            "w => { const last = w.scrollTop; w.scrollTop += w.clientHeight; return w.scrollTop === last; }"
        )
        if at_end:
            break
    return [out[i] for i in sorted(out)]


def test_nothing_in_view_moves_and_what_is_below_is_new(new_page: Callable[..., Page], own: Served) -> None:
    page = new_page(**NARROW)
    open_list(page, own, "&sort=similar")
    before = listed(own, "sort=similar&class=1")
    until(page, lambda: len(_seen(page)) > 6 and _seen(page) == before[: len(_seen(page))], "the wall has the ranking")
    page.wait_for_timeout(500)
    seen = _seen(page)
    assert len(seen) < 40
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "keep=" in request.url else None)
    # what was held least likely is said to be water
    answer(own, before[-12:], "positive")
    until(page, lambda: bool(asked), "the page asks for what is below")
    after = listed(own, "sort=similar&class=1")
    assert after != before
    page.wait_for_timeout(1000)
    assert _seen(page) == seen
    wanted = seen + [chip for chip in after if chip not in seen]
    until(page, lambda: _all(page) == wanted, "what is below has the new order")


def test_nothing_follows_where_live_is_off(new_page: Callable[..., Page], own: Served) -> None:
    page = new_page(**NARROW)
    open_list(page, own, "&sort=similar")
    before = listed(own, "sort=similar&class=1")
    until(page, lambda: len(_seen(page)) > 6 and _seen(page) == before[: len(_seen(page))], "the wall has the ranking")
    page.wait_for_timeout(500)
    panel(page).get_by_label("Live").uncheck()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "keep=" in request.url else None)
    answer(own, before[-12:], "positive")
    page.wait_for_timeout(2500)
    assert not asked
    assert _all(page) == before
    panel(page).get_by_label("Live").check()
    until(page, lambda: bool(asked), "switched on it follows at once")


def test_the_histogram_follows(page: Page, own: Served) -> None:
    open_list(page, own)
    legend = panel(page).get_by_role("list", name="What the bars are")
    expect(legend).to_contain_text("positive 6")
    answer(own, listed(own, "")[30:33], "positive")
    expect(legend).to_contain_text("positive 9")


def test_a_list_that_the_server_forgot_comes_again(
    new_page: Callable[..., Page], own: Served, allowed_errors: list[str]
) -> None:
    allowed_errors.append("409")
    page = new_page(**NARROW)
    open_list(page, own, "&sort=similar")
    until(page, lambda: len(ids(page)) > 5, "the wall is there")
    for _ in range(70):  # as many lists as are remembered, and more
        listed(own, "sort=random", limit=1)
        listed(own, f"filter=row%20%3C%20{_ + 1}", limit=1)
    answer(own, listed(own, "")[30:34], "positive")
    wanted = listed(own, "sort=similar&class=1")
    until(page, lambda: ids(page)[:4] == wanted[:4], "the wall has the list as it is now")
