"""What errors tell."""

from __future__ import annotations

import pytest

from groundset.core import InputError, MissingError, few, of_option


def test_few_names_the_first_and_counts_the_rest() -> None:
    assert few([]) == ""
    assert few(["a", 2]) == "a, 2"
    assert few(list("abcde")) == "a, b, c, d, e"
    assert few(range(8)) == "0, 1, 2, 3, 4 and 3 more"
    assert few(range(1, 5_003), 2) == "1, 2 and 5,000 more"


def test_of_option_names_the_option_and_keeps_the_kind() -> None:
    with pytest.raises(MissingError) as told, of_option("--task"):
        raise MissingError("no such task", asked="t9", found="t1", hint="name one")
    assert (told.value.asked, told.value.found, told.value.hint) == ("--task = t9", "t1", "name one")
    with pytest.raises(InputError) as told, of_option("--task"):
        raise InputError("nothing asked")
    assert told.value.asked == "--task"
