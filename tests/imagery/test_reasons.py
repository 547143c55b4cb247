"""What the products' flag bands say."""

from __future__ import annotations

import numpy as np
import pytest

from groundset.imagery import Reason, reasons_from_flags


def test_scl() -> None:
    found = reasons_from_flags(np.arange(12, dtype=np.uint8)[None], "scl")[0]
    expected = [1, 5, 0, 3, 0, 0, 0, 0, 2, 2, 4, 0]
    assert found.tolist() == expected
    assert found.dtype == np.uint8


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1, Reason.NODATA),
        (21824, Reason.NONE),  # clear, as USGS documents it
        (21952, Reason.NONE),  # water
        (22280, Reason.CLOUD),  # high confidence cloud
        (21826, Reason.CLOUD),  # dilated cloud
        (23888, Reason.SHADOW),
        (54596, Reason.CIRRUS),
        (30048, Reason.NONE),  # snow is ground
    ],
)
def test_qa_pixel(value: int, reason: Reason) -> None:
    assert reasons_from_flags(np.array([[value]], np.uint16), "qa_pixel")[0, 0] == reason


def test_qa60() -> None:
    flags = np.array([[0, 1 << 10, 1 << 11, 3 << 10]], np.uint16)
    assert reasons_from_flags(flags, "qa60").tolist() == [[0, Reason.CLOUD, Reason.CIRRUS, Reason.CLOUD]]


def test_reasons_have_words_for_people() -> None:
    assert Reason.SHADOW.title == "cloud shadow"
    assert Reason.SHADOW.key == "shadow"
    assert all(r.title for r in Reason)
