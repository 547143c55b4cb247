"""Each gesture of labelling, driven in Chromium; what it left in the journal, as the API tells it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from labelpage import LabelPage, api, members
from manychips import many_chips
from pageserver import Served, serving
from playwright.sync_api import Page, expect

FOREST, SEA = 1, 9


@pytest.fixture(scope="module")
def many(ui: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server over a workspace of 1,200 chips that nobody has answered."""
    folder = tmp_path_factory.mktemp("label")
    root = many_chips(folder / "many", 1_200, answered=0)
    with serving(root, log=folder / "server.log", ui=ui) as server:
        yield server


@pytest.fixture
def wall(page: Page, many: Served) -> LabelPage:
    """The wall of the task with one class a chip, as anna; what was answered before is taken back."""
    _clear(many)
    return LabelPage(page, many).open()


def _clear(server: Served) -> None:
    """Take back whatever stands, so that each test begins with nothing."""
    events = [e for e in api(server, "/annotations?limit=10000&active=true")["events"] if e["active"]]
    bulks = {e["id"] for e in events if e["kind"] == "bulk"}
    stands = [e for e in events if e["kind"] != "undo" and (e["bulk"] is None or e["bulk"] not in bulks)]
    undos = [{"id": str(uuid.uuid4()), "kind": "undo", "undoes": e["id"]} for e in stands]
    if undos:
        api(server, "/annotations", undos)


class TestSelection:
    def test_click_selects_and_answers_the_chip(self, wall: LabelPage) -> None:
        wall.tile(4).click()
        assert wall.selected() == [4]
        wall.press("p")
        wall.says(4, "Annual crop")
        assert wall.answers() == [(4, 0, "positive")]

    def test_another_click_takes_another(self, wall: LabelPage) -> None:
        wall.tile(4).click()
        wall.tile(6).click()
        assert wall.selected() == [6]

    def test_ctrl_click_gathers_and_lets_go(self, wall: LabelPage) -> None:
        for index in (2, 5, 7, 5):
            wall.tile(index).click(modifiers=["ControlOrMeta"])
        assert wall.selected() == [2, 7]
        wall.press("2")
        assert wall.answers() == [(2, FOREST, "positive"), (7, FOREST, "positive")]
        assert len(members(wall.events())) == 1
        assert wall.selected() == []  # answered: let go, unless they are held
        for index in (2, 7):
            wall.tile(index).click(modifiers=["ControlOrMeta"])
        wall.panel.get_by_role("switch", name="Hold").check()
        wall.press("u")
        wall.says(7, "unsure")
        assert wall.selected() == [2, 7]

    def test_shift_click_selects_a_range(self, wall: LabelPage) -> None:
        wall.tile(9).click()
        wall.tile(3).click(modifiers=["Shift"])
        assert wall.selected() == [3, 4, 5, 6, 7, 8, 9]
        wall.press("n")
        assert wall.answers() == [(i, 0, "negative") for i in range(3, 10)]

    def test_shift_and_arrows_select_on_the_way(self, wall: LabelPage) -> None:
        wall.tile(3).click()
        wall.press("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft")
        wall.until(lambda: wall.selected() == [3, 4, 5], "two more are selected")

    def test_space_gathers_by_keyboard_alone(self, wall: LabelPage) -> None:
        wall.page.keyboard.press("Home")
        wall.press("Space", "ArrowRight", "ArrowRight", "Space", "ArrowRight", "Space", "Space")
        assert wall.selected() == [0, 2]
        wall.press("u")
        assert wall.answers() == [(0, 0, "unsure"), (2, 0, "unsure")]

    def test_a_frame_selects_what_it_touches(self, wall: LabelPage) -> None:
        columns = int(wall.page.get_by_role("grid").get_attribute("aria-colcount") or 0)
        wall.drag(1, columns + 3)
        expected = [1, 2, 3, columns + 1, columns + 2, columns + 3]
        assert wall.selected() == expected
        assert "#/chips" in wall.page.url
        wall.press("1")
        assert wall.answers() == [(i, 0, "positive") for i in expected]

    def test_a_frame_with_ctrl_adds(self, wall: LabelPage) -> None:
        columns = int(wall.page.get_by_role("grid").get_attribute("aria-colcount") or 0)
        wall.tile(0).click()
        wall.page.keyboard.down("Control")
        wall.drag(columns + 2, columns + 3)
        wall.page.keyboard.up("Control")
        assert wall.selected() == [0, columns + 2, columns + 3]

    def test_a_frame_scrolls_at_the_edge(self, wall: LabelPage) -> None:
        box = wall.page.locator(".wall").bounding_box()
        assert box is not None
        wall.page.mouse.move(*wall.middle(1))
        wall.page.mouse.down()
        wall.page.mouse.move(box["x"] + 60, box["y"] + box["height"] + 30, steps=4)
        scroller = wall.page.locator(".wall")
        wall.until(lambda: scroller.evaluate("w => w.scrollTop") > 1500, "the wall scrolls by itself")
        wall.page.mouse.up()
        expect(wall.panel.get_by_text("chips selected")).to_be_visible()
        count = int((wall.panel.get_by_text("chips selected").text_content() or "").split()[0])
        assert count > 15

    def test_all_shown_are_selected_and_answered_as_one_act(self, wall: LabelPage) -> None:
        wall.page.evaluate("hash => { location.hash = hash; }", "#/chips?task=chips&filter=row%20%3D%200")
        expect(wall.page.locator(".wall")).not_to_have_attribute("data-total", "1200")
        total = int(wall.page.locator(".wall").get_attribute("data-total") or 0)
        wall.press("Control+a")
        expect(wall.panel.get_by_text(f"{total} chips selected")).to_be_visible()
        wall.press("2")
        wall.saved()
        kept = api(wall.server, "/chips?task=chips&limit=1&filter=label%20%3D%20%27Forest%27")["total"]
        assert kept == total
        assert len(members(wall.events())) == 1
        wall.press("z")
        wall.saved()
        assert api(wall.server, "/chips?task=chips&limit=1&filter=label%20%3D%20%27Forest%27")["total"] == 0

    def test_escape_and_clear_select_nothing(self, wall: LabelPage) -> None:
        wall.drag(0, 2)
        wall.press("Escape")
        assert wall.selected() == []
        wall.drag(0, 2)
        wall.panel.get_by_role("button", name="Clear").click()
        assert wall.selected() == []

    def test_double_click_and_enter_open_the_chip(self, wall: LabelPage) -> None:
        wall.tile(3).dblclick()
        wall.page.wait_for_url(lambda url: f"#/chip/{wall.ids[3]}" in url)
        expect(wall.page.locator(".wall")).to_have_count(0)
        wall.page.go_back()
        expect(wall.tile(3)).to_be_focused()
        wall.press("ArrowRight", "Enter")
        wall.page.wait_for_url(lambda url: f"#/chip/{wall.ids[4]}" in url)


class TestAnswers:
    @pytest.mark.parametrize(
        ("key", "said", "says"),
        [
            ("p", (0, "positive"), "Annual crop"),
            ("n", (0, "negative"), "not Annual crop"),
            ("u", (0, "unsure"), "unsure"),
            ("x", (0, "not-applicable"), "not applicable"),
            ("2", (FOREST, "positive"), "Forest"),
            ("Shift+2", (FOREST, "negative"), "not Forest"),
        ],
    )
    def test_by_key_then_on_to_the_next(self, wall: LabelPage, key: str, said: tuple[int, str], says: str) -> None:
        wall.tile(5).click()
        wall.press(key)
        wall.says(5, says)
        assert wall.answers() == [(5, *said)]
        expect(wall.tile(6)).to_be_focused()
        assert wall.selected() == [6]

    def test_the_cursor_stays_where_it_is_told_to(self, wall: LabelPage) -> None:
        wall.panel.get_by_role("switch", name="Go on").uncheck()
        wall.tile(5).click()
        wall.press("p", "u")
        assert wall.answers() == [(5, 0, "positive"), (5, 0, "unsure")]
        assert (wall.label(5) or {})["value"] == "unsure"

    @pytest.mark.parametrize(
        ("button", "value"),
        [("Annual crop", "positive"), ("Not Annual crop", "negative"), ("Unsure", "unsure")],
    )
    def test_by_button(self, wall: LabelPage, button: str, value: str) -> None:
        wall.tile(7).click()
        wall.panel.get_by_role("region", name="Answer").get_by_role("button", name=button).first.click()
        assert wall.answers() == [(7, 0, value)]

    def test_not_applicable_with_a_reason(self, wall: LabelPage) -> None:
        wall.tile(7).click()
        wall.panel.get_by_role("button", name="Not applicable, and why").click()
        wall.page.get_by_role("menuitem", name="cloud").click()
        wall.says(8 - 1, "not applicable: cloud")
        assert (wall.label(7) or {})["reason"] == "cloud"
        wall.tile(8).click()
        wall.panel.get_by_role("button", name="Not applicable, and why").click()
        wall.page.get_by_role("menuitem", name="another reason").click()
        wall.page.keyboard.type("sun glint")
        wall.page.keyboard.press("Enter")
        wall.says(8, "not applicable: sun glint")
        assert (wall.label(8) or {})["reason"] == "sun glint"

    @pytest.mark.parametrize("key", ["Backspace", "Delete"])
    def test_unlabel_takes_every_class_away(self, wall: LabelPage, key: str) -> None:
        wall.panel.get_by_role("switch", name="Go on").uncheck()
        wall.tile(5).click()
        wall.press("2", "Shift+3", "1")
        assert (wall.label(5) or {})["classes"] == [0]
        wall.press(key)
        wall.says(5, "unlabelled")
        assert wall.label(5) is None

    def test_one_class_takes_the_place_of_another(self, wall: LabelPage) -> None:
        wall.panel.get_by_role("switch", name="Go on").uncheck()
        wall.tile(5).click()
        wall.press("2", "u", "3")
        wall.says(5, "Herbaceous")
        label = wall.label(5) or {}
        assert (label["classes"], label["value"]) == ([2], "positive")
        wall.press("u", "n")
        wall.says(5, "not Herbaceous")
        assert (wall.label(5) or {})["value"] == "negative"

    def test_the_class_in_hand_goes_round(self, wall: LabelPage) -> None:
        wall.tile(0).click()
        wall.press("[", "p")
        assert wall.answers() == [(0, SEA, "positive")]
        wall.press("]", "]", "p")
        assert wall.answers()[1:] == [(1, FOREST, "positive")]
        wall.panel.get_by_role("option", name="Highway").click()
        wall.press("p")
        assert wall.answers()[2:] == [(2, 3, "positive")]

    def test_out_of_training_and_back(self, wall: LabelPage) -> None:
        wall.tile(3).click()
        wall.press("p", "ArrowLeft", "t")
        wall.says(3, "removed from training")
        assert wall.row(3)["training"] is False
        assert (wall.label(3) or {})["classes"] == [0]
        wall.press("t")
        expect(wall.tile(3)).not_to_have_attribute("aria-label", "removed from training")
        assert wall.row(3)["training"] is True

    def test_the_first_answer_asks_for_a_name(self, page: Page, many: Served) -> None:
        _clear(many)
        wall = LabelPage(page, many).open(actor=None)
        wall.tile(2).click()
        wall.press("p")
        page.get_by_label("Your name").fill("dora")
        page.get_by_role("button", name="Save the name").click()
        wall.says(2, "Annual crop")
        wall.until(lambda: [e["actor"] for e in wall.events()] == ["dora"], "the answer is kept under the name")


class TestUndo:
    def test_back_and_forth_without_limit_across_a_reload(self, wall: LabelPage) -> None:
        wall.tile(0).click()
        for key in "123456":
            wall.press(key)
        wall.saved()
        wall.page.reload()
        expect(wall.panel.get_by_role("button", name="Undo")).to_contain_text("Pasture: positive")
        for _ in range(6):
            wall.press("z")
        wall.saved()
        assert [wall.label(i) for i in range(6)] == [None] * 6
        wall.page.reload()
        expect(wall.panel.get_by_role("button", name="Redo")).to_contain_text("Annual crop: positive")
        for _ in range(6):
            wall.press("y")
        wall.saved()
        assert [(wall.label(i) or {}).get("classes") for i in range(6)] == [[i] for i in range(6)]

    def test_an_act_on_many_is_one_step(self, wall: LabelPage) -> None:
        wall.tile(0).click()
        wall.press("1")
        wall.drag(2, 4)
        wall.press("2", "z")
        wall.says(2, "unlabelled")
        wall.says(0, "Annual crop")
        assert [wall.label(i) for i in (2, 3, 4)] == [None] * 3
        wall.press("Control+y")
        wall.says(3, "Forest")
        assert [(wall.label(i) or {})["classes"] for i in (2, 3, 4)] == [[FOREST]] * 3

    def test_what_was_there_before_comes_back(self, wall: LabelPage) -> None:
        wall.panel.get_by_role("switch", name="Go on").uncheck()
        wall.tile(1).click()
        wall.press("3", "4", "z")
        wall.says(1, "Herbaceous")
        assert (wall.label(1) or {})["classes"] == [2]
        wall.press("z")
        wall.says(1, "unlabelled")
        assert wall.label(1) is None


class TestPanel:
    def test_counts_move_with_every_answer(self, wall: LabelPage) -> None:
        option = wall.panel.get_by_role("option", name="Forest")
        expect(option).to_contain_text("0 positive, 0 negative")
        wall.tile(0).click()
        wall.press("2", "2", "Shift+2")
        expect(option).to_contain_text("2 positive, 1 negative")
        wall.saved()
        wall.page.wait_for_timeout(1200)
        expect(option).to_contain_text("2 positive, 1 negative")
        wall.press("z", "z")
        expect(option).to_contain_text("1 positive, 0 negative")

    def test_filters_by_state(self, wall: LabelPage) -> None:
        wall.tile(0).click()
        wall.press("1", "n", "u", "x", "p", "ArrowLeft", "t")
        wall.saved()
        shown = wall.page.locator(".wall")
        for state, count in (
            ("Labelled", 5),
            ("Positive", 2),
            ("Negative", 1),
            ("Unsure", 1),
            ("Not applicable", 1),
            ("Removed from training", 1),
            ("Unlabelled", 1195),
            ("All chips", 1200),
        ):
            wall.panel.get_by_label("Show").select_option(label=state)
            expect(shown).to_have_attribute("data-total", str(count))

    def test_highlight_dims_what_is_not_labelled(self, wall: LabelPage) -> None:
        wall.tile(0).click()
        wall.press("2")
        wall.page.wait_for_timeout(800)
        before = [_brightness(wall.page, wall.middle(i)) for i in (0, 2)]
        wall.press("h")
        wall.page.wait_for_timeout(300)
        after = [_brightness(wall.page, wall.middle(i)) for i in (0, 2)]
        assert after[0] == before[0]
        assert after[1] < before[1]

    def test_a_new_class_is_added_in_place(self, wall: LabelPage) -> None:
        before = [(c["code"], c["name"]) for c in api(wall.server, "/workspace")["tasks"][0]["classes"]]
        wall.panel.get_by_role("button", name="Add a class").click()
        wall.page.keyboard.type("Solar farm")
        wall.page.keyboard.press("Enter")
        expect(wall.panel.get_by_role("option", name="Solar farm")).to_have_attribute("aria-selected", "true")
        now = [(c["code"], c["name"]) for c in api(wall.server, "/workspace")["tasks"][0]["classes"]]
        assert now[: len(before)] == before
        assert now[-1][1] == "solar-farm"
        wall.tile(2).click()
        wall.press("p")
        wall.says(2, "Solar farm")
        assert wall.answers() == [(2, now[-1][0], "positive")]

    def test_situation_of_chips(self, wall: LabelPage) -> None:
        situation = wall.panel.get_by_role("region", name="Situation")
        for title, kind in (("Road works", "Flag"), ("Season", "Choice"), ("Haze", "Number")):
            situation.get_by_role("button", name="Add", exact=True).click()
            situation.get_by_label("What to say of a chip").fill(title)
            situation.get_by_role("radio", name=kind).check(force=True)
            if kind == "Choice":
                situation.get_by_label("Choices").fill("dry, wet")
            situation.get_by_role("button", name="Add it").click()
            expect(situation.get_by_role("button", name="Add it")).to_have_count(0)
            expect(situation.get_by_text(title)).to_be_visible()
        wall.drag(0, 1)
        situation.get_by_role("button", name="Road works").click()
        situation.get_by_label("Season").select_option("wet")
        situation.get_by_label("Haze").fill("0.4")
        wall.page.keyboard.press("Tab")
        wall.saved()
        expected = {"road_works": True, "season": "wet", "haze": 0.4}
        wall.until(lambda: wall.row(0)["attributes"] == wall.row(1)["attributes"] == expected, "all three are kept")
        expect(situation.get_by_role("button", name="Road works")).to_have_attribute("aria-pressed", "true")
        wall.page.locator(".wall").focus()
        situation.get_by_role("button", name="Road works").click()
        wall.until(lambda: "road_works" not in wall.row(0)["attributes"], "the flag is gone")

    def test_a_task_with_several_classes(self, page: Page, many: Served) -> None:
        wall = LabelPage(page, many).open()
        wall.panel.get_by_role("button", name="Add a task").click()
        wall.panel.get_by_label("Name of the new task").fill("cover")
        wall.panel.get_by_role("switch", name="A chip may have several classes").check()
        wall.panel.get_by_role("button", name="Add the task").click()
        page.wait_for_url(lambda url: "task=cover" in url)
        expect(wall.panel.get_by_role("switch", name="A chip may have several classes")).to_have_count(0)
        expect(wall.panel).to_contain_text("several classes")
        wall.task = "cover"
        wall.panel.get_by_role("switch", name="Go on").uncheck()
        wall.tile(3).click()
        wall.press("2", "3", "Shift+4")
        wall.says(3, "Forest, Herbaceous vegetation")
        label = wall.label(3) or {}
        assert (label["classes"], label["negative"]) == ([1, 2], [3])
        wall.panel.get_by_role("option", name="Forest").click()
        wall.press("Backspace")
        label = wall.label(3) or {}
        assert (label["classes"], label["negative"]) == ([2], [3])
        page.get_by_role("combobox", name="Task").select_option(label="chips")
        wall.says(3, "unlabelled")

    def test_all_keys_are_listed(self, wall: LabelPage) -> None:
        wall.press("?")
        keys = wall.page.get_by_role("region", name="Keys: Label")
        for title in ("Positive for the class of this number", "Unsure", "Not applicable", "Undo", "Redo", "Unlabel"):
            expect(keys.get_by_text(title).first).to_be_visible()
        expect(wall.page.get_by_role("region", name="Keys: Chips").get_by_text("Select all shown")).to_be_visible()
        expect(wall.page.get_by_text("Dark or light")).to_have_count(0)

    @pytest.mark.parametrize("theme", ["dark", "light"])
    def test_axe_finds_nothing_serious(
        self, new_page: Callable[..., Page], many: Served, axe: Callable[..., None], theme: str
    ) -> None:
        wall = LabelPage(new_page(theme=theme), many).open()
        wall.drag(0, 2)
        wall.press("2")
        wall.saved()
        axe(wall.page)


def _brightness(page: Page, at: tuple[float, float]) -> int:
    """Sum of the canvas's pixel under a point of the screen."""
    found: int = page.evaluate(
        """([x, y]) => { for (const c of document.querySelectorAll('.bands canvas')) {
          const b = c.getBoundingClientRect();
          if (c.style.display === 'none' || x < b.left || x > b.right || y < b.top || y > b.bottom) continue;
          const d = c.getContext('2d').getImageData(x - b.left, y - b.top, 9, 9).data;
          return d.reduce((sum, value) => sum + value, 0);
        } return -1; }""",
        list(at),
    )
    return found
