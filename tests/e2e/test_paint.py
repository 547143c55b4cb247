"""The pixel editor in hard times, with keys alone, in two tabs, without WebGL2, and masks brought in."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from labelpage import api
from pageserver import Served
from paintpage import TASK, PaintPage, mask, mask_file, nothing, sign_in
from PIL import Image
from playwright.sync_api import APIResponse, Page, Route, expect
from rankpage import until

NO_WEBGL2 = """
const plain = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === 'webgl2' ? null : plain.call(this, kind, ...rest);
};
"""


@pytest.fixture
def allowed_errors() -> list[str]:
    """What the browser says of a server that is away or refuses."""
    return ["ERR_", "Failed to fetch", "status of (401|403|409|422|50)"]


@pytest.fixture(scope="module")
def chips(server: Served) -> Iterator[str]:
    """Chips, one after another."""
    return iter([chip["id"] for chip in api(server, "/chips?limit=40")["chips"]][2:])


@pytest.fixture
def chip(chips: Iterator[str]) -> str:
    """A chip that no other test here paints on."""
    return next(chips)


def test_strokes_survive_a_server_that_is_killed_in_the_middle_of_one(
    page: Page, lake_copy: Path, serve_own: Callable[..., Served]
) -> None:
    """The page waits and sends; one that is left meanwhile leaves it to the next page."""
    server = serve_own(lake_copy)
    chip = api(server, "/chips?limit=3")["chips"][2]["id"]
    editor = PaintPage(page, server, chip).open()
    editor.press("x", "2")
    editor.drag((4.5, 4.5), (9.5, 9.5))
    editor.strokes(1)
    editor.drag((20.5, 4.5), (29.5, 9.5), hold=True)
    kill(server)
    page.mouse.up()
    editor.drag((40.5, 4.5), (49.5, 9.5))
    expect(editor.state).to_contain_text("Offline", timeout=20_000)
    expect(editor.state).to_have_attribute("data-waiting", "2")
    editor.press("u")
    editor.press("r")
    again = serve_own(server.root, server.port)
    editor.strokes(3)
    wanted = nothing(editor.rows, editor.cols)
    for left, right in ((4, 9), (20, 29), (40, 49)):
        wanted[1, 4:10, left : right + 1] = 1
    np.testing.assert_array_equal(PaintPage(page, again, chip).mask()[1], wanted[1])

    kill(again)
    editor.drag((4.5, 20.5), (9.5, 25.5))
    editor.press("1")
    editor.drag((6.5, 22.5), (12.5, 28.5))
    expect(editor.state).to_have_attribute("data-waiting", "2")
    page.goto("about:blank")
    third = serve_own(server.root, server.port)
    page.goto(f"{third.base}#/paint/{chip}?task={TASK}")
    editor = PaintPage(page, third, chip).ready()
    editor.strokes(5)
    wanted[1, 20:26, 4:10] = wanted[1, 22:29, 6:13] = 1
    np.testing.assert_array_equal(editor.mask()[1], wanted[1])


def kill(server: Served) -> None:
    """As a crash does."""
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(15)


def test_who_is_signed_out_loses_nothing(page: Page, server: Served, chip: str) -> None:
    editor = PaintPage(page, server, chip).open()
    cookies = page.context.cookies()
    editor.press("x")
    editor.drag((4.5, 4.5), (9.5, 9.5), hold=True)
    page.context.clear_cookies()
    page.mouse.up()  # before the page asks for anything else, and lays the question over the picture
    expect(page.get_by_role("heading", name="The server asks for its token again")).to_be_visible()
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.reload()
    editor.ready().strokes(1)
    assert int((editor.mask()[1] == 1).sum()) == 36


def test_two_tabs_paint_one_chip_and_both_are_kept(page: Page, server: Served, chip: str) -> None:
    one = PaintPage(page, server, chip).open()
    other = PaintPage(page.context.new_page(), server, chip)
    other.page.set_viewport_size({"width": 1280, "height": 800})
    other.open()
    for editor in (one, other):
        editor.press("x", "2")
    one.drag((4.5, 4.5), (9.5, 9.5))
    other.drag((20.5, 4.5), (25.5, 9.5))
    for editor in (one, other):
        editor.strokes(2)
        expect(editor.page.get_by_text("painted in another tab")).to_be_visible()
    assert int((one.mask()[1] == 1).sum()) == 72
    one.press("u")
    other.strokes(1)
    assert int((one.mask()[1] == 1).sum()) == 36


def hold_layers(page: Page, most: int | None = None) -> list[tuple[Route, APIResponse]]:
    """From now on layers are read on the server and do not come until they are fulfilled; ``most``: this many."""
    held: list[tuple[Route, APIResponse]] = []
    taken = 0

    def hold(route: Route) -> None:
        nonlocal taken
        if route.request.method == "GET" and (most is None or taken < most):
            taken += 1
            held.append((route, route.fetch()))
        else:
            route.fallback()

    page.route(re.compile(r"/strokes\?"), hold)
    return held


def test_a_step_made_while_the_layer_is_on_its_way_stands(page: Page, server: Served, chip: str) -> None:
    """What comes from the server was read before the step: it does not take it back."""
    editor = PaintPage(page, server, chip).open()
    editor.press("x", "2")
    editor.drag((4.5, 4.5), (20.5, 9.5))
    editor.strokes(1)
    wanted = editor.mask()
    page.reload()
    editor.ready().strokes(1)
    held = hold_layers(page, most=1)
    editor.press("u")
    editor.strokes(0)
    until(page, lambda: len(held) > 0, "the layer is asked for")
    editor.press("r")
    editor.strokes(1)
    ((route, response),) = held
    route.fulfill(response=response)
    page.wait_for_timeout(1000)
    editor.strokes(1)
    np.testing.assert_array_equal(editor.mask(), wanted)


def test_a_second_step_made_before_the_first_has_come_back_is_another_one(
    page: Page, server: Served, chip: str
) -> None:
    """A layer that was read before a step comes after it: the next step is the one after, not the same again."""
    editor = PaintPage(page, server, chip).open()
    editor.press("x", "2")
    editor.drag((4.5, 4.5), (20.5, 9.5))
    editor.drag((4.5, 24.5), (20.5, 29.5))
    editor.strokes(2)
    wanted = editor.mask()
    page.reload()
    editor.ready().strokes(2)
    editor.press("u")
    editor.strokes(1)
    page.wait_for_timeout(500)
    held = hold_layers(page)
    editor.press("u")
    editor.strokes(0)
    until(page, lambda: len(held) > 0, "the layer is asked for")
    editor.press("r")
    editor.strokes(1)
    route, response = held.pop(0)
    route.fulfill(response=response)
    until(page, lambda: len(held) > 0, "the layer is asked for again")
    editor.strokes(1)
    editor.press("r")
    editor.strokes(2)
    for route, response in held:
        route.fulfill(response=response)
    editor.strokes(2)
    np.testing.assert_array_equal(editor.mask(), wanted)


def test_what_waited_is_seen_though_it_arrived_while_the_layer_was_on_its_way(
    page: Page, server: Served, chip: str, allowed_errors: list[str]
) -> None:
    """The next page sends what waits and reads the layer at once: the layer may have been read before."""
    allowed_errors.append("ERR_FAILED")
    editor = PaintPage(page, server, chip).open()
    page.route(re.compile(r"/strokes$"), lambda route: route.abort())
    editor.press("x", "2")
    editor.drag((4.5, 4.5), (20.5, 9.5))
    expect(editor.state).to_have_attribute("data-waiting", "1")
    page.goto("about:blank")
    page.unroute(re.compile(r"/strokes$"))
    held = hold_layers(page, most=1)
    page.goto(f"{server.base}#/paint/{chip}?task={TASK}")
    until(page, lambda: len(held) > 0, "the layer is asked for")
    until(page, lambda: bool((editor.mask()[1] == 1).any()), "the stroke has arrived")
    page.wait_for_timeout(300)
    ((route, response),) = held
    route.fulfill(response=response)
    editor.ready().strokes(1)


def test_what_others_paint_is_seen_at_once(new_page: Callable[..., Page], server: Served, chip: str) -> None:
    una = PaintPage(new_page(), server, chip).open()
    ben = PaintPage(new_page(), server, chip).open(actor="ben")
    ben.press("x", "2")
    ben.drag((0.5, 0.5), (63.5, 45.5))
    ben.strokes(1)
    water = una.page.get_by_role("radio", name="Water", exact=False).last
    expect(water).to_have_attribute("title", re.compile(f"{64 * 46:,} of them by people"))
    una.press("x", "1")
    una.drag((0.5, 40.5), (9.5, 49.5))
    una.strokes(1)
    people = 64 * 46 - 6 * 10
    expect(water).to_have_attribute("title", re.compile(f"{people:,} of them by people"))
    label = mask(server, chip)
    assert int(((label[1] == 1) & (label[0] == 1)).sum()) == people


def test_a_chip_is_painted_with_keys_alone(page: Page, server: Served) -> None:
    """From the list of chips to a saved, complete chip and the next one."""
    sign_in(page, server, "una")
    page.goto(f"{server.base}#/chips?task={TASK}")
    expect(page.locator("[role=gridcell] a[data-chip]").first).to_be_attached()
    page.keyboard.press("e")
    page.wait_for_url(lambda url: "#/paint/" in url)
    chip = page.evaluate("() => decodeURIComponent(location.hash.split(/[/?]/)[2])")
    editor = PaintPage(page, server, chip).ready()
    editor.press("2", "x", "ArrowRight")  # the cursor comes in the middle, at 32, 32
    editor.press("ArrowLeft", "ArrowUp", "Shift+ArrowUp", "Shift+ArrowLeft")
    page.keyboard.down("Space")
    editor.press("Shift+ArrowRight", "ArrowDown", "ArrowDown")
    page.keyboard.up("Space")
    editor.strokes(1)
    rows, cols = np.nonzero(editor.mask()[1])
    assert (rows.min(), rows.max(), cols.min(), cols.max(), rows.size) == (21, 23, 21, 31, 33)
    editor.press("p")
    for keys in (["Space"], ["Shift+ArrowDown", "Space"], ["Shift+ArrowRight", "Space"]):
        editor.press(*keys)
    editor.press("Enter")
    editor.strokes(2)
    editor.press("u")
    editor.strokes(1)
    editor.press("r")
    editor.strokes(2)
    editor.press("Shift+3", "m")
    editor.saved()
    editor.press("Enter")
    page.wait_for_url(lambda url: chip not in url)
    editor.press("Backspace")
    page.wait_for_url(lambda url: chip in url)
    expect(page.get_by_role("button", name="Complete")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("radio", name="3, medium")).to_be_checked()


def test_what_is_recorded_beside_pixels(page: Page, server: Served, chip: str, axe: Callable[..., None]) -> None:
    editor = PaintPage(page, server, chip).open()
    axe(page)
    page.get_by_role("button", name="Mark complete").click()
    page.get_by_role("radio", name="4, hard").click()
    page.get_by_role("textbox", name="Note on this chip").fill("shadow of a bridge")
    page.get_by_role("textbox", name="Note on this chip").press("Enter")
    page.get_by_role("button", name="Cannot tell").click()
    page.get_by_role("button", name="Shadow").click()
    editor.saved()
    page.reload()
    editor.ready()
    expect(page.get_by_role("textbox", name="Note on this chip")).to_have_value("shadow of a bridge")
    expect(page.get_by_role("button", name="Cannot tell: Shadow")).to_be_visible()
    expect(page.get_by_role("radio", name="4, hard")).to_be_checked()


def test_keys_in_the_middle_of_a_stroke_change_nothing_of_it(page: Page, server: Served, chip: str) -> None:
    editor = PaintPage(page, server, chip).open()
    editor.press("b", "1")
    editor.drag((10.5, 10.5), (20.5, 10.5), hold=True)
    editor.press("2", "e", "Enter")
    page.mouse.move(*editor.place(30.5, 10.5), steps=2)
    page.mouse.up()
    editor.strokes(1)
    expect(page.locator("#page-title")).to_have_text(chip)
    found = editor.mask()
    assert (found[1, 10, 11:30] == 1).all()
    (code,) = set(found[0, 10, 11:30].tolist())
    editor.press("2")
    editor.drag((10.5, 30.5), (30.5, 30.5))
    editor.strokes(2)
    assert editor.mask()[0, 30, 20] != code


def test_time_is_kept_with_what_is_recorded_and_by_the_browser(page: Page, server: Served, chip: str) -> None:
    editor = PaintPage(page, server, chip).open()
    for step in range(16):  # somebody looks around
        page.mouse.move(*editor.place(10.5 + step, 10.5))
        page.wait_for_timeout(250)

    def late(route: Route) -> None:  # whose time it is, is known after the editor is there
        time.sleep(1)
        route.continue_()

    page.route("**/api/session", late)
    page.reload()
    editor.ready()
    page.unroute("**/api/session")
    expect(page.locator(".figures")).to_contain_text(re.compile(r"0:0[3-9]"))
    editor.press("m")
    editor.saved()
    (event,) = api(server, f"/annotations?kind=work&chip_id={chip}")["events"]
    assert event["payload"]["seconds"] >= 3


def test_keys_are_changed_and_conflicts_told(page: Page, server: Served, chip: str) -> None:
    editor = PaintPage(page, server, chip).open()
    page.get_by_role("button", name="Change keys").click()
    page.get_by_role("button", name="Brush: d").click()
    page.keyboard.press("e")
    expect(page.get_by_role("alert")).to_contain_text("e is the key of “Eraser”")
    page.get_by_role("button", name="Take it").click()
    page.get_by_role("button", name="Done").click()
    page.reload()
    editor.ready()
    editor.press("l", "e")
    expect(page.get_by_role("button", name="Brush")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    expect(page.get_by_role("region", name="Keys: Tools")).to_contain_text("Brush")


def test_without_webgl2_the_servers_picture_is_painted_on(page: Page, server: Served, chip: str) -> None:
    page.add_init_script(NO_WEBGL2)
    editor = PaintPage(page, server, chip).open()
    expect(page.get_by_text("does not offer WebGL2")).to_be_visible()
    picture = editor.stage.locator("img")
    expect(picture).to_be_visible()
    editor.press("x")
    editor.drag((4.5, 4.5), (9.5, 9.5))
    editor.strokes(1)
    assert int((editor.mask()[1] == 1).sum()) == 36


class TestLoad:
    """Masks that are there already."""

    def test_from_another_annotator_or_a_model_to_correct_it(self, page: Page, server: Served, chip: str) -> None:
        ben = PaintPage(page, server, chip).open(actor="ben")
        ben.press("x", "2")
        ben.drag((4.5, 4.5), (9.5, 9.5))
        ben.strokes(1)
        sign_in(page, server, "una")
        page.reload()
        una = PaintPage(page, server, chip).ready()
        page.get_by_role("button", name="Load labels").click()
        page.get_by_role("menuitem", name="From ben").click()
        una.strokes(1)
        np.testing.assert_array_equal(una.mask(), una.mask("ben"))
        una.press("u")
        una.strokes(0)
        assert not una.mask()[1].any()
        page.get_by_role("button", name="Load labels").click()
        page.get_by_role("menuitem", name="From model:pixels-forest").click()
        una.strokes(1)
        model = una.mask("model:pixels-forest")
        np.testing.assert_array_equal(una.mask(), model)
        assert (model[1] == 2).any()

    def test_from_a_geotiff_and_back_and_a_wrong_file_says_what_is_wrong(
        self, page: Page, server: Served, chip: str, tmp_path: Path
    ) -> None:
        editor = PaintPage(page, server, chip).open()
        editor.press("x")
        editor.drag((4.5, 4.5), (9.5, 9.5))
        editor.strokes(1)
        file = tmp_path / "mask.tif"
        file.write_bytes(mask_file(server, chip))
        before = editor.mask()
        editor.press("u")
        editor.strokes(0)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Load labels").click()
            page.get_by_role("menuitem", name="From a file").click()
        chooser.value.set_files(file)
        expect(page.get_by_text("mask.tif is in your layer now")).to_be_visible()
        np.testing.assert_array_equal(editor.mask(), before)
        other = api(server, "/chips?limit=9")["chips"][8]["id"]
        files = {name: tmp_path / name for name in ("place.tif", "size.png", "scheme.png", "colours.png", "none.tif")}
        files["place.tif"].write_bytes(mask_file(server, other))
        Image.fromarray(np.ones((8, 9), np.uint8)).save(files["size.png"])
        Image.fromarray(np.full((editor.rows, editor.cols), 77, np.uint8)).save(files["scheme.png"])
        Image.fromarray(np.zeros((editor.rows, editor.cols, 3), np.uint8)).save(files["colours.png"])
        files["none.tif"].write_bytes(b"II*\0nothing")
        told = {"size.png": "9 x 8 pixels", "scheme.png": "77", "colours.png": "colours"}
        for name, file in files.items():
            page.locator("input[type=file]").set_input_files(file)
            toast = page.get_by_text(f"{name} was not loaded.")
            expect(toast).to_be_visible()
            expect(toast).to_contain_text(told.get(name, ""))
        np.testing.assert_array_equal(editor.mask(), before)
