"""The cascade's page in Chromium: coarse to fine over one real scene, by keys alone and with the mouse."""

from __future__ import annotations

import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from labelpage import SIGN_IN, api
from pageserver import Served, serving
from playwright.sync_api import Locator, Page, expect

SCENE = "Boadella_2020-01-13"
WATER = 1
PATIENCE_S = 60


@pytest.fixture(scope="module")
def own(ui: Path, lake_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server over a copy of two real dates: 36 chips of 64 px each, so that 32 and 16 px are finer levels."""
    folder = tmp_path_factory.mktemp("cascade")
    root = Path(shutil.copytree(lake_template, folder / "boadella"))
    with serving(root, log=folder / "server.log", ui=ui) as server:
        yield server


def at(page: Page, server: Served, place: str) -> Page:
    """Sign in and open a place."""
    page.goto(server.url)
    page.wait_for_url(lambda url: "token=" not in url)
    page.evaluate(SIGN_IN, "anna")
    page.reload()
    page.evaluate("hash => { location.hash = hash; }", place)
    expect(page.locator("#page-title")).to_be_visible()
    return page


def until(page: Page, holds: Callable[[], bool], what: str) -> None:
    """Look again and again until something holds."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"not within {PATIENCE_S} s: {what}"
        page.wait_for_timeout(150)


def told(server: Served) -> dict[str, Any]:
    """The water cascade as the API tells it."""
    found: dict[str, Any] = api(server, f"/cascades/{api(server, '/cascades')['cascades'][0]['id']}")
    return found


def cells(server: Served, level: int) -> dict[str, Any]:
    """Cells of a level."""
    found: dict[str, Any] = api(server, f"/cascades/{told(server)['id']}/levels/{level}/cells")
    return found


def wet(server: Served) -> set[str]:
    """Chips of the scene in which water was found pixel by pixel: what an expert would call water."""
    kept = quote(f"scene_id = '{SCENE}' AND level = 0")
    page = api(server, f"/chips?task=pixels&limit=300&filter={kept}")
    return {
        chip["id"]
        for chip in page["chips"]
        if chip["label"]
        and dict(zip(chip["label"]["classes"], chip["label"]["shares"] or [], strict=False)).get(WATER, 0) > 0.05
    }


def answer(server: Served, values: dict[str, str]) -> None:
    """Answer for chips over the API."""
    events = [
        {"id": str(uuid.uuid4()), "kind": "answer", "task": "chips", "chip_id": chip}
        | {"payload": {"class": WATER, "value": value}}
        for chip, value in values.items()
    ]
    api(server, "/annotations", events)


def cell_map(page: Page) -> Locator:
    """The image with its cells."""
    return page.get_by_role("application", name=f"Scene {SCENE}", exact=False)


def tile(page: Page) -> str:
    """The chip of the panel that the keyboard is at."""
    found = page.locator("[role=gridcell] a[tabindex='0']").get_attribute("data-chip")
    assert found
    return found


def label(server: Served, chip: str) -> dict[str, Any] | None:
    """What the API says of a chip."""
    found: dict[str, Any] | None = api(server, f"/chips/{chip}?task=chips")["chip"]["label"]
    return found


def test_by_keys_alone_a_class_is_found_coarse_to_fine_and_back(page: Page, own: Served) -> None:
    at(page, own, "#/")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_text("No cascade yet")).to_be_visible()
    button(page, "Start a cascade")
    dialog = page.get_by_role("dialog", name="Go through a scene coarse to fine")
    expect(dialog.get_by_role("combobox", name="Levels")).to_contain_text("64 → 32 → 16 px")
    expect(dialog.get_by_role("checkbox", checked=True)).to_have_count(2)  # all, as the command has it
    [other] = [one["id"] for one in api(own, "/scenes") if one["id"] != SCENE]
    press_on(page, dialog.get_by_role("checkbox", name=SCENE, exact=False), "Space")
    press_on(page, dialog.get_by_role("checkbox", name=other, exact=False), "Space")
    expect(dialog.get_by_text("Choose at least one scene")).to_be_visible()
    press_on(page, dialog.get_by_role("checkbox", name=SCENE, exact=False), "Space")
    press_on(page, dialog.get_by_role("button", name="Start", exact=True), "Enter")

    steps = page.get_by_role("list", name="Levels, coarse to fine")
    expect(steps).to_contain_text("36 of 36 go on")
    expect(cell_map(page).locator("[data-cells='36']")).to_be_attached()
    left = api(own, f"/cascades/{told(own)['id']}/suggest?n=1")["left"]
    expect(page.locator(f"header[data-total='{left}']")).to_be_attached()
    assert told(own)["scenes"] == [SCENE]
    expect(page.locator("[role=gridcell] a[tabindex='0']")).to_be_focused()

    page.keyboard.press("ArrowRight")
    first = tile(page)
    before = label(own, first)
    page.keyboard.press("p")
    until(page, lambda: (label(own, first) or {}).get("classes") == [WATER], "the answer is saved")
    expect(page.get_by_label("What to answer").locator("header[data-answered='1']")).to_be_attached()
    page.keyboard.press("z")
    until(page, lambda: label(own, first) == before, "and taken back")
    page.keyboard.press("y")
    until(page, lambda: (label(own, first) or {}).get("classes") == [WATER], "and brought back")

    found = wet(own)
    made = cells(own, 0)
    chips = [f"{SCENE}_0_{row}_{col}" for row, col in zip(made["row"], made["col"], strict=True)]
    answer(own, {chip: "positive" if chip in found or chip == first else "negative" for chip in [*chips[::2], first]})
    until(page, lambda: page.get_by_role("button", name="Go on at 32 px").is_enabled(), "a positive chip is known")
    page.keyboard.press("f")
    expect(page.locator("[data-level='1']").first).to_be_visible()
    until(page, lambda: told(own)["level"] == 1 and told(own)["job"] is None, "the chips are made")
    finer = len(cells(own, 1)["row"])
    assert 0 < finer < 144
    assert told(own)["grid"][1]["missing"] == 0
    expect(cell_map(page).locator(f"[data-cells='{finer}']")).to_be_attached()
    until(page, lambda: tile(page).startswith(f"{SCENE}_1_"), "the panel asks about the finer level")
    expect(page.locator("[role=gridcell] a[tabindex='0']")).to_be_focused()  # a step leaves the keys in the panel

    page.keyboard.press("m")
    expect(cell_map(page)).to_be_focused()
    page.keyboard.press("ArrowRight")
    card = page.locator("[role=group][data-chip]")
    picked = card.get_attribute("data-chip") or ""
    assert picked.startswith(f"{SCENE}_1_")
    expect(card.get_by_role("img")).to_be_visible()
    page.keyboard.press("n")
    until(page, lambda: WATER in (label(own, picked) or {}).get("negative", []), "the cell is answered")
    expect(card).to_contain_text("negative")

    page.keyboard.press("b")
    until(page, lambda: told(own)["level"] == 0, "the step is taken back")
    expect(cell_map(page).locator("[data-cells='36']")).to_be_attached()
    assert WATER in (label(own, picked) or {}).get("negative", [])
    page.keyboard.press("f")
    until(page, lambda: told(own)["level"] == 1 and told(own)["job"] is None, "nothing is made again")
    page.keyboard.press("?")
    expect(page.get_by_role("region", name="Keys: Cascade")).to_contain_text("Go on one level finer")


def test_undo_stays_within_the_cascade_and_back_asks_before_it_is_gone(
    page: Page, ui: Path, lake_copy: Path, tmp_path: Path
) -> None:
    with serving(lake_copy, log=tmp_path / "server.log", ui=ui) as server:
        at(page, server, "#/")
        older = f"{SCENE}_0_0_0"
        payload = {"class": WATER, "value": "unsure"}
        post(page, "annotations", [{"id": str(uuid.uuid4()), "kind": "answer", "task": "chips", "chip_id": older}
                                   | {"payload": payload}])  # fmt: skip
        before = label(server, older)
        asked = {"class": "water", "task": "chips", "scenes": [SCENE], "levels": 3}
        name = post(page, "cascades", asked)["id"]
        page.evaluate("hash => { location.hash = hash; }", f"#/cascade?task=chips&id={name}")
        page.locator("[role=gridcell] a[tabindex='0']").focus()
        page.keyboard.press("ArrowRight")
        first = tile(page)
        was = label(server, first)
        page.keyboard.press("p")
        until(page, lambda: (label(server, first) or {}).get("classes") == [WATER], "the answer is saved")
        page.keyboard.press("z")
        until(page, lambda: label(server, first) == was, "and taken back")
        for _ in range(3):
            page.keyboard.press("z")
            expect(page.get_by_text("Nothing of this cascade is left to take back")).to_be_visible()
        page.wait_for_timeout(1_000)
        assert told(server)["id"] == name
        assert label(server, older) == before
        page.keyboard.press("y")
        until(page, lambda: (label(server, first) or {}).get("classes") == [WATER], "and brought back")

        page.keyboard.press("b")
        dialog = page.get_by_role("dialog", name="Take the whole cascade back?")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_text("Take the whole cascade back?")).to_have_count(0)
        assert told(server)["id"] == name
        page.locator("[role=gridcell] a[tabindex='0']").focus()
        page.keyboard.press("b")
        expect(dialog).to_be_visible()
        dialog.get_by_role("button", name="Take it back").click()
        expect(page.get_by_text("No cascade yet")).to_be_visible()
        assert api(server, "/cascades")["cascades"] == []
        expect(page.get_by_role("button", name="Bring it back")).to_be_visible()
        page.keyboard.press("y")
        until(page, lambda: bool(api(server, "/cascades")["cascades"]), "the cascade is brought back")
        expect(page.locator(f"[data-cascade='{name}']")).to_be_visible()
        assert (label(server, first) or {}).get("classes") == [WATER]


def test_with_the_mouse_ranges_threshold_contradictions_and_classes(
    page: Page, own: Served, axe: Callable[..., None]
) -> None:
    if not api(own, "/cascades")["cascades"]:
        pytest.skip("the cascade was not started")
    at(page, own, f"#/cascade?task=chips&class=water&scene={SCENE}")
    expect(page.locator("[role=gridcell] a[data-index='3']")).to_be_attached()
    tiles = [page.locator(f"[role=gridcell] a[data-index='{index}']") for index in (1, 3)]
    wanted = [page.locator(f"[role=gridcell] a[data-index='{i}']").get_attribute("data-chip") or "" for i in (1, 2, 3)]
    tiles[0].click()
    tiles[1].click(modifiers=["Shift"])
    page.get_by_role("group", name="Answer for 3 chips").get_by_role("button", name="Not", exact=False).click()
    until(page, lambda: all(WATER in (label(own, one) or {}).get("negative", []) for one in wanted), "all three are")

    page.get_by_role("combobox", name="Recall").select_option(label="95 %")
    until(page, lambda: told(own)["recall"] == 0.95, "another recall is chosen")
    axe(page)

    box = cell_map(page).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.press("ArrowRight")
    card = page.locator("[role=group][data-chip]")
    expect(card).to_be_visible()

    made = cells(own, 1)
    child = next(i for i in range(len(made["row"])) if made["label"][i] is None)
    row, col = made["row"][child], made["col"][child]
    parent = f"{SCENE}_0_{row // 2}_{col // 2}"
    answer(own, {parent: "negative", f"{SCENE}_1_{row}_{col}": "positive"})
    conflicts = page.get_by_role("region", name="Contradictions")
    expect(conflicts).to_contain_text("1 contradiction")
    conflicts.get_by_role("button", expanded=False).click()
    choice = api(own, f"/cascades/{told(own)['id']}/conflicts")["conflicts"][0]["choices"][0]
    conflicts.get_by_role("button", name=choice["says"]).click()
    until(page, lambda: told(own)["conflicts"] == 0, "it is settled")
    expect(conflicts).to_be_hidden()

    page.get_by_role("button", name="Classes of the scene").click()
    legend = page.get_by_role("group", name="Classes of the scene")
    expect(legend).to_contain_text("Water")
    shown = api(own, f"/scenes/{SCENE}/cascades?task=chips")["classes"][0]
    expect(legend).to_contain_text(f"{len(shown['row']):,} chip")


def test_the_wall_shows_one_level_at_a_time(page: Page, own: Served, allowed_errors: list[str]) -> None:
    allowed_errors.append("422")  # the filter with a mistake
    levels = {one["level"]: one["chips"] for one in api(own, "/workspace")["counts"]["levels"]}
    assert levels[0] == 72
    assert levels[1] > 0
    at(page, own, "#/chips?task=chips")
    wall = page.locator(".wall[data-total]").first
    expect(wall).to_have_attribute("data-total", "72")
    page.get_by_role("combobox", name="Level").select_option(label=f"32 px: {levels[1]} chips")
    expect(page).to_have_url(re.compile(r"level=1"))
    expect(wall).to_have_attribute("data-total", str(levels[1]))
    assert api(own, f"/chips?limit=0&filter={quote('level = 1')}")["total"] == levels[1]
    page.get_by_role("combobox", name="Filter").fill("labell = 'water'")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("labell")
    page.keyboard.press("Escape")
    kept = "level = 0 AND label = 'water'"
    page.get_by_role("combobox", name="Filter").fill(kept)
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Level")).to_have_value("-1")
    found = api(own, f"/chips?task=chips&limit=0&filter={quote(kept)}")
    expect(wall).to_have_attribute("data-total", str(found["total"]))


def post(page: Page, path: str, body: Any) -> Any:
    """What the person who is signed in posts."""
    return page.evaluate(
        """async ([path, body]) => {
          const me = await (await fetch('./api/session')).json();
          const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf };
          return (await fetch('./api/' + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
        }""",
        [path, body],
    )


def button(page: Page, name: str) -> None:
    """Press a button by keys."""
    press_on(page, page.get_by_role("button", name=name, exact=True), "Enter")


def press_on(page: Page, target: Locator, key: str) -> None:
    """Go to a control with Tab, and press a key on it."""
    expect(target).to_be_visible()
    for _ in range(60):
        if target.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
    page.keyboard.press(key)
