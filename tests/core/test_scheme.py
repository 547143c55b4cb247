from __future__ import annotations

import re

import pytest

from groundset.core import Bbox, InputError, MissingError, Scheme, SchemeClass


def cls(code: int, name: str, **more: object) -> SchemeClass:
    return SchemeClass(code, name, name.title(), "#0a0B0c", **more)  # type: ignore[arg-type]


SCHEME = Scheme("mine", (cls(3, "water"), cls(1, "forest"), cls(9, "not-applicable")))


def test_classes_are_found_by_name_and_code() -> None:
    assert SCHEME.find("water") == SCHEME.find(3) == SCHEME.find(" 3 ") == SCHEME.classes[0]
    assert SCHEME.names == ("water", "forest", "not-applicable")
    assert [c.code for c in SCHEME.answerable] == [3, 1]
    assert SCHEME.not_applicable == SCHEME.classes[2]
    assert SCHEME.classes[0].rgb == (10, 11, 12)
    with pytest.raises(MissingError, match=r"scheme mine. asked: 'watr'. found: water \(3\).*did you mean water\?"):
        SCHEME.find("watr")
    with pytest.raises(MissingError, match="map it with a sheet"):
        SCHEME.find(77)


def test_nodata_makes_a_class_the_not_applicable_one() -> None:
    scheme = Scheme("s", (cls(0, "cloud", nodata=True),))
    assert scheme.not_applicable is not None
    assert Scheme("s", (cls(0, "a"),)).not_applicable is None


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([cls(1, "a"), cls(1, "b")], "each class code must be there once. found: 1 twice"),
        ([cls(1, "a"), cls(2, "a")], "each class name must be there once. found: a twice"),
        ([cls(1, "a", nodata=True), cls(2, "not-applicable")], "only one class can be not-applicable"),
        ([cls(1, "a", parent="b")], "the parent of a class must be a class. asked: a -> b"),
    ],
)
def test_bad_schemes_are_refused(classes: list[SchemeClass], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        Scheme("s", tuple(classes))


@pytest.mark.parametrize(
    ("code", "name", "color"), [(255, "a", "#000000"), (-1, "a", "#000000"), (1, " a", "#000000"), (1, "a", "red")]
)
def test_bad_classes_are_refused(code: int, name: str, color: str) -> None:
    with pytest.raises(InputError):
        SchemeClass(code, name, name, color)


def test_bboxes_are_read_from_text_and_numbers() -> None:
    assert Bbox.parse("5, -1.5,6,2") == Bbox.parse([5, -1.5, 6, 2]) == Bbox(5, -1.5, 6, 2)
    assert tuple(Bbox.parse(Bbox(179, -1, -179, 1))) == (179, -1, -179, 1)
    for bad in ("1,2,3", "a,b,c,d", "0,2,1,1", "0,0,200,1", "0,-91,1,1", "nan,0,1,1"):
        with pytest.raises(InputError, match="bbox is"):
            Bbox.parse(bad)
