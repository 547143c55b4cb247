from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.core import InputError, MissingError, Scheme, SchemeClass
from groundset.taxonomy import RELATIONS, WATER, Rule, Sheet, read_sheet, write_sheet

HEAD = "from_code,relation,to_code\n"
LAND = Scheme("land", tuple(SchemeClass(c, n, n, "#000000") for c, n in [(10, "trees"), (80, "lake"), (90, "marsh")]))


def sheet(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "land__water.csv"
    path.write_text(text)
    return path


def test_codes_become_codes(tmp_path: Path) -> None:
    read = read_sheet(sheet(tmp_path, HEAD + "10,broad,0\n080,exact,1\n90.0,ignore,\n"))
    codes = np.array([[10, 80], [90, 255]], np.uint8)
    assert read.name == "land__water"
    for to in (None, WATER):
        out = read.map_codes(codes, to=to)
        assert out.dtype == np.uint8
        assert out.tolist() == [[0, 1], [255, 255]]


def test_names_become_codes(tmp_path: Path) -> None:
    read = read_sheet(sheet(tmp_path, HEAD + "trees,broad,non-water\nlake,exact,water\nmarsh,ignore,\n"))
    assert read.map_codes(np.array([10, 80, 90, 255], np.int32), source=LAND, to=WATER).tolist() == [0, 1, 255, 255]
    assert read.map_names(["lake", " marsh ", "trees"], WATER).tolist() == [1, 255, 0]
    assert read.map_names(np.array([], str), WATER).tolist() == []
    with pytest.raises(InputError, match=r"maps class names, but the data has codes. found: 'trees'"):
        read.map_codes(np.array([10], np.uint8), to=WATER)
    numbers = Sheet("s", (Rule("10", "exact", "water"),))
    with pytest.raises(InputError, match=r"no scheme says its code. found: 'water'"):
        numbers.map_codes(np.array([10], np.uint8))


def test_codes_that_no_rule_names_are_all_named(tmp_path: Path) -> None:
    read = read_sheet(sheet(tmp_path, HEAD + "10,broad,0\n"))
    with pytest.raises(
        InputError, match=r"land__water.csv does not map every class. asked: 20, 30. found: 10. add a line"
    ):
        read.map_codes(np.array([10, 30, 20, 255], np.uint8))
    with pytest.raises(InputError, match="asked: 255"):
        read.map_codes(np.array([10, 255], np.int16))
    with pytest.raises(InputError, match="asked: 'beach', 'sea'"):
        read.map_names(["sea", "10", "beach"], WATER)
    with pytest.raises(InputError, match=r"does not map every class. asked: lake \(80\), marsh \(90\)"):
        read.check(LAND)


def test_a_target_must_be_a_class(tmp_path: Path) -> None:
    read = read_sheet(sheet(tmp_path, HEAD + "10,broad,watr\n"))
    with pytest.raises(MissingError, match=r"class not in the scheme water. asked: 'watr'.*did you mean water\?"):
        read.check(to=WATER)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "10,same,0\n", r"line 2, column 2 \(relation\): unknown relation.*exact, close, broad, narrow, ignore"),
        (HEAD + "10,exact,\n", r"line 2, column 3 \(to_code\): a value is needed"),
        (HEAD + ",exact,1\n", r"line 2, column 1 \(from_code\): a value is needed"),
        (HEAD + "10,ignore,1\n", r"line 2, column 3 \(to_code\): an ignored class has no target"),
        (HEAD + "10,exact,1\n11,exact,1\n010,close,1\n", r"line 4, column 1 \(from_code\): this class is mapped twice"),
        (HEAD + "10,exact,1\n10,ignore,\n", "mapped twice"),
        (
            HEAD + "10,narrow,0\n10,narrow,1\n",
            r"line 3, column 1.*splits into 0 and 1, which needs relabelling.*line 2",
        ),
        ("from_code,relation,to_code,weight\n1,exact,1,2\n", r"column 4 \(weight\): this is not a weight"),
        ("from,relation,to_code\n", r"unknown column. found: 'from'. did you mean from_code\?"),
    ],
)
def test_mistakes_are_named_with_file_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_sheet(sheet(tmp_path, text))


def test_a_stated_split_is_read_but_cannot_map(tmp_path: Path) -> None:
    head = "from_code,relation,to_code,weight,condition\n"
    read = read_sheet(sheet(tmp_path, head + "10,narrow,0,0.7,\n10,narrow,1,,if wet\n80,exact,1,,\n"))
    assert read.splits == {"10": ("0", "1")}
    with pytest.raises(InputError, match=r"splits one class into several, which needs relabelling. asked: 10 -> 0, 1"):
        read.map_codes(np.array([80], np.uint8))


RULE = st.builds(
    Rule,
    st.just("0"),
    st.sampled_from([r for r in RELATIONS if r != "ignore"]),
    st.sampled_from(["0", "7", "water", "open water"]),
    weight=st.none() | st.sampled_from([0.25, 1.0]),
    condition=st.none() | st.just("if, wet"),
    note=st.none() | st.just('say "why"'),
    author=st.none() | st.just("änna"),
    date=st.none() | st.just("2026-01-01"),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(RULE, min_size=1, max_size=5), st.booleans())
def test_any_sheet_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rules: list[Rule], last: bool
) -> None:
    from dataclasses import replace

    numbered = [replace(rule, from_code=str(i)) for i, rule in enumerate(rules)]
    if last:
        numbered.append(Rule("x y", "ignore", None))
    path = tmp_path_factory.mktemp("s") / "mine.csv"
    write_sheet(path, Sheet("mine", tuple(numbered)))
    assert read_sheet(path) == Sheet("mine", tuple(numbered), path)
