"""The wall of chips in Chromium: scrolling, filters, masks, keyboard, live changes."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from manychips import many_chips
from pageserver import TOKEN, Served, serving
from playwright.sync_api import Page, Route, expect

BIG = 12_000
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def big(ui: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over a workspace of 12,000 chips."""
    folder = tmp_path_factory.mktemp("big")
    root = many_chips(folder / "many", BIG)
    with serving(root, log=folder / "server.log", ui=ui) as server:
        yield server


def _api(server: Served, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{server.base}api{path}", data, headers)) as answer:
        return json.load(answer)


def _stats(page: Page) -> dict[str, int]:
    found: dict[str, int] = page.evaluate(
        "() => document.querySelector('.wall')?.wall?.stats() ?? {tiles: 0, waiting: 1, masks: 0}"
    )
    return found


def _drawn(page: Page) -> None:
    """Wait until every tile in view shows its picture."""
    for _ in range(150):
        stats = _stats(page)
        if stats["tiles"] and not stats["waiting"] and not stats["masks"]:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"tiles still wait: {_stats(page)}")


def _ids(page: Page, least: int = 1) -> list[str]:
    """Chips of the cells in view and next to it, in order, once all are known and that many are there."""
    expect(page.locator("[role=gridcell] a[data-chip]").nth(least - 1)).to_be_attached()
    expect(page.locator("[role=gridcell] a:not([data-chip])")).to_have_count(0)
    found: list[str] = page.evaluate("() => [...document.querySelectorAll('a[data-chip]')].map((a) => a.dataset.chip)")
    return found


def _field(page: Page) -> Any:
    return page.get_by_label("Filter in CQL2 text")


def _picture(page: Page) -> list[int]:
    """Sum of red, green and blue over the wall's first canvas in use, once it no longer changes."""
    before: list[int] = []
    for _ in range(40):
        now = _sums(page)
        if now == before:
            return now
        before = now
        page.wait_for_timeout(400)
    raise AssertionError("the wall does not come to rest")


def _other_picture(page: Page, former: list[list[int]]) -> list[int]:
    """The same, once it is none of the former ones: masks come after the tiles say that they are there."""
    for _ in range(20):
        _drawn(page)
        if (now := _picture(page)) not in former:
            return now
    raise AssertionError("the wall looks as before")


def _sums(page: Page) -> list[int]:
    found: list[int] = page.evaluate(
        """() => { const all = [...document.querySelectorAll('.bands canvas')];
        const used = all.filter((one) => one.style.display !== 'none'); // spare ones are hidden
        const top = (one) => one.getBoundingClientRect().top;
        const c = used.sort((a, b) => top(a) - top(b))[0]; // others may be below what is seen
        if (!c) return [0, 0, 0]; // it is being laid out
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const s = [0, 0, 0];
        for (let i = 0; i < d.length; i += 4) { s[0] += d[i]; s[1] += d[i + 1]; s[2] += d[i + 2]; } return s; }"""
    )
    return found


def test_scrolls_to_the_end_of_a_big_wall(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips", big)
    wall = page.locator(".wall")
    expect(wall).to_have_attribute("data-total", str(BIG))
    expect(page.get_by_text("12,000 chips")).to_be_visible()
    _drawn(page)
    page.keyboard.press("Control+End")
    last = page.locator(f"a[data-index='{BIG - 1}']")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport(ratio=1)
    expect(last).to_have_attribute("data-chip", _api(big, f"/chips?limit=1&offset={BIG - 1}")["chips"][0]["id"])
    _drawn(page)
    assert page.evaluate("() => document.querySelectorAll('.wall *').length") < 400
    assert _stats(page)["bands"] < 8
    page.set_viewport_size({"width": 1280, "height": 700})  # less room: where the keyboard is stays in view
    expect(last).to_be_in_viewport(ratio=1)
    page.keyboard.press("Control+Home")
    expect(page.locator("a[data-index='0']")).to_be_focused()


def test_a_leap_asks_only_for_what_it_shows(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips", big)
    _drawn(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/chips?" in request.url else None)
    for share in (0.1, 0.5, 0.2, 0.9, 0.6):
        page.evaluate("s => { const w = document.querySelector('.wall'); w.scrollTop = s * w.scrollHeight; }", share)
        page.wait_for_timeout(16)
    _drawn(page)
    assert len(asked) <= 8, asked
    assert page.locator(".wall").evaluate("w => w.scrollTop") > 0


@pytest.mark.parametrize(
    ("name", "choice", "text"),
    [
        ("Class", "Forest", "label = 'Forest'"),
        ("Class", "No class", "label IS NULL"),
        ("Scene", "loire-000", "scene_id = 'loire-000'"),
    ],
)
def test_filters_by_choice(page: Page, open_page: Open, big: Served, name: str, choice: str, text: str) -> None:
    open_page(page, "#/chips", big)
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("checkbox", name=choice).check()
    _kept(page, big, text)
    page.keyboard.press("Escape")
    page.get_by_role("button", name=f"Clear filter: {name}").click()
    expect(page.get_by_text("12,000 chips", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("name", "label", "value", "text"),
    [
        ("Cloud", "At most, %", "5", "cloud_cover <= 5"),
        ("Valid", "At least, %", "90", "valid_fraction >= 0.9"),
        ("Date", "From", "2023-03-08", "datetime >= TIMESTAMP('2023-03-08T00:00:00Z')"),
        ("Date", "To", "2023-03-08", "datetime < TIMESTAMP('2023-03-09T00:00:00Z')"),
    ],
)
def test_filters_by_range(
    page: Page, open_page: Open, big: Served, name: str, label: str, value: str, text: str
) -> None:
    open_page(page, "#/chips", big)
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_label(label, exact=label in ("From", "To")).fill(value)
    page.keyboard.press("Tab")
    _kept(page, big, text)


def _kept(page: Page, server: Served, text: str) -> None:
    """The filter stands in the field and in the address, and keeps what the API keeps."""
    expect(_field(page)).to_have_value(text)
    total = _api(server, f"/chips?limit=1&task=chips&filter={page.evaluate('encodeURIComponent', text)}")["total"]
    assert 0 < total < BIG
    expect(page.locator(".wall")).to_have_attribute("data-total", str(total))
    expect(page.get_by_text(f"{total:,} of {BIG:,} chips")).to_be_visible()
    assert "filter=" in page.url


def test_filters_by_split_and_by_several(page: Page, open_page: Open) -> None:
    open_page(page, "#/chips?task=pixels")
    page.get_by_role("button", name="Split", exact=True).click()
    page.get_by_role("checkbox", name="train").check()
    page.keyboard.press("Escape")
    expect(_field(page)).to_have_value("split = 'train'")
    page.get_by_role("button", name="Main class", exact=True).click()
    page.get_by_role("checkbox", name="Water", exact=False).last.check()
    expect(_field(page)).to_have_value("label = 'water' AND split = 'train'")
    page.reload()
    expect(_field(page)).to_have_value("label = 'water' AND split = 'train'")


def test_a_typed_filter_meets_the_ready_made_ones(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips", big)
    _drawn(page)
    page.keyboard.press("/")
    expect(_field(page)).to_be_focused()
    page.keyboard.type("label in ('Forest','River') and group = 'loire'")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Class Forest, River")).to_be_visible()
    page.get_by_role("button", name="Clear filter: Class").click()
    expect(_field(page)).to_have_value("group = 'loire'")
    page.get_by_role("button", name="Clear all filters").click()
    expect(page.get_by_text("12,000 chips", exact=True)).to_be_visible()


def test_enter_goes_to_the_wall_and_escape_keeps_the_filter(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips", big)
    _drawn(page)
    page.keyboard.press("/")
    page.keyboard.type("group = 'loire'")
    page.keyboard.press("Enter")
    here = page.locator("[role=gridcell] a:focus")
    expect(here).to_have_attribute("data-index", "0")
    expect(page.locator(".wall")).not_to_have_attribute("data-total", str(BIG))
    total = page.locator(".wall").get_attribute("data-total") or ""
    page.keyboard.press("ArrowRight")
    expect(here).to_have_attribute("data-index", "1")
    expect(_field(page)).to_have_value("group = 'loire'")
    page.keyboard.press("/")
    page.keyboard.type("something else")
    page.keyboard.press("Escape")
    expect(_field(page)).to_have_value("group = 'loire'")
    expect(_field(page)).not_to_be_focused()
    expect(here).to_have_count(1)
    expect(page.locator(".wall")).to_have_attribute("data-total", total)
    assert "filter=" in page.url
    page.keyboard.press("/")
    page.keyboard.press("Enter")  # the same again: nothing but the focus moves
    expect(here).to_have_count(1)
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url(lambda url: "#/map" in url)


def test_any_pixels_of_a_class(page: Page, open_page: Open, served: Served) -> None:
    open_page(page, "#/chips?task=pixels")
    page.get_by_role("button", name="Any pixels of", exact=True).click()
    page.get_by_role("checkbox", name="Water", exact=False).last.check()
    expect(_field(page)).to_have_value("'water' IN labels")
    told = _api(served, "/chips?limit=1&task=pixels&filter=%27water%27%20IN%20labels")
    expect(page.locator(".wall")).to_have_attribute("data-total", str(told["total"]))
    page.reload()
    expect(page.get_by_role("button", name="Any pixels of Water")).to_be_visible()


class TestBadFilter:
    @pytest.fixture
    def allowed_errors(self) -> list[str]:
        return [r"422"]

    def test_says_where_and_keeps_the_wall(self, page: Page, open_page: Open, big: Served) -> None:
        open_page(page, "#/chips", big)
        _drawn(page)
        page.keyboard.press("/")
        page.keyboard.type("cloudcover < 10")
        page.keyboard.press("Enter")
        alert = page.get_by_role("alert").filter(has_text="cloudcover")
        expect(alert).to_contain_text("Did you mean cloud_cover?")
        expect(alert.locator("mark")).to_have_text("cloudcover")
        expect(_field(page)).to_have_attribute("aria-invalid", "true")
        expect(page.locator(".wall")).to_have_attribute("data-total", str(BIG))
        expect(alert).to_contain_text("The wall still shows all chips")
        expect(_field(page)).to_be_focused()
        page.keyboard.press("Escape")
        expect(alert).to_have_count(0)

    def test_goes_back_to_the_former_one(self, page: Page, open_page: Open, big: Served) -> None:
        open_page(page, "#/chips?filter=group%20%3D%20%27loire%27", big)
        _drawn(page)
        total = page.locator(".wall").get_attribute("data-total") or ""
        _field(page).fill("x" * 300 + " = 1")
        page.keyboard.press("Enter")
        box = page.get_by_role("alert").filter(has_text="no property")
        expect(box).to_be_visible()
        assert box.evaluate("(e) => e.scrollWidth <= e.clientWidth")
        expect(box).to_contain_text("The wall still shows group = 'loire'")
        page.get_by_role("button", name="Back to the former filter").click()
        expect(_field(page)).to_have_value("group = 'loire'")
        expect(page.locator(".wall")).to_have_attribute("data-total", total)

    def test_opened_from_an_address(self, page: Page, open_page: Open, big: Served) -> None:
        open_page(page, "#/chips?filter=nothing%20%3D%201", big)
        expect(page.get_by_text("This filter cannot be read")).to_be_visible()
        page.get_by_role("button", name="Clear the filter").click()
        _drawn(page)


def test_a_filter_that_keeps_none(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips?filter=cloud_cover%20%3E%20900", big)
    expect(page.get_by_text("No chip fits this filter")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()
    _drawn(page)


def test_a_filter_about_what_no_chip_states(page: Page, open_page: Open) -> None:
    open_page(page, "#/chips?task=pixels")
    expect(_field(page)).to_have_attribute("placeholder", re.compile("valid_fraction > 0.9"))
    page.keyboard.press("/")
    page.keyboard.type("cloud_cover < 10")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No chip states cloud_cover")).to_be_visible()


def test_random_order_can_be_shuffled_and_shared(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips", big)
    _drawn(page)
    by_id = _ids(page)
    page.get_by_label("Sort").select_option(label="Random")
    expect(page.get_by_role("button", name="Shuffle again")).to_be_visible()
    expect(page.locator("a[data-index='0']")).not_to_have_attribute("data-chip", by_id[0])
    _drawn(page)
    first = _ids(page, 8)
    assert first != by_id
    page.reload()
    _drawn(page)
    assert _ids(page, 8)[:8] == first[:8]
    page.get_by_role("button", name="Shuffle again").click()
    expect(page.locator("a[data-index='0']")).not_to_have_attribute("data-chip", first[0])


def test_opacity_of_masks_changes_pixels(page: Page, open_page: Open) -> None:
    open_page(page, "#/chips?task=pixels")
    _drawn(page)
    plain = _picture(page)
    page.get_by_role("switch", name="Mask").check()
    opacity = page.get_by_label("Opacity of the mask")
    seen = [plain]
    for presses, key, wanted in ((1, "End", 100), (4, "ArrowLeft", 80)):  # neither is what it begins with
        for _ in range(presses):
            opacity.press(key)
        expect(opacity).to_have_attribute("aria-valuetext", re.compile(rf"^{wanted}\s%$"))
        seen.append(_other_picture(page, seen))
    page.get_by_role("switch", name="Mask").uncheck()
    bare = _other_picture(page, seen[1:])
    page.get_by_role("switch", name="Mask").check()
    assert _other_picture(page, [bare]) == seen[-1]


def test_tile_size_and_captions_keep_the_place(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips?at=6000", big)
    _drawn(page)
    columns = page.get_by_role("grid").get_attribute("aria-colcount")
    page.get_by_label("Tile size").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("grid")).not_to_have_attribute("aria-colcount", columns or "")
    _drawn(page)
    page.get_by_role("button", name="Hide captions").click()
    _drawn(page)
    first, end = page.evaluate(
        "() => { const v = document.querySelector('.wall').wall.view; return [v.first, v.end]; }"
    )
    assert first <= 6000 < end


def test_keyboard_alone_walks_opens_and_comes_back(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips?filter=label%20%3D%20%27River%27&sort=newest", big)
    _drawn(page)
    page.keyboard.press("ArrowRight")
    for key in ("ArrowRight", "ArrowDown", "PageDown", "PageDown", "ArrowLeft"):
        page.keyboard.press(key)
    here = page.locator("[role=gridcell] a:focus")
    expect(here).to_have_count(1)
    _drawn(page)
    index, chip = here.get_attribute("data-index"), here.get_attribute("data-chip")
    assert chip
    expect(page.locator("footer")).to_contain_text(chip)
    top = page.locator(".wall").evaluate("w => w.scrollTop")
    assert top > 0
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: f"#/chip/{chip}" in url)
    listed = json.loads(page.evaluate("() => sessionStorage.getItem('groundset.list')"))
    assert listed["filter"] == "label = 'River'"
    assert listed["sort"] == "newest"
    assert listed["offset"] == int(index or -1)
    page.go_back()
    expect(page.locator(f"a[data-index='{index}']")).to_be_focused()
    for _ in range(50):  # the focus may be there a frame before the place is
        back = page.locator(".wall").evaluate("w => w.scrollTop")
        if abs(back - top) < 200:
            break
        page.wait_for_timeout(100)
    assert abs(back - top) < 200


def test_an_answer_appears_without_moving_anything(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips?at=3000", big)
    _drawn(page)
    cell = page.locator("[role=gridcell] a[aria-label*='unlabelled']").first
    chip = cell.get_attribute("data-chip")
    mine = page.locator(f"a[data-chip='{chip}']")
    before = (_ids(page), page.locator(".wall").evaluate("w => w.scrollTop"))
    task = _api(big, "/workspace")["tasks"][0]
    answer = {"class": task["classes"][0]["code"], "value": "positive"}
    event = {"id": str(uuid.uuid4()), "kind": "answer", "task": "chips", "chip_id": chip, "payload": answer}
    assert _api(big, "/annotations", [event])["results"][0]["status"] == "created"
    expect(mine).to_have_attribute("aria-label", re.compile(task["classes"][0]["title"]))
    assert (_ids(page), page.locator(".wall").evaluate("w => w.scrollTop")) == before


def test_pointer_shows_and_opens(page: Page, open_page: Open, big: Served) -> None:
    open_page(page, "#/chips", big)
    _drawn(page)
    cell = page.locator("a[data-index='9']")
    chip = cell.get_attribute("data-chip") or ""
    cell.hover()
    expect(page.locator("footer")).to_contain_text(chip)
    expect(page.locator("footer")).to_contain_text("cloud")
    cell.dblclick()
    page.wait_for_url(lambda url: f"#/chip/{chip}" in url)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious(
    new_page: Callable[..., Page], open_page: Open, axe: Callable[..., None], theme: str
) -> None:
    page = new_page(theme=theme)
    open_page(page, "#/chips?task=pixels&filter=label%20%3D%20%27water%27")
    _drawn(page)
    axe(page)
    page.get_by_role("button", name="Date", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    axe(page)


class TestOneBox:
    @pytest.fixture
    def allowed_errors(self) -> list[str]:
        return ["422"]

    def test_one_box_completes_finds_mends_and_keeps(self, page: Page, open_page: Open, big: Served) -> None:
        """Typed with the keyboard alone; the wall shows what HTTP finds, in the same order; a mistake is pointed at."""
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/api/queryables**", hold, times=1)  # the names come later than the first letters
        open_page(page, "#/chips", big)
        _drawn(page)
        page.keyboard.press("/")
        page.keyboard.type("clo")
        for route in held:
            route.continue_()
        expect(page.get_by_role("option", name="cloud_cover")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.type("< 40 AND lab")
        page.keyboard.press("Tab")
        page.keyboard.type("= For")
        page.keyboard.press("Tab")
        expect(_field(page)).to_have_value("cloud_cover < 40 AND label = 'Forest' ")
        page.keyboard.type("AND S_INT")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option", name="POLYGON")).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        page.keyboard.type("1, 40, 12, 55")
        page.keyboard.press("End")
        page.keyboard.type(" AND dattime > TIMESTAMP('2018-01-01T00:00:00Z')")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("no property 'dattime'")
        start = page.evaluate("[document.activeElement.selectionStart, document.activeElement.selectionEnd]")
        typed = _field(page).input_value()
        assert typed[start[0] : start[1]] == "dattime"
        page.get_by_role("alert").get_by_role("button", name="Take datetime").click()
        text = typed.replace("dattime", "datetime")
        _kept(page, big, text)
        wanted = _api(big, f"/chips?limit=5&task=chips&filter={page.evaluate('encodeURIComponent', text)}")["chips"]
        hrefs = page.locator("[role=gridcell] a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        assert [href.split("/")[-1].split("?")[0] for href in hrefs[:5]] == [chip["id"] for chip in wanted]
        page.get_by_role("button", name="Saved queries").click()
        page.get_by_label("Name for this query").fill("Clear forest")
        page.keyboard.press("Enter")
        page.get_by_label("Your name").fill("ada")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Saved “Clear forest” for everybody.")).to_be_visible()
        page.get_by_role("button", name="Clear all filters").click()
        page.get_by_role("button", name="Saved queries").click()
        page.get_by_role("button", name="Clear forest cloud_cover").click()
        _kept(page, big, text)
        with page.expect_download() as told:
            page.get_by_role("button", name="Download these chips").click()
            page.get_by_role("menuitem", name="CSV").click()
        lines = told.value.path().read_text().splitlines()
        assert (
            len(lines)
            == 1 + _api(big, f"/chips?limit=1&task=chips&filter={page.evaluate('encodeURIComponent', text)}")["total"]
        )
