"""Home: what is in the workspace, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pageserver import Served
from playwright.sync_api import Page, expect
from rankpage import until

import groundset as gs

SIZES = ((1280, 800), (1920, 1080))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_says_what_is_there(
    new_page: Callable[..., Page], open_page: Callable[..., Page], axe: Callable[..., None], theme: str, width: int,
    height: int,
) -> None:  # fmt: skip
    page = open_page(new_page(width=width, height=height, theme=theme))
    scenes = page.get_by_role("region", name="Scenes")
    expect(scenes.locator("img.shown")).to_have_count(2)
    expect(scenes).to_contain_text("2020-01-28 · 36 chips")
    labels = page.get_by_role("region", name="Labels")
    expect(labels).to_contain_text("72 of 72 chips")
    expect(labels.get_by_role("row", name=re.compile("^Water"))).to_contain_text("px")
    expect(page.get_by_role("region", name="Releases", exact=True)).to_contain_text("v2")
    expect(labels.get_by_role("row", name=re.compile("^Water"))).to_contain_text(re.compile(r"in \d+ chips"))
    expect(labels.get_by_role("button", name="Propose masks")).to_be_visible()
    activity = page.get_by_role("region", name="Activity")
    expect(activity).to_contain_text("pixels-forest proposed masks for 72 chips")
    expect(activity).to_contain_text("anna brought labels for 68 chips from points-1.geojson")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)


def test_labels_of_another_task(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page)
    labels = page.get_by_role("region", name="Labels")
    labels.get_by_role("radio", name="chips").check(force=True)
    expect(labels).to_contain_text("20 of 72 chips")
    expect(labels).to_contain_text("people only: 20 chips")
    page.reload()
    expect(labels).to_contain_text("20 of 72 chips")  # the choice is remembered


def test_class_leads_to_its_chips(page: Page, open_page: Callable[..., Page]) -> None:
    open_page(page)
    page.get_by_role("region", name="Labels").get_by_role("link", name="Water", exact=True).click()
    expect(page.locator("nav a[aria-current=page]")).to_contain_text("Chips")
    assert "water" in page.url


def test_command_is_copied(new_page: Callable[..., Page], open_page: Callable[..., Page]) -> None:
    page = open_page(new_page(permissions=["clipboard-read", "clipboard-write"]))
    page.get_by_role("button", name="Copy the command").first.click()
    command = re.compile(r"groundset predict \S+/boadella --task chips")
    until(
        page, lambda: bool(command.fullmatch(page.evaluate("navigator.clipboard.readText()"))), "the command is copied"
    )


def test_empty_workspace_explains_itself(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    tmp_path: Path,
    axe: Callable[..., None],
) -> None:
    gs.create(tmp_path / "fresh", scheme="water").close()
    open_page(page, server=serve_own(tmp_path / "fresh"))
    expect(page.get_by_role("heading", name="Ingest the first scene")).to_be_visible()
    expect(page.get_by_role("heading", name="How it goes")).to_be_visible()
    axe(page)


def test_ingest_from_the_page(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    data_dir: Path,
    tmp_path: Path,
    axe: Callable[..., None],
    allowed_errors: list[str],
) -> None:
    allowed_errors.append("status of 4")
    root = tmp_path / "fresh"
    gs.create(root, scheme="water").close()
    (root / "in").mkdir()
    (root / "in" / "scene.tif").write_bytes((data_dir / "boadella" / "Boadella_2020-01-13.tif").read_bytes())
    open_page(page, server=serve_own(root))
    page.get_by_role("button", name="Ingest scenes").first.click()
    dialog = page.get_by_role("dialog", name="Ingest scenes")
    expect(dialog.get_by_role("button", name="Start the ingest")).to_be_disabled()
    axe(page)
    dialog.get_by_label("Source").fill("/etc/passwd")
    dialog.get_by_label("Chip size").fill("64")
    page.keyboard.press("Enter")
    page.get_by_label("Your name").fill("ada")
    page.keyboard.press("Enter")
    source = dialog.locator(".field", has=page.get_by_label("Source"))
    expect(source.get_by_role("alert")).to_be_visible()  # not a folder that may be read, and why
    expect(dialog.get_by_label("Source")).to_have_value("/etc/passwd")
    expect(dialog.get_by_label("Source")).to_be_focused()
    expect(dialog).to_contain_text(f"The server may read in {root}")
    dialog.get_by_label("Sensor").fill("sentinel-99")
    dialog.get_by_label("Source").fill("in/scene.tif")
    dialog.get_by_role("button", name="Start the ingest").click()
    sensor = dialog.locator(".field", has=page.get_by_label("Sensor"))
    expect(sensor.get_by_role("alert")).to_contain_text("sensor")
    dialog.get_by_label("Sensor").fill("")
    dialog.get_by_label("Acquired").fill("2020-01-13T10:45:00Z")
    expect(dialog.get_by_role("group", name="Command")).to_contain_text("--chip-size 64")
    dialog.get_by_role("button", name="Start the ingest").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("complementary", name="Jobs")).to_contain_text("done", timeout=60_000)
    expect(page.get_by_role("heading", name="Label the first chips")).to_be_visible()
    expect(page.get_by_role("region", name="Scenes")).to_contain_text("36 chips")


def test_masks_are_proposed_from_home(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    axe: Callable[..., None],
) -> None:
    open_page(page, server=serve_own(lake_copy))
    labels = page.get_by_role("region", name="Labels")
    labels.get_by_role("button", name="Propose masks").click()
    dialog = page.get_by_role("dialog", name="Propose masks")
    expect(dialog.get_by_label("Task").locator("option:checked")).to_have_text("pixels")
    expect(dialog).to_contain_text("--task pixels")
    axe(page)
    dialog.get_by_role("button", name="Start").click()
    page.get_by_label("Your name").fill("ada")
    page.keyboard.press("Enter")
    expect(labels.get_by_role("button", name=re.compile("^Proposing masks"))).to_be_visible()
    expect(page.locator("#next-title")).to_have_text("A model fills in “pixels”")
    expect(page.get_by_role("complementary", name="Jobs")).to_contain_text("done", timeout=120_000)
    expect(labels.get_by_role("button", name="Propose masks")).to_be_visible()
