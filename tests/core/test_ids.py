from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundset.core import ChipId, InputError, check_name, safe_name

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
