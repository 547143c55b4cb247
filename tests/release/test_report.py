"""report.html: one file, nothing from elsewhere, everything escaped, told to those who cannot see it as well."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from groundset.release._check_types import CheckReport, Finding
from groundset.release._report_charts import luminance
from groundset.release._report_html import metres, number, percent
from groundset.release._report_map import _ticks, split_map
from groundset.release._report_pictures import chosen, png
from groundset.release.facts import ReleaseFacts
from groundset.release.report import render_report

Make = Callable[..., ReleaseFacts]
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Checks that every tag is closed in order; keeps tags and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture
def page(small_facts: Make, tmp_path: Path) -> Page:
    return Page(render_report(tmp_path, small_facts(tmp_path)))


def test_the_page_is_well_formed_and_names_are_text(page: Page) -> None:
    assert page.named("script") == []
    assert page.named("b") != []
    text = "".join(page.text)
    assert '<b>Lake</b> & "friends" $title | `x`' in text
    assert "<script>alert(1)</script>" in text
    assert "Few blocks <here>." in text
    assert "Dry & <high>" in text


def test_nothing_comes_from_elsewhere(small_facts: Make, tmp_path: Path) -> None:
    html = render_report(tmp_path, small_facts(tmp_path))
    page = Page(html)
    assert all(str(i["src"]).startswith("data:image/") for i in page.named("img"))
    assert all(str(a["href"]).startswith("#") for a in page.named("a"))
    assert page.named("link") == page.named("iframe") == []
    assert not re.search(r"url\(|@import|@font-face", html)
    assert "default-src 'none'" in html


def test_the_same_facts_give_the_same_bytes(small_facts: Make, tmp_path: Path) -> None:
    facts = small_facts(tmp_path)
    assert render_report(tmp_path, facts) == render_report(tmp_path, facts)


def test_it_can_be_read_without_eyes(page: Page) -> None:
    assert len(page.named("h1")) == 1
    assert page.named("html")[0]["lang"] == "en"
    assert all(i.get("alt") for i in page.named("img"))
    assert all(s.get("role") == "img" and s.get("aria-label") for s in page.named("svg"))
    ids = [attrs["id"] for _, attrs in page.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
    assert all(str(a["href"])[1:] in ids for a in page.named("a"))
    assert all(attrs.get("scope") in ("col", "row") for attrs in page.named("th"))


def test_every_part_that_the_issue_names_is_there(page: Page) -> None:
    text = " ".join(page.text)
    for wanted in ("Chips", "Classes", "Splits", "Reference scores", "Bands", "Provenance", "Know before you use it"):
        assert wanted in text
    for wanted in ("160 m", "0.900", "0.850 to 0.930", "Forest <20>", "sentinel-2-l2a", "41", "2026-01-02"):
        assert wanted in text, wanted
    assert "Test has no Not applicable." in text


@pytest.mark.parametrize(("mode", "paper"), [("light", "#fbfaf7"), ("dark", "#14171a")])
def test_text_has_contrast_in_both_modes(small_facts: Make, tmp_path: Path, mode: str, paper: str) -> None:
    css = render_report(tmp_path, small_facts(tmp_path)).split("<style>")[1].split("</style>")[0]
    part = css.split("* {")[0].split("prefers-color-scheme: dark")[mode == "dark"]
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part))
    assert found["paper"] == paper

    def light(color: str) -> float:
        return luminance(tuple(int(color[i : i + 2], 16) for i in (1, 3, 5)))  # type: ignore[arg-type]

    for ink, ground in (("ink", "paper"), ("soft", "paper"), ("soft", "card"), ("accent", "card"), ("ink", "faint"),
                        ("warn-ink", "warn-bg")):  # fmt: skip
        high, low = sorted((light(found[ink]), light(found[ground])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)


def test_a_release_without_ground_labels_models_or_licence(small_facts: Make, tmp_path: Path) -> None:
    facts = small_facts(tmp_path)
    bare = [replace(c, footprint=None, crs=None, class_counts={}, origin_counts={}, files={}) for c in facts.chips]
    facts = replace(facts, chips=bare, models=(), statistics=(), license="other", license_stated=False, kind="classify")
    text = " ".join(Page(render_report(tmp_path, facts)).text)
    assert "there is no map" in text
    assert "No licence was stated" in text
    assert "Reference scores" not in text


def test_the_quality_check_is_shown_where_it_is_given(small_facts: Make, tmp_path: Path) -> None:
    check = CheckReport("x", 24, [Finding("Q1", "error", "a.json", "id", "1", "text")])
    text = " ".join(Page(render_report(tmp_path, small_facts(tmp_path), check)).text)
    assert "Quality check" in text
    assert "failed" in text


def test_pictures_take_turns_and_are_the_same_every_time(small_facts: Make, tmp_path: Path) -> None:
    facts = small_facts(tmp_path)
    picked = chosen(facts)
    assert [c.split for c in picked] == ["train"] * 6 + ["validate"] * 3 + ["test"] * 3
    assert picked == chosen(replace(facts, chips=list(reversed(facts.chips))))


def test_a_mask_becomes_a_picture_in_the_scheme_s_colours() -> None:
    codes = np.array([[0, 1, 255], [1, 7, 0]], np.uint8)
    image = Image.open(BytesIO(png(codes, {0: (10, 20, 30), 1: (200, 0, 1)}))).convert("RGBA")
    got = np.asarray(image)
    assert got.shape == (2, 3, 4)
    assert got[0, 0].tolist() == [10, 20, 30, 255]
    assert got[1, 0].tolist() == [200, 0, 1, 255]
    assert got[0, 2, 3] == got[1, 1, 3] == 0


def test_the_map_has_every_chip_a_scale_and_degrees(small_facts: Make, tmp_path: Path) -> None:
    facts = small_facts(tmp_path)
    drawn = split_map(facts)
    assert drawn is not None
    svg = ET.fromstring(drawn.html)
    groups = {g.get("class"): g for g in svg.findall("g")}
    assert groups["split-train"].find("path").get("d").count("M") == 12
    assert groups["split-none"].find("path").get("d").count("M") == 4
    texts = [t.text or "" for t in svg.iter("text")]
    assert any(t.endswith("° E") for t in texts)
    assert any(t.endswith("° N") for t in texts)
    assert "200 m" in texts


def test_chips_far_apart_are_dots(small_facts: Make, tmp_path: Path) -> None:
    facts = small_facts(tmp_path)
    far = {"type": "Polygon", "coordinates": [[[120, -30], [120.01, -30], [120.01, -29.99], [120, -30]]]}
    chips = [*facts.chips[:-1], replace(facts.chips[-1], footprint=far)]
    drawn = split_map(replace(facts, chips=chips))
    assert drawn is not None
    assert drawn.html.count("<circle") == 24


@pytest.mark.parametrize(("low", "high"), [(9.0, 9.003), (-180.0, 180.0), (-0.5, 0.25), (45.1234, 45.1235)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    ticks = _ticks(low, high, 5)
    assert 1 <= len(ticks) <= 6
    assert all(low <= t <= high for t in ticks)


def test_numbers_are_written_for_people() -> None:
    assert [number(12345), number(0.012345), number(None), number(1234.5)] == ["12,345", "0.01235", "\u2013", "1,234"]
    assert [percent(0), percent(0.0004), percent(0.5)] == ["0.0 %", "under 0.1 %", "50.0 %"]
    assert [metres(641.2), metres(12_345)] == ["641 m", "12.3 km"]
