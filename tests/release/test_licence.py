"""Licences by their SPDX names."""

from __future__ import annotations

import pytest

from groundset.core import InputError
from groundset.release.licence import OTHER, page, spdx


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("ODbL-1.0", "ODbL-1.0"),
        ("mit or apache-2.0", "MIT OR Apache-2.0"),
        ("LicenseRef-Mine", "LicenseRef-Mine"),
        (OTHER, OTHER),
    ],
)
def test_names_as_spdx_writes_them(said: str, name: str) -> None:
    assert spdx(said) == name
    assert spdx(name) == name


@pytest.mark.parametrize("said", ["CC-BY", "Public Domain", "", "proprietary", "CC BY 4.0", "../x"])
def test_others_are_refused_with_a_name_that_exists(said: str) -> None:
    with pytest.raises(InputError, match="such as C") as found:
        spdx(said, "in groundset.toml")
    assert "in groundset.toml" in str(found.value)


def test_only_a_single_name_has_a_page() -> None:
    assert page("CC-BY-4.0") == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert [page(n) for n in ("MIT OR Apache-2.0", "LicenseRef-Mine", OTHER)] == [None] * 3
