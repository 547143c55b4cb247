"""The frame around the pages: sign-in, keys, help, theme, offline, frames and sub-paths."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_opens_and_names_the_workspace(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page)
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("boadella")
    expect(page).to_have_title("Home · Groundset")
