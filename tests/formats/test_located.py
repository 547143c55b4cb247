"""JSON whose values know their lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundset.core import InputError
from groundset.formats.located import read_json

TEXT = '{\n  "a": [1,\n    {"b": "x\\n{"}],\n\n  "c":\n    true\n}\n'

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def test_lines_of_keys_and_items(tmp_path: Path):
    path = tmp_path / "p.json"
    path.write_text(TEXT)
    found = read_json(path)
    assert found.value == json.loads(TEXT)
    assert found.lines == {(): 1, ("a",): 2, ("a", 0): 2, ("a", 1): 3, ("a", 1, "b"): 3, ("c",): 5}
    assert found.at(("a", 1, "zzz")) == "p.json, line 3: a[1].zzz"


@given(VALUES)
def test_every_value_has_a_line(tmp_path_factory: pytest.TempPathFactory, value: object):
    path = tmp_path_factory.mktemp("located") / "p.json"
    path.write_text(json.dumps(value, indent=2))
    found = read_json(path)
    assert found.value == value
    assert max(found.lines.values()) <= path.read_text().count("\n") + 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{\n "a": 1,\n}', "line 3"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deep"),
        (b"", "not JSON"),
    ],
)
def test_what_is_no_json_is_told_by_its_line(tmp_path: Path, text: bytes, words: str):
    path = tmp_path / "p.json"
    path.write_bytes(text)
    with pytest.raises(InputError, match=words):
        read_json(path)
