from __future__ import annotations

import re
from typing import Any

import pytest

from groundset.core import InputError, Origin
from groundset.journal import NewEvent, answer, answers, mask_payload, new_id, payloads, work

SHA = "0f" * 32
POINT = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"class": 1}}
DRAWN = {"class": 1, "kind": "box", "score": 0.5, "depth": -1, "attributes": {"roof": "flat", "storeys": 2, "x": None}}
SHAPES = {"type": "FeatureCollection", "coordinates": "pixel", "features": [POINT]}


def event(kind: str, payload: Any, **more: Any) -> NewEvent:
    return NewEvent(kind, **{"task": "t", "chip_id": "c", "payload": payload, **more})


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("answer", answer(0)),
        ("answer", answer(254, "not-applicable", reason="cloud", origin=Origin.IMPORT)),
        ("answer", answers([2, 1], origin=Origin.MODEL)),
        ("answer", answers([])),
        ("mask", mask_payload(SHA)),
        ("mask", mask_payload(SHA, strokes=3, seconds=2.5, reasons={"cloud": 12})),
        ("mask", {"sha256": SHA, "source": {"file": "a.gpkg"}}),
        ("mask", mask_payload(SHA, layer=new_id())),
        ("mask", {"sha256": SHA, "layer": ""}),
        ("mask", mask_payload(SHA, layer="page", tool="brush", base=new_id(), objects=SHA, strokes=1, seconds=0.4)),
        ("shapes", SHAPES),
        ("shapes", {**SHAPES, "layer": new_id(), "features": []}),
        ("shapes", {**SHAPES, "features": [{**POINT, "properties": DRAWN}]}),
        ("shapes", {**SHAPES, "features": [{**POINT, "properties": {"class": 1, "a file's own": [1, 2]}}]}),
        ("work", work("complete")),
        ("work", work("incomplete", difficulty=5, note="n" * 2_000, cannot_tell="c" * 1_000)),
        ("comment", {"text": "look here"}),
        ("bulk", {}),
        ("scheme", {"name": "water", "sha256": SHA}),
    ],
)
def test_good_payloads_are_taken(kind: str, payload: dict[str, Any]) -> None:
    assert payloads.check(event(kind, payload)).startswith("{")


@pytest.mark.parametrize(
    ("kind", "payload", "message"),
    [
        ("answer", {}, "either class or classes"),
        ("answer", {"class": 1, "classes": [1]}, "either class or classes"),
        ("answer", {"class": 255, "value": "positive"}, "0 to 254"),
        ("answer", {"class": True, "value": "positive"}, "0 to 254"),
        ("answer", {"class": "water", "value": "positive"}, "0 to 254"),
        ("answer", {"class": 1}, "unknown value"),
        ("answer", {"class": 1, "value": "yes"}, "positive, negative, unsure, not-applicable"),
        ("answer", {"class": 1, "value": "unsure", "reason": 3}, "reason is text"),
        ("answer", {"classes": [1, 1]}, "different class codes"),
        ("answer", {"classes": 1}, "different class codes"),
        ("answer", {"class": 1, "value": "positive", "origin": 0}, "unknown origin"),
        ("answer", {"class": 1, "value": "positive", "x": float("nan")}, "must be JSON"),
        ("answer", {"class": 1, "value": "positive", "x": {1, 2}}, "must be JSON"),
        ("answer", [1], "JSON object"),
        ("mask", {}, "sha256"),
        ("mask", {"sha256": "F" * 64}, "sha256"),
        ("mask", {"sha256": SHA, "strokes": -1}, "strokes"),
        ("mask", mask_payload(SHA, layer="*"), "a layer is named by at most 64"),
        ("mask", mask_payload(SHA, layer="a\n"), "a layer is named by at most 64"),
        ("mask", mask_payload(SHA, layer="x" * 65), "a layer is named by at most 64"),
        ("mask", {"sha256": SHA, "layer": None}, "a layer is named by at most 64"),
        ("mask", {"sha256": SHA, "seconds": "2"}, "seconds"),
        ("mask", {"sha256": SHA, "reasons": {"cloud": 0.5}}, "cloud is a whole number"),
        ("mask", {"sha256": SHA, "reasons": ["cloud"]}, "reasons"),
        ("mask", mask_payload(SHA, tool="x" * 33), "tool is text of at most 32"),
        ("mask", mask_payload(SHA, base="the last one"), "an event id is a UUID"),
        ("mask", mask_payload(SHA, objects="none"), "objects are named by the sha256"),
        ("work", {}, "complete or incomplete"),
        ("work", {"state": "complete", "seconds": -1}, "seconds is a number from 0"),
        ("work", {"state": "done"}, "complete or incomplete"),
        ("work", work("complete", difficulty=6), "1 (easy) to 5"),
        ("work", {"state": "complete", "difficulty": True}, "1 (easy) to 5"),
        ("work", {"state": "complete", "difficulty": 2.0}, "1 (easy) to 5"),
        ("work", work("complete", note="n" * 2_001), "note is text of at most 2,000"),
        ("work", work("complete", cannot_tell="c" * 1_001), "cannot_tell is text of at most 1,000"),
        ("shapes", {**SHAPES, "layer": "a b"}, "a layer is named by at most 64"),
        ("shapes", {**SHAPES, "features": [{**POINT, "properties": {**DRAWN, "kind": "blob"}}]}, "box, oriented-box"),
        ("shapes", {**SHAPES, "features": [{**POINT, "properties": {**DRAWN, "score": 2}}]}, "score is a number"),
        ("shapes", {**SHAPES, "features": [{**POINT, "properties": {**DRAWN, "depth": 0.5}}]}, "a depth is a whole"),
        ("shapes", {**SHAPES, "features": [{**POINT, "properties": {**DRAWN, "attributes": [1]}}]}, "values by name"),
        (
            "shapes",
            {**SHAPES, "features": [{**POINT, "properties": {**DRAWN, "attributes": {"a": []}}}]},
            "attribute is",
        ),
        ("shapes", {"type": "Feature"}, "FeatureCollection"),
        ("shapes", {**SHAPES, "coordinates": None}, "which coordinates"),
        ("shapes", {**SHAPES, "features": [{}]}, "feature 0 has no geometry"),
        ("shapes", {**SHAPES, "features": [{**POINT, "properties": {}}]}, "0 to 254"),
        ("comment", {"text": " "}, "must be there"),
        ("scheme", {"name": "water"}, "sha256"),
        ("dance", {}, "unknown kind"),
    ],
)
def test_bad_payloads_are_refused(kind: str, payload: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        payloads.check(event(kind, payload))


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (event("answer", answer(1), task=None), "needs a task"),
        (event("mask", mask_payload(SHA), chip_id=None), "needs a chip_id"),
        (event("answer", answer(1), undoes=new_id()), "only an undo"),
        (event("work", work("complete"), task=None), "needs a task"),
        (event("undo", {}), "names the event"),
        (event("undo", {}, undoes=new_id(), bulk=new_id()), "cannot be a member"),
        (event("comment", {"text": "x"}, chip_id="a\0b"), "chip_id is text"),
        (event("comment", {"text": "x" * (payloads.MAX_BYTES + 1)}), "too large"),
        (event("answer", answer(1, "unsure", reason="x" * 1_001), task="t", chip_id="s_0_0_0"), "at most 1,000"),
    ],
)
def test_events_need_what_their_kind_needs(new: NewEvent, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        payloads.check(new)


def test_payloads_are_compared_by_what_they_say() -> None:
    one, two = {"class": 1, "value": "positive"}, {"value": "positive", "class": 1}
    assert payloads.check(event("answer", one)) == payloads.check(event("answer", two))
