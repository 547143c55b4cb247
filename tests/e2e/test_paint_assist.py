"""The assistant and the segments in the pixel editor: accepted, corrected, taken back; people's pixels stay."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import tinysams
from labelpage import api
from pageserver import Served
from paintpage import TASK, PaintPage, nothing
from playwright.sync_api import Page, expect

from groundset.core.rle import Rle

HUMAN, MODEL, REGION = 1, 2, 3
BOUNDS = """
(canvas) => {
  const { width, height } = canvas;
  const words = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, width, height).data.buffer);
  let [left, right, top, bottom] = [width, -1, height, -1];
  words.forEach((word, i) => {
    if (!word) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  const { offsetLeft: x, offsetTop: y } = canvas; // it is no larger than its marks
  return [x + left, y + top, x + right + 1, y + bottom + 1];
}
"""
SEEN = f"""([canvas, middle, least = 40]) => {{
  const [left, top, right, bottom] = ({BOUNDS})(canvas);
  const off = [left + right - 2 * middle[0], top + bottom - 2 * middle[1]];
  return right - left > least && Math.max(...off.map(Math.abs)) < 6;
}}"""
LISTENING = """
window.told = [];
const plain = window.fetch;
window.fetch = async (...asked) => {
  const answer = await plain(...asked);
  if (answer.url.includes('/assistant/questions'))
    answer.clone().json().then((one) => window.told.push(...one.questions), () => undefined);
  return answer;
};
"""


@pytest.fixture(scope="module", autouse=True)
def models(server: Served) -> None:
    """Tiny models that answer clicks."""
    tinysams.put_all(server.root / "models")


@pytest.fixture(scope="module")
def chips(server: Served) -> list[str]:
    """Whole chips of the workspace."""
    told = api(server, "/chips?limit=40&filter=valid_fraction%20%3D%201")["chips"]
    return [chip["id"] for chip in told]


def objects(page: Page, chip: str) -> list[dict[str, Any]]:
    """What the person of this page took whole."""
    asked = f"api/chips/{chip}/objects?task={TASK}"
    found: list[dict[str, Any]] = page.evaluate("async (url) => (await (await fetch(url)).json()).objects", asked)
    return found


def test_what_it_proposes_is_accepted_and_people_win(page: Page, server: Served, chips: list[str]) -> None:
    editor = PaintPage(page, server, chips[0]).open()
    editor.press("x", "1")
    editor.drag((10.5, 10.5), (20.5, 20.5))
    editor.press("2")
    editor.drag((40.5, 40.5), (50.5, 50.5))
    editor.strokes(2)
    before = editor.mask()
    editor.press("a")
    accept = page.get_by_role("button", name=re.compile(r"^Accept [\d,]+ pixels"))
    expect(accept).to_be_enabled(timeout=30_000)
    page.get_by_label("From").focus()
    editor.press("Home")
    expect(page.get_by_label("From")).to_have_attribute("aria-valuetext", "all")
    accept.click()
    editor.strokes(3)
    after = editor.mask()
    human = before[1] == HUMAN
    np.testing.assert_array_equal(after[:, human], before[:, human])
    assert (after[1, ~human] == MODEL).sum() > 0.5 * (~human).sum()
    assert set(np.unique(after[2, after[1] == MODEL])) <= set(range(101))
    editor.press("u")
    editor.strokes(2)
    np.testing.assert_array_equal(editor.mask(), before)


def test_tools_paint_what_it_proposes(page: Page, server: Served, chips: list[str]) -> None:
    editor = PaintPage(page, server, chips[1]).open()
    editor.press("P")  # turns it on
    expect(page.get_by_role("button", name=re.compile("^Accept"))).to_be_visible(timeout=30_000)
    editor.press("x")
    editor.drag((10.5, 10.5), (29.5, 19.5))
    editor.strokes(1)
    mask = editor.mask()
    assert (mask[1, 10:20, 10:30] == MODEL).all()
    assert (mask[1] != 0).sum() == 200
    page.get_by_role("radio", name="Differs").check()
    page.get_by_text("How well it does").click()
    expect(page.get_by_role("table")).to_be_visible()


def test_what_a_tool_would_lay_is_seen_though_something_is_proposed(
    page: Page, server: Served, chips: list[str]
) -> None:
    editor = PaintPage(page, server, chips[1]).open()
    editor.press("a")
    expect(page.get_by_role("button", name=re.compile("^Accept"))).to_be_visible(timeout=30_000)
    editor.press("2", "T")
    bar = page.get_by_text(re.compile(r"^NDWI [≥≤] "))
    expect(bar).to_be_visible()
    page.mouse.move(2, 2)
    page.wait_for_timeout(500)
    before = editor.stage.screenshot()
    for _ in range(12):
        editor.press("]")
    page.wait_for_timeout(500)
    assert editor.stage.screenshot() != before


def test_segments_are_taken_scrolled_changed_and_removed(page: Page, server: Served, chips: list[str]) -> None:
    chip = chips[2]
    editor = PaintPage(page, server, chip).open()
    editor.press("z")
    panel = page.get_by_role("region", name="Regions")
    page.mouse.move(*editor.place(32.5, 32.5))
    expect(panel).to_contain_text("segment 1 of", timeout=30_000)
    page.mouse.wheel(0, 120)
    expect(panel).to_contain_text("segment 2 of")
    page.mouse.down()
    page.mouse.up()
    editor.strokes(1)
    (one,) = objects(page, chip)
    mask = editor.mask()
    assert (mask[1] == REGION).sum() == sum(one["rle"]["counts"][1::2])
    assert (mask[0, mask[1] == REGION] == one["class"]).all()
    expect(panel).to_contain_text("Taken:")
    other = 1 - one["class"]
    editor.press(str(other + 1))
    editor.strokes(2)
    assert [each["class"] for each in objects(page, chip)] == [other]
    page.reload()
    editor.ready()
    expect(panel).to_contain_text("1 object")
    editor.press("z")
    page.mouse.move(*editor.place(32.5, 32.5))
    expect(panel).to_contain_text("Taken:", timeout=30_000)
    editor.press("Delete")
    editor.strokes(3)
    assert objects(page, chip) == []
    assert (editor.mask()[1] == 0).all()


def test_segments_with_keys_alone(page: Page, server: Served, chips: list[str]) -> None:
    chip = chips[3]
    editor = PaintPage(page, server, chip).open()
    editor.press("z", "ArrowRight")
    panel = page.get_by_role("region", name="Regions")
    expect(panel).to_contain_text("segment 1 of", timeout=30_000)
    editor.press(".", ",", "Shift+ArrowRight", "Space")
    editor.strokes(1)
    assert len(objects(page, chip)) == 1
    page.get_by_role("button", name="Start with the best segments").click()
    editor.strokes(2)
    first, *others = objects(page, chip)
    assert others
    assert [one["proposed"] for one in (first, *others)] == [False] + [True] * len(others)
    mask = editor.mask()
    assert (mask[1] == MODEL).sum() > 0  # nobody has looked at these: the model does not learn from itself
    assert (mask[1] == REGION).sum() <= sum(first["rle"]["counts"][1::2])
    at = next((int(y), int(x)) for y, x in zip(*np.nonzero(mask[1] == MODEL), strict=True))
    page.mouse.move(*editor.place(at[1] + 0.5, at[0] + 0.5))
    expect(panel).to_contain_text("Proposed:", timeout=30_000)
    page.mouse.down()
    page.mouse.up()
    editor.strokes(3)
    assert editor.mask()[1][at] == REGION  # a click makes it the person's word


def test_a_model_is_asked_for_what_is_clicked(page: Page, server: Served, chips: list[str]) -> None:
    chip = chips[4]
    editor = PaintPage(page, server, chip).open()
    editor.press("z")
    panel = page.get_by_role("region", name="Regions")
    page.mouse.move(*editor.place(32.5, 32.5))
    expect(panel).to_contain_text("segment 1 of", timeout=30_000)
    model = page.get_by_label("Model for clicks").locator("option:checked").inner_text()
    editor.press(";")
    expect(panel).to_contain_text(f"by {model}", timeout=30_000)
    page.mouse.down()
    page.mouse.up()
    editor.strokes(1)
    (one,) = objects(page, chip)
    mask = editor.mask()
    assert mask[1, 32, 32] == REGION
    assert (mask[1] == REGION).sum() == sum(one["rle"]["counts"][1::2])


def test_next_leads_to_the_place_where_a_stroke_helps_most(page: Page, server: Served, chips: list[str]) -> None:
    """One press: the chip of which the server says so, the place in it framed, in the middle, in view, and why."""
    editor = PaintPage(page, server, chips[5]).open()
    with page.expect_response(re.compile("/assistant/next")) as answer:
        editor.press("Enter")
    best = next(one for one in answer.value.json() if one["chip_id"] != chips[5])
    expect(page.locator("#page-title")).to_have_text(best["chip_id"])
    next_page = PaintPage(page, server, best["chip_id"]).ready()
    note = page.get_by_text("Framed is where a stroke helps most")
    expect(note).to_contain_text(best["says"])
    marks = next_page.stage.locator("canvas").nth(2)
    width, height = next_page.size()
    middle = [width / 2, height / 2]
    page.wait_for_function(SEEN, arg=[marks.element_handle(), middle])
    left, top, right, bottom = marks.evaluate(BOUNDS)
    assert [(left + right) / 2, (top + bottom) / 2] == pytest.approx(middle, abs=2)
    assert 0 < left < right < width
    assert 0 < top < bottom < height
    assert (right - left) / (bottom - top) == pytest.approx(best["width"] / best["height"], rel=0.1)
    page.keyboard.press("Space")  # a stroke there, and the frame has done its work
    next_page.strokes(1)
    expect(note).to_be_hidden()
    row, col = (int(axis.mean()) for axis in np.nonzero(next_page.mask()[1] == HUMAN))
    assert abs(col - best["x"] - best["width"] / 2) <= 2
    assert abs(row - best["y"] - best["height"] / 2) <= 2


def test_questions_are_answered_with_keys_alone(page: Page, server: Served, chips: list[str]) -> None:
    """Ask, answer, pass one over, take one back, leave: what is stored are the segments, as they were answered."""
    page.add_init_script(LISTENING)
    editor = PaintPage(page, server, chips[6]).open()
    bar = page.get_by_role("group", name="Question")
    marks = editor.stage.locator("canvas").nth(2).element_handle()
    editor.press("t")
    expect(bar).to_have_attribute("data-asked", re.compile(r"\d"), timeout=30_000)
    answers: list[tuple[str | None, str]] = []
    for key in ("1", "2", "n", "1", "2", "1"):
        answers.append((bar.get_attribute("data-asked"), key))
        page.wait_for_function(SEEN, arg=[marks, [side / 2 for side in editor.size()], 8])
        editor.press(key)
        expect(bar).not_to_have_attribute("data-asked", str(answers[-1][0]))
    expect(bar).to_contain_text("5 answered")
    editor.press("u")
    expect(bar).to_have_attribute("data-asked", str(answers.pop()[0]))
    expect(bar).to_contain_text("4 answered")
    editor.press("Escape")
    expect(bar).to_be_hidden()
    editor.strokes(4)
    told: dict[str, list[Any]] = {}
    for one in page.evaluate("() => window.told"):
        told.setdefault(",".join(map(str, [*one["at"], one["pixels"]])), []).append(one["runs"])
    found = editor.mask()
    wanted = nothing(editor.rows, editor.cols)
    for asked, key in answers:
        if asked and key != "n":
            # after an answer the place may be told again with another edge; the page keeps what it shows
            ways = [Rle.from_dict(runs).mask() for runs in told[asked]]
            segment = next((way for way in ways if (found[1][way] == REGION).all()), ways[0])
            wanted[0, segment] = int(key) - 1
            wanted[1, segment] = REGION  # its outline is the machine's
    np.testing.assert_array_equal(found, wanted)
