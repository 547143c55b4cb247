"""The file of a layer's objects: the same objects, the same bytes; each mistake is named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from groundset.core import ConflictError, InputError, MissingError
from groundset.journal import MaskStore
from groundset.journal.objects import encode
from groundset.taxonomy import WATER

SHAPE = (3, 4)
LAKE: dict[str, Any] = {
    "id": "lake-1", "class": 1, "score": 0.9, "depth": 0, "bbox": [0, 0, 2, 3],
    "rle": {"size": [3, 4], "counts": [0, 6, 6]},
}  # fmt: skip
RLE = {"size": [3, 4], "counts": [10, 1, 1]}
THING = {**LAKE, "id": "boat", "score": None, "depth": 3, "bbox": [3, 1, 1, 1], "rle": RLE}


def test_what_was_kept_comes_back_and_is_kept_once(tmp_path: Path) -> None:
    store = MaskStore(tmp_path)
    data = encode([LAKE, THING], SHAPE, WATER)
    assert data == encode([dict(reversed(one.items())) for one in (LAKE, THING)], SHAPE, WATER)
    sha256 = store.put_objects(data)
    assert store.put_objects(data) == sha256
    assert store.objects(sha256) == [LAKE, THING]
    assert store.objects_path(sha256).suffix == ".json"
    store.objects_path(sha256).write_bytes(b"[]")
    with pytest.raises(ConflictError, match="changed or damaged"):
        store.objects(sha256)
    with pytest.raises(MissingError, match="no such objects file"):
        store.objects("0" * 64)


def test_one_that_a_model_placed_says_so() -> None:
    assert encode([{**LAKE, "proposed": False}], SHAPE, WATER) == encode([LAKE], SHAPE, WATER)
    assert b'"proposed":true' in encode([{**LAKE, "proposed": True}], SHAPE, WATER)
    for wrong in ("yes", 1, 0):
        with pytest.raises(InputError, match="proposed is true, or left out"):
            encode([{**LAKE, "proposed": wrong}], SHAPE, WATER)


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ("lake", "objects are a list"),
        ([1], "object 0: an object has exactly"),
        ([{**LAKE, "name": "x"}], "object 0: an object has exactly"),
        ([LAKE, {**LAKE, "depth": 1}], "two objects have the same id"),
        ([{**LAKE, "id": ""}], "1 to 64"),
        ([{**LAKE, "id": "a\nb"}], "1 to 64"),
        ([{**LAKE, "class": "water"}], "named by its code"),
        ([{**LAKE, "class": 77}], "object 0"),
        ([{**LAKE, "score": 1.5}], "score"),
        ([{**LAKE, "depth": 0.5}], "depth"),
        ([{**LAKE, "bbox": [0, 0, 2]}], "bbox is"),
        ([{**LAKE, "bbox": [0, 0, 5, 3]}], "outside of the chip"),
        ([{**LAKE, "rle": {"size": [4, 3], "counts": [0, 6, 6]}}], "the chip's size"),
        ([{**LAKE, "rle": {"size": [3, 4], "counts": [0, 6, 5]}}], "add up to"),
        ([{**LAKE, "rle": {"size": [3, 4], "counts": [12, -6, 6]}}], "whole numbers from 0"),
        ([{**LAKE, "rle": {"size": [3, 4], "counts": [12]}}], "at least one pixel"),
        ([{**LAKE, "rle": "XY"}], "size and counts"),
    ],
)
def test_mistakes_are_named(objects: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        encode(objects, SHAPE, WATER)
