from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from groundset.core import InputError
from groundset.segment.regions import majority, vote

CLASSES = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.sampled_from([0, 1, 7, 255]))


def most(votes, own=None):
    """The code with most votes: the own among equals, else the lowest."""
    top = max(votes.values())
    winners = [code for code, count in votes.items() if count == top]
    return own if own in winners else min(winners)


@given(CLASSES, st.data())
def test_vote_is_what_most_pixels_of_a_region_are(classes, data):
    leaves = data.draw(arrays(np.int32, classes.shape, elements=st.integers(-1, 3)))
    out = vote(classes, leaves)
    for at in np.ndindex(classes.shape):
        votes: dict[int, int] = {}
        for other in classes[(leaves == leaves[at]) & (classes != 255)]:
            votes[int(other)] = votes.get(int(other), 0) + 1
        stays = classes[at] == 255 or leaves[at] < 0
        assert out[at] == (classes[at] if stays else most(votes))


def test_votes_have_weights():
    classes, leaves = np.array([[0, 1, 1]], np.uint8), np.zeros((1, 3), np.int32)
    assert vote(classes, leaves).tolist() == [[1, 1, 1]]
    assert vote(classes, leaves, np.array([[0.9, 0.3, 0.3]], np.float32)).tolist() == [[0, 0, 0]]


@given(CLASSES, st.integers(0, 3))
def test_majority_is_what_most_neighbours_are(classes, radius):
    out = majority(classes, radius)
    for row, col in np.ndindex(classes.shape):
        own = classes[row, col]
        around = classes[max(row - radius, 0) : row + radius + 1, max(col - radius, 0) : col + radius + 1]
        votes: dict[int, int] = {}
        for other in around[around != 255]:
            votes[int(other)] = votes.get(int(other), 0) + 1
        assert out[row, col] == (255 if own == 255 else most(votes, own))


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError):
        vote(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.int32))
    with pytest.raises(InputError):
        majority(np.zeros((2, 2), np.uint8), 65)
    with pytest.raises(InputError):
        majority(np.zeros((2, 2), np.uint8), -1)
