"""The threshold tool: one cut through an index labels both sides of a chip, bit by bit what NumPy makes of it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from labelpage import api
from pageserver import Served
from paintpage import PaintPage, answer_of
from playwright.sync_api import Browser, Locator, expect

LAND, WATER = 0, 1
HUMAN, MODEL = 1, 2


@pytest.fixture(scope="module")
def chips(server: Served) -> Iterator[str]:
    """Chips with more than one thing on them, in a task in which nobody has labelled; each is given once."""
    api(server, "/tasks", {"name": "cut", "kind": "segment"})
    ids = [one["id"] for one in api(server, "/chips?limit=40")["chips"]]
    return (chip for chip in ids if contrast(server, chip) > 0.3)


@pytest.fixture
def page(
    browser: Browser, server: Served, chips: Iterator[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[PaintPage]:
    """The editor on a chip of its own."""
    monkeypatch.setattr("paintpage.TASK", "cut")
    chip = next(chips)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield PaintPage(context.new_page(), server, chip).open()
    context.close()


def index(server: Served, chip: str, name: str = "NDWI") -> npt.NDArray[np.float32]:
    """(green - nir) / (green + nir) of physical values, NaN where a pixel has no data: (rows, columns)."""
    detail = api(server, f"/chips/{chip}")
    formula = next(one["formula"] for one in detail["indices"] if one["name"] == name)
    found = re.findall(r"[A-Za-z]\w*", formula)
    stored = np.load(io.BytesIO(answer_of(server, f"/chips/{chip}/pixels"))).astype(np.float64)
    valid = np.load(io.BytesIO(answer_of(server, f"/chips/{chip}/valid"))).reshape(stored.shape[1:]) != 0
    at = {key: i for i, band in enumerate(detail["bands"]) for key in (band["name"], band["common_name"])}
    a, b = (
        stored[at[one]] * detail["bands"][at[one]]["scale"] + detail["bands"][at[one]]["offset"] for one in found[:2]
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(valid, (a - b) / (a + b), np.nan).astype(np.float32)


def contrast(server: Served, chip: str) -> float:
    """How far apart the values of a chip are."""
    low, high = np.nanquantile(index(server, chip), [0.05, 0.95])
    return float(high - low)


def rule(page: PaintPage) -> Locator:
    """What the bar over the picture says is taken."""
    return page.page.get_by_text(re.compile(r"^NDWI [≥≤] "))


def test_a_pressed_pixel_is_the_cut_and_both_sides_get_a_class(page: PaintPage) -> None:
    values = index(page.server, page.chip)
    rows, cols = np.nonzero(np.abs(values - np.nanquantile(values, 0.6)) < 0.02)
    row, col = int(rows[0]), int(cols[0])
    page.press("2", "0", "T")
    expect(rule(page)).to_be_visible()
    page.click((col + 0.5, row + 0.5))
    page.strokes(1)
    wanted = np.where(values >= values[row, col], WATER, LAND)
    wanted[np.isnan(values)] = 255
    classes, origin, confidence = page.mask()
    np.testing.assert_array_equal(classes, wanted)
    assert np.unique(origin[~np.isnan(values)]).tolist() == [MODEL]
    assert np.unique(confidence).tolist() == [255]

    page.page.reload()
    page.ready()
    page.strokes(1)
    page.press("u")
    page.strokes(0)
    assert np.unique(page.mask()[1]).tolist() == [0]
    page.press("r")
    page.strokes(1)
    np.testing.assert_array_equal(page.mask()[0], wanted)


def test_by_keys_alone_and_what_was_painted_stays(page: PaintPage) -> None:
    page.press("1", "0", "x")
    page.drag((4, 4), (20, 20))
    page.strokes(1)
    painted = page.mask()[1] == HUMAN
    page.press("2", "T")
    expect(rule(page)).to_be_visible()
    otsu = rule(page).inner_text()
    page.press("]", "]", "]")
    expect(rule(page)).not_to_have_text(otsu)
    page.press("Enter")
    page.strokes(2)
    values = index(page.server, page.chip)
    classes, origin, _ = page.mask()
    np.testing.assert_array_equal(origin == HUMAN, painted)
    assert np.unique(classes[painted]).tolist() == [LAND]
    told = ~painted & ~np.isnan(values)
    assert values[told & (classes == WATER)].min() > values[told & (classes == LAND)].max()
    assert set(np.unique(classes[told]).tolist()) == {LAND, WATER}
    # all is taken, so the key goes on to another chip
    page.press("Enter")
    expect(page.page.locator("#page-title")).not_to_have_text(page.chip)
    expect(rule(page)).to_be_hidden()  # and there it takes nothing unasked


def test_the_other_side_may_stay_and_the_lower_one_be_taken(page: PaintPage) -> None:
    values = index(page.server, page.chip)
    page.press("1", "T")
    page.page.get_by_role("radio", name="Below").check(force=True)
    page.page.get_by_label("The other side").select_option(label="stays as it is")
    expect(rule(page)).to_contain_text("≤")
    page.page.get_by_role("button", name="Take").click()
    page.strokes(1)
    classes, origin, _ = page.mask()
    assert np.unique(classes).tolist() == [LAND, 255]
    assert np.nanmax(values[classes == LAND]) < np.nanmin(values[origin == 0])
