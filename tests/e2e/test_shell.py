"""The frame around the pages: sign-in, keys, help, theme, names, jobs, offline, frames, folders and sub-paths."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from pageserver import Served
from playwright.sync_api import Page, expect

from groundset.taxonomy import read_scheme

STOPPING = [
    "ERR_CONNECTION_REFUSED",
    "ERR_INCOMPLETE_CHUNKED_ENCODING",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY",
    "status of 500",  # what uvicorn answers to a request that outlasts its grace
]
PAGES = (("g m", "Map"), ("g c", "Chips"), ("g r", "Releases"), ("g h", "Home"))


def press(page: Page, keys: str) -> None:
    """Keys one after the other, as a person presses them."""
    for key in keys.split():
        page.keyboard.press(key)


def test_the_printed_address_signs_in(page: Page, served: Served, open_page: Callable[..., Page]) -> None:
    open_page(page)
    assert "token" not in page.url
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("boadella")
    expect(page).to_have_title("Home · Groundset")
    cookie = next(c for c in page.context.cookies() if c["name"].startswith("groundset"))
    assert cookie["httpOnly"]
    page.goto(served.base)
    expect(page.locator("#page-title")).to_have_text("Home")


def test_keyboard_goes_everywhere(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page)
    for keys, title in PAGES:
        press(page, keys)
        expect(page.locator("nav a[aria-current=page]")).to_contain_text(title)
        expect(page).to_have_title(re.compile(rf"{title}.* · Groundset"))


def test_skip_link_leads_to_the_page(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_help_lists_all_keys(page: Page, open_page: Callable[..., Page], axe: Callable[..., None]) -> None:
    open_page(page, "#/releases")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys and words")
    expect(dialog).to_be_visible()
    everywhere = dialog.get_by_role("region", name="Keys: Everywhere")
    for title in ("Go to Home", "Go to Chips", "Dark or light", "Jobs: open or close", "Fold the rail"):
        expect(everywhere).to_contain_text(title)
    for word in ("level", "origin", "confidence", "journal event", "split", "Q0 to Q3"):
        expect(dialog.get_by_role("region", name="Words").locator("dt", has_text=word)).to_be_visible()
    expect(dialog.get_by_role("region", name="Keys: Releases")).to_be_visible()
    axe(page)
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_theme_is_kept(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page)
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    page.keyboard.press("t")
    expect(root).to_have_attribute("data-theme", "light")
    page.reload()
    expect(root).to_have_attribute("data-theme", "light")


def test_theme_follows_the_system(new_page: Callable[..., Page], open_page: Callable[..., Page]) -> None:
    page = open_page(new_page(theme="light"))
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_rail_folds(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page)
    nav = page.get_by_role("navigation", name="Pages")
    wide = nav.bounding_box()
    page.keyboard.press("\\")
    slim = nav.bounding_box()
    assert wide is not None
    assert slim is not None
    assert slim["width"] < wide["width"] / 3
    expect(nav.get_by_role("link", name="Chips")).to_be_visible()
    page.reload()
    expect(nav).to_have_class(re.compile("slim"))


def test_name_is_asked_for_once(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    axe: Callable[..., None],
) -> None:
    open_page(page, "#/releases/v2", serve_own(lake_copy))
    page.get_by_role("button", name="Check", exact=True).first.click()
    dialog = page.get_by_role("dialog", name="Who are you?")
    expect(dialog.get_by_label("Your name")).to_be_focused()
    axe(page)
    page.keyboard.type("Ada L.")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Your name: Ada L.")).to_be_visible()
    expect(page.get_by_role("button", name="Check again").first).to_be_visible(timeout=90_000)
    page.keyboard.press("j")
    drawer = page.get_by_role("complementary", name="Jobs")
    expect(drawer.get_by_role("article").first).to_contain_text("Check v2")
    expect(drawer.get_by_role("article").first).to_contain_text("done", timeout=90_000)
    expect(drawer.get_by_role("article").first).to_contain_text("Ada L.")
    axe(page)
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_cancelled_name_starts_nothing(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page, "#/releases/v2")
    page.get_by_role("button", name="Check", exact=True).first.click()
    expect(page.get_by_role("dialog", name="Who are you?").get_by_label("Your name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog input")).to_have_count(0)  # the focus has left the field too
    page.keyboard.press("j")
    expect(page.get_by_role("complementary", name="Jobs")).to_contain_text("No jobs yet")


def test_offline_is_said_and_mended(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    allowed_errors: list[str],
) -> None:
    allowed_errors += STOPPING
    server = serve_own(lake_copy)
    with page.expect_response("**/api/events"):  # it knows the workspace, and follows it
        open_page(page, server=server)
    banner = page.get_by_text("The server does not answer.")
    expect(page.get_by_role("heading", name="Scenes")).to_be_visible()
    server.stop()
    expect(banner).to_be_visible()
    expect(page.get_by_role("heading", name="Scenes")).to_be_visible()  # what was there stays
    serve_own(lake_copy, port=server.port)
    page.get_by_role("button", name="Try now").click()
    expect(banner).to_be_hidden(timeout=20_000)


def test_what_failed_comes_by_itself_when_the_server_is_back(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    allowed_errors: list[str],
) -> None:
    allowed_errors += STOPPING
    server = serve_own(lake_copy)
    with page.expect_response("**/api/events"):  # it knows the workspace, and follows it
        open_page(page, "#/releases/v2", server=server)
    expect(page.locator("#page-title")).to_have_text("v2")
    server.stop()
    expect(page.get_by_text("The server does not answer.").first).to_be_visible()
    page.evaluate("location.hash = '#/releases/v1'")  # a page whose file is there, and its data not
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    page.evaluate("location.hash = '#/chips'")  # a page of which nothing is there
    failed = page.get_by_role("alert").filter(has_text="This page could not be loaded")
    expect(failed).to_contain_text("comes by itself")
    expect(page.get_by_text("preload")).to_have_count(0)
    serve_own(lake_copy, port=server.port)
    expect(page.locator("#page-title")).to_have_text("Chips", timeout=30_000)
    expect(failed).to_be_hidden()
    assert page.evaluate("[...document.querySelectorAll('link[rel=stylesheet]')].every((link) => link.sheet)")
    page.evaluate("location.hash = '#/releases/v1'")
    expect(page.locator("dl.facts")).to_be_visible()


def test_ended_session_says_what_to_do(
    page: Page, open_page: Callable[..., Page], allowed_errors: list[str], axe: Callable[..., None]
) -> None:
    allowed_errors.append("401")
    open_page(page)
    page.context.clear_cookies()
    press(page, "g r")
    expect(page.get_by_role("heading", name="The server asks for its token again")).to_be_visible()
    axe(page)


def test_in_a_frame_with_a_token(page: Page, served: Served, allowed_errors: list[str]) -> None:
    allowed_errors.append("favicon")  # of the bare file around the frame
    page.goto(f"{served.base}boot.js")  # any address of this origin that needs no session
    page.evaluate(
        """address => { document.body.innerHTML = ''; const frame = document.createElement('iframe');
        frame.src = address; frame.title = 'workspace'; frame.style.width = '1200px'; frame.style.height = '700px';
        window.heard = new Promise((resolve) => addEventListener('message', (e) => resolve(e.data)));
        document.body.append(frame); }""",
        f"{served.base}?embed=1#token={served.token}&/releases",
    )
    frame = page.frame_locator("iframe")
    expect(frame.locator("#page-title")).to_have_text("Releases")
    assert page.evaluate("window.heard") == {"groundset": "ready"}
    frame.get_by_role("link", name="Home").click()
    expect(frame.locator(".scene img.shown").first).to_be_visible()  # pictures too come with the token
    assert not page.context.cookies()


def test_folder_of_workspaces(
    page: Page, serve_own: Callable[..., Served], lake_copy: Path, axe: Callable[..., None]
) -> None:
    broken = lake_copy.parent / "broken"
    broken.mkdir()
    (broken / "groundset.toml").write_text("version = 1\nnaem = 'x'\n")
    server = serve_own(lake_copy.parent)
    page.goto(server.url)
    link = page.get_by_role("link", name=re.compile("^boadella"))
    expect(link).to_contain_text("2 scenes · 72 chips · 2 releases")
    expect(page.get_by_role("link", name="Release v2 of boadella")).to_be_visible()
    expect(page.get_by_text("naem")).to_be_visible()
    axe(page)
    link.click()
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("boadella")
    assert page.url.startswith(f"{server.base}w/boadella/")
    expect(page.locator(".scene img.shown").first).to_be_visible()
    press(page, "g c")
    expect(page.locator("#page-title")).to_be_visible()
    page.get_by_role("link", name="All workspaces").click()
    page.get_by_role("link", name="Release v2 of boadella").click()
    expect(page.get_by_role("heading", name="v2", exact=True)).to_be_visible()


def test_a_workspace_is_made_opened_and_left_without_the_terminal(
    page: Page, serve_own: Callable[..., Served], tmp_path: Path, axe: Callable[..., None]
) -> None:
    root = tmp_path / "all"
    root.mkdir()
    server = serve_own(root)
    page.goto(server.url)
    expect(page.get_by_text("No workspaces here yet")).to_be_visible()
    expect(page.get_by_role("button", name="New workspace")).to_be_visible()
    axe(page)
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New workspace")
    page.keyboard.type("../up")  # the name has the focus
    expect(dialog.get_by_role("alert")).to_contain_text("Take letters, digits")
    page.keyboard.press("Control+a")
    page.keyboard.type("woods")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    dialog.get_by_label("Class 1", exact=True).fill("Broad-leaved trees")
    dialog.get_by_label("Class 2", exact=True).fill("Sea ice")
    dialog.get_by_role("button", name="Add a class").click()
    page.keyboard.type("sea ice")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("twice")
    axe(page)
    dialog.get_by_role("button", name="Take class 3 out").click()
    dialog.get_by_role("button", name="Make and open it").click()
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("woods")
    assert page.url.startswith(f"{server.base}w/woods/")
    expect(page.get_by_role("button", name="Ingest scenes").first).to_be_visible()  # what to do next
    assert read_scheme(root / "woods" / "scheme.csv").names == ("broad-leaved-trees", "sea-ice")
    page.get_by_role("link", name="All workspaces").click()
    expect(page.get_by_role("link", name=re.compile("^woods"))).to_contain_text("Open it to bring in the first scene.")
    expect(page.get_by_role("button", name="New workspace")).to_be_visible()  # it is known what this person may do
    page.keyboard.press("n")
    page.keyboard.type("Woods")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("There is one of this name")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_unknown_page(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page)
    page.evaluate("location.hash = '#/nowhere'")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="Go home").click()
    expect(page.locator("#page-title")).to_have_text("Home")
