"""The chip page: what the canvas shows is what NumPy computes from the same pixels; overlays, values, journal, keys."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import numpy.typing as npt
import pytest
from labelpage import handled
from pageserver import Served
from PIL import Image
from playwright.sync_api import Page, expect

Picture = npt.NDArray[np.float64]
MARGIN = 0.96
ORIGINS = {1: "Person", 2: "Model", 3: "Region", 4: "File", 5: "Consensus", 6: "Product flag"}
BACKGROUND = "(dot) => getComputedStyle(dot).backgroundColor"
NO_WEBGL2 = """
const plain = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === 'webgl2' ? null : plain.call(this, kind, ...rest);
};
"""


class Chip:
    """A chip as the API tells it."""

    def __init__(self, server: Served, id: str | None = None) -> None:  # noqa: A002
        self.http = httpx.Client(base_url=f"{server.base}api", headers={"Authorization": f"Bearer {server.token}"})
        self.id = id or self._mixed()
        self.detail = self.http.get(f"/chips/{self.id}").json()
        self.names = [band["name"] for band in self.detail["bands"]]

    def _mixed(self) -> str:
        """The first chip with a fair share of two classes; shares come as masks are counted."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            chips = self.http.get("/chips", params={"task": "pixels", "limit": 100}).json()["chips"]
            if found := next((chip["id"] for chip in chips if _is_mixed(chip["label"])), None):
                return str(found)
            time.sleep(0.2)
        raise AssertionError("no chip has two classes")

    def close(self) -> None:
        """Let the connection go."""
        self.http.close()

    def npy(self, what: str, **params: Any) -> npt.NDArray[Any]:
        answer = self.http.get(f"/chips/{self.id}/{what}", params=params)
        answer.raise_for_status()
        return np.asarray(np.load(io.BytesIO(answer.content)))

    def physical(self) -> dict[str, Picture]:
        """Physical values by band; NaN where there are none."""
        valid = self.npy("valid").astype(bool)
        out = {}
        for band, stored in zip(self.detail["bands"], self.npy("pixels"), strict=True):
            plane = np.where(valid, stored * band["scale"] + band["offset"], np.nan)
            out[band["name"]] = plane if band["nodata"] is None else np.where(stored == band["nodata"], np.nan, plane)
        return out

    def band(self, name: str) -> dict[str, Any]:
        return next(band for band in self.detail["bands"] if band["name"] == name)


def _is_mixed(label: dict[str, Any] | None) -> bool:
    shares = (label and label["shares"]) or []
    return len(shares) > 1 and sorted(shares)[-2] > 0.05


@pytest.fixture
def chip(served: Served) -> Iterator[Chip]:
    with closing(Chip(served)) as chip:
        yield chip


@pytest.fixture
def chip_of() -> Iterator[Callable[[Served], Chip]]:
    """The chip of a server of one's own."""
    made: list[Chip] = []
    yield lambda server: made.append(Chip(server)) or made[-1]  # type: ignore[func-returns-value]
    for chip in made:
        chip.close()


def unit(values: Picture, low: float, high: float, gamma: float = 1.0) -> Picture:
    """The stretch: 0 to 1."""
    return np.asarray(np.clip((values - low) / (high - low), 0, 1) ** (1 / gamma))


def drawn(page: Page) -> None:
    """Wait until the canvas shows the pixels, and the last change of the view."""
    expect(page.locator(".stage .layer:not(.hidden) canvas")).to_be_visible()
    handled(page)


def seen(page: Page, rows: int = 64, cols: int = 64) -> Picture:
    """The colour in the middle of each pixel of the chip, as it stands on the screen: (rows, columns, 3)."""
    drawn(page)
    shot = page.locator(".stage canvas").screenshot()
    screen = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(np.float64)
    height, width = screen.shape[:2]
    zoom = min(width / cols, height / rows) * MARGIN
    x = (width / 2 + (np.arange(cols) + 0.5 - cols / 2) * zoom).astype(int)
    y = (height / 2 + (np.arange(rows) + 0.5 - rows / 2) * zoom).astype(int)
    return np.asarray(screen[np.ix_(y, x)])


def assert_alike(found: Picture, wanted: Picture, within: float = 2.0) -> None:
    """All colours equal within so many 255ths, where something is wanted (not NaN)."""
    there = np.isfinite(wanted).all(axis=-1)
    assert there.mean() > 0.5
    worst = np.abs(found - np.where(np.isfinite(wanted), wanted, 0))[there].max()
    assert worst <= within, f"colours differ by up to {worst:.1f} of 255"


def point_at(page: Page, row: int, col: int, rows: int = 64, cols: int = 64) -> None:
    """Put the pointer on a pixel of the fitted chip."""
    box = page.locator(".stage canvas").bounding_box()
    assert box is not None
    zoom = min(box["width"] / cols, box["height"] / rows) * MARGIN
    page.mouse.move(
        box["x"] + box["width"] / 2 + (col + 0.5 - cols / 2) * zoom,
        box["y"] + box["height"] / 2 + (row + 0.5 - rows / 2) * zoom,
    )


# --- colours -----------------------------------------------------------------------------------------------------


def test_a_band_mix_is_what_numpy_computes(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}?mix=B08,B04,B03&smooth=0")
    values = chip.physical()
    planes = []
    for name in ("B08", "B04", "B03"):
        band = chip.band(name)
        planes.append(unit(values[name], band["low"], band["high"], gamma=1.3) * 255)
    assert_alike(seen(page), np.stack(planes, axis=-1))


def test_an_index_is_what_numpy_computes(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    index = next(one for one in chip.detail["indices"] if one["name"] == "NDWI")
    values = chip.physical()
    by_name = {**values, **{b["common_name"]: values[b["name"]] for b in chip.detail["bands"] if b["common_name"]}}
    first, second = (by_name[name] for name in index["bands"][:2])
    ndwi = (first - second) / (first + second)
    assert index["formula"].replace(" ", "").count("/") == 1
    open_page(page, f"#/chip/{chip.id}?index=NDWI&ramp=grey&stretch=-0.4:0.6&smooth=0")
    sign = 1 if _is_water_positive(chip, ndwi) else -1
    wanted = np.repeat((unit(sign * ndwi, -0.4, 0.6) * 255)[..., None], 3, axis=-1)
    assert_alike(seen(page), wanted)


def _is_water_positive(chip: Chip, ndwi: Picture) -> bool:
    classes = {c["name"]: c["code"] for c in chip.http.get("/workspace").json()["scheme"]}
    mask = chip.npy("mask", task="pixels", f="npy")[0]
    return bool(np.nanmean(ndwi[mask == classes["water"]]) > np.nanmean(ndwi[mask != classes["water"]]))


def test_a_formula_with_all_adjustments_is_what_numpy_computes(
    page: Page, open_page: Callable[..., Page], chip: Chip
) -> None:
    text = "sqrt(max(B08, 0)) / (B04 + 0.05) ** 2"
    query = httpx.QueryParams(
        formula=text, ramp="grey", stretch="chip", gamma="1.4", brightness="0.1", contrast="1.5", invert="1", smooth="0"
    )
    open_page(page, f"#/chip/{chip.id}?{query}")
    values = chip.physical()
    with np.errstate(all="ignore"):
        plane = np.sqrt(np.maximum(values["B08"], 0)) / (values["B04"] + 0.05) ** 2
    low, high = np.nanpercentile(plane.astype(np.float32), (2, 98))
    t = (1 - unit(plane, low, high)) ** (1 / 1.4)
    t = np.clip((t - 0.5) * 1.5 + 0.5 + 0.1, 0, 1)
    assert_alike(seen(page), np.repeat((t * 255)[..., None], 3, axis=-1))


def test_saturation_mixes_with_grey(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}?mix=B04,B03,B02&stretch=full&gamma=1&saturation=0&smooth=0")
    values = chip.physical()
    planes = [unit(values[n], np.nanmin(values[n]), np.nanmax(values[n])) * 255 for n in ("B04", "B03", "B02")]
    grey = np.tensordot(np.array([0.2126, 0.7152, 0.0722]), np.stack(planes), axes=1)
    assert_alike(seen(page), np.repeat(grey[..., None], 3, axis=-1))


def test_at_first_it_looks_like_the_quicklook(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}")
    found = seen(page)
    quicklook = Image.open(io.BytesIO(chip.http.get(f"/chips/{chip.id}/quicklook").content)).convert("RGB")
    assert quicklook.size == (64, 64)
    off = found - np.asarray(quicklook).astype(np.float64)
    assert np.abs(off).mean() <= 6  # WebP keeps less of colour than of brightness
    assert np.abs(off.mean(axis=(0, 1))).max() <= 1.5


def test_far_away_a_chip_is_the_mean_of_its_pixels(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}?mix=B08,B04,B03&overlay=class")
    near = seen(page).mean(axis=(0, 1))
    for _ in range(12):
        page.keyboard.press("-")
    expect(page.get_by_role("group", name="Zoom")).to_contain_text("0.25")  # so 16 of the screen's pixels
    drawn(page)
    shot = page.locator(".stage canvas").screenshot()
    screen = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(np.float64)
    there = screen[screen.shape[0] // 2 - 8 :][:16, screen.shape[1] // 2 - 8 :][:, :16]
    assert np.abs(there.mean(axis=(0, 1)) - near).max() <= 4


def test_a_wrong_formula_names_the_place(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}?formula=B08")
    drawn(page)
    box = page.get_by_label("Formula over bands")
    box.fill("B08 + B99 * 2")
    expect(page.locator(".formula p")).to_contain_text('no band "B99"')
    expect(page.locator(".formula p mark")).to_have_text("B99")
    box.fill("B08 + B04 * 2")
    expect(page.locator(".formula p mark")).to_have_count(0)


def test_a_wrong_formula_keeps_the_picture_and_stays_in_its_field(
    page: Page, open_page: Callable[..., Page], chip: Chip
) -> None:
    open_page(page, f"#/chip/{chip.id}?formula=B08&stretch=full")
    before = seen(page)
    page.get_by_label("Formula over bands").fill("B08 +")
    expect(page.locator(".formula p")).to_contain_text("still the former one")
    page.wait_for_timeout(600)
    assert "formula=B08&" in f"{page.url}&"
    expect(page.locator(".stage img")).to_have_count(0)
    assert_alike(seen(page), before, within=0)
    page.get_by_role("button", name="Chip after").click()
    page.wait_for_url(lambda url: chip.id not in url)
    assert "formula=B08&" in f"{page.url}&"


def test_a_formula_without_a_value_says_so(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}?formula=B08/0")
    expect(page.get_by_role("alert")).to_contain_text("no value on any pixel here")
    page.get_by_label("Formula over bands").fill("B08/B08")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    "source", ["mix=B08", "mix=B08,B04,B03", "index=NDWI", "formula=sqrt(B08)**2/2", "formula=1%2B1"]
)
def test_every_combination_is_drawn(page: Page, open_page: Callable[..., Page], chip: Chip, source: str) -> None:
    open_page(page, f"#/chip/{chip.id}?{source}")
    for more in ("", "&ramp=turbo&invert=1", "&smooth=0"):
        for overlay in ("none", "class", "outline", "origin", "confidence"):
            _show(page, f"#/chip/{chip.id}?{source}{more}&overlay={overlay}")
            drawn(page)
            expect(page.get_by_role("alert")).to_have_count(0)
    for _ in range(12):
        page.keyboard.press("-")  # smaller than its pixels: other programs
    drawn(page)
    expect(page.get_by_role("alert")).to_have_count(0)


# --- overlays ----------------------------------------------------------------------------------------------------


def test_overlays_have_the_colours_of_the_mask(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    code = chip.npy("mask", task="pixels", f="npy")[0]
    colours = {c["code"]: _rgb(c["color"]) for c in chip.http.get("/workspace").json()["scheme"]}
    below = _grey_below(page, open_page, chip)
    for opacity in (1, 0.4):
        _show(page, f"#/chip/{chip.id}?mix=B08&smooth=0&stretch=full&overlay=class&opacity={opacity}")
        paint = np.full((64, 64, 3), np.nan)
        for value, colour in colours.items():
            paint[code == value] = colour
        assert_alike(seen(page), paint * opacity + below * (1 - opacity))


def test_origins_have_the_colours_of_the_legend(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    code, origin, _ = chip.npy("mask", task="pixels", f="npy")
    below = _grey_below(page, open_page, chip)
    _show(page, f"#/chip/{chip.id}?mix=B08&smooth=0&stretch=full&overlay=origin&opacity=0.8")
    found = seen(page)
    rows = page.get_by_role("list", name="Where pixels come from").get_by_role("listitem")
    colours = {
        row.locator("span").nth(1).inner_text(): _css(row.locator(".dot").evaluate(BACKGROUND)) for row in rows.all()
    }
    there = [int(value) for value in np.unique(origin[code != 255])]
    assert set(colours) == {ORIGINS[value] for value in there}
    wanted = below.copy()
    for value in there:
        at = (origin == value) & (code != 255)
        wanted[at] = colours[ORIGINS[value]] * 0.8 + below[at] * 0.2
    assert_alike(found, wanted)


def test_confidences_have_the_colours_of_the_scale(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    code, _, confidence = chip.npy("mask", task="pixels", f="npy")
    known = (code != 255) & (confidence <= 100)
    assert np.ptp(confidence[known]) > 20
    below = _grey_below(page, open_page, chip)
    _show(page, f"#/chip/{chip.id}?mix=B08&smooth=0&stretch=full&overlay=confidence&opacity=1")
    scale = (
        page.get_by_role("region", name="Overlay")
        .locator(".bar")
        .evaluate("(bar) => getComputedStyle(bar).backgroundImage")
    )
    stops = np.array([_css(stop) for stop in re.findall(r"rgb\([^)]*\)", scale)])
    places = np.linspace(0, 100, len(stops))
    shades = np.stack([np.interp(confidence, places, stops[:, i]) for i in range(3)], axis=-1)
    assert_alike(seen(page), np.where(known[..., None], shades, below), within=5)  # the scale has fewer steps


def test_outlines_leave_the_inside_free(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    code = chip.npy("mask", task="pixels", f="npy")[0]
    below = _grey_below(page, open_page, chip)
    _show(page, f"#/chip/{chip.id}?mix=B08&smooth=0&stretch=full&overlay=outline&opacity=1")
    assert_alike(seen(page), below)  # the middle of a pixel is never on a rim at this zoom
    shot = page.locator(".stage canvas").screenshot()
    _show(page, f"#/chip/{chip.id}?mix=B08&smooth=0&stretch=full")
    drawn(page)
    plain = page.locator(".stage canvas").screenshot()
    differs = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")) != np.asarray(
        Image.open(io.BytesIO(plain)).convert("RGB")
    )
    rims = (code[:, 1:] != code[:, :-1]).sum() + (code[1:] != code[:-1]).sum()
    assert rims > 0
    assert differs.any(axis=-1).sum() > rims


def test_a_class_can_be_hidden(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}?mix=B08&smooth=0&stretch=full&overlay=class&opacity=1")
    before = seen(page)
    legend = page.get_by_role("list", name="Classes of the mask").get_by_role("button")
    legend.first.click()
    expect(legend.first).to_have_attribute("aria-pressed", "false")
    assert np.abs(seen(page) - before).max() > 20


def _grey_below(page: Page, open_page: Callable[..., Page], chip: Chip) -> Picture:
    open_page(page, f"#/chip/{chip.id}?mix=B08&smooth=0&stretch=full")
    nir = chip.physical()["B08"]
    wanted = np.repeat((unit(nir, np.nanmin(nir), np.nanmax(nir)) * 255)[..., None], 3, axis=-1)
    found = seen(page)
    assert_alike(found, wanted)
    return found


def _show(page: Page, place: str) -> None:
    """Go to another view of the same chip by its address."""
    page.evaluate("hash => { location.hash = hash; }", place)
    page.wait_for_timeout(350)  # the page writes its choice to the address a moment later
    drawn(page)


def _css(colour: str) -> Picture:
    return np.array([float(part) for part in re.findall(r"[\d.]+", colour)[:3]])


def _rgb(colour: str) -> Picture:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


# --- values, facts, journal --------------------------------------------------------------------------------------


def test_values_under_the_pointer_are_those_of_the_array(
    page: Page, open_page: Callable[..., Page], chip: Chip
) -> None:
    open_page(page, f"#/chip/{chip.id}")
    drawn(page)
    values = chip.physical()
    code, _, confidence = chip.npy("mask", task="pixels", f="npy")
    classes = {c["code"]: c["title"] for c in chip.http.get("/workspace").json()["scheme"]}
    about = page.get_by_role("complementary", name="About the chip")
    for row, col in ((0, 0), (20, 41), (63, 63)):
        point_at(page, row, col)
        expect(about).to_contain_text(f"row {row}, column {col}")
        told = about.get_by_label("Values of the pixel")
        for name, plane in values.items():
            figure = told.locator("div").filter(has=page.get_by_text(name, exact=True)).locator("dd").inner_text()
            assert float(figure) == pytest.approx(plane[row, col], rel=1e-3)
        if code[row, col] != 255:
            expect(about.locator(".said")).to_contain_text(classes[int(code[row, col])])
            if confidence[row, col] <= 100:
                expect(about.locator(".said")).to_contain_text(f"{confidence[row, col]} %")
    x, y = _map(chip, 63, 63)
    bar = page.locator(".bar .where").inner_text().replace("\u202f", "")
    assert f"{x:.1f}" in bar or f"{x:.6f}" in bar
    assert f"{y:.1f}" in bar or f"{y:.6f}" in bar


def _map(chip: Chip, row: int, col: int) -> tuple[float, float]:
    a, b, c, d, e, f = chip.detail["transform"][:6]
    return a * (col + 0.5) + b * (row + 0.5) + c, d * (col + 0.5) + e * (row + 0.5) + f


def test_the_journal_is_live(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    chip_of: Callable[[Served], Chip],
) -> None:
    server = serve_own(lake_copy)
    chip = chip_of(server)
    open_page(page, f"#/chip/{chip.id}", server)
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("listitem").first).to_be_visible()
    before = history.get_by_role("listitem").count()
    code = chip.http.get("/workspace").json()["scheme"][0]["code"]
    answer = _event("answer", chip, payload={"class": code, "value": "unsure"})
    chip.http.post("/session", json={"actor": "carla"}).raise_for_status()
    chip.http.post("/annotations", json=[answer]).raise_for_status()
    expect(history).to_contain_text("unsure")
    undo = _event("undo", chip, undoes=answer["id"])
    chip.http.post("/annotations", json=[undo]).raise_for_status()
    expect(history).to_contain_text("took back an answer")
    expect(history.locator("s")).to_contain_text("unsure")
    assert history.get_by_role("listitem").count() == before + 2


def test_what_was_answered_behind_its_back_is_known(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    chip_of: Callable[[Served], Chip],
) -> None:
    server = serve_own(lake_copy)
    chip = chip_of(server)
    open_page(page, f"#/chip/{chip.id}", server)
    facts = page.get_by_role("region", name="Facts")
    expect(facts).to_be_visible()
    page.evaluate("() => { location.hash = '#/'; }")
    expect(page.get_by_role("heading", name="Activity")).to_be_visible()
    one = chip.http.get("/workspace").json()["scheme"][0]
    with page.expect_request("**/api/workspace"):  # Home counts anew when it hears of answers
        chip.http.post("/session", json={"actor": "carla"}).raise_for_status()
        said = _event("answer", chip, payload={"class": one["code"], "value": "unsure"})
        chip.http.post("/annotations", json=[said]).raise_for_status()
    page.evaluate("id => { location.hash = '#/chip/' + id; }", chip.id)
    expect(facts).to_contain_text("unsure")


def _event(kind: str, chip: Chip, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": kind, "task": "chips", "chip_id": chip.id, "payload": {}, **more}


def test_a_comment_can_be_made(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    chip_of: Callable[[Served], Chip],
) -> None:
    server = serve_own(lake_copy)
    chip = chip_of(server)
    open_page(page, f"#/chip/{chip.id}", server)
    page.evaluate(
        """async () => {
        const { csrf } = await (await fetch('./api/session')).json();
        await fetch('./api/session', { method: 'POST', body: JSON.stringify({ actor: 'dora' }),
          headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf } });
        }"""
    )
    page.reload()
    page.get_by_label("Comment on this chip").fill("A boat, or a rock?")
    page.get_by_role("button", name="Comment", exact=True).click()
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("listitem").first).to_contain_text("A boat, or a rock?")
    expect(history.get_by_role("listitem").first).to_contain_text("dora")


# --- going about -------------------------------------------------------------------------------------------------


def test_by_keyboard_alone(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}")
    drawn(page)
    first = page.locator(".stage canvas").screenshot()
    page.keyboard.press("l")
    page.wait_for_url("**layer=**")
    assert page.locator(".stage canvas").screenshot() != first
    page.keyboard.press("o")
    page.wait_for_url("**overlay=class**")
    page.keyboard.press("s")
    page.wait_for_url("**stretch=chip**")
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("region", name="Pixel")).to_contain_text("row 32, column 32")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("region", name="Pixel")).to_contain_text("row 32, column 33")
    page.keyboard.press("0")
    side, other = next((k, v) for k, v in chip.detail["neighbours"].items() if v)
    key = {"north": "ArrowUp", "south": "ArrowDown", "west": "ArrowLeft", "east": "ArrowRight"}[side]
    page.keyboard.press(f"Control+{key}")
    page.wait_for_url(f"**/chip/{other}**")
    expect(page.locator("#page-title")).to_have_text(other)
    assert "overlay=class" in page.url  # the view goes along
    page.keyboard.press("Escape")  # unmarks the pixel
    page.keyboard.press("Escape")
    page.wait_for_url("**#/chips**")


def test_arrow_keys_on_a_slider_are_its_own(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}")
    drawn(page)
    page.get_by_label("Gamma").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**gamma=1.35**")
    assert chip.id in page.url


def test_next_and_previous_follow_the_list(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    ids = [c["id"] for c in chip.http.get("/chips", params={"limit": 10, "sort": "id"}).json()["chips"]]
    page.add_init_script(
        "sessionStorage.setItem('groundset.list', "
        + json.dumps(json.dumps({"filter": "", "sort": "id", "task": "pixels", "offset": 4}))
        + ")"
    )
    open_page(page, f"#/chip/{ids[4]}")
    expect(page.get_by_text("5 of 72")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#page-title")).to_have_text(ids[5])
    expect(page.get_by_text("6 of 72")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#page-title")).to_have_text(ids[4])


def test_the_address_keeps_the_view(
    page: Page, new_page: Callable[..., Page], open_page: Callable[..., Page], chip: Chip
) -> None:
    open_page(page, f"#/chip/{chip.id}?index=NDWI&ramp=turbo&overlay=class&opacity=0.3&stretch=-0.2:0.4")
    before = seen(page)
    place = page.evaluate("location.hash")
    other = open_page(new_page(), place)
    assert_alike(seen(other), before, within=0)
    fresh = open_page(page, f"#/chip/{chip.id}")  # the same browser remembers it for the sensor
    fresh.reload()
    assert_alike(seen(fresh), before, within=0)


def test_changing_the_view_asks_the_server_nothing(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}")
    drawn(page)
    page.wait_for_load_state("domcontentloaded")
    page.wait_for_timeout(700)  # the next chip is made ready meanwhile
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    for key in ("l", "l", "o", "o", "s", "i", "+", "-", "0"):
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    assert asked == []


# --- where things are missing ------------------------------------------------------------------------------------


def test_without_webgl2_the_servers_picture_is_shown(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    page.add_init_script(NO_WEBGL2)
    open_page(page, f"#/chip/{chip.id}")
    expect(page.get_by_role("alert")).to_contain_text("does not offer WebGL2")
    picture = page.locator(".stage img")
    expect(picture).to_be_visible()
    assert picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 0


def test_a_lost_graphics_card_comes_back(page: Page, open_page: Callable[..., Page], chip: Chip) -> None:
    open_page(page, f"#/chip/{chip.id}?mix=B08,B04,B03&overlay=class")
    before = seen(page)
    page.evaluate(
        """() => {
        const gl = document.querySelector('.stage canvas').getContext('webgl2');
        window.lost = gl.getExtension('WEBGL_lose_context');
        window.lost.loseContext();
        }"""
    )
    expect(page.get_by_role("alert")).to_contain_text("graphics card was taken away")
    page.evaluate("() => window.lost.restoreContext()")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert_alike(seen(page), before, within=0)


def test_a_scene_file_that_was_moved_says_so(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    chip_of: Callable[[Served], Chip],
    allowed_errors: list[str],
) -> None:
    allowed_errors.append("409.*/preview")  # of the home page, which is opened first
    for file in (lake_copy / "scenes").glob("*.json"):
        file.write_text(file.read_text().replace("/Boadella_2020", "/gone/Boadella_2020"))  # in addresses alone
    server = serve_own(lake_copy)
    chip = chip_of(server)
    assert chip.detail["pixels_problem"]
    open_page(page, f"#/chip/{chip.id}", server)
    banner = page.get_by_role("alert").filter(has_text=chip.detail["pixels_problem"]["title"])
    expect(banner).to_be_visible()
    expect(page.locator(".stage img")).to_be_visible()
    over, below = banner.bounding_box(), page.locator(".stage img").bounding_box()
    assert over
    assert below
    assert over["y"] + over["height"] <= below["y"]  # it covers nothing
    expect(page.get_by_role("region", name="Pixel")).to_contain_text("no values without the pixels")
    expect(page.get_by_role("region", name="Facts")).to_contain_text("EPSG")


def test_it_recovers_by_itself_when_the_server_is_back(
    page: Page,
    open_page: Callable[..., Page],
    serve_own: Callable[..., Served],
    lake_copy: Path,
    chip_of: Callable[[Served], Chip],
    allowed_errors: list[str],
) -> None:
    allowed_errors += ["ERR_", "Failed to fetch", "Failed to load"]
    server = serve_own(lake_copy)
    chip = chip_of(server)
    other = chip.detail["neighbours"]["east"] or chip.detail["neighbours"]["west"]
    open_page(page, f"#/chip/{chip.id}", server)
    drawn(page)
    server.stop()
    page.evaluate("(id) => { location.hash = `#/chip/${id}?stretch=full`; }", other)
    expect(page.get_by_role("button", name="Try again").first).to_be_visible()
    serve_own(lake_copy, port=server.port)
    expect(page.locator("#page-title")).to_have_text(other)
    expect(page.get_by_role("button", name="Try again")).to_have_count(0, timeout=30_000)
    drawn(page)


def test_an_unknown_chip(page: Page, open_page: Callable[..., Page], allowed_errors: list[str]) -> None:
    allowed_errors.append("404")
    open_page(page, "#/chip/no-such-chip_0_0_0")
    expect(page.get_by_role("alert")).to_contain_text("chip")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious(
    new_page: Callable[..., Page], open_page: Callable[..., Page], axe: Callable[..., None], chip: Chip, theme: str
) -> None:
    page = open_page(new_page(theme=theme), f"#/chip/{chip.id}?overlay=class")
    drawn(page)
    axe(page)
    for source in ("Bands", "Indices", "Formula"):
        page.get_by_role("radio", name=source).check(force=True)
        axe(page)
