"""Bytes kept in memory: made once, bounded, and errors are not remembered."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundset.views._kept import Kept


def test_what_many_ask_for_is_made_once() -> None:
    kept, made, begin = Kept(100), [], threading.Event()

    def make() -> bytes:
        begin.wait(10)
        made.append(1)
        return b"x"

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(kept.get, "a", make) for _ in range(8)]
        begin.set()
        assert {one.result(10) for one in asked} == {b"x"}
    assert len(made) == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 60)), max_size=60))
def test_there_is_never_more_than_fits_and_always_the_right_bytes(asked: list[tuple[int, int]]) -> None:
    kept = Kept(100)
    for key, size in asked:
        data = bytes([key]) * (size % (key + 1))
        assert kept.get((key, len(data)), lambda data=data: data) == data  # type: ignore[misc]
        assert sum(map(len, kept._there.values())) == kept._size <= 100


def test_an_error_is_told_and_forgotten() -> None:
    kept = Kept(100)

    def fail() -> bytes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.get("a", fail)
    assert kept.get("a", lambda: b"y") == b"y"
