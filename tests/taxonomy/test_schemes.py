from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset.core import InputError, MissingError, Scheme, SchemeClass
from groundset.taxonomy import WATER, read_scheme, write_scheme

HEAD = "code,name,title,color\n"
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20).map(str.strip)
NAME = TEXT.filter(bool)


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "mine.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_water_scheme() -> None:
    assert [(c.code, c.name) for c in WATER] == [(0, "non-water"), (1, "water"), (2, "not-applicable")]
    assert WATER.not_applicable is WATER.classes[2]


def test_all_columns_in_any_order_with_quotes_bom_and_empty_lines(tmp_path: Path) -> None:
    text = (
        "\ufeffname,code,color,title,parent,synonyms,nodata,uri,definition\r\n"
        'water,1,#1F78D1,Water,,"lake; river",,,"Open, wet"\r\n\r\n'
        "reservoir,2,#000000,,water,,no,https://example.org/r,\r\n"
        "cloud,9,#ffffff,Cloud,,,true,,\r\n"
    )
    scheme = read_scheme(write(tmp_path, text))
    assert scheme == Scheme(
        "mine",
        (
            SchemeClass(1, "water", "Water", "#1f78d1", definition="Open, wet", synonyms=("lake", "river")),
            SchemeClass(2, "reservoir", "reservoir", "#000000", parent="water", uri="https://example.org/r"),
            SchemeClass(9, "cloud", "Cloud", "#ffffff", nodata=True),
        ),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "1,a,A,#000000\n\n1,b,B,#000000\n", r"mine.csv, line 4, column 1 \(code\): this code is there twice"),
        (HEAD + "1,a,A,#000000\n01,b,B,#000000\n", r"line 3, column 1 \(code\).*line 2 already"),
        (HEAD + "1,a,A,#000000\n2,a,B,#000000\n", r"line 3, column 2 \(name\): this name is there twice"),
        (HEAD + "255,a,A,#000000\n", r"line 2, column 1 \(code\): a class code is 0 to 254.*255 means unlabelled"),
        (HEAD + "-1,a,A,#000000\n", r"line 2, column 1 \(code\): this is not a class code"),
        (HEAD + "1.5,a,A,#000000\n", r"line 2, column 1 \(code\): this is not a class code"),
        (HEAD + "1,,A,#000000\n", r"line 2, column 2 \(name\): a value is needed"),
        (HEAD + "1,a,A,blue\n", r"line 2, column 4 \(color\): a colour is #rrggbb"),
        (HEAD + "1,a,A\n", "line 2, column 4: wrong number of values"),
        (HEAD + "1,a,A,#000000,x\n", "line 2, column 5: wrong number of values"),
        (HEAD + '1,"a,A,#000000\n', "line 2: not valid CSV"),
        (HEAD, "no rows"),
        ("", "is empty"),
        ("code,name,color\n1,a,#000000\n", "a column is missing. asked: title"),
        ("code,name,title,colour\n", r"line 1, column 4: unknown column. found: 'colour'. did you mean color\?"),
        ("code,name,title,color,code\n", "line 1, column 5: this column is there twice"),
        ("code,name,title,color,parent\n1,a,A,#000000,b\n", r"line 2, column 5 \(parent\): the parent is not a class"),
        ("code,name,title,color,parent\n1,a,A,#000000,b\n2,b,B,#000000,a\n", "round in a circle"),
        ("code,name,title,color,nodata\n1,a,A,#000000,perhaps\n", r"column 5 \(nodata\): this is not true or false"),
        (
            "code,name,title,color,nodata\n1,not-applicable,A,#000000,\n2,b,B,#000000,true\n",
            r"line 3, column 2 \(name\): only one class can be the not-applicable one.*line 2",
        ),
    ],
)
def test_mistakes_are_named_with_file_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        read_scheme(path)
    assert str(path) in str(caught.value)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such scheme file"):
        read_scheme(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_scheme(tmp_path)
    with pytest.raises(InputError, match=r"not UTF-8 text. found: byte 4 is 0xff"):
        read_scheme(write(tmp_path, b"code\xff"))


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    names = draw(st.lists(NAME.filter(lambda n: n != "not-applicable"), min_size=1, max_size=6, unique=True))
    codes = draw(st.lists(st.integers(0, 254), min_size=len(names), max_size=len(names), unique=True))
    other = draw(st.none() | st.sampled_from(names))
    classes = []
    for i, (name, code) in enumerate(zip(names, codes, strict=True)):
        synonym = NAME.filter(lambda s: ";" not in s)
        classes.append(
            SchemeClass(
                code,
                name,
                draw(NAME),
                draw(st.from_regex("#[0-9a-f]{6}", fullmatch=True)),
                parent=draw(st.none() | st.sampled_from(names[:i])) if i else None,
                definition=draw(st.none() | NAME),
                synonyms=tuple(draw(st.lists(synonym, max_size=2))),
                nodata=name == other,
                uri=draw(st.none() | NAME),
            )
        )
    return Scheme("mine", tuple(classes))


@settings(max_examples=60, deadline=None)
@given(schemes())
def test_any_scheme_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, scheme: Scheme) -> None:
    path = tmp_path_factory.mktemp("s") / "mine.csv"
    write_scheme(path, scheme)
    assert read_scheme(path) == scheme
