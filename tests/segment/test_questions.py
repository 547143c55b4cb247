"""Which segments are asked about: in doubt, unlike each other, never what is labelled, in halves where skipped."""

from __future__ import annotations

import numpy as np
import pytest

from groundset.segment.live.looks import clustered, diverse
from groundset.segment.live.questions import SURE, Pieces, Sight, Skip, ask
from groundset.segment.regions import Hierarchy, hierarchy

SIZE = 48


@pytest.fixture(scope="module")
def tree() -> Hierarchy:
    rng = np.random.default_rng(0)
    image = rng.normal(0.1, 0.01, (3, SIZE, SIZE)).astype(np.float32)
    image[:, :, SIZE // 2 :] += 0.3
    image[1, :12, :12] += 0.5
    return hierarchy(image, np.zeros((SIZE, SIZE), bool), leaves=60)


def sight(tree: Hierarchy, classes: int = 0, *, doubt: tuple[slice, slice] | None = None) -> Sight:
    """A chip of which the first class is sure everywhere but in one place; class 0: nothing is learned."""
    columns, rows = np.meshgrid(np.arange(SIZE, dtype=np.float32), np.arange(SIZE, dtype=np.float32))
    p = np.zeros((classes, SIZE, SIZE), np.float32) if classes else None
    if p is not None:
        p[0] = 0.99
        if doubt is not None:
            p[0][doubt] = 0.55
        p[1:] = (1 - p[0]) / (classes - 1)
    codes = np.arange(max(2, classes), dtype=np.uint8) * 3
    return Sight(np.ones((SIZE, SIZE), bool), tree, np.stack([rows, columns]), p, codes)


def painted(shape: tuple[int, int], questions: tuple) -> np.ndarray:
    out = np.zeros(shape, int)
    for one in questions:
        x, y, width, height = one.box
        out[y : y + height, x : x + width] += one.mask
        assert one.mask[one.at[0] - y, one.at[1] - x]
        assert one.pixels == one.mask.sum() >= 1
    return out


def test_doubt_is_asked_about_first_and_labelled_pixels_never(tree: Hierarchy) -> None:
    place = slice(4, 30), slice(8, 40)
    seen = sight(tree, 3, doubt=place)
    seen.open_[10:14] = False
    found = ask(seen, 6)
    where = painted((SIZE, SIZE), found.questions)
    inside = np.zeros((SIZE, SIZE), bool)
    inside[place] = True
    assert len(found.questions) == 6
    assert where.max() == 1
    assert not where[~inside | ~seen.open_].any()
    for one in found.questions:
        assert [code for code, _ in one.shortlist] == [0, 3, 6]
        assert one.shortlist[0][1] == pytest.approx(0.55, abs=1e-6)
        assert one.shortlist[0][1] < SURE
        assert one.gain == pytest.approx(one.pixels * 0.45, rel=1e-5)
        assert one.mixed < 1e-3
    assert found.wrong is not None
    assert 0.1 < found.wrong < 0.2
    assert ask(sight(tree, 2), 4).questions == ()  # where all is sure nothing is asked


def test_before_a_model_each_question_is_of_another_kind(tree: Hierarchy) -> None:
    seen = sight(tree)
    found = ask(seen, 5)
    assert len(found.questions) == 5
    assert painted((SIZE, SIZE), found.questions).max() == 1
    assert found.wrong is None
    assert all(chance is None for one in found.questions for _, chance in one.shortlist)
    gains = [one.gain for one in found.questions]
    assert gains == sorted(gains, reverse=True)
    first = painted((SIZE, SIZE), found.questions[:1]) > 0
    seen.open_[first] = False
    again = ask(seen, 5)
    assert not (painted((SIZE, SIZE), again.questions)[first]).any()


@pytest.mark.parametrize("classes", [0, 2])
def test_what_is_skipped_comes_in_smaller_pieces_and_ends(tree: Hierarchy, classes: int) -> None:
    seen = sight(tree, classes, doubt=(slice(0, 16), slice(0, 16)))
    seen.open_[16:], seen.open_[:, 16:] = False, False
    skips: list[Skip] = []
    for _ in range(256):
        questions = ask(seen, 1, skips).questions
        if not questions:
            break
        one = questions[0]
        x, y, *_ = one.box
        for skip in skips:
            row, col = skip.row - y, skip.col - x
            if 0 <= row < one.mask.shape[0] and 0 <= col < one.mask.shape[1] and one.mask[row, col]:
                assert 2 * one.pixels <= skip.pixels
        skips.append(Skip(*one.at, one.pixels))
    else:
        pytest.fail("it asks without end")
    assert len(skips) > 4


def test_pieces_are_split_without_losing_a_pixel() -> None:
    kind = np.zeros((20, 30), np.uint32)
    kind[2:10, 3:27] = 1
    before = Pieces.of(kind)
    after = before.split([Skip(5, 4, 192)])
    assert (after.piece > 0).sum() == 192
    assert sorted(after.size.tolist()) == [96, 96]
    for i in range(2):
        box, inside = after.mask(i)
        assert inside.sum() == after.size[i]
        assert (after.piece[box][inside] == i + 1).all()
        assert after.source[i] == 0


def test_looks() -> None:
    looks = np.array([[0.0, 0], [0.1, 0], [5, 5], [5, 5.1], [0, 0.1]])
    first, second = diverse(looks, np.array([3.0, 2.9, 1.1, 1, 2.8]), 2).tolist()
    assert first == 0
    assert second in (2, 3)  # not what looks like the first, though it is worth more
    order, group = clustered(looks, np.ones(5, np.int64), 2)
    assert sorted(order.tolist()) == list(range(5))
    assert len(set(group[[0, 1, 4]])) == len(set(group[[2, 3]])) == 1
    assert len(diverse(np.zeros((0, 2)), np.zeros(0), 3)) == 0
    assert len(clustered(np.zeros((0, 2)), np.zeros(0, np.int64), 3)[0]) == 0
