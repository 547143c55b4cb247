"""The ranking beside the chips, in Chromium: histogram, range of scores, likeness, suggestions, learning curve."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from labelpage import api
from pageserver import Served
from playwright.sync_api import Page, expect
from rankpage import answer, asked, ids, listed, open_list, panel, settled, stored, total, until

NON_WATER = 0


@pytest.fixture
def own(lake_copy: Path, serve_own: Callable[..., Served]) -> Served:
    """A server over a workspace of its own: 72 chips, 6 said to be water and 14 not."""
    return serve_own(lake_copy)


class TestHistogram:
    def test_counts_what_the_server_counts(self, page: Page, served: Served) -> None:
        open_list(page, served)
        told = api(served, "/histogram?task=chips&class=1&bins=40")
        legend = panel(page).get_by_role("list", name="What the bars are")
        expect(legend).to_contain_text(f"positive {sum(told['positive'])}")
        expect(legend).to_contain_text(f"negative {sum(told['negative'])}")
        expect(legend).to_contain_text(f"unlabelled {sum(told['unlabelled'])}")
        expect(panel(page)).to_have_attribute("data-meaning", told["meaning"])

    def test_a_drag_filters_and_a_double_click_clears(self, page: Page, served: Served) -> None:
        open_list(page, served)
        chart = panel(page).locator("svg[role=img]").first
        expect(chart).to_be_visible()
        box = settled(page, chart)
        y = box["y"] + 30
        page.mouse.move(box["x"] + 0.5 * box["width"], y)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.9 * box["width"], y, steps=8)
        page.mouse.up()
        until(page, lambda: (asked(page, "filter") or "").startswith("score_water BETWEEN 0."), "the range is a filter")
        kept = asked(page, "filter") or ""
        low, high = (float(word) for word in kept.split() if word[0].isdigit())
        assert abs(low - 0.5) < 0.02
        assert abs(high - 0.9) < 0.02
        expect(page.locator(".note")).to_contain_text(f"{total(served, kept)} of")
        page.mouse.dblclick(box["x"] + 0.2 * box["width"], y)
        until(page, lambda: asked(page, "filter") is None, "the filter is gone")
        expect(page.locator(".note")).to_contain_text("72 chips")

    def test_its_ends_are_moved_by_keyboard(self, page: Page, served: Served) -> None:
        open_list(page, served, f"&filter={quote('level = 0')}")
        page.get_by_role("slider", name="from", exact=False).first.focus()
        page.keyboard.press("PageUp")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        until(page, lambda: asked(page, "filter") == "level = 0 AND score_water BETWEEN 0.13 AND 1", "0.13 is said")
        page.keyboard.press("Delete")
        until(page, lambda: asked(page, "filter") == "level = 0", "only the other clause is left")

    def test_says_what_to_do_where_nothing_is_known(self, page: Page, own: Served) -> None:
        for event in api(own, "/annotations?limit=1000&active=true")["events"]:
            if event["kind"] == "answer" and event["task"] == "chips" and event["active"]:
                answer(own, [event["chip_id"]], "unlabelled", event["payload"]["class"])
        open_list(page, own)
        expect(panel(page)).to_contain_text("Label a few chips with Water and a few without it")
        answer(own, listed(own, "")[:1], "positive")
        expect(panel(page)).to_contain_text("the machine can tell the two apart")
        expect(panel(page)).to_have_attribute("data-meaning", "similarity")
        expect(panel(page)).to_contain_text("Similarity")


class TestOrders:
    @pytest.mark.parametrize(
        ("title", "sort"), [("Most alike", "similar"), ("Uncertain", "uncertain"), ("Typical", "typical")]
    )
    def test_the_wall_has_the_servers_order(self, page: Page, served: Served, title: str, sort: str) -> None:
        open_list(page, served)
        panel(page).get_by_role("radio", name=title).check()
        until(page, lambda: asked(page, "sort") == sort, "the address has the order")
        wanted = listed(served, f"sort={sort}&class=1")
        until(page, lambda: ids(page)[:8] == wanted[:8], "the wall has it too")

    def test_similar_to_selected_chips(self, page: Page, served: Served) -> None:
        open_list(page, served)
        until(page, lambda: len(ids(page)) > 5, "six chips are in view")
        first, other = ids(page)[2], ids(page)[5]
        page.locator("a[data-index='2']").click()
        page.locator("a[data-index='5']").click(modifiers=["ControlOrMeta"])
        page.keyboard.press("s")
        until(page, lambda: asked(page, "like") == f"{first} {other}", "both are examples")
        wanted = listed(served, f"sort=similar&class=1&like={first}&like={other}")
        until(page, lambda: ids(page)[:8] == wanted[:8], "the wall is ordered by likeness")
        expect(page.get_by_role("region", name="Similar chips")).to_contain_text("2 chips")
        page.get_by_role("button", name="Options of the ranking").click()
        page.get_by_label("Method for search similar").select_option("Rocchio")
        rocchio = listed(served, f"sort=similar&class=1&method=rocchio&like={first}&like={other}")
        until(page, lambda: ids(page)[:8] == rocchio[:8], "the other method is taken")
        page.get_by_label("Method for search similar").select_option("Generalized mean")
        mean = listed(served, f"sort=similar&class=1&method=mean&like={first}&like={other}")
        until(page, lambda: ids(page)[:8] == mean[:8], "Distil's formula is taken")
        expect(panel(page)).to_have_attribute("data-meaning", "similarity")
        expect(panel(page)).to_contain_text("less alike")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Back to all chips").click()
        until(page, lambda: ids(page)[:8] == listed(served, "")[:8], "back in the plain list")

    def test_similar_to_a_rectangle_of_a_scene(self, page: Page, served: Served) -> None:
        box = "Boadella_2020-01-13@70,60,40,40"
        open_list(page, served, f"&sort=similar&like={quote(box)}")
        wanted = listed(served, f"sort=similar&class=1&like={quote(box)}")
        until(page, lambda: ids(page)[:8] == wanted[:8], "the wall is ordered by the rectangle's likeness")
        expect(page.get_by_role("region", name="Similar chips")).to_contain_text("a rectangle")


class TestSuggest:
    def test_shows_the_suggested_ones_with_their_reasons(self, page: Page, own: Served) -> None:
        open_list(page, own)
        page.get_by_role("button", name="How many to suggest").click()
        page.get_by_label("Chips to suggest").fill("6")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Suggest 6", exact=True).click()
        band = page.get_by_role("region", name="Suggested chips")
        expect(band).to_contain_text("6 chips to answer next: Water")
        told = api(own, "/suggest?task=chips&class=1&n=6&doubted=0.1&seed=0")["chips"]
        until(page, lambda: ids(page) == [one["chip"]["id"] for one in told], "in the order of the suggestion")
        reasons = {"typical": "typical", "uncertain": "between classes", "doubted": "doubted"}
        for reason in {one["reason"] for one in told}:
            expect(band).to_contain_text(reasons[reason])

    def test_a_share_are_answered_chips_that_it_doubts(self, page: Page, own: Served) -> None:
        wet = listed(own, "filter=" + quote("label = 'water'"))
        answer(own, wet[:1], "negative")  # said against what the model learns from the other five
        open_list(page, own)
        page.get_by_role("button", name="How many to suggest").click()
        page.get_by_label("Chips to suggest").fill("10")
        page.get_by_label("Answered chips that it doubts").fill("0.5")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Suggest 10", exact=True).click()
        until(page, lambda: asked(page, "suggest") == "10/0.5/0", "the address has the share")
        told = api(own, "/suggest?task=chips&class=1&n=10&doubted=0.5&seed=0")["chips"]
        doubted = [one["chip"]["id"] for one in told if one["reason"] == "doubted"]
        assert 0 < len(doubted) <= 5
        assert all(stored(own, chip) for chip in doubted), "only answered chips are doubted"
        until(page, lambda: ids(page) == [one["chip"]["id"] for one in told], "in the order of the suggestion")
        expect(page.get_by_role("region", name="Suggested chips")).to_contain_text(f"{len(doubted)} doubted")

    def test_walks_answers_and_comes_back(self, page: Page, own: Served) -> None:
        open_list(page, own, "&suggest=5/0/0")
        band = page.get_by_role("region", name="Suggested chips")
        expect(band).to_contain_text("5 chips")
        five = ids(page)
        page.locator("a[data-index='0']").click()
        page.keyboard.press("p")
        expect(page.locator("a[data-index='1']")).to_be_focused()
        page.keyboard.press("n")
        expect(band).to_contain_text("2 of 5 answered")
        until(page, lambda: (stored(own, five[0]) or {}).get("classes") == [1], "the first is water")
        until(page, lambda: (stored(own, five[1]) or {}).get("negative") == [1], "the second is not")
        assert ids(page) == five
        page.keyboard.press("o")
        expect(page).to_have_url(re.compile("#/chip/"))
        page.go_back()
        expect(band).to_contain_text("2 of 5 answered")
        assert ids(page) == five
        page.get_by_role("button", name="Back to all chips").click()
        expect(band).to_have_count(0)
        until(page, lambda: len(ids(page)) > 5, "all chips are there again")


def test_facets_count_and_filter_any_column(page: Page, served: Served) -> None:
    open_list(page, served)
    page.get_by_role("button", name="All columns").click()
    facets = page.get_by_role("dialog", name="Filter by all columns")
    facets.get_by_label("Find a column").fill("scene")
    facets.get_by_role("button", name="Scene", exact=False).first.click()
    scene = "Boadella_2020-01-13"
    chips = total(served, f"scene_id = '{scene}'")
    choice = facets.locator("label").filter(has_text=scene)
    expect(choice).to_contain_text(str(chips))
    choice.get_by_role("checkbox").check()
    until(page, lambda: asked(page, "filter") == f"scene_id = '{scene}'", "the choice is a filter")
    expect(page.locator(".note")).to_contain_text(f"{chips} of 72 chips")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filter: All columns").click()
    until(page, lambda: asked(page, "filter") is None, "the filter is gone")


def test_the_learning_curve_says_whether_more_labels_help(page: Page, own: Served) -> None:
    chips = listed(own, "")
    answer(own, chips[20:50], "negative")
    answer(own, chips[50:60], "positive")
    open_list(page, own)
    page.get_by_role("button", name="Work it out").click()
    curve = page.get_by_role("region", name="Learning curve")
    until(page, lambda: api(own, "/curve?task=chips&class=1")["state"] != "computing", "it is worked out")
    told = api(own, "/curve?task=chips&class=1")
    assert told["says"]
    expect(curve).to_contain_text(told["says"][1:])


def test_is_accessible(page: Page, served: Served, axe: Callable[..., None]) -> None:
    open_list(page, served, "&suggest=5/0/0")
    expect(panel(page).get_by_role("slider").first).to_be_attached()
    axe(page)
