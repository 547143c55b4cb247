"""Each tool of the pixel editor alone: what it draws is saved, and is bit by bit what its pure function gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from labelpage import api
from pageserver import Served
from paintpage import TOLERANCE, PaintPage, inputs, mask, nothing, pure
from playwright.sync_api import Browser, expect

KEYS = {
    "brush": "d",
    "eraser": "e",
    "line": "l",
    "polygon": "p",
    "lasso": "o",
    "rectangle": "x",
    "flood": "w",
    "fill": "f",
}


@pytest.fixture(scope="module")
def chips(server: Served) -> list[str]:
    """Chips of the workspace."""
    return [chip["id"] for chip in api(server, "/chips?limit=40")["chips"]]


@pytest.fixture(scope="module")
def editor(browser: Browser, server: Served, chips: list[str]) -> Iterator[PaintPage]:
    """One page for all tools: each has a chip of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield PaintPage(context.new_page(), server, chips[0]).open()
    context.close()


def gesture(page: PaintPage, tool: str) -> None:
    """Draw something that tells the tool from the others."""
    if tool == "polygon":
        page.click((8.4, 7.3), (40.2, 12.8), (30.1, 50.6))
        page.press("Backspace")
        page.click((52.7, 44.2), (12.3, 55.1))
        page.press("Enter")
    elif tool in ("flood", "fill"):
        page.click((31.5, 30.5))
    else:
        page.drag((9.3, 12.1), (25.6, 40.2), (44.9, 18.4), (50.2, 51.7))


@pytest.mark.parametrize("tool", list(KEYS))
def test_what_a_tool_draws_is_saved_bit_by_bit(editor: PaintPage, chips: list[str], tool: str, tmp_path: Path) -> None:
    chip = chips[1 + list(KEYS).index(tool)]
    before = mask(editor.server, chip)
    with editor.page.expect_response(re.compile("/pixels")) as pixels:
        page = editor.go(chip)
    pixels.value.finished()  # flood compares them
    page.press("2", "0")
    case: dict[str, Any] = {"tool": tool, "rows": page.rows, "cols": page.cols, "width": 8, "tolerance": TOLERANCE}
    case |= inputs(page.server, chip, tmp_path) | {"events": []}
    page.heard()
    if tool == "eraser":
        page.press(KEYS["brush"])
        page.drag((6, 30), (58, 30))
        page.strokes(1)
        case["tool"] = "brush"
        case["events"] += [*page.heard(), {"take": "eraser"}]
    page.press(KEYS[tool])
    gesture(page, tool)
    page.strokes(2 if tool == "eraser" else 1)
    case["events"] += _with_keys(page.heard(), tool)
    width, height = page.size()
    codes = np.unique(page.mask()[0][page.mask()[1] == 1]).tolist()
    case |= {"canvas": {"width": width, "height": height}, "code": codes[0]}
    (wanted,) = pure([case], tmp_path)
    assert (wanted[1] == 1).sum() > 10
    np.testing.assert_array_equal(page.mask(), wanted)

    page.page.reload()
    page.ready()
    page.strokes(2 if tool == "eraser" else 1)
    page.press("u")
    if tool == "eraser":
        page.strokes(1)
        page.press("u")
    page.strokes(0)
    np.testing.assert_array_equal(page.mask(), nothing(page.rows, page.cols))
    np.testing.assert_array_equal(mask(page.server, chip), before)
    page.press("r")
    if tool == "eraser":
        page.strokes(1)
        page.press("r")
    page.strokes(2 if tool == "eraser" else 1)
    np.testing.assert_array_equal(page.mask(), wanted)


def _with_keys(events: list[dict[str, Any]], tool: str) -> list[dict[str, Any]]:
    """The keys of the polygon stand where they were pressed."""
    if tool != "polygon":
        return events
    downs = [at for at, event in enumerate(events) if event["type"] == "pointerup"]
    return [*events[: downs[2] + 1], {"key": "Backspace"}, *events[downs[2] + 1 :], {"key": "Enter"}]


def test_a_class_is_picked_where_it_is_shown(editor: PaintPage, chips: list[str]) -> None:
    page = editor.go(chips[12])
    held = page.page.locator("[role=radiogroup][aria-label='Class to paint with'] [aria-checked=true]")
    page.press("x", "1")
    page.drag((4, 4), (20, 20))
    page.press("2")
    page.drag((30, 4), (50, 20))
    page.strokes(2)
    first = held.inner_text()
    page.press("k")
    page.click((10, 10))
    expect(held).not_to_have_text(first)
    page.press("d")
    page.page.keyboard.down("Alt")
    page.click((40, 10))
    page.page.keyboard.up("Alt")
    assert held.inner_text() == first
    page.strokes(2)


def test_one_key_gives_what_is_left_the_class_in_hand(
    editor: PaintPage, chips: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paintpage.TASK", "rest")  # one in which nobody has labelled
    api(editor.server, "/tasks", {"name": "rest", "kind": "segment"})
    page = editor.go(chips[13])
    page.press("x", "2")
    page.drag((4, 4), (20, 20))
    page.press("n")
    page.drag((30, 4), (40, 20))
    page.strokes(2)
    before = page.mask()
    left = (before[0] == 255) & (before[1] == 0)
    page.press("1", "F")
    page.strokes(3)
    after = page.mask()
    np.testing.assert_array_equal(after[:, ~left], before[:, ~left])
    assert np.unique(after[0][left]).tolist() == [0]
    page.press("F")
    expect(page.page.get_by_text("Nothing is left: every pixel has been said.")).to_be_visible()
    page.press("u")
    page.strokes(2)
    np.testing.assert_array_equal(page.mask(), before)
