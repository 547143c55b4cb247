"""Releases in the real browser: list, new, check, report, differences, files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pageserver import Served
from playwright.sync_api import Page, Route, expect


def say_name(page: Page) -> None:
    """The page asks once who is there."""
    dialog = page.get_by_role("dialog", name="Who are you?")
    expect(dialog).to_be_visible()
    dialog.get_by_role("textbox").fill("Anna")
    dialog.get_by_role("textbox").press("Enter")
    expect(dialog).to_be_hidden()


def test_the_list_says_what_there_is(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page, "#/releases")
    cards = page.get_by_role("article")
    expect(cards).to_have_count(2)
    first = page.get_by_role("article", name="v2")
    expect(first).to_contain_text("CC-BY-4.0")
    expect(first.get_by_role("img", name=re.compile("Splits: train"))).to_be_visible()
    expect(first.get_by_role("img", name=re.compile("Classes: .*Non-water"))).to_be_visible()
    expect(first.get_by_role("list", name="Quality levels").get_by_role("listitem")).to_have_count(4)
    expect(first.locator("[data-status='never checked']")).to_have_count(4)


def test_a_check_runs_from_the_page(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    stac_schemas: Path,
) -> None:
    server = serve_own(lake_copy)
    open_page(page, "#/releases/v1?tab=checks", server)
    expect(page.get_by_role("heading", name="Never checked from here")).to_be_visible()
    page.get_by_role("button", name="Check", exact=True).first.click()
    say_name(page)
    expect(page.get_by_role("heading", name=re.compile("^Checked"))).to_be_visible(timeout=120_000)
    expect(page.locator("[data-status=passed]").first).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("^Q3"))).to_contain_text("two people")
    expect(page.locator("pre", has_text="--require Q2")).to_be_visible()
    page.get_by_role("link", name="All releases").click()
    expect(page.get_by_role("article", name="v1").locator("[data-status=passed]").first).to_be_visible()


def test_a_release_is_made_from_the_page_by_keyboard(
    page: Page, open_page: Callable[..., Page], serve_own: Callable[..., Served], lake_copy: Path
) -> None:
    open_page(page, "#/releases", serve_own(lake_copy))
    expect(page.get_by_role("article")).to_have_count(2)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New release")
    name = dialog.get_by_label("Name")
    expect(name).to_have_value("v3")
    name.fill("v1")
    expect(dialog).to_contain_text("never changes")
    name.fill("v3")
    dialog.get_by_label("Train").fill("50")
    expect(dialog.get_by_role("alert")).to_contain_text("80")
    dialog.get_by_label("Train").fill("70")
    name.press("Enter")
    say_name(page)
    expect(page.get_by_role("article", name="v3")).to_be_visible(timeout=120_000)
    assert (lake_copy / "releases" / "v3" / "collection.json").is_file()


def test_what_cannot_be_released_is_said_in_the_form(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    allowed_errors: list[str],
) -> None:
    allowed_errors.append("422")
    open_page(page, "#/releases", serve_own(lake_copy))
    expect(page.get_by_role("article")).to_have_count(2)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New release")
    expect(dialog.get_by_label("Name")).to_have_value("v3")
    dialog.get_by_label("Buffer").fill("5 parsecs")
    dialog.get_by_label("Licence").fill("CC0-1.0")
    dialog.get_by_label("Name").press("Enter")
    say_name(page)
    field = dialog.locator(".field", has=page.get_by_label("Buffer"))
    expect(field.get_by_role("alert")).to_contain_text("length")
    expect(dialog.get_by_label("Buffer")).to_be_focused()
    expect(dialog.get_by_label("Licence")).to_have_value("CC0-1.0")


def test_the_form_waits_for_the_tasks(page: Page, open_page: Callable[..., Page]) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/workspace", hold)
    open_page(page, "#/releases")
    page.keyboard.press("n")
    page.wait_for_timeout(500)
    held.pop(0).continue_()
    page.unroute("**/api/workspace")
    dialog = page.get_by_role("dialog", name="New release")
    expect(dialog.get_by_role("combobox", name="Task").locator("option:checked")).to_contain_text("pixels")
    expect(dialog.get_by_role("alert")).to_have_count(0)


def test_a_release_that_fails_is_told_and_asked_again(
    page: Page, open_page: Callable[..., Page], serve_own: Callable[..., Served], lake_copy: Path
) -> None:
    open_page(page, "#/releases", serve_own(lake_copy))
    expect(page.get_by_role("article")).to_have_count(2)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New release")
    expect(dialog.get_by_label("Name")).to_have_value("v3")
    dialog.get_by_label("Train").fill("40")
    dialog.get_by_label("Test").fill("45")
    for mask in (lake_copy / "masks").rglob("*.tif"):
        mask.write_bytes(b"broken")
    dialog.get_by_label("Name").press("Enter")
    say_name(page)
    page.get_by_role("complementary", name="Jobs").get_by_role("button", name="Close").click()
    card = page.get_by_role("region", name="Release v3 failed")
    expect(card).to_be_visible(timeout=60_000)
    expect(page.get_by_role("region", name="Messages")).to_contain_text("Release v3 failed: This mask")
    page.get_by_role("region", name="Messages").get_by_role("button", name="Open job").click()
    expect(page.get_by_role("complementary", name="Jobs").get_by_role("article").first).to_contain_text("failed")
    page.get_by_role("link", name="Home").click()
    expect(card).to_be_visible()
    card.get_by_role("button", name="Change and start again").click()
    expect(dialog.get_by_label("Name")).to_have_value("v3")
    expect(dialog.get_by_label("Train")).to_have_value("40")
    page.keyboard.press("Escape")
    card.get_by_role("button", name="Seen").click()
    expect(card).to_be_hidden()


@pytest.mark.parametrize("width", [640, 800, 1024, 1280])
def test_nothing_lies_over_the_tabs(new_page: Callable[..., Page], open_page: Callable[..., Page], width: int) -> None:
    page = open_page(new_page(width=width), "#/releases/v2")
    tabs = page.get_by_role("radiogroup", name="Part of the release").bounding_box()
    badges = page.get_by_role("list", name="Quality levels").bounding_box()
    assert tabs is not None
    assert badges is not None
    apart = tabs["x"] + tabs["width"] <= badges["x"] or tabs["y"] + tabs["height"] <= badges["y"]
    assert apart
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for box in (tabs, badges):
        assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_report_stands_in_its_frame_in_the_pages_theme(
    new_page: Callable[..., Page], open_page: Callable[..., Page], allowed_errors: list[str], theme: str
) -> None:
    allowed_errors.append("Blocked script execution")  # the test's own look into the sandbox
    page = open_page(new_page(theme="light" if theme == "dark" else "dark"), "#/releases/v2?tab=report")
    page.keyboard.press("t")  # the page's theme, against the system's
    frame = page.frame_locator("iframe[title='Report of v2']")
    expect(frame.locator("h1")).to_be_visible()
    expect(page.locator("iframe")).to_have_attribute("sandbox", "allow-same-origin")
    paper = frame.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", paper)[:3])) > 380
    assert light == (theme == "light")
    frame.locator("nav a").last.click()  # a link within the report stays in it
    expect(frame.locator("h1")).to_have_count(1)


def test_differences_name_what_changed(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page, "#/releases/v2?tab=differences")
    expect(page.get_by_label("From").locator("option:checked")).to_have_text("v1")
    expect(page.get_by_role("heading", name="Classes")).to_be_visible()
    counts = page.locator("dl.counts")
    expect(counts).to_contain_text("relabelled")
    relabelled = page.locator("section", has=page.get_by_role("heading", name=re.compile("^Relabelled")))
    link = relabelled.get_by_role("link").first
    chip = link.inner_text()
    link.click()
    page.wait_for_url(lambda url: f"#/chip/{chip}" in url)


def test_commands_and_documents(page: Page, open_page: Callable[..., Page], served: Served) -> None:
    open_page(page, "#/releases/v1?tab=files")
    path = served.root / "releases" / "v1"
    expect(page.locator("pre", has_text="gs.load(")).to_contain_text(str(path))
    expect(page.locator("pre", has_text="groundset publish")).to_contain_text("--stac-api")
    link = page.get_by_role("link", name="README.md")
    answer = page.request.get(served.base + str(link.get_attribute("href")))
    assert answer.ok
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_release_that_is_not_there(page: Page, open_page: Callable[..., Page], allowed_errors: list[str]) -> None:
    allowed_errors.append("404")
    open_page(page, "#/releases/v9")
    expect(page.get_by_role("alert")).to_contain_text("v9")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious(
    new_page: Callable[..., Page], open_page: Callable[..., Page], axe: Callable[..., None], theme: str
) -> None:
    page = open_page(new_page(theme=theme), "#/releases")
    expect(page.get_by_role("article")).to_have_count(2)
    axe(page)
    page.keyboard.press("n")
    expect(page.get_by_role("dialog", name="New release")).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    for tab in ("overview", "checks", "differences", "files"):
        page.evaluate("tab => { location.hash = `#/releases/v2?tab=${tab}`; }", tab)
        expect(page.get_by_role("region").first).to_be_visible()
        page.wait_for_timeout(500)
        axe(page)
