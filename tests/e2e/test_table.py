"""The list as a table in Chromium: rows, columns, keys, selection, orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from labelpage import api
from manychips import many_chips
from pageserver import Served, serving
from playwright.sync_api import Locator, Page, expect
from rankpage import asked, open_list, until

MANY = 3_000


@pytest.fixture(scope="module")
def many(ui: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over a workspace of 3,000 chips without an answer."""
    folder = tmp_path_factory.mktemp("table")
    root = many_chips(folder / "many", MANY, answered=0)
    with serving(root, log=folder / "server.log", ui=ui) as server:
        yield server


def _row(page: Page, index: int) -> Locator:
    return page.locator(f"[role=row][data-index='{index}']")


def _chosen(page: Page) -> list[int]:
    found = page.locator("[role=row][aria-selected=true]")
    return sorted(int(i) for i in found.evaluate_all("all => all.map((row) => row.dataset.index)"))


def _open(page: Page, server: Served, place: str = "") -> None:
    open_list(page, server, f"&view=table{place}", code=0)
    expect(_row(page, 0)).to_have_attribute("data-chip", api(server, "/chips?limit=1")["chips"][0]["id"])


def test_has_every_row_but_makes_few(page: Page, many: Served) -> None:
    _open(page, many)
    grid = page.get_by_role("grid", name="Chips")
    expect(grid).to_have_attribute("aria-rowcount", str(MANY + 1))
    page.keyboard.press("Control+End")
    last = api(many, f"/chips?limit=1&offset={MANY - 1}")["chips"][0]
    expect(_row(page, MANY - 1)).to_have_attribute("data-chip", last["id"])
    expect(_row(page, MANY - 1)).to_be_focused()
    expect(_row(page, MANY - 1)).to_be_in_viewport()
    expect(_row(page, MANY - 1)).to_contain_text(last["scene_id"])
    assert page.locator("[role=row]").count() < 80


def test_keys_select_and_answers_are_stored(page: Page, many: Served) -> None:
    _open(page, many)
    _row(page, 2).click()
    until(page, lambda: _chosen(page) == [2], "one is selected")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    until(page, lambda: _chosen(page) == [2, 3, 4], "two more are selected")
    _row(page, 7).click(modifiers=["ControlOrMeta"])
    until(page, lambda: _chosen(page) == [2, 3, 4, 7], "and one beside them")
    page.keyboard.press("2")
    expect(_row(page, 7)).to_contain_text("Forest")
    wanted = [chip["id"] for chip in api(many, "/chips?limit=10")["chips"]]

    def stored() -> list[int]:
        rows = {c["id"]: c for c in api(many, "/chips?limit=10&task=chips")["chips"]}
        return [i for i, chip in enumerate(wanted) if (rows[chip]["label"] or {}).get("classes") == [1]]

    until(page, lambda: stored() == [2, 3, 4, 7], "the server has the four answers")


def test_space_and_shift_click_gather(page: Page, many: Served) -> None:
    _open(page, many)
    _row(page, 10).click()
    page.keyboard.press("Escape")
    until(page, lambda: not _chosen(page), "nothing is selected")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    until(page, lambda: 12 in _chosen(page), "Space took the row")
    _row(page, 9).click(modifiers=["Shift"])
    until(page, lambda: _chosen(page) == [9, 10, 11, 12], "a range from the row last taken")


def test_one_selection_on_wall_and_table(page: Page, many: Served) -> None:
    _open(page, many)
    _row(page, 1).click()
    _row(page, 4).click(modifiers=["ControlOrMeta"])
    page.keyboard.press("v")
    page.keyboard.press("w")
    expect(page.locator("[role=gridcell][aria-selected=true]")).to_have_count(2)
    page.locator("a[data-index='3']").click(modifiers=["ControlOrMeta"])
    page.keyboard.press("v")
    page.keyboard.press("t")
    until(page, lambda: _chosen(page) == [1, 3, 4], "the three are selected in the table")


def test_columns_are_chosen_and_kept(page: Page, many: Served) -> None:
    _open(page, many)
    page.get_by_role("button", name="Columns", exact=True).click()
    dialog = page.get_by_role("dialog", name="Columns of the table")
    dialog.get_by_label("Sensor").check()
    dialog.get_by_label("Cloud").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="Sensor")).to_be_attached()
    expect(page.get_by_role("columnheader", name="Cloud")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("columnheader", name="Sensor")).to_be_attached()


def test_heads_sort_the_list(page: Page, many: Served) -> None:
    _open(page, many)
    page.get_by_role("button", name="Acquired, UTC").click()
    until(page, lambda: asked(page, "sort") == "newest", "the list is in that order")
    expect(page.get_by_role("columnheader", name="Acquired")).to_have_attribute("aria-sort", "descending")
    expect(_row(page, 0)).to_have_attribute("data-chip", api(many, "/chips?limit=1&sort=newest")["chips"][0]["id"])


def test_is_accessible(page: Page, many: Served, axe: Callable[..., None]) -> None:
    _open(page, many)
    axe(page)
