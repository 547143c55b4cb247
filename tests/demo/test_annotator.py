"""The simulated annotator keeps its promises on any reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.ndimage import label

from groundset.core import UNLABELLED, InputError
from groundset.demo.annotator import paint

EIGHT = np.ones((3, 3))


@settings(max_examples=60, deadline=None)
@given(
    chips=st.lists(hnp.arrays(np.uint8, (12, 17), elements=st.sampled_from([0, 0, 1, 1, 255])), min_size=1, max_size=4),
    budget=st.integers(1, 80),
    stroke=st.integers(1, 20),
    seed=st.integers(0, 2**31),
)
def test_strokes_agree_with_the_reference_and_keep_to_the_budget(chips, budget, stroke, seed):
    reference = {f"c{i}": chip for i, chip in enumerate(chips)}
    if any(all((c != code).all() for c in chips) for code in (0, 1)):
        with pytest.raises(InputError, match="no pixel of a class"):
            paint(reference, (0, 1), budget=budget, stroke=stroke, seed=seed)
        return
    painted = paint(reference, (0, 1), budget=budget, stroke=stroke, seed=seed)
    assert 0 < sum(int((c != UNLABELLED).sum()) for c in painted.values()) <= budget
    for chip, canvas in painted.items():
        drawn = canvas != UNLABELLED
        assert (canvas[drawn] == reference[chip][drawn]).all()


def test_strokes_are_connected_and_long_where_there_is_room():
    reference = {"only": np.zeros((64, 64), np.uint8)}
    reference["only"][:, 32:] = 1
    painted = paint(reference, (0, 1), budget=150, stroke=15, seed=3)["only"]
    for code in (0, 1):
        regions, count = label(painted == code, structure=EIGHT)
        sizes = np.bincount(regions.ravel())[1:]
        assert count <= 6
        assert sizes.min() >= 5


def test_the_same_seed_paints_the_same():
    rng = np.random.default_rng(0)
    reference = {"a": rng.integers(0, 2, (30, 30)).astype(np.uint8)}
    one, two = (paint(reference, (0, 1), seed=5) for _ in range(2))
    assert one.keys() == two.keys()
    assert all((one[k] == two[k]).all() for k in one)
