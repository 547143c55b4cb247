"""Classes are found by words, whatever their endings, in several languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundset.core import Scheme, SchemeClass
from groundset.taxonomy import WATER
from groundset.taxonomy.lexicon import language_of, meant, nearest

LAND = Scheme(
    "land",
    (
        SchemeClass(0, "water", "Open water", "#1f78d1", synonyms=("de:Gewässer", "fr:étang", "zh:湖泊", "loch")),
        SchemeClass(1, "ice", "Ice", "#ffffff", definition="Frozen lakes, glaciers and snow"),
        SchemeClass(2, "forest", "Forest", "#117733", synonyms=("de:Wald", "fr:forêt"), definition="Trees, no water"),
        SchemeClass(3, "mangrove", "Mangrove", "#226622", parent="forest"),
        SchemeClass(4, "bare-soil", "Bare soil", "#aa8844"),
    ),
)


def names(text: str, scheme: Scheme = LAND) -> list[str]:
    return [m.name for m in meant(scheme, text)]


def test_lakes_are_water() -> None:
    found = meant(WATER, "lakes")
    assert [(m.name, m.where, m.word) for m in found] == [("water", "definition", "lakes")]
    assert names("a lake", WATER) == names("LAKES", WATER) == names("flooded", WATER) == ["water"]
    assert names("water", WATER) == ["water"]  # what is no water is not meant
    assert names("no water", WATER)[0] == names("non-water", WATER)[0] == "non-water"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("frozen lake", "ice"),
        ("glacier", "ice"),
        ("Wälder", "forest"),
        ("walder", "forest"),
        ("forêts", "forest"),
        ("forests", "forest"),
        ("Gewässern", "water"),
        ("etangs", "water"),
        ("湖", "water"),
        ("lochs", "water"),
        ("bare soils", "bare-soil"),
        ("wat", "water"),
        ("tree", "forest"),
    ],
)
def test_endings_accents_languages(text: str, first: str) -> None:
    assert names(text)[0] == first


def test_classes_below_are_meant_too() -> None:
    assert names("trees") == ["forest", "mangrove"]
    assert [m.where for m in meant(LAND, "forest")] == ["name", "parent"]
    assert names("mangroves") == ["mangrove"]


def test_nothing_found_names_what_is_near() -> None:
    assert meant(LAND, "motorway") == meant(LAND, "") == meant(LAND, "the of, -!?") == ()
    assert nearest(LAND, "forrest") == ("forest",)
    assert nearest(LAND, "xqz") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [("de:Wald", ("de", "Wald")), ("pt-BR: lago", ("pt", "lago")), ("plain", (None, "plain")), ("C:3", (None, "C:3"))],
)
def test_language_of_a_synonym(text: str, told: tuple[str | None, str]) -> None:
    assert language_of(text) == told


@given(st.text(max_size=40))
def test_any_text_finds_or_does_not(text: str) -> None:
    for found in meant(LAND, text):
        assert 0 < found.fits <= 1
        assert LAND.find(found.code).name == found.name
    nearest(LAND, text)
