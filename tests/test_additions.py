"""Classes, tasks and attributes that are added: nothing that stands in the files is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundset import _additions
from groundset.core import ConflictError, InputError, Scheme, SchemeClass, is_plain
from groundset.core.layout import RESERVED_NAMES, AttributeConfig
from groundset.lake import Lake, init
from groundset.query import PROPERTIES
from groundset.taxonomy import WATER, append_class, free_code, read_scheme, write_scheme


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return init(tmp_path / "lake", scheme=WATER)


def test_a_class_gets_a_line_of_its_own(lake: Lake) -> None:
    path = lake.scheme_file()
    before = b"\xef\xbb\xbfcolor,code,name,title,synonyms\r\n#1f78d1,7,water,Water,lake; sea\r\n\r\n#ffffff,3,ice,,"
    path.write_bytes(before)
    new = _additions.add_class(lake, "reed", actor="anna", title='Reed, "tall"')
    assert path.read_bytes() == before + f'\r\n{new.color},8,reed,"Reed, ""tall""",\r\n'.encode()
    assert [c.code for c in lake.scheme("chips")] == [7, 3, 8]
    (event,) = lake.journal.events(kind="scheme")
    assert (event.actor, event.payload["added"]) == ("anna", {"class": "reed"})
    for name in ("reed", "WATER", "sea", 'Reed, "tall"'):
        with pytest.raises(ConflictError, match="of this name"):
            _additions.add_class(lake, name, actor="anna")
    with pytest.raises(InputError, match="numbers"):
        _additions.add_class(lake, "12", actor="anna")
    with pytest.raises(InputError, match="colour"):
        _additions.add_class(lake, "mud", actor="anna", color="brown")


def test_a_definition_is_kept_though_the_file_had_no_column_for_it(lake: Lake) -> None:
    lake.scheme_file().write_text("code,name,title,color\n0,water,Water,#1f78d1\n")
    _additions.add_class(lake, "ice", actor="anna", definition="Frozen, all of it")
    assert [c.definition for c in lake.scheme()] == [None, "Frozen, all of it"]


@settings(max_examples=60, deadline=None)
@given(title=st.text(), definition=st.text())
def test_whatever_is_said_of_a_class_the_scheme_stays_readable(title: str, definition: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s.csv"
        path.write_text("code,name,title,color,definition\n1,water,Water,#1f78d1,\n")
        scheme = read_scheme(path)
        try:
            new = _additions.further_class(scheme, "reed", title=title, definition=definition)
        except InputError:
            assert title.strip().lower() == "water" or not is_plain(" ".join((title + definition).split()))
            return
        append_class(path, new)
        assert read_scheme(path).classes == (*scheme.classes, new)
        write_scheme(path, Scheme("s", (*scheme.classes, new)))
        assert read_scheme(path).classes == (*scheme.classes, new)


def test_line_breaks_become_blanks_and_control_characters_are_refused(lake: Lake) -> None:
    new = _additions.add_class(lake, "reed", actor="anna", title="Tall\r\nreed", definition="Wet,\nall year")
    assert (new.title, new.definition) == ("Tall reed", "Wet, all year")
    assert lake.scheme().find("reed") == new
    for options in ({"name": "a\nb"}, {"name": "mud", "title": "a\x00b"}, {"name": "mud", "definition": "\ud800"}):
        with pytest.raises(InputError, match="no control characters"):
            _additions.add_class(lake, **({"actor": "anna"} | options))
    with pytest.raises(ConflictError, match="of this name"):
        _additions.add_class(lake, "lake", actor="anna", title="Water")


def test_codes_run_out_below_255(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("code,name,title,color\n254,last,Last,#000000\n")
    for i in range(254):
        append_class(path, SchemeClass(free_code(read_scheme(path)), f"c{i}", f"c{i}", "#000000"))
    assert {c.code for c in read_scheme(path)} == set(range(255))
    with pytest.raises(ConflictError, match="no code left"):
        free_code(read_scheme(path))


def test_two_at_once_get_codes_of_their_own(lake: Lake) -> None:
    others = [Lake.open(lake.root) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda i: _additions.add_class(others[i % 4], f"c{i}", actor="anna"), range(16)))
    assert sorted(c.code for c in added) == list(range(3, 19))
    assert len({c.color for c in added}) > 10
    assert [c.name for c in lake.scheme("chips")][:3] == ["non-water", "water", "not-applicable"]
    assert len(lake.scheme("chips")) == 19, "another process sees them"
    for other in others:
        other.close()


def test_tasks_and_attributes_leave_the_settings_as_they_are(lake: Lake) -> None:
    config = lake.layout.config
    config.write_text("# ours\n" + config.read_text() + '\n[views.veg]  # a view\nexpression = "=nir - red"')
    before = config.read_text()
    with Lake.open(lake.root) as other:
        _additions.add_task(
            other, "land", actor="anna", multi=True, classes=[SchemeClass(0, "wood", "Wood", "#00ff00")]
        )
        _additions.add_task(other, "v2.1", actor="anna")
        _additions.add_attribute(other, AttributeConfig("phase", "choice", "Phase", ("day", "night")), actor="anna")
        _additions.add_attribute(other, AttributeConfig("haze", "number", None, (), 0, 1.5), actor="anna")
    assert config.read_text().startswith(before)
    assert [(t.name, t.kind, t.scheme, t.multi) for t in lake.config.tasks][2:] == [
        ("land", "classify", "land.csv", True), ("v2.1", "classify", None, False),
    ]  # fmt: skip
    assert lake.scheme("land").names == ("wood",)
    assert [(a.name, a.choices, a.maximum) for a in lake.config.attributes] == [
        ("phase", ("day", "night"), None), ("haze", (), 1.5),
    ]  # fmt: skip
    for again in ("Land", "chips"):
        with pytest.raises(ConflictError, match="task of this name"):
            _additions.add_task(lake, again, actor="anna")
    (lake.root / "mine.csv").write_text("precious")
    with pytest.raises(ConflictError, match="file of this name"):
        _additions.add_task(lake, "mine", actor="anna", classes=WATER.classes)
    with pytest.raises(ConflictError, match="attribute of this name"):
        _additions.add_attribute(lake, AttributeConfig("haze", "flag"), actor="anna")
    with pytest.raises(InputError, match="name of a task"):
        _additions.add_task(lake, "../up", actor="anna")


def test_settings_that_cannot_be_added_to_stay_whole(lake: Lake) -> None:
    config = lake.layout.config
    config.write_text('name = "lake"\ntasks = { chips = { kind = "classify" } }\n')
    before = config.read_text()
    with pytest.raises(InputError, match="cannot be updated as it is written"):
        _additions.add_task(lake, "land", actor="anna", classes=WATER.classes)
    assert config.read_text() == before
    assert not (lake.root / "land.csv").exists()


def test_while_the_settings_have_a_mistake_those_before_hold(lake: Lake) -> None:
    config = lake.layout.config
    good = config.read_text()
    config.write_text(good + "\n[attributes.cloudy]\nkin = 1\n")
    assert [t.name for t in lake.config.tasks] == ["chips", "pixels"]
    with pytest.raises(InputError, match=r"line 14: unknown key"):
        lake.refresh()
    config.write_text(good + '\n[attributes.cloudy]\nkind = "flag"\n')
    assert [a.name for a in lake.config.attributes] == ["cloudy"]


@pytest.mark.parametrize(
    ("name", "options", "word"),
    [
        ("Cloudy", {"kind": "flag"}, "small letters"),
        ("label", {"kind": "flag"}, "something else"),
        ("score_water", {"kind": "number"}, "something else"),
        ("phase", {"kind": "choice"}, "choices"),
        ("phase", {"kind": "choice", "choices": ("a", "a")}, "differ"),
        ("phase", {"kind": "flag", "choices": ("a",)}, "only an attribute of kind choice"),
        ("haze", {"kind": "number", "minimum": 2, "maximum": 1}, "not below"),
        ("haze", {"kind": "number", "maximum": float("inf")}, "finite"),
        ("haze", {"kind": "flag", "maximum": 1}, "only an attribute of kind number"),
    ],
)
def test_attributes_that_cannot_be(name: str, options: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word):
        AttributeConfig(name, **options)  # type: ignore[arg-type]


def test_no_attribute_hides_what_filters_ask_for() -> None:
    assert set(PROPERTIES) <= RESERVED_NAMES
