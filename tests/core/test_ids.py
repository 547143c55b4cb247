from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundset.core import ChipId, InputError, MissingError, check_name, is_plain, safe_name

SCENES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}", fullmatch=True).filter(lambda s: ".." not in s)
NUMBERS = st.integers(0, 10**6)


@given(SCENES, NUMBERS, NUMBERS, NUMBERS)
def test_a_chip_id_comes_back_from_its_text(scene: str, level: int, row: int, col: int) -> None:
    chip_id = ChipId(scene, level, row, col)
    assert ChipId.parse(str(chip_id)) == chip_id


@given(st.text())
def test_any_text_is_parsed_exactly_or_refused(text: str) -> None:
    try:
        chip_id = ChipId.parse(text)
    except InputError:
        return
    assert str(chip_id) == text


@pytest.mark.parametrize("text", ["", "s_0_0", "_0_0_0", "s_0_0_x", "s_0_0_-1", "s_00_0_0", "s_0_0_0_", "a/b_0_0_0"])
def test_what_is_no_chip_id(text: str) -> None:
    with pytest.raises(InputError):
        ChipId.parse(text)


@given(st.text(max_size=300))
def test_a_safe_name_is_safe_and_stays_itself(text: str) -> None:
    name = safe_name(text)
    assert check_name(name, "scene") == safe_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a..b", "-a", "a/b", "a b", "ä", "a" * 129, "a\n"])
def test_unsafe_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a release"):
        check_name(name, "release")


def test_an_error_ends_its_sentences_once() -> None:
    told = MissingError("no such class.", asked="wter", found="water, ice", hint="did you mean water?")
    assert str(told) == "no such class. asked: wter. found: water, ice. did you mean water?"
    assert str(InputError("no")) == "no."
    with pytest.raises(InputError, match="the name of an encoder"):
        check_name("../x", "encoder")


def test_plain_text_is_one_line_of_characters() -> None:
    assert is_plain("Größe \u0928\u094d\u200d\u092f, \U0001f30d")
    assert not any(is_plain(f"a{c}b") for c in "\n\r\t\x00\x7f\x85\u2028\u2029\ud800")
